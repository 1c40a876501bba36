"""Whatever happens on the way, an import adds each keyword once and counts each line once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests import factories
from tests.content.importing.desk import (
    FOR_EVER,
    arrived,
    bad_lines,
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
from tests.pipeline import engine
from webapp.content.imports import control, upkeep, working
from webapp.content.imports.models import ImportStatus, KeywordImport
from webapp.core.db import db
from webapp.pipeline.states import RunStatus
from webapp.sites.models import Site

LINES = [f"phrase {number},{number}" for number in range(6)] + ["phrase 2,7", "???,1", "phrase 20,"]
CAME = {(f"phrase {number}", number) for number in range(6)} | {("phrase 20", None)}


class Killed(BaseException):
    """The end of a process, wherever it is."""


@contextmanager
def killed_at(statement: int) -> Iterator[None]:
    """Whoever works inside dies before that statement is sent; what was not committed is gone."""
    sent = iter(range(1, 10_000))

    def count(*_: Any) -> None:
        if next(sent) == statement:
            raise Killed

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        yield
    except (Killed, OperationalError) as error:
        assert isinstance(getattr(error, "orig", error), Killed)
        db.session.remove()
    finally:
        event.remove(db.engine, "before_cursor_execute", count)


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def begun(site: Site, text: str) -> KeywordImport:
    one = arrived(site, text)
    control.begin(one)
    return one


@pytest.mark.parametrize("begin", [True, False], ids=["imported", "looked through"])
def test_a_worker_may_die_before_any_statement(app: Flask, monkeypatch: pytest.MonkeyPatch, begin: bool) -> None:
    in_small_batches(monkeypatch)
    engine.with_settings(app, lease_ttl=0)
    for statement in range(1, 200):
        site = factories.site()
        one = begun(site, table(LINES)) if begin else arrived(site, table(LINES))
        number = one.id
        with killed_at(statement):
            working.work_on(number, FOR_EVER)
            break  # it came to the end before
        one = fresh(db.session.get_one(KeywordImport, number))
        if one.is_at_work:
            assert upkeep.left_alone() == [number]
            one = gone_on_with(one)
        upkeep.tidy()

        assert one.status is (ImportStatus.IMPORTED if begin else ImportStatus.UNDERSTOOD)
        assert numbers(one) == (7, 1, 1), statement
        assert bad_lines(one) == [9]
        assert set(keywords(site)) == (CAME if begin else set())
        assert len(keywords(site)) == (7 if begin else 0)
        assert not begin or leftovers(one) == 0
    assert statement > 20


def test_lines_that_kill_every_worker_end_the_import(app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    in_small_batches(monkeypatch)
    engine.with_settings(app, lease_ttl=0)
    one = begun(site, numbered(20))
    gone_on_with(one, seconds=0)
    for _ in range(working.MOST_TRIES):
        assert fresh(one).status is ImportStatus.IMPORTING
        with killed_at(5):
            working.work_on(one.id, FOR_EVER)

    one = gone_on_with(db.session.get_one(KeywordImport, one.id))

    assert one.status is ImportStatus.FAILED
    assert "after line 6" in one.problem
    assert len(keywords(site)) == 5


def test_workers_that_are_asked_to_stop_again_and_again_come_to_the_end(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_batches(monkeypatch)
    stopping = threading.Event()
    stopping.set()
    one = begun(site, table(LINES))
    turns = 1
    while working.work_on(one.id, FOR_EVER, stopping):
        turns += 1

    assert turns == 3
    assert numbers(fresh(one)) == (7, 1, 1)


PHRASES = ["moka pot", "Moka  Pot", "chemex", "drip", "ＣＨＥＭＥＸ", "café", "CAFÉ", "???", "“x”", '"x"']
VOLUMES = ["", "0", "90", "1300", "-"]


def cells(phrase: str, volume: str) -> str:
    return '"' + phrase.replace('"', '""') + f'",{volume}'


# Phrases come again, in other spellings, with and without what is known of them.
FILES = st.lists(st.builds(cells, st.sampled_from(PHRASES), st.sampled_from(VOLUMES)), min_size=1, max_size=25)


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=FILES, size=st.integers(1, 9))
def test_importing_twice_adds_nothing(app: Flask, lines: list[str], size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        in_small_batches(patch, size)
        site = factories.site()
        first = imported(site, table(lines))
        came = keywords(site)

        again = imported(site, table(lines))

        assert (again.new, again.filled_in, again.bad) == (0, 0, first.bad)
        assert again.lines == first.lines
        assert keywords(site) == came
        assert len(came) == first.new


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=FILES, size=st.integers(1, 9))
def test_the_look_through_foretells_the_import(app: Flask, lines: list[str], size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        in_small_batches(patch, size)
        site = factories.site()
        factories.keyword(site, "chemex")
        one = gone_on_with(arrived(site, table(lines)))
        foretold = numbers(one)

        control.begin(one)

        assert numbers(gone_on_with(one)) == foretold


def at_once(app: Flask, *works: Callable[[], object]) -> None:
    """Does all of them in threads with sessions of their own. Raises what one of them raised."""
    errors: list[BaseException] = []

    def in_its_own_session(work: Callable[[], object]) -> None:
        with app.app_context():
            try:
                work()
            except BaseException as error:
                errors.append(error)

    threads = [threading.Thread(target=in_its_own_session, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if errors:
        raise errors[0]


def to_the_end(import_id: int, site: Site) -> Callable[[], None]:
    """A worker that comes again for as long as anything is to be done, whoever else is at it."""

    def work() -> None:
        while db.session.scalar(db.select(KeywordImport.status).filter_by(id=import_id)) is ImportStatus.IMPORTING:
            db.session.commit()
            working.work_on(import_id, 0)
        db.session.commit()

    return work


def test_two_workers_of_one_import_double_nothing(app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    in_small_batches(monkeypatch)
    one = begun(site, numbered(60))

    at_once(app, *[to_the_end(one.id, site) for _ in range(3)])

    assert fresh(one).status is ImportStatus.IMPORTED
    assert numbers(fresh(one)) == (60, 0, 0)
    assert len(keywords(site)) == 60


def test_a_worker_that_was_taken_for_lost_does_nothing_any_more(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_batches(monkeypatch)
    engine.with_settings(app, lease_ttl=0)
    one = begun(site, numbered(30))

    class Overtaken(threading.Event):
        """Asked between two batches, as a worker does that was frozen there for long."""

        def is_set(self) -> bool:
            working.work_on(one.id, 0)
            return False

    assert not working.work_on(one.id, FOR_EVER, Overtaken())

    assert fresh(one).lines == len(keywords(site)) == 10
    assert numbers(gone_on_with(one)) == (30, 0, 0)


def test_one_file_imported_twice_at_once_doubles_nothing(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_batches(monkeypatch)
    backwards = table(reversed(numbered(60).splitlines()[1:]))
    imports = [begun(site, numbered(60)), begun(site, numbered(60)), begun(site, backwards)]

    at_once(app, *[to_the_end(one.id, site) for one in imports])

    assert [fresh(one).lines for one in imports] == [60, 60, 60]
    assert sum(fresh(one).new for one in imports) == len(keywords(site)) == 60


def test_a_run_and_an_import_go_on_side_by_side(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    in_small_batches(monkeypatch, 3)
    site = engine.site_with_keywords(6, max_keywords_per_run=6, max_tasks_per_run=1)
    run = engine.start(site)
    one = begun(site, numbered(300))
    turn = engine.in_background(app, run)

    at_once(app, to_the_end(one.id, site))
    turn.finish()

    assert engine.work_to_the_end(run).status is RunStatus.COMPLETED
    assert numbers(fresh(one)) == (300, 0, 0)
    assert len(keywords(site)) == 306


def test_nobody_works_on_what_another_holds(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    in_small_batches(monkeypatch)
    one = begun(site, numbered(20))
    with killed_at(5):  # its claim goes on until the lease is over
        working.work_on(one.id, FOR_EVER)
    one = db.session.get_one(KeywordImport, one.id)

    assert not working.work_on(one.id, FOR_EVER)
    assert upkeep.left_alone() == []
    assert fresh(one).lines == 0
