"""Trying several rows of a list again."""

from flask import request

from webapp.web.access import LARGEST_ID


def wanted_rows(field: str) -> list[int]:
    """The numbers of the rows that were chosen."""
    return [id for id in request.form.getlist(field, type=int) if 0 < id <= LARGEST_ID]


def told(tried: int, one: str) -> tuple[str, str]:
    """What a message says of it, and of which kind it is."""
    if not tried:
        return f"No {one} is tried again: none that you chose needs attention.", "warn"
    return f"The next run tries {tried} {one if tried == 1 else f'{one}s'} again.", "ok"
