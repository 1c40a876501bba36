"""Numbers as people and their tools write them, in any of the usual languages."""

import re
from decimal import Decimal

LONGEST = 24  # characters of a number, spaces left out; nothing longer is one of searches or an amount
LONGEST_RANGE = 2 * LONGEST

SPACES = re.compile(r"[\s\u00a0\u202f]+")
GROUPED = re.compile(r"\d{1,3}(?:([.,'’_])\d{3})(?:\1\d{3})*")
DECIMAL = re.compile(r"\d+(?:[.,]\d+)?")
PLAIN = re.compile(r"[0-9]+(?:[.,][0-9]{1,2})?")
CENT = Decimal("0.01")
NO_DECIMALS = re.compile(r"(?<=\d{3})[.,]0{1,2}$")  # of a number whose thousands are separated

UNITS = dict.fromkeys(("k", "tsd", "mil", "mila", "tys"), 1_000) | dict.fromkeys(("m", "mio", "mln", "mill"), 1_000_000)
_UNIT = "|".join(sorted(UNITS, key=len, reverse=True))
_ONE = rf"(\d[\d.,'’_]*)({_UNIT})?\.?"
ONE = re.compile(_ONE)
BELOW = re.compile(rf"[<≤]{_ONE}")
ABOVE = re.compile(rf"[>≥]{_ONE}|{_ONE}\+")
RANGE = re.compile(rf"{_ONE}(?:[-‐‑‒–—−~]|to|bis|até|à|al|a|do|tot){_ONE}")


def count(written: str) -> int | None:
    """A whole number: `1,300`, `1.300`, `12 400`, `1.3K`. Of a range, such as `10 – 100`, half of its upper end.

    That is the figure that Google's planner itself writes for its ranges (50, 500, 5000 …), where it does not write
    the range; of a narrow range it is the lower end, if that is more. None if it is no number.
    """
    if written.isdecimal() and len(written) <= LONGEST:
        return int(written)
    text = SPACES.sub("", written).lower()
    if len(text) > LONGEST_RANGE:
        return None
    if match := ONE.fullmatch(text):
        return _times(*match.groups())
    if match := RANGE.fullmatch(text):
        low, high = _times(*match.groups()[:2]), _times(*match.groups()[2:])
        return None if low is None or high is None or low > high else max(low, high // 2)
    if match := BELOW.fullmatch(text):
        high = _times(*match.groups())
        return None if high is None else high // 2
    if match := ABOVE.fullmatch(text):
        number, unit, other, other_unit = match.groups()
        return _times(number or other, unit or other_unit)
    return None


def is_range(written: str) -> bool:
    return RANGE.fullmatch(SPACES.sub("", written[:LONGEST_RANGE]).lower()) is not None


def share(written: str) -> Decimal | None:
    """`35`, `35%`, `35,5`. None if it is no such number."""
    text = SPACES.sub("", written).removesuffix("%")
    return Decimal(text.replace(",", ".")) if len(text) <= LONGEST and DECIMAL.fullmatch(text) else None


def amount(written: str) -> Decimal | None:
    """Money, without its currency, to the cent.

    The last separator is the decimal one, as nobody pays thousands for a click with three decimals. None if it is none.
    """
    text = SPACES.sub("", written)
    if len(text) > LONGEST:
        return None
    if PLAIN.fullmatch(text):
        return Decimal(text.replace(",", ".")).quantize(CENT)
    whole, separator, cents = re.fullmatch(r"(.*?)(?:([.,])(\d*))?", text).groups(default="")  # type: ignore[union-attr]
    whole = re.sub(r"(?<=\d)[.,'’](?=\d{3})", "", whole)
    if not re.fullmatch(r"[0-9]+", whole) or (separator and not cents):
        return None
    return Decimal(f"{whole}.{cents or 0}").quantize(CENT)


def _times(number: str, unit: str | None) -> int | None:
    if len(number) > LONGEST:
        return None
    if unit:
        return int(Decimal(number.replace(",", ".")) * UNITS[unit]) if DECIMAL.fullmatch(number) else None
    if not DECIMAL.fullmatch(number):
        number = NO_DECIMALS.sub("", number)
    if GROUPED.fullmatch(number):
        return int(re.sub(r"\D", "", number))
    if DECIMAL.fullmatch(number):
        exact = Decimal(number.replace(",", "."))
        return int(exact) if exact == exact.to_integral_value() else None
    return None
