"""What a database looks like, as its engine tells."""

from typing import Any

from sqlalchemy import Inspector, inspect

from webapp.core.db import db

VERSIONS = "alembic_version"


def tables() -> set[str]:
    """Those of ours."""
    return set(inspect(db.engine).get_table_names()) - {VERSIONS}


def shape() -> dict[str, Any]:
    """Everything that can be told of each table: columns, keys, indexes, constraints."""
    inspector = inspect(db.engine)
    return {table: _of_table(inspector, table) for table in sorted(tables())}


def _of_table(inspector: Inspector, table: str) -> dict[str, Any]:
    return {
        "columns": {
            column["name"]: (str(column["type"]), column["nullable"], column["default"])
            for column in inspector.get_columns(table)
        },
        "primary key": inspector.get_pk_constraint(table),
        "foreign keys": _sorted(inspector.get_foreign_keys(table)),
        "unique": _sorted(inspector.get_unique_constraints(table)),
        "indexes": _sorted(inspector.get_indexes(table)),
        "checks": _sorted(inspector.get_check_constraints(table)),
    }


def _sorted(found: list[Any]) -> list[str]:
    return sorted(_written(one) for one in found)


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return str([f"{key}: {_written(value[key])}" for key in sorted(value)])
    return str(value)
