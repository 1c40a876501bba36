"""The order of the rooms, and that a wrong import is noticed."""

import shutil
import subprocess
import sys
from pathlib import Path

import config

LINT_IMPORTS = Path(sys.executable).parent / "lint-imports"


def lint_imports(root: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([str(LINT_IMPORTS), "--no-cache"], cwd=root, capture_output=True, text=True)


def test_every_import_goes_to_the_left() -> None:
    checked = lint_imports(config.ROOT)

    assert checked.returncode == 0, checked.stdout
    assert "0 broken" in checked.stdout


def test_a_wrong_import_is_noticed_even_inside_a_function(tmp_path: Path) -> None:
    for name in ("webapp", "config.py", "worker.py", "pyproject.toml"):
        copy = shutil.copytree if (config.ROOT / name).is_dir() else shutil.copyfile
        copy(config.ROOT / name, tmp_path / name)
    with (tmp_path / "webapp/core/clock.py").open("a") as clock:
        clock.write("\n\ndef wrong() -> None:\n    from webapp.pipeline import runner\n\n    print(runner)\n")

    checked = lint_imports(tmp_path)

    assert checked.returncode != 0
    assert "webapp.core.clock -> webapp.pipeline.runner" in checked.stdout
