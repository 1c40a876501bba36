"""What lists share: filters, tabs and pages, all of them in the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import request, url_for

from webapp.core.paging import Page, Place

Choice = TypeVar("Choice", bound=StrEnum)

GREATEST = 2**31 - 1
PLACES = ("after", "before")


@dataclass(frozen=True)
class Tab:
    """One status or order, how many rows it shows if that is told, and the address that shows them."""

    name: str
    count: int | None
    url: str
    is_current: bool


@dataclass(frozen=True)
class Listing:
    """A page of rows with the tabs above it and the pages beside it. `before`, `after`: addresses or None."""

    rows: list[Any]
    tabs: list[Tab]
    before: str | None
    after: str | None
    total: int  # rows without any filter
    is_filtered: bool


def listing(page: Page[Any], counts: Mapping[Any, int], status: StrEnum | None, filters: tuple[str, ...]) -> Listing:
    """`filters` are the arguments, besides the status, that exclude rows."""
    return Listing(
        rows=page.rows,
        tabs=_tabs(counts, status),
        before=address(before=page.before) if page.before else None,
        after=address(after=page.after) if page.after else None,
        total=sum(counts.values()),
        is_filtered=status is not None or any(request.args.get(name, "").strip() for name in filters),
    )


def chosen(kind: type[Choice], name: str) -> Choice | None:
    """The member that an argument of the address names, None for any other value."""
    written = request.args.get(name, "")
    return kind(written) if written in set(kind) else None


def number(name: str) -> int | None:
    """The whole number in an argument of the address, None for anything that no column holds."""
    written = request.args.get(name, "").strip()
    if not (written.isascii() and written.isdigit()):
        return None
    return min(int(written[:20]), GREATEST)


def place() -> Place:
    return Place(after=request.args.get("after"), before=request.args.get("before"))


def address(**changes: Any) -> str:
    """This page's address with some arguments changed; None drops one. The place in the list starts anew."""
    arguments = {name: value for name, value in (kept() | changes).items() if value not in (None, "")}
    return url_for(str(request.endpoint), **(request.view_args or {}), **arguments)


def kept() -> dict[str, Any]:
    """The arguments of this page's address, without the place in the list and what is no filter of ours."""
    return {name: value for name, value in request.args.items() if name not in PLACES and not name.startswith("_")}


def back() -> str:
    """Where a form says that it came from, if that is a list of the same site; else the list itself."""
    home = url_for(f"{request.blueprint}.index", slug=(request.view_args or {})["slug"])
    came = request.form.get("back", "")
    return came if came == home or came.startswith(f"{home}?") else home


def _tabs(counts: Mapping[Any, int], current: StrEnum | None) -> list[Tab]:
    every = Tab("All", sum(counts.values()), address(status=None), current is None)
    return [every] + [
        Tab(status.value.capitalize(), count, address(status=status.value), status is current)
        for status, count in counts.items()
    ]
