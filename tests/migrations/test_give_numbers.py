"""A row's number is never given again: what still knows the old one must not meet another row."""

import pytest
from flask import Flask
from sqlalchemy import delete

from tests import factories
from webapp.core.db import Numbered, change, db
from webapp.pipeline.models import Run
from webapp.sites.models import Site


def test_the_number_of_a_deleted_row_is_not_given_again(app: Flask) -> None:
    first = factories.run(factories.site())
    number = first.id
    change(delete(Site).where(Site.id == first.site_id))
    db.session.commit()
    db.session.expunge_all()

    assert factories.run(factories.site()).id > number
    assert db.session.get(Run, number) is None


def test_so_it_is_with_every_numbered_table(app: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL's sequences never go back")
    made = dict(db.session.execute(db.text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all())
    numbered = [mapper.local_table.name for mapper in db.Model.registry.mappers if issubclass(mapper.class_, Numbered)]

    assert len(numbered) > 15 and set(numbered) <= set(made)
    assert [name for name in numbered if "AUTOINCREMENT" not in made[name]] == []
