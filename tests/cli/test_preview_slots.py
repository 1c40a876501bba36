"""`pressroom slots preview`: arithmetic, without a site and without a database."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from webapp.cli.main import main
from webapp.publishing.models import PublishingSettings

Preview = Callable[..., Result]

SUNDAYS = {"scheduling_mode": "time_slots", "publish_days": ["sun"], "publish_time_slots": ["09:00", "02:30"]}


@pytest.fixture
def preview(tmp_path: Path) -> Preview:
    def call(
        settings: Any, *options: str, zone: str = "Europe/Berlin", now: str = "2026-10-24T12:00:00Z", count: str = "3"
    ) -> Result:
        file = tmp_path / "S.json"
        file.write_text(settings if isinstance(settings, str) else json.dumps(settings))
        arguments = ["slots", "preview", "--settings", str(file), "--zone", zone, "--now", now, "--count", count]
        result = CliRunner().invoke(main, [*arguments, *options], prog_name="pressroom")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return call


def slots(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return list(json.loads(result.stdout)["slots"])


def test_slots_are_utc_across_a_change_of_clocks(preview: Preview) -> None:
    assert slots(preview(SUNDAYS, "--json")) == ["2026-10-25T00:30:00Z", "2026-10-25T08:00:00Z", "2026-11-01T01:30:00Z"]


def test_taken_slots_are_left_out(preview: Preview, tmp_path: Path) -> None:
    taken = tmp_path / "T.json"
    taken.write_text('["2026-10-25T00:30:00Z", "2026-10-25T09:00:00+01:00"]')

    found = slots(preview(SUNDAYS, "--taken", str(taken), "--json", count="1"))

    assert found == ["2026-11-01T01:30:00Z"]


def test_the_other_modes(preview: Preview) -> None:
    stagger = {
        "scheduling_mode": "stagger", "publish_days": ["mon"], "stagger_start_time": "22:00",
        "stagger_end_time": "01:00", "stagger_interval_minutes": 90, "skip_dates": ["2026-10-26"],
    }  # fmt: skip
    assert slots(preview(stagger, "--json")) == ["2026-11-02T21:00:00Z", "2026-11-02T22:30:00Z", "2026-11-03T00:00:00Z"]
    assert slots(preview({"scheduling_mode": "immediate"}, "--json", count="2")) == [
        "2026-10-24T12:00:00Z",
        "2026-10-24T12:01:00Z",
    ]


def test_what_is_left_out_has_the_default_of_a_new_site(preview: Preview) -> None:
    written = PublishingSettings.__table__.columns["publish_time_slots"].default.arg(None)
    found = slots(preview({}, "--json", zone="UTC", now="2026-01-01", count=str(len(written))))
    assert found == [f"2026-01-01T{at}:00Z" for at in written]


def test_no_day_means_no_slot(preview: Preview) -> None:
    assert slots(preview({"publish_days": []}, "--json")) == []
    assert slots(preview({"publish_time_slots": []}, "--json")) == []
    assert slots(preview(SUNDAYS, "--json", count="0")) == []


def test_a_person_reads_them_in_the_zone(preview: Preview) -> None:
    said = preview(SUNDAYS, count="1").stdout
    assert "Sun 25 Oct 2026 02:30:00 CEST" in said


def test_a_field_that_has_nothing_to_do_with_slots_is_fine_and_a_misspelt_one_is_told(preview: Preview) -> None:
    result = preview(SUNDAYS | {"queue_limit": 3, "publish_day": ["mon"]}, "--json")
    assert len(slots(result)) == 3
    assert "no field 'publish_day'" in result.stderr
    assert "queue_limit" not in result.stderr


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("{", "holds no JSON"),
        ("\x00\xff", "holds no JSON"),
        ("[]", "no JSON object"),
        ({"scheduling_mode": "sometimes"}, "scheduling_mode: 'sometimes' is not known here. Write one of time_slots,"),
        ({"publish_days": ["monday"]}, "publish_days: 'monday' is not known here. Write one of mon, tue"),
        ({"publish_days": "mon"}, "publish_days: 'mon' is no list"),
        ({"publish_time_slots": ["9:00"]}, "publish_time_slots: '9:00' is no time of day. Write it like \"09:00\""),
        ({"publish_time_slots": [900]}, "publish_time_slots: 900 is no time of day"),
        ({"stagger_end_time": "24:00"}, "stagger_end_time: '24:00' is no time of day"),
        ({"stagger_interval_minutes": 0}, "stagger_interval_minutes: 0 is no number of minutes"),
        ({"stagger_interval_minutes": True}, "stagger_interval_minutes: True is no number of minutes"),
        ({"skip_dates": ["25.12.2026"]}, "skip_dates: '25.12.2026' is no date"),
        ({"skip_dates": None}, "skip_dates: None is no list"),
    ],
)
def test_a_bad_setting_is_named(preview: Preview, settings: Any, words: str) -> None:
    result = preview(settings)
    assert result.exit_code == 2
    assert "--settings" in result.stderr
    assert words in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"zone": "Mars/Phobos"}, "'Mars/Phobos' is no time zone"),
        ({"zone": "Europe"}, "'Europe' is no time zone"),
        ({"zone": "../../etc/passwd"}, "is no time zone"),
        ({"now": "soon"}, "'soon' is no instant. Write it like"),
        ({"count": "-1"}, "-1 is not in the range"),
        ({"count": "1000000000"}, "is not in the range"),
    ],
)
def test_a_bad_option_is_named(preview: Preview, options: dict[str, str], words: str) -> None:
    result = preview(SUNDAYS, **options)
    assert result.exit_code == 2
    assert f"--{next(iter(options))}" in result.stderr
    assert words in result.stderr


@pytest.mark.parametrize("taken", ["{}", '["yesterday"]', "[7]", "7"])
def test_bad_taken_instants_are_named(preview: Preview, tmp_path: Path, taken: str) -> None:
    (tmp_path / "T.json").write_text(taken)
    result = preview(SUNDAYS, "--taken", str(tmp_path / "T.json"))
    assert result.exit_code == 2
    assert "--taken" in result.stderr


def test_a_missing_file_is_named(preview: Preview) -> None:
    result = preview(SUNDAYS, "--taken", "/nowhere/T.json")
    assert result.exit_code == 2
    assert "'/nowhere/T.json': No such file or directory. Give the path" in result.stderr
