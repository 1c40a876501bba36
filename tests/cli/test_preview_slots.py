"""`pressroom slots preview`: of settings in a file, without a database, and of a site."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from tests import factories
from tests.cli.conftest import Pressroom
from webapp.cli.main import main
from webapp.core.clock import now
from webapp.core.db import db
from webapp.publishing.models import PublishingSettings
from webapp.sites.models import Site

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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Say whose slots: either --site with its short name, or --settings with a file."),
        (["--site", "herbs", "--settings", "-"], "Say whose slots"),
        (["--settings", "-"], "give --zone, such as --zone Europe/Berlin"),
        (["--site", "no such site"], "is no site's short name"),
        (["--settings", "-", "--zone", "UTC", "--now", "9999-12-31T23:59:59Z"], "Choose a year from 1970 to 9000"),
        (["--settings", "-", "--zone", "UTC", "--now", "0001-01-01"], "Choose a year from 1970 to 9000"),
    ],
)
def test_what_is_missing_or_too_much_is_said(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(main, ["slots", "preview", *arguments], input="{}", prog_name="pressroom")
    assert result.exit_code == 2
    assert words in result.stderr


def test_who_gets_fewer_slots_than_asked_for_reads_why(preview: Preview) -> None:
    assert "There is no slot: no day is chosen" in preview({"publish_days": []}).stderr
    assert "There is no slot: no time is chosen" in preview({"publish_time_slots": []}).stderr
    assert preview(SUNDAYS).stderr == ""


@pytest.fixture
def site(app: Flask) -> Site:
    site = factories.site(slug="herbs", time_zone="Europe/Berlin")
    db.session.get_one(PublishingSettings, site.id).publish_time_slots = ["09:00"]
    db.session.commit()
    return site


def test_a_sites_own_slots_are_those_that_are_free(site: Site, pressroom: Pressroom) -> None:
    factories.publication(site, slot_at=datetime(2026, 10, 25, 8, tzinfo=UTC))

    found = pressroom("slots", "preview", "--site", "herbs", "--now", "2026-10-24T12:00Z", "--count", "2", "--json")

    assert found.json == {"slots": ["2026-10-26T08:00:00Z", "2026-10-27T08:00:00Z"]}


def test_a_site_may_be_asked_as_if_it_were_elsewhere(site: Site, pressroom: Pressroom) -> None:
    factories.publication(site, slot_at=datetime(2026, 10, 25, 8, tzinfo=UTC))
    asked = ("--now", "2026-10-24T12:00Z", "--count", "1", "--zone", "UTC", "--taken", "-", "--json")

    found = pressroom("slots", "preview", "--site", "herbs", *asked, given='["2026-10-25T09:00:00Z"]')

    assert found.json == {"slots": ["2026-10-26T09:00:00Z"]}


def test_left_out_it_is_now_and_ten(site: Site, pressroom: Pressroom) -> None:
    found = pressroom("slots", "preview", "--site", "herbs", "--json").json["slots"]

    assert len(found) == 10
    assert datetime.fromisoformat(found[0]) > now()


def test_a_site_that_there_is_not_is_said_with_those_that_there_are(site: Site, pressroom: Pressroom) -> None:
    said = pressroom("slots", "preview", "--site", "thyme")

    assert said.code == 1
    assert "There is no site 'thyme'. Sites here: herbs." in said.err
