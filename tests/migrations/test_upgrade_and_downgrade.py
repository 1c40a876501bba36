"""The migrations make what the models say, and can be undone, on both engines."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy import CheckConstraint, Table, inspect, text

import config
from tests.migrations.conftest import MakeApp
from tests.migrations.shape import shape, tables
from webapp.core.db import db
from webapp.pipeline.demo import found_demo

REVISIONS = [script.revision for script in ScriptDirectory(str(config.ROOT / "migrations")).walk_revisions()][::-1]


def test_upgrading_from_nothing_makes_what_the_models_say(make_app: MakeApp) -> None:
    make_app("migrated")
    upgrade()

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, db.metadata) == []


def test_keys_indexes_and_checks_are_those_of_the_models(make_app: MakeApp) -> None:
    make_app("created")
    db.create_all()
    expected = shape()
    make_app("migrated")
    upgrade()

    found = shape()
    for table, parts in expected.items():
        assert found[table] == parts
    assert found.keys() == expected.keys()


def test_the_engines_tell_of_every_check_of_the_models(make_app: MakeApp) -> None:
    """Otherwise the comparison above would compare nothing with nothing."""
    make_app("migrated")
    upgrade()
    inspector = inspect(db.engine)

    for table in db.metadata.tables.values():
        told = {check["name"] for check in inspector.get_check_constraints(table.name)}
        assert told == _names_of_checks(table)


def _names_of_checks(table: Table) -> set[str]:
    return {str(one.name) for one in table.constraints if isinstance(one, CheckConstraint)}


def test_downgrading_leaves_nothing_behind(make_app: MakeApp) -> None:
    make_app("down")
    upgrade()
    assert len(tables()) > 20

    downgrade(revision="base")

    assert tables() == set()
    assert inspect(db.engine).get_view_names() == []
    if db.engine.dialect.name == "postgresql":
        assert inspect(db.engine).get_sequence_names() == []
        assert inspect(db.engine).get_enums() == []  # type: ignore[attr-defined]


def test_up_again_is_as_before(make_app: MakeApp) -> None:
    make_app("again")
    upgrade()
    before = shape()

    downgrade(revision="base")
    upgrade()

    assert shape() == before


def test_downgrading_works_with_rows_in_the_tables(make_app: MakeApp) -> None:
    make_app("full")
    upgrade()
    found_demo()

    downgrade(revision="base")

    assert tables() == set()


@pytest.mark.parametrize("revision", REVISIONS)
def test_each_migration_can_be_undone_on_its_own(make_app: MakeApp, revision: str) -> None:
    make_app("each")
    upgrade(revision=revision)
    after = shape()

    downgrade(revision="-1")
    before = shape()
    upgrade(revision=revision)

    assert shape() == after != before


def test_upgrading_twice_changes_nothing(make_app: MakeApp) -> None:
    make_app("twice")
    upgrade()
    found_demo()
    before = shape()

    upgrade()

    assert shape() == before
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [REVISIONS[-1]]
        assert connection.execute(text("SELECT count(*) FROM site")).scalar_one() == 1
