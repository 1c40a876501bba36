"""The long form: an installation of real processes, broken often, on both databases. Run by bin/test --faults."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import Made, what_comes_of
from tests.faults.long.table import Figures, lines_of
from tests.faults.long.wall_clock import NoWallClock, WallClock
from tests.pipeline import engine
from tests.processes import Crew, MortalRedis, crew, mortal_redis
from webapp.sites.models import Site

LONGEST = 900  # seconds for one trial


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return None if config.getoption("--faults") else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("row"):
            item.add_marker(pytest.mark.timeout(LONGEST))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    lines = lines_of([report for report in reports if isinstance(report, pytest.TestReport)])
    if len(lines) > 1:
        terminalreporter.section("what the long trials found")
        terminalreporter.write_line("\n".join(lines))


@pytest.fixture
def figures(request: pytest.FixtureRequest, database_url: str, record_property: Any) -> Figures:
    marker = request.node.get_closest_marker("row")
    number, title = marker.args
    return Figures(number, title, database_url.partition(":")[0].partition("+")[0], record_property)


@pytest.fixture
def wall_clock(tmp_path: Path) -> WallClock:
    """What time the started processes believe it is."""
    try:
        return WallClock(tmp_path)
    except NoWallClock as missing:
        pytest.fail(str(missing))


@pytest.fixture
def mortal() -> Iterator[MortalRedis]:
    """The Redis of one trial."""
    with mortal_redis() as started:
        yield started


@pytest.fixture
def environ(environ: dict[str, str], mortal: MortalRedis) -> dict[str, str]:
    return environ | {"REDIS_URL": mortal.address}


@contextmanager
def installation(environ: dict[str, str], *, runs: int = 2, **settings: str) -> Iterator[Crew]:
    """Workers for so many runs at once, one for upkeep, one for publishing, and a timetable."""
    with crew(environ | settings) as started:
        for role in (*["runs"] * runs, "upkeep", "publishing", "timetable"):
            started.start(role)
        yield started


def long_site() -> Site:
    """One whose run takes 41 calls: 1 to cluster, 4 for ideas, then 12 each for articles, prompts and images."""
    return engine.site_with_keywords(
        45, max_clusters_per_run=8, max_tasks_per_run=12, max_content_per_run=12, max_images_per_run=12
    )


@pytest.fixture(scope="session")
def undisturbed(migrated_sqlite: Path, redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """What comes of `long_site` when nothing happens to its run."""
    database = shutil.copyfile(migrated_sqlite, tmp_path_factory.mktemp("undisturbed-long") / "pressroom.db")
    return what_comes_of(long_site, database, redis_server)
