"""The disk is full for a while, or the data folder takes nothing: the run says so, loses nothing, and goes on."""

import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade

import config
from tests import factories
from tests.faults.conftest import Made, assert_as_if_nothing_had_happened, started_on
from tests.faults.long.conftest import installation, long_site
from tests.faults.long.small_disk import SmallDisk, small_disk, unwritable
from tests.faults.long.table import Figures
from tests.faults.mortal_postgres import mortal_postgres
from tests.processes import Process, eventually
from webapp import create_app
from webapp.core.db import db

MEGABYTES = {"sqlite": 24, "postgresql": 160}
FULL_FOR = 20.0  # seconds
SLOWED = {"EMBEDDED_DELAY": "0.4", "LANES": "2"}


@pytest.fixture
def disk(database_url: str) -> Iterator[SmallDisk]:
    """Where PostgreSQL, who is somebody else, may go, too."""
    megabytes = MEGABYTES[database_url.partition(":")[0].partition("+")[0]]
    with tempfile.TemporaryDirectory(prefix="pressroom-") as folder:
        Path(folder).chmod(0o755)
        with small_disk(Path(folder) / "disk", megabytes) as mounted:
            yield mounted


@pytest.fixture
def environ_on_disk(environ: dict[str, str], disk: SmallDisk) -> Iterator[dict[str, str]]:
    """Instance folder and database lie on the small disk; of PostgreSQL all but its journal."""
    on_disk = environ | {"PRESSROOM_INSTANCE": str(disk.folder / "instance")}
    if environ["DATABASE_URL"].startswith("sqlite"):
        file = shutil.copyfile(environ["DATABASE_URL"].removeprefix("sqlite:///"), disk.folder / "pressroom.db")
        yield on_disk | {"DATABASE_URL": f"sqlite:///{file}"}
    else:
        folder = disk.folder / "postgres"
        folder.mkdir()
        with mortal_postgres(folder) as postgres:
            yield on_disk | {"DATABASE_URL": postgres.url}


@pytest.fixture
def app_on_disk(environ_on_disk: dict[str, str]) -> Iterator[Flask]:
    app = create_app(config.load(environ_on_disk))
    app.testing = True
    with app.app_context():
        upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.row(11, "no room on the disk, or no way to write to the data folder")
def test_a_full_disk_is_waited_for(
    app_on_disk: Flask, environ_on_disk: dict[str, str], disk: SmallDisk, undisturbed: Made, figures: Figures
) -> None:
    with installation(environ_on_disk, **SLOWED) as crew:
        disturbed = started_on(long_site())
        owner = factories.member(of=disturbed.site.account).user
        browser = factories.signed_in(app_on_disk.test_client(), owner)
        address = f"/sites/{disturbed.site.slug}/runs/{disturbed.run_id}"
        disturbed.come_on()
        with kept_full(disk):
            page = browser.get(address).text
        assert disturbed.run.is_active, "the run was over before the disk was full"
        assert_as_if_nothing_had_happened(disturbed, undisturbed)
        assert "Traceback" not in crew.said()
    assert "The disk is full" in page
    figures.add(f"disk full for {FULL_FOR:.0f} s: the page says", "The disk is full")
    figures.add("lost, calls repeated, completed", f"0, {disturbed.sent_again()}, by itself", "0, 0, by itself")
    assert disturbed.sent_again() == 0


@contextlib.contextmanager
def kept_full(disk: SmallDisk) -> Iterator[None]:
    """What becomes free meanwhile is filled, too."""
    until = time.monotonic() + FULL_FOR
    while time.monotonic() < until:
        disk.fill()
        time.sleep(0.2)
    yield
    disk.make_room()


@pytest.mark.row(11, "no room on the disk, or no way to write to the data folder")
def test_a_data_folder_that_takes_nothing_is_named_and_waited_for(
    app: Flask, environ: dict[str, str], undisturbed: Made, figures: Figures
) -> None:
    instance = Path(environ["PRESSROOM_INSTANCE"])
    with installation(environ, **SLOWED) as crew:
        disturbed = started_on(long_site())
        disturbed.come_on()
        with unwritable(instance):
            disturbed.come_on()
            refused = Process([sys.executable, "worker.py", "runs"], environ)
            code, said = refused.wait(), refused.said
            refused.stop()
            eventually(lambda: log_trouble(crew.said()))
        assert_as_if_nothing_had_happened(disturbed, undisturbed)
    assert (code, str(instance) in said, "Traceback" in said) == (1, True, False)
    figures.add("data folder unwritable: a new worker says", "which folder, and ends")
    figures.add("lost, calls repeated, completed", f"0, {disturbed.sent_again()}, by itself", "0, 0, by itself")
    assert disturbed.sent_again() == 0


def log_trouble(said: str) -> str:
    """The line about the folder of run logs, once there is one."""
    return next((line for line in said.splitlines() if "cannot be written" in line), "")
