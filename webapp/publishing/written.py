"""Times and days as people write them into the publishing settings."""

import re
from datetime import date

from webapp.core.errors import Invalid

TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_time(written: str) -> str:
    """A local time as "HH:MM". Raises Invalid."""
    found = TIME.fullmatch(written.strip())
    if found is None:
        raise Invalid("time", f"{_quoted(written)} is not a time of day.", "Write it like 09:00 or 17:30.")
    return f"{int(found[1]):02}:{found[2]}"


def read_date(written: str) -> str:
    """A day as "YYYY-MM-DD". Raises Invalid."""
    try:
        if DATE.fullmatch(written.strip()):
            return date.fromisoformat(written.strip()).isoformat()
    except ValueError:  # a month or a day that there is not
        pass
    raise Invalid("date", f"{_quoted(written)} is not a date.", "Write it as year, month and day, like 2026-12-25.")


def _quoted(written: str) -> str:
    shown = written.strip() or "Nothing"
    return f"“{shown}”" if len(shown) <= 30 else f"“{shown[:30]}…”"
