"""What people and their tools write into the fields of a keyword, as values. Blank means unknown, never 0."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from webapp.content import countries, numbers
from webapp.content.models import Intent
from webapp.content.normal import normal
from webapp.core.errors import Invalid

LONGEST_PHRASE = 200
GREATEST_VOLUME = 1_000_000_000
GREATEST_CPC = Decimal("99999999.99")
MOST_ADDRESSES = 10
LONGEST_ADDRESS = 2000

SHEET_ERRORS = {"#n/a", "#na", "#name?", "#ref!", "#value!", "#div/0!", "#null!", "#num!", "#error!"}
UNKNOWN = {"", "-", "--", "–", "—", "n/a", "na", "null", "none", "nan"} | SHEET_ERRORS
UNREADABLE = "\ufffd"  # stands for what an encoding does not have
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
CURRENCY = re.compile(r"^(?:[A-Z]{1,3}[$]|[A-Z]{3}|[$€£¥₹₩₽₺]|zł|kr\.?|Kč)|(?:[A-Z]{3}|[$€£¥₹₩₽₺]|zł|kr\.?|Kč)$")
FORMULA = re.compile(r"^=|^[+@-].*\(")
ADDRESS = re.compile(r"https?://[^\s\x00-\x1f\x7f-\x9f|,;\"'<>]+", re.IGNORECASE)

BESIDE_INTENT = re.compile(r"(?:non-?)?(?:brand|local)", re.IGNORECASE)  # what Ahrefs lists among the intents
STEMS = {
    Intent.INFORMATIONAL: ("inform",),
    Intent.COMMERCIAL: ("commer", "kommer", "komer"),
    Intent.TRANSACTIONAL: ("transac", "transak", "transaz"),
    Intent.NAVIGATIONAL: ("naviga", "navega", "nawiga"),
}
DIGITS = {
    "0": Intent.COMMERCIAL,
    "1": Intent.INFORMATIONAL,
    "2": Intent.NAVIGATIONAL,
    "3": Intent.TRANSACTIONAL,
}  # of Semrush's API


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
    parent: str = ""  # the keyword under which an export puts it
    serp: tuple[str, ...] = ()  # addresses of the result page, best first


def read_fields(phrase: str, **written: str) -> KeywordFields:
    """The fields as written, by their names, understood. Raises Invalid, which names the first that cannot be."""
    shown, compared = _phrase_and_normal(phrase)
    return KeywordFields(shown, compared, **{name: READERS[name](text) for name, text in written.items()})


def read_what_can_be(phrase: str, written: Mapping[str, str]) -> tuple[KeywordFields, tuple[str, ...]]:
    """As `read_fields`, but a value that cannot be read is unknown: with a sentence about each. Raises Invalid."""
    shown, compared = _phrase_and_normal(phrase)
    values: dict[str, Any] = {}
    unread = []
    for name, text in written.items():
        try:
            values[name] = READERS[name](text)
        except Invalid as error:
            unread.append(f"{error.sentence} It is left unknown.")
    return KeywordFields(shown, compared, **values), tuple(unread)


def read_phrase(written: str) -> str:
    """The phrase, trimmed. Raises Invalid."""
    return _phrase_and_normal(written)[0]


def _phrase_and_normal(written: str) -> tuple[str, str]:
    phrase = written.strip()
    if not phrase:
        raise Invalid("phrase", "There is no keyword.", "Write the phrase that people search for.")
    if CONTROL.search(phrase):
        raise Invalid("phrase", "The keyword holds a line break or another control character.", "Write it on one line.")
    if UNREADABLE in phrase:
        raise Invalid("phrase", "The keyword holds characters that cannot be read.", "Save the file as “CSV UTF-8”.")
    if FORMULA.search(phrase):
        raise Invalid("phrase", f"“{phrase[:40]}” is a spreadsheet formula, not a keyword.", "Write its result.")
    if phrase.lower() in SHEET_ERRORS:
        raise Invalid("phrase", f"“{phrase}” is an error of a spreadsheet, not a keyword.", "Mend the cell.")
    compared = normal(phrase[: LONGEST_PHRASE + 1])
    if max(len(phrase), len(compared)) > LONGEST_PHRASE:
        raise Invalid("phrase", f"The keyword is longer than {LONGEST_PHRASE} characters.", "Shorten it.")
    if not any(character.isalnum() for character in phrase):
        raise Invalid("phrase", f"“{phrase[:40]}” has no letter and no digit.", "Write the phrase in words.")
    return phrase, compared


def _volume(written: str) -> int | None:
    """Ranges too: see `numbers.count`."""
    if _is_unknown(written):
        return None
    number = numbers.count(written)
    if number is None or number > GREATEST_VOLUME:
        raise Invalid(
            "volume", f"The volume “{_start(written)}” is not a number of searches.", "Write a number like 1300."
        )
    return number


def _difficulty(written: str) -> int | None:
    if _is_unknown(written):
        return None
    number = numbers.share(written)
    if number is None or number > 100:
        raise Invalid("difficulty", f"The difficulty “{_start(written)}” is not a number from 0 to 100.", "Write one.")
    return round(number)


def _cpc(written: str) -> Decimal | None:
    if _is_unknown(written):
        return None
    money = numbers.amount(CURRENCY.sub("", numbers.SPACES.sub("", written)))
    if money is None or money > GREATEST_CPC:
        raise Invalid("cpc", f"The CPC “{_start(written)}” is not an amount.", "Write a number like 1.25.")
    return money


def _intent(written: str) -> Intent | None:
    """The first where a tool lists several. By their first letters, or the digits of Semrush's API."""
    if _is_unknown(written):
        return None
    for text in re.split(r"[,;/|\n]", written[:200]):
        word = text.strip().lower()
        if word in UNKNOWN or BESIDE_INTENT.match(word):
            continue
        intent = _named_intent(word)
        if intent is not None:
            return intent
        names = ", ".join(intent.value for intent in Intent)
        raise Invalid("intent", f"The intent “{_start(written)}” is not known.", f"Write one of {names}.")
    return None


def _named_intent(word: str) -> Intent | None:
    if word in DIGITS:
        return DIGITS[word]
    return next((found for found, stems in STEMS.items() if found.startswith(word) or word.startswith(stems)), None)


def _country(written: str) -> str:
    if written.strip().lower() in UNKNOWN - {"na"}:
        return ""
    code = countries.code_of(written)
    if code is None:
        raise Invalid("country", f"The country “{_start(written)}” is not known.", "Write a code like US.")
    return code


def _parent(written: str) -> str:
    return "" if written.strip().lower() in UNKNOWN else read_phrase(written)


def _serp(written: str) -> tuple[str, ...]:
    """The addresses in a text, each once."""
    found = (address for address in ADDRESS.findall(written) if len(address) <= LONGEST_ADDRESS)
    return tuple(dict.fromkeys(found))[:MOST_ADDRESSES]


READERS: dict[str, Callable[[str], Any]] = {
    "volume": _volume,
    "difficulty": _difficulty,
    "cpc": _cpc,
    "intent": _intent,
    "country": _country,
    "parent": _parent,
    "serp": _serp,
}


def _is_unknown(written: str) -> bool:
    return written.strip().lower() in UNKNOWN


def _start(written: str) -> str:
    return CONTROL.sub(" ", written.strip()[:20])
