"""What time it is. Everything inside is UTC and aware; zones belong to the edges."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
