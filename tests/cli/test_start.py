"""`pressroom` itself: its help, how soon it is there, where it finds files."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import config
from tests.processes import environment
from webapp.cli.main import main

HEAVY = ("sqlalchemy", "redis", "rq", "numpy", "PIL", "flask_security", "alembic")


def commands(group: click.Group, *names: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*names, name)
        if isinstance(command, click.Group):
            yield from commands(command, *names, name)


@pytest.mark.parametrize("command", [(), *commands(main)], ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    said = CliRunner().invoke(main, [*command, "--help"], prog_name="pressroom")

    assert said.exit_code == 0
    assert f"Usage: {' '.join(('pressroom', *command))}" in said.output
    assert said.output.splitlines()[2].strip()


def test_its_help_imports_nothing_that_takes_time() -> None:
    asked = "import sys, webapp.cli.main; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", asked], cwd=config.ROOT, capture_output=True, text=True, check=True)
    assert set(said.stdout.split()).isdisjoint(HEAVY)


def test_files_are_named_from_where_one_is_and_modules_are_not_looked_for_there(tmp_path: Path) -> None:
    (tmp_path / "S.json").write_text('{"scheduling_mode": "immediate"}')
    for name in ("config.py", "webapp.py", "click.py"):
        (tmp_path / name).write_text("raise SystemExit('the wrong file')")

    said = subprocess.run(
        [config.ROOT / "bin/pressroom", "slots", "preview", "--settings", "S.json", "--zone", "UTC",
         "--now", "2026-01-01T00:00:00Z", "--count", "1"],
        cwd=tmp_path, env=environment({}), capture_output=True, text=True,
    )  # fmt: skip

    assert said.returncode == 0, said.stderr
    assert "2026-01-01T00:00:00Z" in said.stdout


def test_an_unknown_command_is_named() -> None:
    said = CliRunner().invoke(main, ["publsh"], prog_name="pressroom")
    assert said.exit_code == 2
    assert "publsh" in said.output
