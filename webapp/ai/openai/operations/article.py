"""Writing one article: what a prompt may say of it, and how its parts are put together."""

from collections.abc import Iterator, Sequence
from html import escape

from webapp.ai.embedded.wording import shortened, slug
from webapp.ai.functions.content_generation import ArticleRequest, ArticleResult
from webapp.ai.openai.operations import markup
from webapp.ai.openai.operations.frame import Frame
from webapp.ai.openai.operations.section import Section
from webapp.ai.openai.operations.work import Work, one_line, trimmed
from webapp.ai.openai.prompts import Kind, Variable, listed

LONGEST_TITLE = 200
LONGEST_META_TITLE = 60
LONGEST_META_DESCRIPTION = 155
LONGEST_EXCERPT = 300
LONGEST_HEADING = 150

VARIABLES = (
    Variable("article.title", "The title as it was planned.", Kind.DATA),
    Variable("article.angle", "For whom the article is, and what sets it apart.", Kind.DATA),
    Variable("article.outline", "The headings of its sections, one a line.", Kind.DATA),
    Variable("article.target_keyword", "The phrase that it should be found under.", Kind.DATA),
    Variable("article.keywords", "Other phrases of the topic, one a line.", Kind.DATA),
    Variable("article.questions", "Questions that people ask, one a line.", Kind.DATA),
    Variable("article.words", "How many words the article should have.", Kind.GUIDANCE),
)


def values_of(request: ArticleRequest) -> dict[str, str]:
    return {
        "article.title": one_line(request.title),
        "article.angle": one_line(request.angle),
        "article.outline": listed(request.outline),
        "article.target_keyword": one_line(request.target_keyword),
        "article.keywords": listed([phrase for phrase in request.keywords if phrase != request.target_keyword]),
        "article.questions": listed(request.questions),
        "article.words": str(request.target_words),
    }


def assembled(request: ArticleRequest, frame: Frame, sections: Sequence[Section]) -> ArticleResult:
    """Code makes the address, the lengths and the order of things."""
    title = trimmed(frame.title, LONGEST_TITLE) or trimmed(request.title, LONGEST_TITLE) or "Untitled"
    introduction = markup.plain(frame.introduction_html)
    excerpt = markup.plain(frame.excerpt) or markup.plain(frame.meta_description) or introduction
    return ArticleResult(
        title=title,
        slug=slug(title),
        meta_title=trimmed(frame.meta_title, LONGEST_META_TITLE) or trimmed(title, LONGEST_META_TITLE),
        meta_description=shortened(markup.plain(frame.meta_description) or excerpt, LONGEST_META_DESCRIPTION),
        excerpt=shortened(excerpt, LONGEST_EXCERPT),
        focus_keyword=one_line(request.target_keyword),
        body_html="\n".join(_blocks(frame, sections)),
    )


def _blocks(frame: Frame, sections: Sequence[Section]) -> Iterator[str]:
    if markup.has_words(frame.introduction_html):
        yield markup.body("", frame.introduction_html)
    for section in sections:
        yield f"<h2>{escape(trimmed(section.heading, LONGEST_HEADING))}</h2>"
        yield section.html
    answered = frame.answered
    if answered:
        yield f"<h2>{escape(trimmed(frame.faq_heading, LONGEST_HEADING) or 'FAQ')}</h2>"
    for one in answered:
        yield f"<h3>{escape(trimmed(one.question, LONGEST_HEADING))}</h3>"
        yield f"<p>{escape(markup.plain(one.answer))}</p>"


WORK = Work(variables=VARIABLES, values=values_of)
