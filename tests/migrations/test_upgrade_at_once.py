"""Of two that upgrade one database at once, the second waits and finds it done."""

import threading

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from tests.migrations.conftest import MakeApp
from tests.processes import eventually
from webapp.core.db import db
from webapp.jobs.facts import migrations

LOCK = 7_707_700  # as migrations/env.py has it


def upgrade_in_background(app: Flask) -> threading.Thread:
    def work() -> None:
        with app.app_context():
            upgrade()

    begun = threading.Thread(target=work)
    begun.start()
    return begun


@pytest.mark.parametrize("make_app", ["postgresql"], indirect=True)
def test_an_upgrade_waits_for_another(make_app: MakeApp) -> None:
    app = make_app("twice")
    with db.engine.connect() as other:
        other.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        second = upgrade_in_background(app)
        waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        eventually(lambda: other.scalar(waiting) == 1)
        other.commit()
    second.join(60)

    with db.engine.connect() as connection:
        assert migrations(connection).is_newest
