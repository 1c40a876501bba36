"""What came of trying a prompt, as a page shows it."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from webapp.ai.functions.clustering import ClusteringResult
from webapp.ai.functions.content_generation import ArticleResult
from webapp.ai.functions.idea_generation import IdeasResult
from webapp.ai.functions.image_prompt_extraction import ImagePromptsResult
from webapp.ai.openai.failures import ModelMissing, NoEndpoint, NotReached, Refusal, how_to_reach
from webapp.ai.openai.operations.frame import Frame
from webapp.ai.provider import KeyRefused, OutcomeUnknown, ProviderError, QuotaUsedUp, Usage
from webapp.content.sanitise import clean_reply
from webapp.pipeline.trials import Picture, Result, Tried
from webapp.sites.ai.prices import in_dollars

SHOWN = 20_000  # characters of what a model wrote
UNUSABLE = "Models do not answer alike each time: try again, or choose another model under Models."
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
    answered that cannot be used. `remedy`: what to do about the problem. `may_have_cost`: no answer came, and the
    endpoint may have done the work all the same. `result` is shown by `template`; `html` is what in it is HTML,
    sanitised, or the address of a picture."""

    asked: str | None
    problem: str = ""
    remedy: str = ""
    may_have_cost: bool = False
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
        remedy=UNUSABLE if tried.problem else "",
        about=about,
        result=result,
        template=SHOWN_AS[type(result)] if result is not None else "",
        html=_html(result),
        wrote="" if result is not None else tried.wrote[:SHOWN],
        was_cut=len(tried.wrote) > SHOWN,
        usage=tried.usage,
        cost=_cost(tried),
    )


def not_asked(sentence: str, asked: str | None) -> Outcome:
    """Nothing was asked: the sentence says why, and what to do."""
    return Outcome(asked=asked, problem=sentence)


def failure(problem: ProviderError, asked: str | None) -> Outcome:
    """No answer came."""
    return Outcome(
        asked=asked,
        problem=problem.sentence,
        remedy=_remedy(problem),
        may_have_cost=isinstance(problem, OutcomeUnknown),
    )


def _remedy(problem: ProviderError) -> str:
    match problem:
        case NotReached():
            return how_to_reach(problem.error)
        case KeyRefused():
            return "Enter the key again under AI."
        case QuotaUsedUp():
            return "Look at the account there: plan, balance and limits."
        case NoEndpoint():
            return "Look at its address under AI."
        case ModelMissing():
            return "Look up what the model is called there, or choose another under Models."
        case Refusal():
            return "See what the endpoint says about this model, or choose another under Models."
        case _:
            return "Try again in a minute; if it stays so, look at the endpoint itself."


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
