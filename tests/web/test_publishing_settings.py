"""What a person may set about publishing, and what the queue makes of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.core import clock as clock_of_the_house
from webapp.core.db import db
from webapp.publishing import approval, schedule
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings, WaitingReason
from webapp.publishing.slots import SchedulingMode
from webapp.sites.models import Site

ADDRESS = "/sites/herbs/publishing"
MONDAY = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)  # eight in Berlin

FORM: dict[str, Any] = {
    "auto_approve": "y",
    "auto_publish": "y",
    "scheduling_mode": "time_slots",
    "publish_days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    "publish_time_slots": "09:00, 14:00, 18:00",
    "stagger_start_time": "09:00",
    "stagger_end_time": "18:00",
    "stagger_interval_minutes": "30",
    "skip_dates": "",
    "queue_limit": "100",
    "daily_target": "3",
    "weekly_target": "15",
    "monthly_target": "50",
}


class StandingClock:
    def now(self, _zone: object = None) -> datetime:
        return MONDAY


@pytest.fixture
def site(app: Flask, client: Visitor, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(clock_of_the_house, "datetime", StandingClock())
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="herbs", time_zone="Europe/Berlin")


def approved(site: Site, title: str) -> Publication:
    publication = approval.approve(factories.article(site, title=title), "Ana")
    db.session.commit()
    return publication


def saved(site: Site) -> PublishingSettings:
    return db.session.get_one(PublishingSettings, site.id)


def read(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


def rows(page: BeautifulSoup, id: str) -> list[str]:
    return [" ".join(row.get_text(" ").split()) for row in page.select(f"#{id} tbody tr")]


def test_the_page_shows_what_is_set(client: Visitor, site: Site) -> None:
    saved(site).skip_dates = ["2026-12-25", "2026-12-26"]

    page = read(client.get(ADDRESS).text)

    shown = {field["name"]: field.get("value") for field in page.select("#publishing input:not([type=checkbox])")}
    for name in ("publish_time_slots", "stagger_start_time", "stagger_interval_minutes", "queue_limit", "daily_target"):
        assert shown[name] == FORM[name]
    assert shown["skip_dates"] == "2026-12-25, 2026-12-26"
    assert len(page.select("input[name=publish_days][checked]")) == 7
    assert page.select_one("input[name=scheduling_mode][checked]")["value"] == "time_slots"  # type: ignore[index]
    assert page.select_one("input[name=paused]").get("checked") is None  # type: ignore[union-attr]


def test_everything_that_is_written_is_saved(client: Visitor, site: Site) -> None:
    written = FORM | {
        "scheduling_mode": "stagger",
        "publish_days": ["sun", "tue"],
        "publish_time_slots": "17:30 9:05,9:05 ; 00:00",
        "stagger_start_time": "22:00",
        "stagger_end_time": "01:00",
        "stagger_interval_minutes": "45",
        "skip_dates": "2026-12-26 2026-12-25",
        "queue_limit": "0",
        "daily_target": "1",
        "weekly_target": "2",
        "monthly_target": "3",
        "paused": "y",
    }
    del written["auto_approve"], written["auto_publish"]

    answer = client.send(ADDRESS, written)

    assert (answer.status_code, answer.location) == (303, ADDRESS)
    settings = saved(site)
    assert settings.scheduling_mode is SchedulingMode.STAGGER
    assert settings.publish_days == ["tue", "sun"]
    assert settings.publish_time_slots == ["00:00", "09:05", "17:30"]
    assert (settings.stagger_start_time, settings.stagger_end_time) == ("22:00", "01:00")
    assert settings.skip_dates == ["2026-12-25", "2026-12-26"]
    assert (settings.auto_approve, settings.auto_publish, settings.paused) == (False, False, True)
    assert (settings.stagger_interval_minutes, settings.queue_limit) == (45, 0)
    assert (settings.daily_target, settings.weekly_target, settings.monthly_target) == (1, 2, 3)


@pytest.mark.parametrize(
    ("field", "written", "told"),
    [
        ("publish_time_slots", "09:00, 25:00", "“25:00” is not a time of day. Write it like 09:00 or 17:30."),
        ("publish_time_slots", "9", "“9” is not a time of day."),
        ("publish_time_slots", "  ", "Give at least one time, such as 09:00"),
        ("publish_days", [], "Choose at least one day, or pause publishing."),
        ("publish_days", ["someday"], "not a valid choice"),
        ("scheduling_mode", "whenever", "Not a valid choice"),
        ("stagger_start_time", "", "“Nothing” is not a time of day."),
        ("stagger_end_time", "18:60", "“18:60” is not a time of day."),
        ("stagger_interval_minutes", "0", "Minutes between two: give a whole number from 1 to 1,440."),
        ("stagger_interval_minutes", "1441", "Minutes between two: give a whole number from 1 to 1,440."),
        ("skip_dates", "2026-02-30", "“2026-02-30” is not a date. Write it as year, month and day, like 2026-12-25."),
        ("skip_dates", "25.12.2026", "“25.12.2026” is not a date."),
        ("queue_limit", "-1", "Scheduled at once: give a whole number from 0 to 1,000,000."),
        ("queue_limit", "many", "Scheduled at once: give a whole number from 0 to 1,000,000."),
        ("queue_limit", "1.5", "Scheduled at once: give a whole number from 0 to 1,000,000."),
        ("daily_target", "", "Articles a day: give a whole number from 0 to 1,000,000."),
        ("weekly_target", "9" * 5000, "Articles a week: give a whole number"),
        ("monthly_target", "\x00", "Articles a month: give a whole number"),
    ],
)
def test_bad_input_is_answered_at_its_field_and_nothing_is_saved(
    client: Visitor, site: Site, field: str, written: object, told: str
) -> None:
    publication = approved(site, "Basil")

    answer = client.send(ADDRESS, FORM | {"auto_publish": "", "queue_limit": "7", field: written})

    assert answer.status_code == 422
    page = read(answer.text)
    at_field = page.select_one(f"#error-{field}")
    assert at_field is not None and told in at_field.get_text()
    assert page.select_one(f"#error-summary a[href='#{field}']") is not None
    assert page.select_one(f"#{field}") is not None
    settings = saved(site)
    assert (settings.auto_publish, settings.queue_limit) == (True, 100)
    assert publication.status is PublicationStatus.SCHEDULED


def test_what_was_written_is_still_there_to_mend(client: Visitor, site: Site) -> None:
    page = read(client.send(ADDRESS, FORM | {"publish_time_slots": "noon", "queue_limit": "lots"}).text)

    assert page.select_one("#publish_time_slots")["value"] == "noon"  # type: ignore[index]
    assert page.select_one("#queue_limit")["value"] == "lots"  # type: ignore[index]


def test_no_day_and_no_time_are_needed_to_publish_at_once(client: Visitor, site: Site) -> None:
    at_once = FORM | {"scheduling_mode": "immediate", "publish_days": [], "publish_time_slots": ""}

    assert client.send(ADDRESS, at_once).status_code == 303


def test_the_queue_follows_what_is_saved(client: Visitor, site: Site) -> None:
    first, second = approved(site, "Basil"), approved(site, "Thyme")

    answer = client.send(ADDRESS, FORM | {"publish_time_slots": "12:00", "queue_limit": "1"}, follow_redirects=True)

    assert "Publishing settings saved. 1 article has a new time. 1 article waits now." in answer.text
    assert first.slot_at == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert second.reason is WaitingReason.QUEUE_FULL


def test_saving_what_is_set_already_moves_nothing(client: Visitor, site: Site) -> None:
    publication = approved(site, "Basil")
    before = publication.slot_at

    assert "No article moved." in client.send(ADDRESS, FORM, follow_redirects=True).text
    assert publication.slot_at == before


def test_a_pause_is_said_where_it_was_made(client: Visitor, site: Site) -> None:
    answer = client.send(ADDRESS, FORM | {"paused": "y"}, follow_redirects=True)

    stopped = read(answer.text).select_one("#stopped")
    assert stopped is not None and "Publishing is paused" in stopped.get_text()


def test_the_next_ten_slots_are_shown_in_the_zone_of_the_site(client: Visitor, site: Site) -> None:
    approved(site, "Basil")

    page = read(client.get(ADDRESS).text)

    assert "Times are Berlin time." in page.select_one("#slots").get_text()  # type: ignore[union-attr]
    assert len(rows(page, "slots")) == 10
    assert rows(page, "slots")[:3] == ["Mon 1 Jun 09:00 Basil", "Mon 1 Jun 14:00 free", "Mon 1 Jun 18:00 free"]


def test_without_any_slot_the_page_says_what_to_do(client: Visitor, site: Site) -> None:
    saved(site).publish_days = []

    assert "choose at least one day" in client.get(ADDRESS).text


def test_a_preview_shows_what_would_move_and_saves_nothing(client: Visitor, site: Site) -> None:
    first, second = approved(site, "Basil"), approved(site, "Thyme")
    slots = [first.slot_at, second.slot_at]

    answer = client.send(f"{ADDRESS}/preview", FORM | {"publish_time_slots": "12:00", "queue_limit": "1"})

    page = read(answer.text)
    assert rows(page, "moves") == [
        "Basil 1 Jun, 09:00 1 Jun, 12:00",
        "Thyme 1 Jun, 14:00 waits. As many articles are scheduled as the queue limit allows.",
    ]
    assert rows(page, "slots")[0] == "Mon 1 Jun 12:00 Basil"
    assert page.select_one("#publish_time_slots")["value"] == "12:00"  # type: ignore[index]
    assert [first.slot_at, second.slot_at] == slots
    assert saved(site).publish_time_slots == ["09:00", "14:00", "18:00"]


def test_a_preview_knows_what_else_holds_the_site(client: Visitor, site: Site) -> None:
    approved(site, "Basil")
    schedule.change_settings(site.id, {"credentials_refused": True})

    assert "No article would get another time." in client.send(f"{ADDRESS}/preview", FORM).text


def test_a_preview_of_bad_input_says_so(client: Visitor, site: Site) -> None:
    answer = client.send(f"{ADDRESS}/preview", FORM | {"queue_limit": "x"})

    assert answer.status_code == 422
    assert "give a whole number" in answer.text


def test_where_nothing_would_move_the_preview_says_that(client: Visitor, site: Site) -> None:
    approved(site, "Basil")

    assert "No article would get another time." in client.send(f"{ADDRESS}/preview", FORM).text


def test_a_viewer_looks_and_changes_nothing(client: Visitor, site: Site) -> None:
    viewer = factories.member(Role.VIEWER, of=site.account)
    factories.signed_in(client, viewer.user)

    page = read(client.get(ADDRESS).text)

    assert page.select("main button") == []
    assert len(rows(page, "slots")) == 10
    for address in (ADDRESS, f"{ADDRESS}/preview"):
        assert client.send(address, FORM | {"queue_limit": "7"}).status_code == 403
    assert saved(site).queue_limit == 100
