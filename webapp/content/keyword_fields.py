"""What people and their tools write into the fields of a keyword, as values. Blank means unknown, never 0."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from webapp.content.models import Intent
from webapp.content.normal import normal
from webapp.core.errors import Invalid

LONGEST_PHRASE = 200
GREATEST_VOLUME = 1_000_000_000
LONGEST_NUMBER = 24  # characters; nothing longer is below the greatest
GREATEST_CPC = Decimal("99999999.99")

UNKNOWN = {"", "-", "–", "—", "n/a", "na", "null", "none"}
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
SPACES = re.compile(r"[\s\u00a0\u202f]+")
GROUPED = re.compile(r"\d{1,3}(?:([.,'’_])\d{3})(?:\1\d{3})*")
DECIMAL = re.compile(r"\d+(?:[.,]\d+)?")
CURRENCY = re.compile(r"^(?:[A-Z]{3}|[$€£¥])|(?:[A-Z]{3}|[$€£¥])$")
FORMULA = re.compile(r"^=|^[+@-].*\(")


@dataclass(frozen=True)
class KeywordFields:
    """A keyword that can be stored. `cpc` is in the currency that the person's tool uses."""

    WRITTEN: ClassVar = ("phrase", "volume", "difficulty", "cpc", "intent", "country")

    phrase: str
    normal: str
    volume: int | None = None
    difficulty: int | None = None
    cpc: Decimal | None = None
    intent: Intent | None = None
    country: str = ""


def read_fields(
    phrase: str, *, volume: str = "", difficulty: str = "", cpc: str = "", intent: str = "", country: str = ""
) -> KeywordFields:
    """The fields as written, understood. Raises Invalid, which names the first that cannot be."""
    shown = read_phrase(phrase)
    return KeywordFields(
        phrase=shown,
        normal=normal(shown),
        volume=_volume(volume),
        difficulty=_difficulty(difficulty),
        cpc=_cpc(cpc),
        intent=_intent(intent),
        country=_country(country),
    )


def read_phrase(written: str) -> str:
    """The phrase, trimmed. Raises Invalid."""
    phrase = written.strip()
    if not phrase:
        raise Invalid("phrase", "There is no keyword.", "Write the phrase that people search for.")
    if CONTROL.search(phrase):
        raise Invalid("phrase", "The keyword holds a line break or another control character.", "Write it on one line.")
    if FORMULA.search(phrase):
        raise Invalid("phrase", f"“{phrase[:40]}” is a spreadsheet formula, not a keyword.", "Write its result.")
    if max(len(phrase), len(normal(phrase))) > LONGEST_PHRASE:
        raise Invalid("phrase", f"The keyword is longer than {LONGEST_PHRASE} characters.", "Shorten it.")
    if not any(character.isalnum() for character in phrase):
        raise Invalid("phrase", f"“{phrase[:40]}” has no letter and no digit.", "Write the phrase in words.")
    return phrase


def _volume(written: str) -> int | None:
    text = _without_spaces(written)
    if text is None:
        return None
    number = _whole(text)
    if number is None or number > GREATEST_VOLUME:
        raise Invalid(
            "volume",
            f"The volume “{written.strip()[:20]}” is not a number of searches.",
            "Write a number like 1300.",
        )
    return number


def _difficulty(written: str) -> int | None:
    text = _without_spaces(written)
    if text is None:
        return None
    text = text.removesuffix("%")
    number = round(Decimal(text.replace(",", "."))) if DECIMAL.fullmatch(text) else None
    if number is None or number > 100:
        raise Invalid(
            "difficulty",
            f"The difficulty “{written.strip()[:20]}” is not a number from 0 to 100.",
            "Write one.",
        )
    return number


def _cpc(written: str) -> Decimal | None:
    text = _without_spaces(written)
    if text is None:
        return None
    amount = _amount(CURRENCY.sub("", text))
    if amount is None or amount > GREATEST_CPC:
        raise Invalid("cpc", f"The CPC “{written.strip()[:20]}” is not an amount.", "Write a number like 1.25.")
    return amount


def _intent(written: str) -> Intent | None:
    """By its first letters, and the first where a tool lists several."""
    text = re.split(r"[,;/|]", written)[0].strip().lower()
    if text in UNKNOWN:
        return None
    for intent in Intent:
        if intent.value.startswith(text) or text.startswith(intent.value):
            return intent
    words = ", ".join(intent.value for intent in Intent)
    raise Invalid("intent", f"The intent “{written.strip()[:20]}” is not known.", f"Write one of {words}.")


def _country(written: str) -> str:
    text = written.strip().upper()
    if text.lower() in UNKNOWN - {"na"}:
        return ""
    if not re.fullmatch(r"[A-Z]{2}", text):
        raise Invalid("country", f"The country “{written.strip()[:20]}” is not two letters.", "Write a code like US.")
    return text


def _without_spaces(written: str) -> str | None:
    text = SPACES.sub("", written)
    if len(text) > LONGEST_NUMBER:
        return "too long"  # is no number, and what says so shortens it
    return None if text.lower() in UNKNOWN else text


def _whole(text: str) -> int | None:
    if GROUPED.fullmatch(text):
        return int(re.sub(r"\D", "", text))
    if DECIMAL.fullmatch(text):
        number = Decimal(text.replace(",", "."))
        return int(number) if number == number.to_integral_value() else None
    return None


def _amount(text: str) -> Decimal | None:
    """The last separator is the decimal one, as nobody pays thousands for a click with three decimals."""
    whole, separator, cents = re.fullmatch(r"(.*?)(?:([.,])(\d*))?", text).groups(default="")  # type: ignore[union-attr]
    whole = re.sub(r"(?<=\d)[.,'’](?=\d{3})", "", whole)
    if not re.fullmatch(r"[0-9]+", whole) or (separator and not cents):
        return None
    return Decimal(f"{whole}.{cents or 0}").quantize(Decimal("0.01"))
