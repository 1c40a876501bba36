"""What a table may hold is said by constraints and types; here they are changed, on both databases."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op


def one_of(column: str, values: Sequence[str]) -> str:
    """The words of a constraint that a column holds one of these, as SQLAlchemy writes them for an enum."""
    return "{} IN ({})".format(column, ", ".join(f"'{value}'" for value in values))


def replace(table: str, constraint: str, before: str, after: str) -> None:
    """Puts one condition in the place of another. `constraint` is its name without the table's."""
    if _is_sqlite():
        return _rewrite(table, before, after)
    name = op.f(f"ck_{table}_{constraint}")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, after)


def add(table: str, constraints: Mapping[str, str]) -> None:
    """Puts constraints on a table whose rows all keep to them: by name their words, such as "CHECK (volume >= 0)"."""
    for name, words in constraints.items():
        if _is_sqlite():
            _write(table, _made(table).rstrip().removesuffix(")") + _clause(name, words) + ")")
        else:
            op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {words}")


def drop(table: str, constraints: Mapping[str, str]) -> None:
    """Takes them off again."""
    for name, words in constraints.items():
        if _is_sqlite():
            _rewrite(table, _clause(name, words), "")
        else:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def retype(table: str, column: str, before: str, after: str) -> None:
    """Gives a column another type, as SQL names it, that holds all its values."""
    if _is_sqlite():
        return _rewrite(table, f"{column} {before} ", f"{column} {after} ")
    op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {after}")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _clause(name: str, words: str) -> str:
    return f", CONSTRAINT {name} {words}"


def _rewrite(table: str, before: str, after: str) -> None:
    made = _made(table)
    assert before in made, made
    _write(table, made.replace(before, after))


def _made(table: str) -> str:
    """The words that made SQLite's table."""
    told = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table")
    return str(op.get_bind().scalar(told, {"table": table}))


def _write(table: str, words: str) -> None:
    """SQLite changes no constraint, and a table that others refer to cannot be made anew without deleting their rows.

    Its manual has the words of the table changed instead: no row is touched.
    """
    connection = op.get_bind()
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :table"),
        {"sql": words, "table": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")  # so that everybody reads it again
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
