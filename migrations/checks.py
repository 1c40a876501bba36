"""What a table may hold is said by CHECK constraints; here they are changed, on both databases."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op


def one_of(column: str, values: Sequence[str]) -> str:
    """The words of a constraint that a column holds one of these, as SQLAlchemy writes them for an enum."""
    return "{} IN ({})".format(column, ", ".join(f"'{value}'" for value in values))


def replace(table: str, constraint: str, before: str, after: str) -> None:
    """Puts one condition in the place of another. `constraint` is its name without the table's."""
    if op.get_bind().dialect.name == "sqlite":
        return _rewrite(table, before, after)
    name = op.f(f"ck_{table}_{constraint}")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, after)


def _rewrite(table: str, before: str, after: str) -> None:
    """SQLite changes no constraint, and a table that others refer to cannot be made anew without deleting their rows.

    Its manual has the words of the table changed instead: no row is touched.
    """
    connection = op.get_bind()
    told = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table")
    made = connection.scalar(told, {"table": table})
    assert before in made, made
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :table"),
        {"sql": made.replace(before, after), "table": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")  # so that everybody reads it again
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
