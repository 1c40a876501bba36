"""Files on their way into a site, for tests: arrived, gone on with, looked at."""

import io
from collections.abc import Iterable

import pytest
from sqlalchemy import select

from webapp.content.imports import arriving, control, working
from webapp.content.imports.models import ImportChunk, KeywordImport, LineRemark, SeenPhrase
from webapp.content.models import Keyword
from webapp.core.db import db
from webapp.sites.models import Site

FOR_EVER = 1e9  # seconds
LEFTOVERS = (ImportChunk, SeenPhrase)


def table(lines: Iterable[str]) -> str:
    return "\n".join(["Keyword,Volume", *lines]) + "\n"


def numbered(count: int, first: int = 0) -> str:
    return table(f"phrase {number},{number}" for number in range(first, first + count))


def arrived(site: Site, text: str | bytes, filename: str = "keywords.csv") -> KeywordImport:
    data = text.encode() if isinstance(text, str) else text
    return arriving.receive(site, io.BytesIO(data), filename, "Ana")


def counted(site: Site, text: str | bytes) -> KeywordImport:
    one = arrived(site, text)
    return gone_on_with(one)


def imported(site: Site, text: str | bytes) -> KeywordImport:
    one = arrived(site, text)
    control.begin(one)
    return gone_on_with(one)


def gone_on_with(one: KeywordImport, seconds: float = FOR_EVER) -> KeywordImport:
    working.work_on(one.id, seconds)
    return fresh(one)


def fresh(one: KeywordImport) -> KeywordImport:
    """As it is now. Ends the transaction."""
    db.session.commit()
    found = db.session.get_one(KeywordImport, one.id, populate_existing=True)
    db.session.commit()
    return found


def numbers(one: KeywordImport) -> tuple[int, int, int]:
    """New, duplicates, bad."""
    return one.new, one.duplicates, one.bad


def keywords(site: Site) -> list[tuple[str, int | None]]:
    """Phrase and volume, in the order in which they came."""
    rows = select(Keyword.phrase, Keyword.volume).where(Keyword.site_id == site.id).order_by(Keyword.id)
    found = [(phrase, volume) for phrase, volume in db.session.execute(rows)]
    db.session.commit()
    return found


def bad_lines(one: KeywordImport) -> list[int]:
    rows = select(LineRemark.number).filter_by(import_id=one.id, is_left_out=True).order_by(LineRemark.number)
    found = list(db.session.scalars(rows))
    db.session.commit()
    return found


def leftovers(one: KeywordImport) -> int:
    """How many rows are kept only for as long as it may go on."""
    found = sum(len(db.session.scalars(select(kind.import_id).filter_by(import_id=one.id)).all()) for kind in LEFTOVERS)
    db.session.commit()
    return found


def in_small_batches(monkeypatch: pytest.MonkeyPatch, lines: int = 5) -> None:
    monkeypatch.setattr(working, "BATCH", lines)
    monkeypatch.setattr(working, "OTHERS_TURN", 0)
