"""What came of trying a prompt, as a page shows it."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from webapp.ai.functions.clustering import ClusteringResult
from webapp.ai.functions.content_generation import ArticleResult
from webapp.ai.functions.idea_generation import IdeasResult
from webapp.ai.functions.image_prompt_extraction import ImagePromptsResult
from webapp.ai.openai.operations.frame import Frame
from webapp.ai.provider import Usage
from webapp.content.sanitise import clean_reply
from webapp.pipeline.trials import Picture, Result, Tried
from webapp.sites.ai.prices import in_dollars

SHOWN = 20_000  # characters of what a model wrote
SHOWN_AS: dict[type[Any], str] = {
    ClusteringResult: "prompts/tried/_names.html",
    IdeasResult: "prompts/tried/_ideas.html",
    Frame: "prompts/tried/_frame.html",
    ArticleResult: "prompts/tried/_article.html",
    ImagePromptsResult: "prompts/tried/_pictures.html",
    Picture: "prompts/tried/_picture.html",
}


@dataclass(frozen=True)
class Outcome:
    """`asked`: the model, None for the embedded provider. `about`: the row, None for an example. `wrote`: what a model
    answered that cannot be used. `result` is shown by `template`; `html` is what in it is HTML, sanitised, or the
    address of a picture."""

    asked: str | None
    problem: str = ""
    about: str | None = None
    result: Result | None = None
    template: str = ""
    html: str = ""
    wrote: str = ""
    was_cut: bool = False
    usage: Usage | None = None
    cost: str = ""


def outcome(tried: Tried, about: str | None, asked: str | None) -> Outcome:
    result = tried.result
    return Outcome(
        asked=asked,
        problem=tried.problem,
        about=about,
        result=result,
        template=SHOWN_AS[type(result)] if result is not None else "",
        html=_html(result),
        wrote="" if result is not None else tried.wrote[:SHOWN],
        was_cut=len(tried.wrote) > SHOWN,
        usage=tried.usage,
        cost=_cost(tried),
    )


def failure(sentence: str, asked: str | None, may_have_cost: bool = False) -> Outcome:
    """No answer came. `may_have_cost`: the endpoint may have done the work all the same."""
    return Outcome(asked=asked, problem=sentence, cost="unknown" if may_have_cost else "")


def _html(result: Result | None) -> str:
    """Whoever wrote it, nothing in it is run, nothing is fetched, and no link leads anywhere."""
    match result:
        case Frame():
            return clean_reply(result.introduction_html, ())
        case ArticleResult():
            return clean_reply(result.body_html, ())
        case Picture():
            return f"data:{result.media_type};base64,{b64encode(result.data).decode()}"
    return ""


def _cost(tried: Tried) -> str:
    if tried.is_free:
        return "nothing"
    return "unknown" if tried.cost is None else f"${in_dollars(tried.cost)}"
