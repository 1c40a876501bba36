"""What becomes of a model's answer: code does what is code's job, and the result is what the operation promises."""

import json
from typing import Any

import pytest

from tests.ai import requests
from webapp.ai.functions import clustering, content_generation, idea_generation, image_prompt_extraction
from webapp.ai.functions.content_generation import LinkChoice
from webapp.ai.functions.idea_generation import IdeaKind, IdeasRequest
from webapp.ai.functions.image_prompt_extraction import ImageRole
from webapp.ai.openai.operations import article, frame, ideas, image, image_prompts, markup, section
from webapp.ai.openai.operations import clustering as naming
from webapp.ai.openai.operations.parts import SectionRequest
from webapp.ai.openai.operations.work import Writing, trimmed
from webapp.ai.provider import BadReply, Finish, Reply, Request
from webapp.content.sanitise import clean, count_words, headings


def finished(work: Writing, request: Request, answer: Any) -> Reply:
    return Reply(text=work.result(request, json.dumps(answer), Finish.COMPLETE))


def refused(work: Writing, request: Request, answer: Any) -> str:
    with pytest.raises(BadReply) as raised:
        finished(work, request, answer)
    return str(raised.value)


# clusters


def group(key: str, name: str = "Snake Plants", head: str = "snake plant", **more: Any) -> dict[str, Any]:
    return {"key": key, "name": name, "head": head} | more


def test_groups_come_back_in_our_order_each_once() -> None:
    request = requests.naming(["snake plant", "snake plant care"], ["orchid pot"])
    answer = {"groups": [group("k1", "Orchids", "ORCHID  pot"), group("k0"), group("k0", "Again"), group("k9")]}

    result = clustering.parse(finished(naming.WORK, request, answer))

    assert [(one.key, one.name, one.head) for one in result.groups] == [
        ("k0", "Snake Plants", "snake plant"),
        ("k1", "Orchids", "orchid pot"),
    ]


def test_a_head_that_is_none_of_the_phrases_becomes_the_one_most_searched() -> None:
    request = requests.naming(["snake plant", "snake plant care"])

    [named] = clustering.parse(finished(naming.WORK, request, [group("k0", head="Sansevieria")])).groups

    assert named.head == "snake plant"


def test_what_small_models_copy_too_much_of_is_recognised() -> None:
    request = requests.naming(["orchid"], ["snake plant", "snake plant care"])
    aside = "(999 searches a month, informational)"
    answer = [group("orchid (1000 searches a month)", f"Care {aside}", f"Snake plant care {aside}"), group("k0", "Or")]

    result = clustering.parse(finished(naming.WORK, request, answer))

    assert [(one.name, one.head) for one in result.groups] == [("Or", "orchid"), ("Care", "snake plant care")]


@pytest.mark.parametrize(
    ("said", "intent"), [("Commercial", "commercial"), ("mixed", None), (None, None), (7, None), ("", None)]
)
def test_an_intent_that_is_none_is_none(said: Any, intent: str | None) -> None:
    request = requests.naming(["snake plant"])

    [named] = clustering.parse(finished(naming.WORK, request, [group("k0", intent=said)])).groups

    assert named.intent == intent


def test_a_group_without_a_name_is_named() -> None:
    request = requests.naming(["a"], ["b"], ["c"], ["d"], ["e"])

    answer = {"groups": [group("k0"), group("k1", name=" <b></b> "), group("k2", name="k2")]}

    said = refused(naming.WORK, request, answer)

    assert said == "4 of 5 groups have no name: k1, k2, k3 …"


def cut(work: Writing, request: Request, answer: Any, longest: int) -> Reply:
    """What comes of an answer that reached its limit after so many characters."""
    return Reply(text=work.result(request, json.dumps(answer)[:longest], Finish.LENGTH))


def test_groups_that_are_whole_are_used_if_those_that_were_cut_off_are_not_needed() -> None:
    request = requests.naming(["snake plant"])
    answer = {"groups": [group("k0"), group("k0"), group("k0")]}

    [named] = clustering.parse(cut(naming.WORK, request, answer, 170)).groups

    assert named.name == "Snake Plants"
    with pytest.raises(BadReply, match="k1"):
        cut(naming.WORK, requests.naming(["snake plant"], ["orchid"]), answer, 170)
    with pytest.raises(BadReply, match="cut off"):
        cut(naming.WORK, request, answer, 40)


# ideas


def idea(title: str = "Snake Plants", kind: str = "supporting", **more: Any) -> dict[str, Any]:
    return {
        "title": title,
        "angle": "For  beginners.",
        "outline": ["Light", " ", "Water", "Light"],
        "kind": kind,
        "target_keyword": "snake plant",
    } | more


def test_ideas_are_tidied() -> None:
    request = requests.ideas("snake plant", "snake plant care")
    answer = {"ideas": [idea("<b>Snake</b>  Plants", "pillar", target_keyword="Snake Plant CARE", intent="What?")]}

    [one] = idea_generation.parse(finished(ideas.WORK, request, answer)).ideas

    assert (one.title, one.angle, one.outline) == ("Snake Plants", "For beginners.", ["Light", "Water"])
    assert (one.target_keyword, one.intent, one.kind) == ("snake plant care", None, IdeaKind.PILLAR)


def test_there_is_one_pillar_at_most_and_one_at_least_for_a_new_topic() -> None:
    def kinds(request: IdeasRequest, *wanted: str) -> list[str]:
        answer = {"ideas": [idea(f"Title {number}", kind) for number, kind in enumerate(wanted)]}
        return [one.kind.value for one in idea_generation.parse(finished(ideas.WORK, request, answer)).ideas]

    assert kinds(requests.ideas(), "supporting", "pillar", "pillar") == ["supporting", "pillar", "supporting"]
    assert kinds(requests.ideas(), "supporting", "supporting") == ["pillar", "supporting"]
    assert kinds(requests.ideas(existing_titles=["Old"]), "supporting") == ["supporting"]


def test_titles_that_are_there_already_are_left_out() -> None:
    request = requests.ideas(existing_titles=["SNAKE  plants"])

    result = idea_generation.parse(finished(ideas.WORK, request, [idea("Snake Plants"), idea("New"), idea("new")]))

    assert [one.title for one in result.ideas] == ["New"]
    assert refused(ideas.WORK, request, [idea("Snake Plants")]) == "none of the ideas is new"
    assert refused(ideas.WORK, request, {"ideas": []}) == "the answer proposes no article"


def test_ideas_before_the_one_that_was_cut_off_are_ideas() -> None:
    answer = {"ideas": [idea("One"), idea("Two"), idea("Three")]}

    result = idea_generation.parse(cut(ideas.WORK, requests.ideas(), answer, 350))

    assert [one.title for one in result.ideas] == ["One", "Two"]


# parts of articles


def around(**fields: Any) -> dict[str, Any]:
    return {
        "title": "Snake Plant Care",
        "meta_title": "Snake Plant Care",
        "meta_description": "How to care.",
        "excerpt": "All of it.",
        "introduction_html": "<p>Water it every two weeks.</p>",
        "headings": ["Light"],
        "faq_heading": "Questions",
        "faq": [{"question": "Is it toxic?", "answer": "To cats & dogs."}],
    } | fields


def framed(outline: tuple[str, ...] = (), **fields: Any) -> frame.Frame:
    request = requests.frame(outline=list(outline))
    return frame.Frame.model_validate_json(finished(frame.WORK, request, around(**fields)).text)


def section_of(html: str, request: SectionRequest | None = None, **fields: Any) -> section.Section:
    answer = {"html": html, "links": []} | fields
    return section.Section.model_validate_json(finished(section.WORK, request or requests.section(), answer).text)


def put_together(*sections: section.Section, **fields: Any) -> content_generation.ArticleResult:
    return article.assembled(requests.article(), framed(**fields), sections)


LIGHT = section.Section(heading="Light", html="<p>Bright is best.</p>")


def test_an_article_is_put_together() -> None:
    result = put_together(LIGHT)

    assert result.body_html == (
        "<p>Water it every two weeks.</p>\n<h2>Light</h2>\n<p>Bright is best.</p>\n"
        "<h2>Questions</h2>\n<h3>Is it toxic?</h3>\n<p>To cats &amp; dogs.</p>"
    )
    assert (result.slug, result.focus_keyword) == ("snake-plant-care", "snake plant care")
    assert headings(clean(result.body_html)) == ["Light", "Questions"]


def test_what_is_too_long_is_cut_between_words() -> None:
    result = put_together(
        LIGHT, title="word " * 60, meta_title="care " * 30, meta_description="sentence " * 30, excerpt="x " * 400
    )

    assert len(result.title) <= 200 and result.title.endswith("word")
    assert len(result.meta_title) <= 60 and result.meta_title.endswith("care")
    assert len(result.meta_description) <= 155 and len(result.excerpt) <= 300


def test_what_is_missing_is_made_of_what_is_there() -> None:
    result = put_together(LIGHT, title=" ", meta_title="", meta_description="", excerpt="", faq=[], faq_heading="")

    assert result.title == "Snake Plant Care: A Practical Guide"
    assert result.meta_title == result.title and result.slug == "snake-plant-care-a-practical-guide"
    assert result.meta_description == result.excerpt == "Water it every two weeks."
    assert headings(result.body_html) == ["Light"]


def test_a_title_without_latin_letters_has_an_address_all_the_same() -> None:
    assert put_together(LIGHT, title="观叶植物 养护").slug == "article"


def test_the_headings_are_those_that_were_planned() -> None:
    assert framed(("Water", "<b>Light</b>", "Water", " ")).headings == ["Water", "Light"]
    assert framed((), headings=["Soil", ""]).headings == ["Soil"]


def test_an_article_without_a_heading_is_refused() -> None:
    request = requests.frame(outline=[])

    assert refused(frame.WORK, request, around(headings=[" "])) == "the article has no heading"


@pytest.mark.parametrize(
    ("html", "body"),
    [
        ("Only <em>text</em>.\n\nAnd more.", "<p>Only <em>text</em>.</p>\n<p>And more.</p>"),
        ("<h2>Light</h2><p>Bright.</p>", "<p>Bright.</p>"),
        ("<h3> light </h3>\n<p>Bright.</p>", "<p>Bright.</p>"),
        ("<h2>Where</h2><p>Bright.</p><h1 class='x'>How</h1>", "<h3>Where</h3><p>Bright.</p><h3 class='x'>How</h3>"),
        ("<p>As <a href='https://example.com'>they</a> say.</p>", "<p>As they say.</p>"),
    ],
)
def test_a_section_fits_under_its_heading(html: str, body: str) -> None:
    assert section_of(html).html == body


def test_headings_are_text() -> None:
    odd = section.Section(heading="<img src=x onerror=alert(1)>A < B & C", html="<p>Yes.</p>")

    assert "<h2>A &lt; B &amp; C</h2>" in put_together(odd).body_html


def test_what_is_evil_does_not_outlive_the_sanitiser() -> None:
    html = '<p onclick="x()">Hi<script>alert(1)</script><a href="javascript:alert(1)">there</a></p>'

    cleaned = clean(put_together(section_of(html)).body_html)

    assert "alert" not in cleaned and "onclick" not in cleaned and count_words(cleaned) > 5


def test_a_section_without_text_is_refused() -> None:
    said = refused(section.WORK, requests.section(), {"html": " <p></p> ", "links": []})

    assert said == "the section has no text in it"


def test_a_section_without_its_end_is_no_section() -> None:
    with pytest.raises(BadReply, match="cut off"):
        cut(section.WORK, requests.section(), {"html": "<p>Bright is best.</p>", "links": []}, 20)


def test_a_field_that_is_missing_is_named() -> None:
    assert refused(section.WORK, requests.section(), {"links": []}) == "html: Field required"


CHOICES = [LinkChoice(id="a7", title="Watering"), LinkChoice(id="p9", title="Pots & soil")]


@pytest.mark.parametrize(
    ("link", "html"),
    [
        (("a7", "every week"), '<p>Water it <a href="pressroom:a7">every week</a>. Not every week.</p>'),
        (("pressroom:p9", "Not"), '<p>Water it every week. <a href="pressroom:p9">Not</a> every week.</p>'),
        (("a8", "every week"), "<p>Water it every week. Not every week.</p>"),
        (("https://evil.example", "every week"), "<p>Water it every week. Not every week.</p>"),
        (("a7", "words that are not there"), "<p>Water it every week. Not every week.</p>"),
        (("a7", "<p>Water"), "<p>Water it every week. Not every week.</p>"),
        (("a7", "p"), "<p>Water it every week. Not every week.</p>"),
    ],
    ids=["first place", "with our mark", "unknown", "address", "no place", "markup", "too short"],
)
def test_only_what_was_offered_is_linked_to(link: tuple[str, str], html: str) -> None:
    made = section_of(
        "<p>Water it every week. Not every week.</p>",
        requests.section(links=CHOICES),
        links=[{"id": link[0], "anchor": link[1]}],
    )

    assert made.html == html
    assert made.used == ([link[0].removeprefix("pressroom:")] if "href" in html else [])


def test_headings_and_links_are_linked_to_nothing_else() -> None:
    made = section_of(
        "<h3>Water well</h3><p>Water well and often.</p>",
        requests.section(links=CHOICES),
        links=[{"id": "a7", "anchor": "Water well"}, {"id": "p9", "anchor": "well"}],
    )

    assert made.html == '<h3>Water well</h3><p><a href="pressroom:a7">Water well</a> and often.</p>'
    assert made.used == ["a7"]


# pictures


def test_pictures_stand_where_the_article_has_headings() -> None:
    request = requests.picture_prompts()
    inside = [
        {"prompt": "A tap.", "alt_text": "A tap", "place": "water "},
        {"prompt": "A lamp.", "alt_text": "", "place": "Light"},
        {"prompt": "Another.", "alt_text": "x", "place": "LIGHT"},
        {"prompt": "Nowhere.", "alt_text": "x", "place": "Soil"},
    ]
    answer = {"featured": {"prompt": "A plant.", "alt_text": "x" * 400}, "in_article": inside}

    result = image_prompt_extraction.parse(finished(image_prompts.WORK, request, answer))

    assert [(one.role, one.prompt, one.place) for one in result.images] == [
        (ImageRole.FEATURED, "A plant.", None),
        (ImageRole.IN_ARTICLE, "A lamp.", "Light"),
        (ImageRole.IN_ARTICLE, "A tap.", "Water"),
    ]
    assert result.images[1].alt_text == "Light" and len(result.images[0].alt_text) <= 300


def test_a_picture_above_the_article_is_needed() -> None:
    answer = {"featured": {"prompt": " ", "alt_text": ""}}

    assert "no description" in refused(image_prompts.WORK, requests.picture_prompts(), answer)


@pytest.mark.parametrize(
    ("model", "size"),
    [
        ("gpt-image-1", "1536x1024"),
        ("openai/gpt-image-1-mini", "1536x1024"),
        ("dall-e-3", "1792x1024"),
        ("dall-e-2", "1024x1024"),
        ("stable-diffusion", "1200x675"),
    ],
)
def test_the_size_is_one_that_the_model_draws(model: str, size: str) -> None:
    assert image.size_for(model, requests.picture()) == size


def test_an_upright_picture_is_asked_for_upright() -> None:
    assert image.size_for("gpt-image-1", requests.picture(width=600, height=900)) == "1024x1536"


def test_texts_are_trimmed_at_words() -> None:
    assert trimmed("one two, three", 8) == "one two"
    assert trimmed("onetwothree", 6) == "onetwo"
    assert trimmed(" one \n two ", 20) == "one two"


def test_entities_are_read_once() -> None:
    assert trimmed("Tips &amp; Tricks &lt;b&gt;now&lt;/b&gt;", 80) == "Tips & Tricks now"


def test_an_unfinished_tag_after_the_other_is_text_that_is_read_through_once() -> None:
    many = "<p>word word</p>" + "<" * 90_000  # where each looked for its end in all the rest, this took minutes

    assert markup.count_words(many) == 2
    assert markup.linked(many + "<h3>" * 2000, "word", "pressroom:1").startswith('<p><a href="pressroom:1">word</a>')


def test_a_part_that_is_longer_than_any_article_is_refused() -> None:
    said = refused(section.WORK, requests.section(), {"html": f"<p>{'word ' * 30_000}</p>", "links": []})

    assert said == "the text of a part is longer than 100,000 characters"
