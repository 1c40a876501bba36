"""One section of an article. A cut-off answer costs one of these, and not the article."""

from pydantic import BaseModel, Field

from webapp.ai.openai.operations import markup
from webapp.ai.openai.operations.parts import SectionRequest
from webapp.ai.openai.operations.work import Writing, text
from webapp.ai.openai.prompts import Kind, Value, listed
from webapp.ai.provider import BadReply

TOKENS_A_WORD = 4  # languages other than English, and markup
TOKENS_AROUND = 600
MOST_LINKS = 2  # of a section


class Link(BaseModel):
    id: str = text("Of the list, copied.", 20)
    anchor: str = text("Words of the section, copied.", 80)


class Draft(BaseModel):
    html: str = Field(description="The section without its heading, in simple HTML.")
    links: list[Link] = Field(default_factory=list, json_schema_extra={"maxItems": MOST_LINKS})


class Section(BaseModel):
    """`used`: ids of what it links to."""

    heading: str
    html: str
    used: list[str] = Field(default_factory=list)

    @property
    def words(self) -> int:
        return markup.count_words(self.html)


def _asked(request: SectionRequest) -> str:
    lines = [
        f"Now write only section {request.number} of {request.count}, in full: about {request.words} words.",
        f"Its heading: {Value(request.heading, Kind.DATA)}",
        "html: the section without its heading; h3 for parts of it; a list or a table where one reads better than a"
        " paragraph. No links in it.",
    ]
    if request.before:
        lines.append(f"What stands before it ends like this: {Value(request.before, Kind.DATA)}\nDo not say it again.")
    if request.links:
        offered = listed([f"{link.id}: {link.title}" for link in request.links])
        lines.append(
            f"links: at most {MOST_LINKS} that help a reader here, else none; anchor: words that stand in your html."
            f" There are:\n{Value(offered, Kind.DATA)}"
        )
    else:
        lines.append("links: none.")
    if request.instead_of is not None:
        wish = "longer" if request.instead_of < request.words else "shorter"
        lines.append(f"An earlier version had {request.instead_of} words: this one has to be {wish}.")
    return "\n".join(lines)


def _finish(request: SectionRequest, draft: Draft) -> Section:
    """With its links put in by code. Raises BadReply where nothing was written."""
    html = markup.body(request.heading, draft.html)
    if not markup.has_words(html):
        raise BadReply("the section has no text in it")
    ids, used = [link.id for link in request.links], []
    for link in draft.links[:MOST_LINKS]:
        target = markup.known(ids, link.id)
        with_link = markup.linked(html, link.anchor, f"pressroom:{target}") if target and target not in used else html
        if target and with_link != html:
            html = with_link
            used.append(target)
    return Section(heading=request.heading, html=html, used=used)


WORK = Writing(
    variables=(),
    values=lambda request: {},
    draft=Draft,
    finish=_finish,
    temperature=0.6,
    most_tokens=lambda request: TOKENS_AROUND + TOKENS_A_WORD * request.words,
    asked=_asked,
)
