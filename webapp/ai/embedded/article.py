"""Writing a draft out of a task's keywords: something to read, and honest about what it is."""

import random
from collections.abc import Iterator
from html import escape

from webapp.ai.embedded import sentences
from webapp.ai.embedded.seeding import chooser
from webapp.ai.embedded.wording import is_question, plain, question, shortened, slug
from webapp.ai.functions.content_generation import ArticleRequest, ArticleResult
from webapp.ai.provider import Reply

NOTE = "This is a draft made without a language model: it shows the shape of an article, not advice to rely on."


def answer(request: ArticleRequest) -> Reply:
    title = plain(request.title) or "Untitled"
    topic = plain(request.target_keyword) or title
    result = ArticleResult(
        title=request.title,
        slug=slug(title),
        meta_title=shortened(title, 60),
        meta_description=shortened(f"{title}. {sentences.PROMISE.format(topic=topic)}", 155),
        excerpt=shortened(sentences.PROMISE.format(topic=topic), 240),
        focus_keyword=request.target_keyword,
        body_html=Draft(request, topic).html(),
    )
    return Reply(text=result.model_dump_json())


LONG_PARAGRAPH = 55  # words


class Draft:
    """One article being put together. Every sentence is used once before any is used again."""

    def __init__(self, request: ArticleRequest, topic: str):
        self._request = request
        self._topic = topic
        self._choices = chooser("article", request.title, request.target_keyword)
        self._keywords = [plain(keyword) for keyword in request.keywords if not is_question(keyword)] or [topic]
        self._sentences = self._endless(sentences.BODY)

    def html(self) -> str:
        headings = [plain(heading) for heading in self._request.outline] or ["In short"]
        questions = self._request.questions[:5]
        words = max(60, self._request.target_words - 45 - 45 * len(questions))
        parts = [f'<p class="draft-note">{NOTE}</p>', self._paragraph(45, sentences.OPENING)]
        for number, heading in enumerate(headings):
            parts.append(self._section(number, heading, words // len(headings)))
        if questions:
            parts.append("<h2>Frequently asked questions</h2>")
            parts += [self._answered(asked) for asked in questions]
        return "\n".join(parts)

    def _section(self, number: int, heading: str, words: int) -> str:
        extra = self._extra(number) if words > 90 else ""
        first, *others = self._paragraphs(words - len(heading.split()) - _count(extra))
        return "\n".join(part for part in (f"<h2>{escape(heading)}</h2>", first, extra, *others) if part)

    def _paragraphs(self, words: int) -> list[str]:
        """So many words, in paragraphs that one likes to read."""
        count = max(1, round(words / LONG_PARAGRAPH))
        written: list[str] = []
        for number in range(count):
            left = words - sum(_count(paragraph) for paragraph in written)
            written.append(self._paragraph(left // (count - number)))
        return written

    def _extra(self, number: int) -> str:
        """A list or a table here and there, where a reader would want one."""
        match number % 3:
            case 0:
                return self._list("ul", sentences.POINTS)
            case 1:
                return self._list("ol", sentences.STEPS)
            case _:
                return self._table()

    def _list(self, kind: str, items: tuple[str, ...]) -> str:
        chosen = self._choices.sample(items, 4)
        return f"<{kind}>" + "".join(f"<li>{self._filled(item)}</li>" for item in chosen) + f"</{kind}>"

    def _table(self) -> str:
        rows = self._choices.sample(sentences.ROWS, 3)
        body = "".join(f"<tr><td>{self._filled(one)}</td><td>{self._filled(two)}</td></tr>" for one, two in rows)
        return f"<table><thead><tr><th>If you</th><th>Then</th></tr></thead><tbody>{body}</tbody></table>"

    def _answered(self, asked: str) -> str:
        return f"<h3>{escape(question(asked))}</h3>\n{self._paragraph(38, sentences.ANSWERS)}"

    def _paragraph(self, words: int, opening: tuple[str, ...] = ()) -> str:
        """Sentences until there are about so many words."""
        written: list[str] = [self._filled(self._choices.choice(opening))] if opening else []
        while _count(" ".join(written)) < words - 7:
            written.append(self._filled(next(self._sentences)))
        return f"<p>{' '.join(written)}</p>" if written else ""

    def _filled(self, pattern: str) -> str:
        keyword = self._choices.choice(self._keywords)
        return pattern.format(topic=escape(self._topic), keyword=f"<strong>{escape(keyword)}</strong>")

    def _endless(self, patterns: tuple[str, ...]) -> Iterator[str]:
        while True:
            yield from random.Random(self._choices.random()).sample(patterns, len(patterns))


def _count(html: str) -> int:
    return len(html.split())
