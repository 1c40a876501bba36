"""A run may say that not all came out, or that nothing waited; to older code it is one that has done all."""

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from tests import factories
from tests.migrations.conftest import MakeApp
from webapp.core.db import db
from webapp.pipeline.states import StopReason


@pytest.mark.parametrize("reason", [StopReason.SOME_NEED_ATTENTION, StopReason.NOTHING_WAITED])
def test_older_code_reads_that_all_is_done(make_app: MakeApp, reason: StopReason) -> None:
    make_app(reason.value)
    upgrade()
    run = factories.run(factories.site())
    run.stop_reason = reason
    db.session.commit()

    downgrade(revision="0013")

    assert db.session.scalar(text("SELECT stop_reason FROM run")) == "all_done"
    db.session.commit()
    upgrade()
