"""Writing a draft out of a task's keywords: something to read, and honest about what it is."""

import random
import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import TypeVar

from webapp.ai.embedded import sentences
from webapp.ai.embedded.headings import HEADINGS, Part, part_under
from webapp.ai.embedded.phrases import is_english, is_question, question, topic_of, within_sentence
from webapp.ai.embedded.seeding import chooser
from webapp.ai.embedded.wording import plain, shortened, slug
from webapp.ai.functions.content_generation import ArticleRequest, ArticleResult
from webapp.ai.provider import Reply

NOTE = "This is a draft made without a language model: it shows the shape of an article, not advice to rely on."
IN_ENGLISH = " Its sentences are English, whatever the language of its keywords."
NAMELESS = "Untitled"
FAQ = "Frequently asked questions"

MOST_QUESTIONS = 5
BARE_QUESTIONS = 2
LONGEST_TOPIC = 80  # in a sentence; longer ones are cut
LONGEST_HEADING = 120
WORDS_OF_OPENING = 45
WORDS_OF_ANSWER = 40
LONG_PARAGRAPH = 55
NEARLY = 8  # a paragraph that lacks no more words than this is long enough
LEAST_WORDS_OF_A_SECTION = 40
LEAST_WORDS_WITH_EXTRA = 90  # of a section that has a list or a table


def answer(request: ArticleRequest) -> Reply:
    title = " ".join(request.title.split()) or NAMELESS
    others = [keyword for keyword in request.keywords if plain(keyword)]
    topic = shortened(topic_of(request.target_keyword, others), LONGEST_TOPIC)
    choices = chooser("article", request.title, request.target_keyword)
    description, excerpt = (promise.format(topic=topic) for promise in choices.sample(sentences.PROMISES, 2))
    result = ArticleResult(
        title=shortened(title, 200),
        slug=slug(title),
        meta_title=_meta_title(title),
        meta_description=shortened(description, 155),
        excerpt=shortened(excerpt, 240),
        focus_keyword=request.target_keyword,
        body_html=Draft(request, topic, choices).html(),
    )
    return Reply(text=result.model_dump_json())


def _meta_title(title: str) -> str:
    """The title as a search page can show it: without what follows its colon, if it is too long with it."""
    return title if len(title) <= 60 else shortened(title.partition(": ")[0], 60)


Choice = TypeVar("Choice")


class Draft:
    """One article being put together. Every sentence is used once before any is used again."""

    def __init__(self, request: ArticleRequest, topic: str, choices: random.Random):
        self._request = request
        self._topic = topic
        self._choices = choices
        things = [shortened(plain(keyword), LONGEST_TOPIC) for keyword in request.keywords if not is_question(keyword)]
        self._keywords = list(dict.fromkeys(thing for thing in things if thing not in ("", topic))) or [topic]
        self._fresh = {part: self._shuffled(sentences.BY_PART[part]) for part in Part}
        self._spare = self._endless(sentences.ANYWHERE)
        self._answers = self._endless(sentences.ANSWERS)
        self._written: set[str] = set()  # paragraphs

    def html(self) -> str:
        note = NOTE if is_english(self._request.language) else NOTE + IN_ENGLISH
        headings = self._headings()
        faq = list(self._faq())
        words = self._request.target_words - WORDS_OF_OPENING - sum(map(_count, faq)) - _count(note)
        each = max(LEAST_WORDS_OF_A_SECTION, words // len(headings))
        parts = [f'<p class="draft-note">{note}</p>', self._opening()]
        parts += [self._section(heading, each) for heading in headings]
        return "\n".join([*parts, f"<h2>{FAQ}</h2>", *faq])

    def _headings(self) -> list[str]:
        written = [shortened(" ".join(heading.split()), LONGEST_HEADING) for heading in self._request.outline]
        return list(dict.fromkeys(heading for heading in written if heading)) or [HEADINGS[Part.CLOSING][0]]

    def _opening(self) -> str:
        first = self._filled(self._choices.choice(sentences.OPENING))
        return self._paragraph([first], WORDS_OF_OPENING)

    def _section(self, heading: str, words: int) -> str:
        part = part_under(heading)
        here = self._said_within(heading) if part is Part.ABOUT else ""
        extra = self._extra(part) if words >= LEAST_WORDS_WITH_EXTRA else ""
        first, *others = self._paragraphs(part, words - len(heading.split()) - _count(extra), here)
        return "\n".join(block for block in (f"<h2>{escape(heading)}</h2>", first, extra, *others) if block)

    def _said_within(self, heading: str) -> str:
        """The keyword that the heading shows with a capital, or else the heading in quotation marks."""
        for keyword in self._request.keywords:
            if plain(keyword).casefold() == plain(heading).casefold():
                return shortened(within_sentence(keyword), LONGEST_TOPIC)
        return f"“{shortened(heading, LONGEST_TOPIC)}”"

    def _paragraphs(self, part: Part, words: int, here: str) -> list[str]:
        """So many words, in paragraphs that one likes to read."""
        count = max(1, round(words / LONG_PARAGRAPH))
        written: list[str] = []
        for number in range(count):
            left = words - sum(_count(paragraph) for paragraph in written)
            written.append(self._paragraph([], left // (count - number), part, here))
        return written

    def _paragraph(self, begun: list[str], words: int, part: Part | None = None, here: str = "") -> str:
        """What is begun, and then thoughts until there are about so many words; no paragraph comes twice."""
        written = " ".join(begun)
        while not written or _count(written) < words - NEARLY or written in self._written:
            thought = self._thought(part, words - _count(written))
            written = f"{written} {self._filled(thought, here)}".strip()
        self._written.add(written)
        return f"<p>{written}</p>"

    def _thought(self, part: Part | None, room: int) -> str:
        """The part's next one that fits, or any when it has none."""
        own = self._fresh[part] if part else []
        fitting = next((thought for thought in own if _count(thought) <= room + NEARLY), None)
        if fitting is None:
            return next(self._spare)
        own.remove(fitting)
        return fitting

    def _extra(self, part: Part) -> str:
        """The list or the table that a reader would want there."""
        match part:
            case Part.BEFORE:
                return self._list("ul", self._in_order(sentences.POINTS, 4))
            case Part.STEPS:
                return self._list("ol", self._in_order(sentences.STEPS, 5))
            case Part.MISTAKES:
                return self._table(self._in_order(sentences.ROWS, 3))
            case Part.ROUTINE:
                return self._list("ul", self._in_order(sentences.HABITS, 4))
            case _:
                return ""

    def _in_order(self, pool: Sequence[Choice], count: int) -> list[Choice]:
        return [pool[place] for place in sorted(self._choices.sample(range(len(pool)), count))]

    def _list(self, kind: str, items: list[str]) -> str:
        return f"<{kind}>" + "".join(f"<li>{self._filled(item)}</li>" for item in items) + f"</{kind}>"

    def _table(self, rows: list[tuple[str, str]]) -> str:
        head = "".join(f'<th scope="col">{heading}</th>' for heading in sentences.TABLE_HEADINGS)
        body = "".join("<tr>" + "".join(f"<td>{self._filled(cell)}</td>" for cell in row) + "</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _faq(self) -> Iterator[str]:
        """The cluster's questions but for the article's own, each answered; a few general ones if none is left."""
        own = question(self._request.target_keyword)
        asked = [question(phrase) for phrase in self._request.questions if plain(phrase)]
        asked = [one for one in dict.fromkeys(asked) if one != own][:MOST_QUESTIONS]
        if asked:
            for one in asked:
                yield self._answered(one, next(self._answers))
        else:
            for one, first in self._choices.sample(sentences.BARE_QUESTIONS, BARE_QUESTIONS):
                yield self._answered(one, first)

    def _answered(self, asked: str, first: str) -> str:
        return f"<h3>{escape(asked)}</h3>\n{self._paragraph([first], WORDS_OF_ANSWER)}"

    def _filled(self, pattern: str, here: str = "") -> str:
        keyword = self._choices.choice(self._keywords)
        return pattern.format(
            topic=escape(self._topic), here=escape(here), keyword=f"<strong>{escape(keyword)}</strong>"
        )

    def _shuffled(self, thoughts: Sequence[str]) -> list[str]:
        return self._choices.sample(thoughts, len(thoughts))

    def _endless(self, thoughts: Sequence[str]) -> Iterator[str]:
        while True:
            yield from self._shuffled(thoughts)


def _count(html: str) -> int:
    """How many words a reader sees."""
    return len(re.sub(r"<[^>]*>", " ", html).split())
