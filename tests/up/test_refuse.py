"""What bin/up cannot do it says in a sentence, with what to do instead, before it starts anything."""

import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.processes import Process
from tests.up.conftest import Installation, Up, refusal


def test_a_port_that_is_taken(settings: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        installation = Installation(Process(["bin/up", "--port", str(port)], settings), port, settings)
        said = refusal(installation)
    assert f"port {port} of 127.0.0.1 cannot be used" in said
    assert "bin/up --port" in said
    assert not (Path(settings["PRESSROOM_INSTANCE"]) / "pressroom.db").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--port", "0"], "is no port: give a number from 1 to 65535"),
        (["--port", "many"], "is no port"),
        (["--workers", "0"], "give a number from 1 to 64"),
    ],
)
def test_an_option_that_makes_no_sense(settings: dict[str, str], options: list[str], words: str) -> None:
    process = Process(["bin/up", *options], settings)
    assert process.wait() == 2
    assert words in process.said
    process.stop()


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("REDIS_URL", "somewhere", "REDIS_URL cannot be read"),
        ("DATABASE_URL", "mysql://root@localhost/pressroom", "DATABASE_URL begins with neither"),
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "The database does not answer"),
        ("PRESSROOM_INSTANCE", "/dev/null/instance", "PRESSROOM_INSTANCE is /dev/null/instance"),
        ("LEASE_TTL", "soon", "LEASE_TTL is 'soon'"),
    ],
)
def test_a_setting_that_cannot_be_used(settings: dict[str, str], up: Up, setting: str, value: str, words: str) -> None:
    assert words in refusal(up(settings | {setting: value}, ready=False))


def test_its_help_installs_nothing(tmp_path: Path) -> None:
    shutil.copytree("bin", tmp_path / "bin")

    said = subprocess.run([tmp_path / "bin/up", "--port", "8001", "--help"], capture_output=True, text=True, check=True)

    assert "how many runs at once" in said.stdout
    assert [found.name for found in tmp_path.iterdir()] == ["bin"]


def test_a_host_that_is_not_here(settings: dict[str, str], up: Up) -> None:
    assert "is no address of this machine" in refusal(up(settings, "--host", "192.0.2.1", ready=False))
