"""Who holds which run, as the row and the lock in Redis have it, and what is being recovered."""

import pytest
from flask import Flask

from tests import factories
from tests.pipeline.engine import fresh, rows, start
from webapp.core.db import db
from webapp.core.redis import connection
from webapp.pipeline import claim, control, holding, recovery
from webapp.pipeline.claim import Claim
from webapp.pipeline.holding import Holding, LockState, Owner, Recovery
from webapp.pipeline.models import Run

LEASE = 20.0


def claimed(run: Run, worker: str = "mole") -> Claim:
    current = fresh(run)
    taken = claim.claim(current.id, current.epoch, worker=worker, lease=LEASE, lock=connection())
    assert taken is not None
    return taken


def look() -> Holding:
    found = holding.holding(holding.locks_in(connection(), LEASE))
    db.session.commit()
    return found


def test_a_running_run_says_who_holds_it(app: Flask) -> None:
    site = factories.site(name="Beans")
    run = start(site)
    taken = claimed(run)
    taken.beat()

    (held,) = look().held.lines

    host, pid, _, token = taken.owner.split(":")
    assert held.owner == Owner(host, pid, "mole", token)
    assert (held.run_id, held.site, held.slug, held.epoch) == (run.id, "Beans", site.slug, taken.epoch)
    assert held.claimed_at == fresh(run).claimed_at
    assert held.lock is LockState.NAMES_IT
    assert held.lock_renewed_ago is not None and held.lock_renewed_ago < LEASE


def test_a_lock_says_when_it_was_renewed(app: Flask) -> None:
    taken = claimed(start(factories.site()))
    taken.beat()
    connection().pexpire(holding.key_of(taken.site_id), 5_000)

    (held,) = look().held.lines

    assert held.lock_renewed_ago is not None and 15 <= held.lock_renewed_ago < LEASE


def test_a_run_whose_lock_has_run_out_is_being_recovered(app: Flask) -> None:
    run = start(factories.site())
    taken = claimed(run)

    found = look()

    assert [held.lock for held in found.held.lines] == [LockState.NONE]
    (recovering,) = found.recovering.lines
    assert (recovering.run_id, recovering.why, recovering.epoch) == (run.id, Recovery.NO_SIGN_OF_LIFE, taken.epoch)


def test_a_lock_that_names_an_older_claim_is_no_sign_of_life(app: Flask) -> None:
    run = start(factories.site())
    claimed(run, "old").beat()
    assert recovery.take_from_living(run.id, fresh(run).epoch, "Ana")
    claimed(run, "new")

    found = look()

    assert [held.lock for held in found.held.lines] == [LockState.NAMES_ANOTHER]
    assert [line.why for line in found.recovering.lines] == [Recovery.NO_SIGN_OF_LIFE]
    assert [(lock.run_id, lock.owner.split(":")[2]) for lock in found.stale_locks.lines] == [(run.id, "old")]


def test_a_run_that_waits_after_a_loss_is_being_recovered(app: Flask) -> None:
    run = start(factories.site())
    claimed(run)
    lost = fresh(run)
    assert recovery.take_over(lost.id, lost.epoch, lost.hb)

    found = look()

    assert found.held.lines == []
    (recovering,) = found.recovering.lines
    assert recovering.why is Recovery.QUEUED_AGAIN
    assert (recovering.takeovers, recovering.without_progress) == (1, 1)


def test_runs_that_merely_wait_are_counted_and_not_listed(app: Flask) -> None:
    start(factories.site())
    control.pause(start(factories.site()), "Ana")

    found = look()

    assert found.active == {"queued": 1, "running": 0, "paused": 1}
    assert (found.held.lines, found.recovering.lines) == ([], [])


def test_a_lock_whose_run_has_ended_is_stale(app: Flask) -> None:
    run = start(factories.site())
    taken = claimed(run)
    taken.beat()
    control.cancel(fresh(run), "Ana")

    (stale,) = look().stale_locks.lines

    assert (stale.site_id, stale.run_id, stale.owner) == (taken.site_id, run.id, taken.owner)


def test_without_redis_nobody_counts_as_lost(app: Flask) -> None:
    claimed(start(factories.site()))

    found = holding.holding(None)
    db.session.commit()

    assert [held.lock for held in found.held.lines] == [LockState.UNKNOWN]
    assert found.recovering.lines == []


def test_beyond_so_many_lines_only_the_number_is_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "AT_MOST", 2)
    for _ in range(3):
        claimed(start(factories.site())).beat()
    for run in rows(Run)[:2]:
        control.cancel(run, "Ana")
    for _ in range(3):
        claimed(start(factories.site())).beat()

    found = look()

    assert (len(found.held.lines), found.held.more, found.held.count) == (2, 2, 4)
    assert found.stale_locks.count == 2


def test_locks_are_found_among_many_keys(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "KEYS_AT_A_TIME", 100)
    connection().mset({f"somebody:{number}": "else" for number in range(1_000)})
    taken = claimed(start(factories.site()))
    taken.beat()

    assert list(holding.locks_in(connection(), LEASE)) == [taken.site_id]

    monkeypatch.setattr(holding, "LONGEST_SEARCH", 1)
    connection().mset({f"somebody:{number}": "else" for number in range(20_000)})
    assert len(holding.locks_in(connection(), LEASE)) <= 1  # it comes to an end, found or not


@pytest.mark.parametrize(
    ("name", "value"), [("berlin", "held"), ("7", "held"), ("7", "a:b:c"), ("berlin", "1:2:ana"), ("7", b"\xff:1:x")]
)
def test_what_is_called_like_a_lock_and_is_none_is_passed_over(app: Flask, name: str, value: str | bytes) -> None:
    taken = claimed(start(factories.site()))
    taken.beat()
    connection().set(holding.EVERY_LOCK.replace("*", name), value)
    connection().rpush(holding.EVERY_LOCK.replace("*", "8"), "a list")

    found = look()

    assert [held.lock for held in found.held.lines] == [LockState.NAMES_IT]
    assert found.stale_locks.count == 0
