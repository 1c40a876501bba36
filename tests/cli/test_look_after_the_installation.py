"""doctor, ledger verify, demo and upgrade."""

import json
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text, update

from tests import factories
from tests.cli.conftest import Pressroom
from tests.credits.spending import purchase
from tests.pipeline.engine import rows
from webapp.content.media import path_of, read
from webapp.core.db import db
from webapp.core.errors import NotFound
from webapp.core.redis import connection
from webapp.credits import ledger
from webapp.credits.models import CreditBalance
from webapp.jobs import queue
from webapp.jobs.timetable import Timekeeper
from webapp.jobs.worker import PressroomWorker
from webapp.sites.models import Site


@pytest.fixture
def everybody(app: Flask) -> None:
    for name in queue.QUEUES:
        PressroomWorker(app, name).register_birth()
    Timekeeper(connection()).register_birth()


def test_the_doctor_is_content_when_all_is_there(everybody: None, pressroom: Pressroom) -> None:
    found = pressroom("doctor", "--json").json

    assert found["ok"] is True
    assert {"database", "redis", "worker:runs", "scheduler", "provider", "target"} <= {
        check["name"] for check in found["checks"]
    }
    assert all(set(check) == {"name", "ok", "detail", "remedy"} for check in found["checks"])
    assert "FAIL" not in pressroom("doctor").out


def test_the_doctor_says_what_to_do_and_fails(app: Flask, pressroom: Pressroom) -> None:
    said = pressroom("doctor")

    assert said.code == 1
    assert "FAIL  worker:runs" in said.out
    assert "what to do: Start everything with bin/up" in said.out
    assert pressroom("doctor", "--json").code == 1


def test_the_doctor_tells_a_program_what_the_system_page_shows(everybody: None, pressroom: Pressroom) -> None:
    factories.run(factories.site())

    found = pressroom("doctor", "--json").json

    assert set(found) == {"ok", "checks", "system"}
    assert {worker["queue"] for worker in found["system"]["workers"]} == set(queue.QUEUES)
    assert found["system"]["runs"]["active"] == {"queued": 1, "running": 0, "paused": 0}
    assert found["system"]["database"]["engine"] == db.engine.dialect.name


def test_the_doctor_tells_a_person_what_goes_on_in_brief(everybody: None, pressroom: Pressroom) -> None:
    factories.run(factories.site())

    said = pressroom("doctor").out

    assert "workers: 0 at work, 3 idle" in said
    assert "queue runs: 0 waiting" in said
    assert "runs: 1 queued, 0 running, 0 paused; 0 being recovered" in said


def test_the_doctor_without_redis_tells_the_rest(app: Flask, pressroom: Pressroom) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], redis_url="unix:///nowhere/redis.sock")

    said = pressroom("doctor")

    assert "workers:" not in said.out and "runs: 0 queued" in said.out
    system = json.loads(pressroom("doctor", "--json").out)["system"]
    assert system["workers"] is None and system["database"] is not None


def test_books_that_agree(app: Flask, pressroom: Pressroom) -> None:
    factories.account(credits=100)

    assert pressroom("ledger", "verify", "--json").json == {
        "ok": True, "accounts": 1, "entries": 1, "differences": [], "open_holds": [],
    }  # fmt: skip
    assert pressroom("ledger", "verify").out == "1 accounts, 1 entries, 0 differences.\n"


def test_books_that_do_not_agree(app: Flask, pressroom: Pressroom) -> None:
    account = factories.account(credits=100)
    db.session.execute(update(CreditBalance).values(balance=7))
    db.session.commit()

    said = pressroom("ledger", "verify", "--json")

    assert said.code == 1
    assert f'"account_id": {account.id}' in said.out
    assert "balance 7, entries 100" in pressroom("ledger", "verify").err


def test_a_hold_that_no_call_accounts_for_is_reported(app: Flask, pressroom: Pressroom) -> None:
    run = factories.run(factories.site())
    hold = ledger.hold(purchase(run, "articles:7"), 12)
    db.session.commit()

    said = pressroom("ledger", "verify", "--json")

    (found,) = json.loads(said.out)["open_holds"]
    assert said.code == 1 and json.loads(said.out)["differences"] == []
    assert (found["entry_id"], found["credits"], found["run_id"]) == (hold.id, 12, run.id)
    assert f"entry {hold.id} holds 12 credits for articles:7" in pressroom("ledger", "verify").err


def test_the_demo_is_made_once(app: Flask, pressroom: Pressroom) -> None:
    assert "is ready" in pressroom("demo").out
    assert "there already" in pressroom("demo").out
    assert [site.slug for site in rows(Site)] == ["demo"]


def test_an_upgrade_of_what_is_new_changes_nothing(app: Flask, pressroom: Pressroom) -> None:
    factories.site()

    assert "newest shape" in pressroom("upgrade").out
    assert len(rows(Site)) == 1


def test_an_upgrade_takes_pictures_that_were_files_into_the_database(app: Flask, pressroom: Pressroom) -> None:
    article = factories.article(factories.site())
    there, lost = factories.image(article), factories.image(article)
    path = path_of(str(there.file))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"an old picture")

    assert "in the database now: 1." in pressroom("upgrade").out
    path.unlink()

    assert read(str(there.file)) == b"an old picture"
    assert "Pictures" not in pressroom("upgrade").out
    with pytest.raises(NotFound):
        read(str(lost.file))


def test_a_database_of_newer_code_is_left_alone(app: Flask, pressroom: Pressroom) -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = 'of_tomorrow'"))
    db.session.commit()

    said = pressroom("upgrade")

    assert said.code == 1
    assert "of_tomorrow" in said.err and "Start the code that made it" in said.err
