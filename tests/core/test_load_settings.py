"""The environment as settings: what is missing has a default, what is wrong is named."""

import os
import re
import stat
import subprocess
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import config
from config import BadSetting, Settings

NUMBERS = [
    "LEASE_TTL", "HEARTBEAT", "SWEEP_EVERY", "SLICE_SECONDS", "CALL_DEADLINE", "LANES", "EMBEDDED_DELAY",
    "MAX_RECOVERIES", "BUSY_TIMEOUT",
]  # fmt: skip


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    return tmp_path / "instance"


def load(instance: Path, **environ: str) -> Settings:
    return config.load({"PRESSROOM_INSTANCE": str(instance)} | environ)


def test_with_nothing_said_everything_is_in_the_instance_folder(instance: Path) -> None:
    settings = load(instance)

    assert settings.database_url == f"sqlite:///{instance}/pressroom.db"
    assert settings.redis_url == f"unix://{settings.redis_socket}"
    assert {settings.media.parent, settings.published.parent, settings.run_logs.parent} == {instance}
    assert instance.is_dir()
    assert (settings.lease_ttl, settings.heartbeat, settings.lanes) == (20, 20 / 3, 8)
    assert settings.setup_token is None and settings.metrics_token is None and not settings.secure_cookies


def test_a_relative_instance_folder_is_the_same_wherever_a_process_starts(
    instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    relative = os.path.relpath(instance, config.ROOT)
    monkeypatch.chdir(instance.parent)

    assert config.load({"PRESSROOM_INSTANCE": relative}).instance == instance.resolve()


@pytest.mark.parametrize("written", ["", "  "])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_blank_number_is_left_out(instance: Path, name: str, written: str) -> None:
    assert load(instance, **{name: written}) == load(instance)


@pytest.mark.parametrize("written", ["ten", "-1", "nan", "inf", "-inf", "1e12", "1,5", "0x10", "5 s"])
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_that_make_no_sense_are_refused_by_name(instance: Path, name: str, written: str) -> None:
    with pytest.raises(BadSetting, match=f"^{name} is {re.escape(repr(written))}"):
        load(instance, **{name: written})


@pytest.mark.parametrize("name", ["LEASE_TTL", "HEARTBEAT", "SWEEP_EVERY", "SLICE_SECONDS", "LANES", "MAX_RECOVERIES"])
def test_a_zero_is_refused_where_it_would_stop_everything(instance: Path, name: str) -> None:
    with pytest.raises(BadSetting, match=name):
        load(instance, **{name: "0"})


def test_numbers_are_read(instance: Path) -> None:
    settings = load(instance, LEASE_TTL="6", LANES=" 8 ", EMBEDDED_DELAY="0", BUSY_TIMEOUT="2.5")

    assert (settings.lease_ttl, settings.lanes, settings.embedded_delay, settings.busy_timeout) == (6, 8, 0, 2.5)
    assert settings.heartbeat == 2  # a third of the lease


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("postgres://ana:secret@db/pressroom", "postgresql+psycopg://ana:secret@db/pressroom"),
        ("postgresql://db/pressroom?sslmode=require", "postgresql+psycopg://db/pressroom?sslmode=require"),
        ("postgresql+psycopg://db/pressroom", "postgresql+psycopg://db/pressroom"),
        ("sqlite:////tmp/some.db", "sqlite:////tmp/some.db"),
    ],
)
def test_a_database_may_be_named_as_hosts_name_it(instance: Path, written: str, url: str) -> None:
    assert load(instance, DATABASE_URL=written).database_url == url


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("DATABASE_URL", "mysql://ana:s3cret@db/pressroom"),
        ("DATABASE_URL", "postgresql://ana:s3cret@db:abc/pressroom"),
        ("DATABASE_URL", "postgresql://ana:s3cret@db/pressroom?foo=1"),
        ("REDIS_URL", "http://:s3cret@queue:6379"),
        ("REDIS_URL", "redis://:s3cret@queue:abc/0"),
        ("REDIS_URL", "redis://:s3cret@queue:6379/abc"),
        ("REDIS_URL", "redis://:s3cret@queue:6379/0?foo=1"),
        ("REDIS_URL", "redis://:s3cret@queue:6379/0?socket_timeout=abc"),
    ],
)
def test_an_address_that_cannot_be_read_is_named_and_its_password_is_not(
    instance: Path, name: str, written: str
) -> None:
    with pytest.raises(BadSetting, match=f"^{name} .* write it like") as found:
        load(instance, **{name: written})

    assert "s3cret" not in "".join(traceback.format_exception(found.value))


@pytest.mark.parametrize("written", ["redis://queue", "redis://queue/", "rediss://:x@queue:6379/1?ssl_cert_reqs=none"])
def test_what_a_redis_url_may_leave_out_or_add(instance: Path, written: str) -> None:
    assert load(instance, REDIS_URL=written).redis_url == written


def test_redis_may_be_elsewhere(instance: Path) -> None:
    assert load(instance, REDIS_URL="redis://queue:6379/2").redis_url == "redis://queue:6379/2"


def test_the_socket_is_beside_the_data_where_its_path_is_short(tmp_path: Path) -> None:
    folder = Path("/tmp") / f"p{os.getpid()}"
    try:
        assert load(folder).redis_socket == folder.resolve() / "redis.sock"
    finally:
        (folder / "secret_key").unlink()
        folder.rmdir()


def test_a_long_path_gets_a_short_socket_that_is_always_the_same(tmp_path: Path) -> None:
    folder, other = tmp_path / ("deep-" * 30), tmp_path / ("deeper-" * 25)

    socket = load(folder).redis_socket

    assert len(os.fsencode(socket)) <= config.LONGEST_SOCKET_PATH
    assert socket == load(folder).redis_socket != load(other).redis_socket
    assert str(os.getuid()) in str(socket)  # nobody else's


def test_the_length_is_in_bytes_not_letters(tmp_path: Path) -> None:
    folder = tmp_path / ("ü" * 45)

    assert len(os.fsencode(load(folder).redis_socket)) <= config.LONGEST_SOCKET_PATH


def test_the_secret_is_made_once_and_is_nobody_elses_business(instance: Path) -> None:
    first = load(instance).secret_key

    assert len(first) >= 48
    assert load(instance).secret_key == first
    assert stat.S_IMODE((instance / "secret_key").stat().st_mode) == 0o600
    assert load(instance.parent / "other").secret_key != first


def test_a_secret_that_a_full_disk_cut_short_is_made_again(instance: Path) -> None:
    instance.mkdir()
    (instance / "secret_key").touch()

    assert len(load(instance).secret_key) > 40


def test_of_many_who_start_at_once_all_have_the_same_secret(instance: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: load(instance).secret_key, range(32)))) == 1


def test_a_secret_that_cannot_be_kept_is_named(instance: Path) -> None:
    (instance / "secret_key").mkdir(parents=True)

    with pytest.raises(BadSetting, match=r"secret_key cannot be kept .* SECRET_KEY"):
        load(instance)


def test_a_secret_of_ones_own_is_used_and_none_is_made(instance: Path) -> None:
    assert load(instance, SECRET_KEY="mine").secret_key == "mine"
    assert not (instance / "secret_key").exists()


def test_setup_token_and_cookies(instance: Path) -> None:
    settings = load(instance, SETUP_TOKEN="open sesame", SECURE_COOKIES="1")

    assert settings.setup_token == "open sesame" and settings.secure_cookies
    assert load(instance, SETUP_TOKEN="").setup_token is None


@pytest.mark.parametrize(
    ("written", "is_on"), [("", True), ("true", True), ("1", True), ("False", False), ("off", False)]
)
def test_switches_are_on_unless_it_is_written_that_they_are_off(instance: Path, written: str, is_on: bool) -> None:
    settings = load(instance, USE_BUDGET_ALLOCATION=written, USE_NEW_SCHEDULING=written)

    assert (settings.use_budget_allocation, settings.use_new_scheduling) == (is_on, is_on)
    assert load(instance).use_budget_allocation and load(instance).use_new_scheduling


def test_a_switch_that_cannot_be_read_is_named(instance: Path) -> None:
    with pytest.raises(BadSetting, match="USE_NEW_SCHEDULING is 'maybe': write true or false"):
        load(instance, USE_NEW_SCHEDULING="maybe")


def test_keys_of_before_are_read_one_by_one(instance: Path) -> None:
    assert load(instance).secret_key_old == ()
    assert load(instance, SECRET_KEY_OLD=" one, two ,, ").secret_key_old == ("one", "two")


@pytest.mark.parametrize(
    ("kept", "environ", "allowed"),
    [
        ("{}\nALLOW_PRIVATE_TARGETS=1\n", {}, True),
        ("{}\nALLOW_PRIVATE_TARGETS=1\n", {"ALLOW_PRIVATE_TARGETS": "0"}, False),
        ("{}\nALLOW_PRIVATE_TARGETS=0\n", {}, False),
        ("{}\n", {}, False),
        ("", {}, False),
    ],
)
def test_commands_do_as_the_bin_up_that_runs(instance: Path, kept: str, environ: dict[str, str], allowed: bool) -> None:
    instance.mkdir()
    (instance / config.UP).write_text(kept.format(os.getpid()))

    assert load(instance, **environ).allow_private_targets is allowed


def test_what_a_bin_up_that_was_killed_left_behind_counts_for_nothing(instance: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    instance.mkdir()
    (instance / config.UP).write_text(f"{ended.pid}\nALLOW_PRIVATE_TARGETS=1\n")

    assert not load(instance).allow_private_targets
