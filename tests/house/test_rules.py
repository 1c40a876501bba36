"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import config

ROOT = config.ROOT
ROOMS = ("core", "ai", "accounts", "sites", "credits", "content", "publishing", "pipeline", "jobs", "web")


def python_files(folder: str) -> Iterator[Path]:
    yield from sorted((ROOT / folder).rglob("*.py"))


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def test_core_stays_small() -> None:
    assert len([path for path in python_files("webapp/core") if path.name != "__init__.py"]) <= 9


@pytest.mark.parametrize("room", ROOMS)
def test_a_rooms_front_door_says_what_it_may_import_and_nothing_else(room: str) -> None:
    tree = ast.parse((ROOT / "webapp" / room / "__init__.py").read_text())

    assert len(tree.body) == 1
    assert "import" in (ast.get_docstring(tree) or "")


def test_nothing_is_called_utils() -> None:
    assert [path for path in python_files("webapp") if "util" in path.name or "helper" in path.name] == []


def test_only_web_knows_the_request() -> None:
    knowing = [
        path.relative_to(ROOT).as_posix()
        for path in python_files("webapp")
        if re.search(r"from flask import[^\n]*\brequest\b", path.read_text())
    ]

    assert [name for name in knowing if not name.startswith("webapp/web/")] == []


def test_only_move_to_writes_the_status_of_a_run() -> None:
    writers = [
        path.relative_to(ROOT).as_posix()
        for path in python_files("webapp")
        if re.search(r"\brun\.status\s*=[^=]|values\([^)]*status=RunStatus", path.read_text())
    ]

    assert writers == []


def test_lock_files_hold_no_addresses() -> None:
    for path in [*ROOT.glob("requirements*.txt")]:
        text = path.read_text()
        assert "://" not in text and "--index-url" not in text, path.name
    assert "resolved" not in (ROOT / "package-lock.json").read_text()


def test_nothing_fetched_is_tracked() -> None:
    assert [name for name in tracked() if name.startswith(("static/vendor/", "node_modules/", ".assets/"))] == []


def test_files_name_no_registries() -> None:
    hosts = re.compile(r"(py[p]i|python[h]osted|[d]ebian)\.org|npm[j]s\.(org|com)")
    found = [
        name for name in tracked() if (ROOT / name).is_file() and hosts.search((ROOT / name).read_text(errors="ignore"))
    ]

    assert found == []
