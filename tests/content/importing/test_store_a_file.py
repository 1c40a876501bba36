"""What arrives is kept in pieces, understood, looked through, and let go of when it is through."""

import hashlib
import io
import zipfile
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from tests import factories
from tests.content.importing.desk import (
    arrived,
    bad_lines,
    counted,
    fresh,
    gone_on_with,
    imported,
    in_small_batches,
    keywords,
    leftovers,
    numbered,
    numbers,
    table,
)
from webapp.content.importing.understanding import Field, Source, Understanding
from webapp.content.imports import arriving, control, queries, stored, upkeep, working
from webapp.content.imports.at_once import ImportFailed, import_at_once
from webapp.content.imports.models import ImportChunk, ImportStatus, KeywordImport
from webapp.core.clock import now
from webapp.core.db import change, db
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.sites.models import Site

NAMELESS = "A,B\n1,2\n3,4\n"


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def test_a_file_is_kept_whole_in_pieces(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "CHUNK", 16)
    text = numbered(20)

    one = arrived(site, text)

    assert (one.status, one.size) == (ImportStatus.COUNTING, len(text))
    assert one.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert (one.filename, one.by) == ("keywords.csv", "Ana")
    assert db.session.scalar(select(func.count()).select_from(ImportChunk)) == -(-len(text) // 16)
    assert stored.opened(one.id, one.size).read() == text.encode()


class Deleting(io.BytesIO):
    """A file during whose arrival somebody deletes the site."""

    def __init__(self, text: str, site_id: int):
        super().__init__(text.encode())
        self._site_id = site_id

    def read(self, size: int | None = -1) -> bytes:
        with db.engine.begin() as another:
            another.execute(delete(Site).where(Site.id == self._site_id))
        return super().read(size)


def test_of_a_file_whose_site_is_deleted_amid_it_nothing_is_left(site: Site) -> None:
    with pytest.raises(NotFound, match="The site was deleted while the file arrived"):
        arriving.receive(site, Deleting(numbered(20), site.id), "keywords.csv", "Ana")

    assert db.session.scalar(select(func.count()).select_from(ImportChunk)) == 0


def test_pieces_are_of_one_length_however_the_stream_gives_them(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    class Trickle(io.BytesIO):
        def read(self, size: int | None = 0) -> bytes:
            return super().read(min(3, size or 0))

    monkeypatch.setattr(stored, "CHUNK", 16)
    one = arriving.receive(site, Trickle(numbered(9).encode()), "a.csv", "Ana")

    lengths = db.session.scalars(select(func.length(ImportChunk.data)).order_by(ImportChunk.number)).all()
    assert set(lengths[:-1]) == {16}
    assert gone_on_with(one).new == 9


@hypothesis_settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(min_size=1, max_size=90), steps=st.lists(st.tuples(st.integers(0, 100), st.integers(0, 50))))
def test_what_is_kept_reads_as_the_file_does(app: Flask, data: bytes, steps: list[tuple[int, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "CHUNK", 8)
        one = KeywordImport(site_id=factories.site().id, by="Ana", filename="a")
        db.session.add(one)
        db.session.commit()
        stored.store(one, io.BytesIO(data))
        kept, original = stored.opened(one.id, one.size), io.BytesIO(data)
        for place, length in steps:
            assert kept.seek(place) == original.seek(place)
            assert kept.read(length) == original.read(length)
        assert kept.seek(0, io.SEEK_END) == len(data)


def test_what_is_no_file_of_keywords_leaves_nothing_behind(site: Site) -> None:
    with pytest.raises(Invalid) as refused:
        arrived(site, b"")

    assert refused.value.field == "file"
    assert db.session.scalar(select(func.count()).select_from(KeywordImport)) == 0
    assert db.session.scalar(select(func.count()).select_from(ImportChunk)) == 0
    db.session.commit()


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("C:\\Exports\\May.csv", "May.csv"),
        ("../../etc/keywords.csv", "keywords.csv"),
        ("a\r\nb.csv", "ab.csv"),
        ("", "Pasted text"),
        ("x" * 250 + ".csv", "x" * 196 + ".csv"),
    ],
    ids=["windows", "upwards", "line break", "none", "long"],
)
def test_of_the_name_only_the_last_part_is_kept(site: Site, written: str, kept: str) -> None:
    assert arrived(site, numbered(1), written).filename == kept


def test_looking_through_says_what_would_be_new_and_stores_no_keyword(site: Site) -> None:
    factories.keyword(site, "chemex")
    factories.keyword(factories.site(), "moka pot")

    one = counted(site, table(["moka pot,90", "Chemex,10", "MOKA  pot,1", "???,1", "=A1(),1", "drip,5"]))

    assert one.status is ImportStatus.UNDERSTOOD
    assert numbers(one) == (2, 2, 2)
    assert (one.lines, one.expected) == (6, 6)
    assert [phrase for phrase, _ in keywords(site)] == ["chemex"]
    assert bad_lines(one) == [5, 6]
    assert sum(one.reasons.values()) == 2


def test_what_was_seen_is_forgotten_when_all_is_seen(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    in_small_batches(monkeypatch)
    one = counted(site, numbered(12))

    assert numbers(one) == (12, 0, 0)
    assert leftovers(one) == 1  # its bytes


def test_an_import_does_what_was_said_before(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    in_small_batches(monkeypatch)
    factories.keyword(site, "phrase 3", volume=None)
    text = numbered(12) + "phrase 1,5\n???,1\n"
    one = counted(site, text)
    said = numbers(one)

    control.begin(one)
    one = gone_on_with(one)

    assert one.status is ImportStatus.IMPORTED
    assert numbers(one) == said == (11, 2, 1)
    assert one.filled_in == 1
    assert (one.position, one.lines, one.expected) == (15, 14, 14)
    assert one.finished_at is not None
    assert dict(keywords(site)) == {f"phrase {number}": number for number in range(12)}
    assert bad_lines(one) == [15]
    assert leftovers(one) == 0


def test_keywords_come_in_the_order_of_the_file(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    in_small_batches(monkeypatch)
    imported(site, table(f"{word}," for word in ("zebra", "ant", "mole", "bee", "yak", "cow", "owl")))

    assert [phrase for phrase, _ in keywords(site)] == ["zebra", "ant", "mole", "bee", "yak", "cow", "owl"]


def test_an_import_need_not_wait_for_the_look_through(site: Site) -> None:
    one = imported(site, numbered(3))

    assert (one.status, one.new, one.expected) == (ImportStatus.IMPORTED, 3, None)


def test_of_reasons_the_most_usual_kinds_are_told_apart(site: Site) -> None:
    one = counted(site, table([*(f"=A{number}(),1" for number in range(40)), "???,1"]))

    assert one.bad == 41
    assert sorted(one.reasons.values()) == [1, 40]
    assert all("A1" not in reason for reason in one.reasons)


def test_a_person_says_which_column_holds_the_keywords(site: Site) -> None:
    one = arrived(site, NAMELESS)
    assert one.status is ImportStatus.UNMAPPED
    assert arriving.unmapped(one).names == ("A", "B")

    with pytest.raises(Invalid):
        arriving.say_what_columns_hold(one, {Field.VOLUME: 0})
    arriving.say_what_columns_hold(one, {Field.PHRASE: 1, Field.VOLUME: 0})

    one = gone_on_with(one)
    assert one.status is ImportStatus.UNDERSTOOD
    assert Understanding.from_json(one.understanding or {}).source is Source.TABLE
    control.begin(one)
    gone_on_with(one)
    assert keywords(site) == [("2", 1), ("4", 3)]
    with pytest.raises(Conflict):
        arriving.say_what_columns_hold(one, {Field.PHRASE: 1})


def test_a_stopped_import_goes_on_where_it_was(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    in_small_batches(monkeypatch)
    one = arrived(site, numbered(12))
    control.begin(one)
    one = gone_on_with(one, seconds=0)
    control.stop(one, "Ana")

    assert (one.status, one.lines, one.problem) == (ImportStatus.STOPPED, 5, "Stopped by Ana.")
    assert gone_on_with(one).lines == 5

    control.go_on(one)
    assert numbers(gone_on_with(one)) == (12, 0, 0)
    with pytest.raises(Conflict):
        control.stop(one, "Ana")


@pytest.mark.parametrize("seconds", [0, 1e9], ids=["looked through in part", "looked through"])
def test_dropping_takes_the_file_along_and_leaves_the_keywords(
    site: Site, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    in_small_batches(monkeypatch)
    one = gone_on_with(arrived(site, numbered(12)), seconds)
    control.drop(one)

    db.session.expunge_all()
    assert leftovers(one) == 0
    assert queries.imports_of(site.id, queries.Place()).rows == []
    db.session.commit()


def test_what_is_imported_or_being_imported_is_not_dropped(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    in_small_batches(monkeypatch)
    one = arrived(site, numbered(12))
    control.begin(one)
    with pytest.raises(Conflict):
        control.drop(one)
    one = gone_on_with(one)
    with pytest.raises(Conflict):
        control.drop(one)
    assert fresh(one).status is ImportStatus.IMPORTED


def test_a_file_that_breaks_off_says_so_and_keeps_what_came_before(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "OTHERS_TURN", 0)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("keywords.csv", numbered(60_000).replace("phrase", "café"))
    broken = packed.getvalue()[:150_000] + b"\0" * 9 + packed.getvalue()[150_009:]

    with pytest.raises(ImportFailed) as failed:
        import_at_once(site, io.BytesIO(broken), "a.zip", "Ana")

    one = db.session.scalars(select(KeywordImport)).one()
    assert one.status is ImportStatus.FAILED
    assert one.problem == str(failed.value)
    assert len(keywords(site)) == one.new > 0
    assert leftovers(one) == 0


def test_the_same_file_is_recognised_as_such(site: Site) -> None:
    first = imported(site, numbered(2))
    again = counted(site, numbered(2))
    other = counted(site, numbered(3))

    found = queries.imported_before(again)
    assert found is not None and found.id == first.id
    assert queries.imported_before(other) is None
    assert queries.imported_before(first) is None
    db.session.commit()


@pytest.mark.parametrize(
    ("status", "after", "left"),
    [
        (ImportStatus.ARRIVING, timedelta(hours=5), ImportStatus.ARRIVING),
        (ImportStatus.ARRIVING, timedelta(hours=7), None),
        (ImportStatus.DROPPED, timedelta(seconds=1), None),
        (ImportStatus.UNDERSTOOD, timedelta(days=6), ImportStatus.UNDERSTOOD),
        (ImportStatus.UNDERSTOOD, timedelta(days=8), None),
        (ImportStatus.UNMAPPED, timedelta(days=8), None),
        (ImportStatus.STOPPED, timedelta(days=8), ImportStatus.FAILED),
        (ImportStatus.COUNTING, timedelta(days=8), ImportStatus.COUNTING),
        (ImportStatus.IMPORTED, timedelta(days=800), ImportStatus.IMPORTED),
    ],
    ids=lambda value: str(value),
)
def test_a_file_that_nobody_comes_for_is_dropped(
    site: Site, status: ImportStatus, after: timedelta, left: ImportStatus | None
) -> None:
    one = arrived(site, numbered(3))
    change(update(KeywordImport).where(KeywordImport.id == one.id).values(status=status, touched_at=now() - after))
    db.session.commit()

    upkeep.tidy()

    found = db.session.scalar(select(KeywordImport.status).where(KeywordImport.id == one.id))
    db.session.commit()
    assert found == left
    at_rest = (None, ImportStatus.FAILED, ImportStatus.IMPORTED)
    assert (leftovers(one) == 0) == (left in at_rest)
