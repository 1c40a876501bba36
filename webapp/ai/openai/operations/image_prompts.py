"""Proposing the pictures of one article."""

from pydantic import BaseModel, Field

from webapp.ai.embedded.wording import shortened
from webapp.ai.functions.image_prompt_extraction import ImagePrompt, ImagePromptsRequest, ImagePromptsResult, ImageRole
from webapp.ai.openai.operations.work import Writing, one_line, spelt, text
from webapp.ai.openai.prompts import Kind, Variable, listed
from webapp.ai.provider import BadReply

LONGEST_ALT_TEXT = 300
LONGEST_PROMPT = 1500


class Featured(BaseModel):
    prompt: str = text("What is seen, in two or three sentences, in English.", 600)
    alt_text: str = text("At most 120 characters.", 150)


class Inside(Featured):
    place: str = text("The heading that it follows, copied.", 150)


class Draft(BaseModel):
    featured: Featured
    in_article: list[Inside] = Field(default_factory=list, json_schema_extra={"maxItems": 6})


VARIABLES = (
    Variable("article.title", "The title of the article.", Kind.DATA),
    Variable("article.focus_keyword", "The phrase that it should be found under.", Kind.DATA),
    Variable("article.headings", "The headings of its sections, one a line.", Kind.DATA),
    Variable("images.in_article", "How many pictures it should have inside.", Kind.GUIDANCE),
)


def _values(request: ImagePromptsRequest) -> dict[str, str]:
    return {
        "article.title": one_line(request.title),
        "article.focus_keyword": one_line(request.focus_keyword),
        "article.headings": listed(request.headings),
        "images.in_article": str(_inside(request)),
    }


def _inside(request: ImagePromptsRequest) -> int:
    return max(0, min(request.in_article, len(request.headings)))


def _finish(request: ImagePromptsRequest, draft: Draft) -> ImagePromptsResult:
    """The featured one, and those inside whose heading is there, each heading once, in the order of the article.

    Raises BadReply where nothing is to be drawn above it.
    """
    if not one_line(draft.featured.prompt):
        raise BadReply("the picture above the article has no description")
    by_heading = {spelt(one.place): one for one in reversed(draft.in_article) if one_line(one.prompt)}
    inside = [
        _picture(ImageRole.IN_ARTICLE, by_heading[spelt(heading)], heading, request)
        for heading in dict.fromkeys(request.headings)
        if spelt(heading) in by_heading
    ]
    return ImagePromptsResult(
        images=[_picture(ImageRole.FEATURED, draft.featured, None, request), *inside[: _inside(request)]]
    )


def _picture(role: ImageRole, drawn: Featured, place: str | None, request: ImagePromptsRequest) -> ImagePrompt:
    return ImagePrompt(
        role=role,
        prompt=shortened(one_line(drawn.prompt), LONGEST_PROMPT),
        alt_text=shortened(one_line(drawn.alt_text) or one_line(place or request.title), LONGEST_ALT_TEXT),
        place=place,
    )


WORK = Writing(
    variables=VARIABLES,
    values=_values,
    draft=Draft,
    finish=_finish,
    temperature=0.6,
    most_tokens=lambda request: 800 + 300 * (1 + _inside(request)),
)
