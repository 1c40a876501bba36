"""What the operations have in common: how a request becomes variables, and an answer a result."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from webapp.ai.embedded.wording import STRAY_END
from webapp.ai.functions.clustering import KeywordFact
from webapp.ai.openai.prompts import Kind, Value, Variable
from webapp.ai.openai.reading import found_in, whole_parts
from webapp.ai.provider import BadReply, Finish, Request

ASIDE = re.compile(r" \((?:\d+ searches a month(?:, \w+)?|informational|commercial|transactional|navigational)\)$")
TAG = re.compile(r"<[^<>]*>")  # never beyond the next one: that would look through the rest for each
NO_VOICE = "Plain, friendly and concrete."


@dataclass(frozen=True)
class Voice:
    """How a site speaks; empty where nobody has said."""

    audience: str = ""
    tone: str = ""
    words_to_avoid: str = ""
    point_of_view: str = ""

    def described(self, besides: str) -> str:
        """All of it in lines, with what else was said about it."""
        said = {
            "": besides,
            "Readers: ": self.audience,
            "Tone: ": self.tone,
            "Words to avoid: ": self.words_to_avoid,
            "Point of view: ": self.point_of_view,
        }
        return "\n".join(f"{what}{value.strip()}" for what, value in said.items() if value.strip()) or NO_VOICE


SITE_VARIABLES = (
    Variable("site.language", "The code of the language that the site is written in, like de or en-GB.", Kind.GUIDANCE),
    Variable("site.voice", "All that is said about how the site speaks, in lines.", Kind.GUIDANCE),
    Variable("site.audience", "For whom the site is.", Kind.GUIDANCE),
    Variable("site.tone", "The tone of the site.", Kind.GUIDANCE),
    Variable("site.words_to_avoid", "Words that the site does not use.", Kind.GUIDANCE),
    Variable("site.point_of_view", "Who speaks: we, I, or nobody.", Kind.GUIDANCE),
)


def site_values(voice: Voice, request: Request) -> dict[str, str]:
    """What SITE_VARIABLES stand for. A request may bring words about the voice of its own."""
    return {
        "site.language": getattr(request, "language", ""),
        "site.voice": voice.described(getattr(request, "voice", "")),
        "site.audience": voice.audience,
        "site.tone": voice.tone,
        "site.words_to_avoid": voice.words_to_avoid,
        "site.point_of_view": voice.point_of_view,
    }


@dataclass(frozen=True)
class Work:
    """An operation. `variables` are its own, besides those of the site; `values` gives their texts for a request."""

    variables: tuple[Variable, ...]
    values: Callable[[Any], Mapping[str, str]]

    @property
    def all_variables(self) -> tuple[Variable, ...]:
        return (*self.variables, *SITE_VARIABLES)

    def filled_in(self, request: Request, voice: Voice) -> dict[str, Value]:
        texts = {**self.values(request), **site_values(voice, request)}
        return {one.name: Value(texts[one.name], one.kind) for one in self.all_variables}


@dataclass(frozen=True)
class Writing(Work):
    """One whose answer is JSON. `draft` is what the model fills in, `finish` makes of it what the operation promises.

    `temperature`: how freely it writes, 0 to 2; `most_tokens`: how long an answer to a request may be; `parts`: the
    field whose list is of use although its end is missing; `asked`: what is said after the prompt.
    """

    draft: type[BaseModel]
    finish: Callable[[Any, Any], BaseModel]
    temperature: float
    most_tokens: Callable[[Any], int]
    parts: str | None = None
    asked: Callable[[Any], str] = lambda request: ""

    def result(self, request: Request, written: str, finish: Finish) -> str:
        """The JSON that the operation's `parse` reads, out of what the model wrote. Raises BadReply."""
        found = self._found(written, finish)
        try:
            return self.finish(request, self.draft.model_validate(found)).model_dump_json()
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "the whole answer"
            raise BadReply(f"{place}: {first['msg']}") from error

    def _found(self, written: str, finish: Finish) -> Any:
        try:
            return _whole(self.draft, found_in(written, finish))
        except BadReply:
            parts = whole_parts(written) if self.parts and finish is Finish.LENGTH else []
            if not parts:
                raise
            return {self.parts: parts}


def _whole(draft: type[BaseModel], found: Any) -> Any:
    """Small models leave the wrapping away and answer with the one list that it holds."""
    needed = [name for name, field in draft.model_fields.items() if field.is_required()]
    return {needed[0]: found} if isinstance(found, list) and len(needed) == 1 else found


class Intent(StrEnum):
    """Why somebody searches."""

    INFORMATIONAL = "informational"
    COMMERCIAL = "commercial"
    TRANSACTIONAL = "transactional"
    NAVIGATIONAL = "navigational"


def _known(intent: object) -> object:
    """Nothing rather than a word that is none of ours: for its sake nobody is asked again."""
    bare = intent.strip().casefold() if isinstance(intent, str) else None
    return bare if bare in set(Intent) else None


SomeIntent = Annotated[Intent | None, BeforeValidator(_known)]


def text(description: str, longest: int) -> Any:
    """A field of a draft. Models are told how long it may be; one that is longer is cut, and no reason to ask again."""
    return Field(description=description, json_schema_extra={"maxLength": longest})


def several(description: str, most: int) -> Any:
    """A list in a draft, in the same way."""
    return Field(description=description, json_schema_extra={"maxItems": most})


def none_or_several(description: str, most: int) -> Any:
    """The same; where a model leaves it away, it is empty."""
    return Field(default_factory=list, description=description, json_schema_extra={"maxItems": most})


def one_line(text: str) -> str:
    return " ".join(text.split())


def without_markup(written: str) -> str:
    """What a reader sees of it. Entities come first, so that none of them is markup afterwards."""
    return TAG.sub(" ", html.unescape(written))


def trimmed(text: str, longest: int) -> str:
    """On one line, without markup, with at most so many characters, ending with a word."""
    bare = one_line(without_markup(text))
    if len(bare) <= longest:
        return bare
    cut = bare[: longest + 1].rpartition(" ")[0] or bare[:longest]
    return cut.rstrip(STRAY_END)


def spelt(phrase: str) -> str:
    """For comparing what a model copied with what it was given."""
    return one_line(phrase).casefold()


def facts(keywords: list[KeywordFact]) -> list[str]:
    """Search phrases, each with what is known about it."""
    return [one_line(f"{keyword.phrase}{_aside(keyword)}") for keyword in keywords]


def without_facts(copied: str) -> str:
    """What a model copied, without what we had said about it."""
    return ASIDE.sub("", one_line(copied))


def _aside(keyword: KeywordFact) -> str:
    volume = "" if keyword.volume is None else f"{keyword.volume} searches a month"
    known = ", ".join(part for part in (volume, keyword.intent or "") if part)
    return f" ({known})" if known else ""
