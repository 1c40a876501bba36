"""An article is written in parts: what is asked next follows from the answers, and one bad answer costs one part."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.ai import requests
from webapp.ai import words
from webapp.ai.functions import clustering, content_generation
from webapp.ai.functions.content_generation import ArticleResult, LinkChoice
from webapp.ai.openai import dialogues
from webapp.ai.openai.operations.catalogue import WRITINGS
from webapp.ai.openai.operations.markup import plain
from webapp.ai.openai.operations.parts import FrameRequest, Repair, SectionRequest
from webapp.ai.provider import BadReply, Finish, Reply, Request, Step

OUTLINE = ["Light", "Water", "Soil"]
Model = Callable[[Request], Any]


def text(count: int) -> str:
    return f"<p>{' '.join(['word'] * count)}</p>"


def model(section_words: Callable[[SectionRequest], int] = lambda request: request.words, **odd: Any) -> Model:
    """Answers with a frame of 100 words, and sections of so many. `odd`: what it answers instead, once, by heading."""
    left = dict(odd)

    def answer(request: Request) -> Any:
        if isinstance(request, Repair):
            return answer(request.of)
        if isinstance(request, FrameRequest):
            return {
                "title": "Snake Plant Care", "meta_title": "Care", "meta_description": "How.", "excerpt": "All.",
                "introduction_html": text(100), "headings": [], "faq_heading": "", "faq": [],
            }  # fmt: skip
        assert isinstance(request, SectionRequest)
        return left.pop(request.heading, None) or {"html": text(section_words(request)), "links": []}

    return answer


def replied(step: Step, answer: Any) -> Reply:
    """As the provider makes a reply of what a model wrote."""
    request = step.request.of if isinstance(step.request, Repair) else step.request
    written = answer if isinstance(answer, str) else json.dumps(answer)
    try:
        return Reply(WRITINGS[type(request)].result(request, written, Finish.COMPLETE))
    except BadReply as bad:
        return Reply(written, problem=str(bad))


def talk(request: Request, answers: Model) -> tuple[list[Step], Reply]:
    """All questions, and what came of them. Each is worked out anew from the answers before it, as after a crash."""
    steps: list[Step] = []
    replies: list[Reply] = []
    while step := dialogues.next_step(dialogues.of(request), replies):
        steps.append(step)
        replies.append(replied(step, answers(step.request)))
    return steps, dialogues.outcome(dialogues.of(request), replies)


def article_of(reply: Reply) -> ArticleResult:
    return content_generation.parse(reply)


def names(steps: list[Step]) -> list[str]:
    return [step.name for step in steps]


def test_first_the_frame_then_each_section() -> None:
    steps, reply = talk(requests.article(outline=OUTLINE), model())

    assert names(steps) == ["frame", "section 1 of 3", "section 2 of 3", "section 3 of 3"]
    assert abs(words.count(plain(article_of(reply).body_html)) - 800) < 20
    assert [step.request.heading for step in steps[1:]] == OUTLINE


def test_sections_make_up_for_those_that_were_short() -> None:
    def short_at_first(request: SectionRequest) -> int:
        return 150 if request.number == 1 else request.words

    steps, _ = talk(requests.article(outline=OUTLINE), model(short_at_first))

    asked = [step.request.words for step in steps[1:]]
    assert asked == [232, 273, 274]


@pytest.mark.parametrize(("written", "number"), [({1: 60, 2: 100, 3: 90}, 1), ({1: 300, 2: 500, 3: 290}, 2)])
def test_an_article_that_is_too_short_or_too_long_has_its_worst_section_written_again(
    written: dict[int, int], number: int
) -> None:
    def stubborn(request: SectionRequest) -> int:
        return request.words if request.instead_of is not None else written[request.number]

    steps, reply = talk(requests.article(outline=OUTLINE), model(stubborn))

    assert names(steps)[4:] == [f"section {number} again"]
    assert abs(words.count(plain(article_of(reply).body_html)) - 800) <= 0.15 * 800


def test_a_model_that_never_writes_enough_is_asked_twice_more_and_no_longer() -> None:
    steps, reply = talk(requests.article(outline=OUTLINE), model(lambda request: 20))

    assert len(steps) == 4 + dialogues.MOST_REWRITES
    assert article_of(reply).title == "Snake Plant Care"


def test_an_answer_that_cannot_be_used_is_mended_and_costs_one_section() -> None:
    steps, reply = talk(requests.article(outline=OUTLINE), model(Water='{"html": "<p>It is cut'))

    assert names(steps) == ["frame", "section 1 of 3", "section 2 of 3", "section 2 of 3 mended", "section 3 of 3"]
    repair = steps[3].request
    assert isinstance(repair, Repair) and repair.wrote == '{"html": "<p>It is cut' and repair.problem
    assert article_of(reply)


def test_what_is_mended_in_vain_ends_the_article_with_what_the_model_wrote() -> None:
    def hopeless(request: Request) -> Any:
        return model()(request) if isinstance(request, FrameRequest) else "I cannot."

    steps, reply = talk(requests.article(outline=OUTLINE), hopeless)

    assert names(steps) == ["frame", "section 1 of 3", "section 1 of 3 mended"]
    assert reply.text == "I cannot."
    with pytest.raises(BadReply):
        article_of(reply)


def test_what_was_linked_to_is_not_offered_again() -> None:
    offered = [LinkChoice(id="a1", title="Pots"), LinkChoice(id="p2", title="Soil")]
    with_link = {"html": "<p>Good pots help.</p>", "links": [{"id": "a1", "anchor": "pots"}]}

    steps, _ = talk(requests.article(outline=OUTLINE, links=offered), model(Light=with_link))

    assert [[link.id for link in step.request.links] for step in steps[1:4]] == [["a1", "p2"], ["p2"], ["p2"]]


def test_a_section_is_told_what_stands_before_it() -> None:
    steps, _ = talk(
        requests.article(outline=OUTLINE), model(Light={"html": "<p>It ends <em>here</em>.</p>", "links": []})
    )

    assert steps[1].request.before.endswith("word word")
    assert steps[2].request.before == "It ends here ."


def test_whatever_takes_one_question_takes_one_more_to_be_mended() -> None:
    naming = requests.naming(["snake plant"])

    once, _ = talk(naming, lambda request: named("k0"))
    twice, reply = talk(naming, lambda request: named("k0") if isinstance(request, Repair) else "nonsense")

    assert (len(once), len(twice)) == (1, 2)
    assert clustering.parse(reply).groups
    assert twice[1].request.operation is naming.operation


@pytest.mark.parametrize(
    ("finish", "shown"), [(Finish.COMPLETE, dialogues.SHOWN), (Finish.LENGTH, dialogues.SHOWN_OF_CUT)]
)
def test_of_a_bad_answer_no_more_is_shown_than_helps(finish: Finish, shown: int) -> None:
    bad = Reply("word " * 100_000, finish=finish, problem="it is too long")

    step = dialogues.next_step(dialogues.of(requests.ideas()), [bad])

    assert step and isinstance(step.request, Repair) and len(step.request.wrote) == shown


def named(*keys: str) -> dict[str, Any]:
    return {"groups": [{"key": key, "name": f"Topic {key}", "head": "", "intent": None} for key in keys]}


def test_groups_that_no_answer_names_are_called_by_their_own_phrase() -> None:
    naming = requests.naming(["snake plant"], ["orchid", "orchid pot"], ["basil"])

    steps, reply = talk(naming, lambda request: named("k0") if isinstance(request, Repair) else named("k9", "k2"))

    assert len(steps) == 2
    groups = clustering.parse(reply).groups
    assert [(group.key, group.name, group.head) for group in groups] == [
        ("k0", "Topic k0", "snake plant"),
        ("k1", "Orchid", "orchid"),
        ("k2", "Topic k2", "basil"),
    ]
