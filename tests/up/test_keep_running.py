"""What dies comes back; what is killed as a whole leaves nobody behind, and the next one works."""

import os
import signal

import pytest

from tests.processes import eventually, lives
from tests.up.conftest import Installation, Up, refusal

pytestmark = pytest.mark.xdist_group("one installation")


@pytest.fixture(scope="module")
def installation(up: Up, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return up({"PRESSROOM_INSTANCE": str(tmp_path_factory.mktemp("up"))}, "--workers", "1")


def kill(installation: Installation, words: str) -> int:
    (pid,) = installation.children(words)
    os.kill(pid, signal.SIGKILL)
    return pid


def somebody_else(installation: Installation, words: str, than: int) -> bool:
    children = installation.children(words)
    return len(children) == 1 and children != [than]


@pytest.mark.parametrize("name", ["worker.py runs", "worker.py upkeep", "worker.py timetable", "gunicorn"])
def test_a_part_that_is_killed_is_started_again(installation: Installation, name: str) -> None:
    killed = kill(installation, name)

    eventually(lambda: somebody_else(installation, name, killed))

    assert "starting it again" in installation.up.said


def test_redis_comes_back_and_work_goes_on(installation: Installation) -> None:
    killed = kill(installation, "unixsocket")
    eventually(lambda: somebody_else(installation, "unixsocket", killed))

    ended = installation.pressroom("run", "demo", "--follow", "--json")

    assert ended["status"] == "completed"
    assert all(stage["processed"] for stage in ended["stages"])
    assert "Traceback" not in installation.up.said


def test_a_second_one_over_the_same_folder_is_refused(installation: Installation, up: Up) -> None:
    assert "already running" in refusal(up(installation.settings, ready=False))
    assert installation.is_ready()


def test_a_killed_one_leaves_nobody_and_the_next_one_works(installation: Installation, up: Up) -> None:
    family = installation.family()
    installation.up.kill()

    following = up(installation.settings, "--no-demo", "--workers", "1", port=installation.port)

    eventually(lambda: not any(lives(pid) for pid in family))
    eventually(following.has_everybody)
    assert following.pressroom("doctor", "--json")["ok"]
    following.end()
