"""A site may publish to WordPress; SQLite's table of sites is changed for that under the rows that refer to it."""

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from tests import factories
from tests.migrations.conftest import MakeApp
from webapp.core.db import change, db
from webapp.publishing.models import Publication
from webapp.sites.models import Site, TargetKind


def test_older_code_finds_a_folder_and_everything_that_hangs_from_the_site(make_app: MakeApp) -> None:
    make_app("targets")
    upgrade()
    site = factories.site(target=TargetKind.WORDPRESS)
    factories.publication(site)
    db.session.expunge_all()

    downgrade(revision="0005")

    assert db.session.scalar(text("SELECT target FROM site")) == "folder"
    assert db.session.scalar(select(func.count()).select_from(Publication)) == 1
    with pytest.raises(IntegrityError):
        db.session.execute(text("UPDATE site SET target = 'wordpress'"))
    db.session.rollback()


def test_the_numbers_of_sites_go_on_and_deleting_one_takes_its_rows_along(make_app: MakeApp) -> None:
    make_app("sites")
    upgrade(revision="0005")
    db.session.execute(text("INSERT INTO account (id, name, created_at) VALUES (1, 'Studio', '2026-01-01')"))
    insert = (
        "INSERT INTO site (id, account_id, name, slug, time_zone, language, voice, provider, target, created_at)"
        " VALUES (7, 1, 'Herbs', 'herbs', 'UTC', 'en', '', 'embedded', 'folder', '2026-01-01')"
    )
    db.session.execute(text(insert))
    db.session.commit()

    upgrade()

    assert change(update(Site).values(target=TargetKind.WORDPRESS)) == 1
    db.session.execute(text("DELETE FROM account"))
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(Site)) == 0
