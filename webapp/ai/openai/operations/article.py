"""Writing one article in one call."""

import re
from collections.abc import Iterator
from html import escape

from pydantic import BaseModel, Field

from webapp.ai.embedded.wording import shortened, slug
from webapp.ai.functions.content_generation import ArticleRequest, ArticleResult
from webapp.ai.openai.operations.work import Writing, one_line, several, spelt, text, trimmed
from webapp.ai.openai.prompts import Kind, Variable, listed
from webapp.ai.provider import BadReply

LONGEST_TITLE = 200
LONGEST_META_TITLE = 60
LONGEST_META_DESCRIPTION = 155
LONGEST_EXCERPT = 300
LONGEST_HEADING = 150
LEAST_SECTION_WORDS = 60
WORDS_AROUND = 150  # of the introduction and the questions
TOKENS_A_WORD = 4  # languages other than English, and markup
TOKENS_AROUND = 1500

BLOCK = re.compile(r"<(?:p|ul|ol|table|blockquote|h[1-6]|div)\b", re.IGNORECASE)
FIRST_HEADING = re.compile(r"\s*<h[1-6][^>]*>(.*?)</h[1-6]\s*>\s*", re.IGNORECASE | re.DOTALL)
TOO_HIGH = re.compile(r"<(/?)h[12](?=[\s>])", re.IGNORECASE)
TAG = re.compile(r"<[^>]*>")


class Section(BaseModel):
    heading: str = text("Plain text.", 120)
    html: str = Field(description="The section without its heading, in simple HTML.")


class Answered(BaseModel):
    question: str = text("Plain text.", 150)
    answer: str = text("Two to four sentences, plain text.", 800)


class Draft(BaseModel):
    title: str = text("At most 65 characters.", 100)
    meta_title: str = text("At most 60 characters.", 60)
    meta_description: str = text("At most 155 characters.", 155)
    excerpt: str = text("One or two sentences.", 300)
    introduction_html: str = Field(description="One or two paragraphs.")
    sections: list[Section] = several("One for each heading of the outline.", 16)
    faq_heading: str = Field("", json_schema_extra={"maxLength": 80})
    faq: list[Answered] = Field(default_factory=list, json_schema_extra={"maxItems": 8})


VARIABLES = (
    Variable("article.title", "The title as it was planned.", Kind.DATA),
    Variable("article.angle", "For whom the article is, and what sets it apart.", Kind.DATA),
    Variable("article.outline", "The headings of its sections, one a line.", Kind.DATA),
    Variable("article.target_keyword", "The phrase that it should be found under.", Kind.DATA),
    Variable("article.keywords", "Other phrases of the topic, one a line.", Kind.DATA),
    Variable("article.questions", "Questions that people ask, one a line.", Kind.DATA),
    Variable("article.words", "How many words the article should have.", Kind.GUIDANCE),
    Variable("article.section_words", "How many words that makes for each section.", Kind.GUIDANCE),
)


def _values(request: ArticleRequest) -> dict[str, str]:
    return {
        "article.title": one_line(request.title),
        "article.angle": one_line(request.angle),
        "article.outline": listed(request.outline),
        "article.target_keyword": one_line(request.target_keyword),
        "article.keywords": listed([phrase for phrase in request.keywords if phrase != request.target_keyword]),
        "article.questions": listed(request.questions),
        "article.words": str(request.target_words),
        "article.section_words": str(_section_words(request)),
    }


def _section_words(request: ArticleRequest) -> int:
    words = max(0, request.target_words - WORDS_AROUND) // max(1, len(request.outline))
    return max(LEAST_SECTION_WORDS, round(words, -1))


def _finish(request: ArticleRequest, draft: Draft) -> ArticleResult:
    """Code makes the address, the lengths and the order of things. Raises BadReply where nothing was written."""
    if not any(_words(section.html) for section in draft.sections):
        raise BadReply("the article has no section with text in it")
    title = trimmed(draft.title, LONGEST_TITLE) or trimmed(request.title, LONGEST_TITLE) or "Untitled"
    excerpt = _plain(draft.excerpt) or _plain(draft.meta_description) or _plain(draft.introduction_html)
    return ArticleResult(
        title=title,
        slug=slug(title),
        meta_title=trimmed(draft.meta_title, LONGEST_META_TITLE) or trimmed(title, LONGEST_META_TITLE),
        meta_description=shortened(_plain(draft.meta_description) or excerpt, LONGEST_META_DESCRIPTION),
        excerpt=shortened(excerpt, LONGEST_EXCERPT),
        focus_keyword=one_line(request.target_keyword),
        body_html="\n".join(_blocks(draft)),
    )


def _blocks(draft: Draft) -> Iterator[str]:
    if _words(draft.introduction_html):
        yield _body("", draft.introduction_html)
    for section in draft.sections:
        if _words(section.html):
            heading = trimmed(section.heading, LONGEST_HEADING)
            yield f"<h2>{escape(heading)}</h2>" if heading else ""
            yield _body(heading, section.html)
    answered = [one for one in draft.faq if _words(one.question) and _words(one.answer)]
    if answered:
        yield f"<h2>{escape(trimmed(draft.faq_heading, LONGEST_HEADING) or 'FAQ')}</h2>"
    for one in answered:
        yield f"<h3>{escape(trimmed(one.question, LONGEST_HEADING))}</h3>"
        yield f"<p>{escape(_plain(one.answer))}</p>"


def _body(heading: str, html: str) -> str:
    """A section's HTML: without its own heading again, with no heading above h3, and in paragraphs."""
    first = FIRST_HEADING.match(html)
    if first and spelt(TAG.sub("", first[1])) == spelt(heading):
        html = html[first.end() :]
    html = TOO_HIGH.sub(r"<\1h3", html.strip())
    if BLOCK.search(html):
        return html
    return "\n".join(f"<p>{part.strip()}</p>" for part in re.split(r"\n\s*\n", html) if part.strip())


def _plain(html: str) -> str:
    return one_line(TAG.sub(" ", html))


def _words(html: str) -> bool:
    """Whether a reader sees any."""
    return any(character.isalnum() for character in TAG.sub(" ", html))


WORK = Writing(
    variables=VARIABLES,
    values=_values,
    draft=Draft,
    finish=_finish,
    temperature=0.6,
    most_tokens=lambda request: TOKENS_AROUND + TOKENS_A_WORD * request.target_words,
)
