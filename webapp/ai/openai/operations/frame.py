"""What stands around the sections of an article, asked for first."""

from pydantic import BaseModel, Field

from webapp.ai.openai.operations import markup
from webapp.ai.openai.operations.parts import FrameRequest
from webapp.ai.openai.operations.work import Writing, several, text, trimmed
from webapp.ai.provider import BadReply

LONGEST_HEADING = 120
MOST_SECTIONS = 12
MOST_TOKENS = 3000
ASKED = """Now write only what stands around the sections; they are asked for later, one by one.
- title: the one given, or a better one for the same promise.
- meta_title: with the target phrase near its beginning. meta_description: what one learns, in a whole sentence.
- excerpt: one or two sentences that make one want to read on.
- introduction_html: one or two paragraphs, without a heading.
- headings: those of the outline, in its order; where it names none, four to eight of your own.
- faq_heading: a heading for the questions, in the language of the article; empty if there are no questions.
- faq: the questions given that the sections will not answer, each with its answer."""


class Answered(BaseModel):
    question: str = text("Plain text.", 150)
    answer: str = text("Two to four sentences, plain text.", 800)


class Frame(BaseModel):
    title: str = text("At most 65 characters.", 100)
    meta_title: str = text("At most 60 characters.", 60)
    meta_description: str = text("At most 155 characters.", 155)
    excerpt: str = text("One or two sentences.", 300)
    introduction_html: str = Field(description="One or two paragraphs.")
    headings: list[str] = several("Of the sections, plain text.", MOST_SECTIONS)
    faq_heading: str = Field("", json_schema_extra={"maxLength": 80})
    faq: list[Answered] = Field(default_factory=list, json_schema_extra={"maxItems": 8})

    @property
    def answered(self) -> list[Answered]:
        return [one for one in self.faq if markup.has_words(one.question) and markup.has_words(one.answer)]

    @property
    def words(self) -> int:
        """All that readers see beside the sections, headings included."""
        answers = [part for one in self.answered for part in (one.question, one.answer)]
        headings = [*self.headings, *([self.faq_heading or "FAQ"] if answers else [])]
        return markup.count_words(self.introduction_html, *headings, *answers)


def _finish(request: FrameRequest, frame: Frame) -> Frame:
    """With the headings that were planned, if there are any. Raises BadReply where there is none at all."""
    for written in (frame.introduction_html, *(one.answer for one in frame.faq)):
        markup.bounded(written)
    planned = _headings(request.article.outline) or _headings(frame.headings)
    if not planned:
        raise BadReply("the article has no heading")
    return frame.model_copy(update={"headings": planned})


def _headings(written: list[str]) -> list[str]:
    bare = (trimmed(heading, LONGEST_HEADING) for heading in written)
    return list(dict.fromkeys(heading for heading in bare if heading))[:MOST_SECTIONS]


WORK = Writing(
    variables=(),
    values=lambda request: {},
    draft=Frame,
    finish=_finish,
    temperature=0.6,
    most_tokens=lambda request: MOST_TOKENS,
    asked=lambda request: ASKED,
)
