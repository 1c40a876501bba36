"""What a person may set about publishing, and what the queue makes of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.test import TestResponse

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.core import clock as clock_of_the_house
from webapp.core.db import db
from webapp.publishing import approval, by_hand, schedule
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
    "publish_time_slots": ["09:00", "14:00", "18:00", ""],
    "stagger_start_time": "09:00",
    "stagger_end_time": "18:00",
    "stagger_interval_minutes": "30",
    "skip_dates": [""],
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


def drawn(client: Visitor) -> dict[str, str]:
    """What the page's form carries from being drawn now."""
    return {"drawn_from": str(read(client.get(ADDRESS).text).select_one("#publishing [name=drawn_from]")["value"])}  # type: ignore[index]


def save(client: Visitor, fields: dict[str, Any], **kwargs: Any) -> TestResponse:
    """As somebody does who has just opened the page."""
    return client.send(ADDRESS, fields | drawn(client), **kwargs)


def check(client: Visitor, **changed: Any) -> BeautifulSoup:
    """What HTMX gets for these changes of the form."""
    return read(client.htmx(f"{ADDRESS}/check", FORM | changed).text)


def words(page: BeautifulSoup, selector: str) -> str:
    found = page.select_one(selector)
    assert found is not None, selector
    return " ".join(found.get_text(" ").split())


def read(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


def rows(page: BeautifulSoup, id: str) -> list[str]:
    return [" ".join(row.get_text(" ").split()) for row in page.select(f"#{id} tbody tr")]


def values(page: BeautifulSoup, name: str) -> list[str]:
    return [str(field["value"]) for field in page.select(f"#{name} input")]


def test_the_page_shows_what_is_set(client: Visitor, site: Site) -> None:
    saved(site).skip_dates = ["2026-12-25", "2026-12-26"]

    page = read(client.get(ADDRESS).text)

    shown = {field["name"]: field.get("value") for field in page.select("#publishing input:not([type=checkbox])")}
    for name in ("stagger_start_time", "stagger_interval_minutes", "queue_limit", "daily_target"):
        assert shown[name] == FORM[name]
    assert values(page, "publish_time_slots") == ["09:00", "14:00", "18:00", ""]
    assert values(page, "skip_dates") == ["2026-12-25", "2026-12-26", ""]
    assert len(page.select("input[name=publish_days][checked]")) == 7
    assert page.select_one("input[name=scheduling_mode][checked]")["value"] == "time_slots"  # type: ignore[index]
    assert page.select_one("input[name=paused]").get("checked") is None  # type: ignore[union-attr]


def test_everything_that_is_written_is_saved(client: Visitor, site: Site) -> None:
    written = FORM | {
        "scheduling_mode": "stagger",
        "publish_days": ["sun", "tue"],
        "publish_time_slots": ["17:30", " 9:05", "", "00:00"],
        "stagger_start_time": "22:00",
        "stagger_end_time": "01:00",
        "stagger_interval_minutes": "45",
        "skip_dates": ["2026-12-26", "2026-12-25 "],
        "queue_limit": "0",
        "daily_target": "1",
        "weekly_target": "2",
        "monthly_target": "3",
        "paused": "y",
    }
    del written["auto_approve"], written["auto_publish"]

    answer = save(client, written)

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
        ("publish_time_slots", ["09:00", "25:00"], "“25:00” is not a time of day. Write it like 09:00 or 17:30."),
        ("publish_time_slots", "24:00", "“24:00” is not a time of day."),
        ("publish_time_slots", "09:00, 14:00", "“09:00, 14:00” is not a time of day."),
        ("publish_time_slots", ["09:00", "9:00"], "09:00 is there twice. Take one of them out."),
        ("publish_time_slots", "9", "“9” is not a time of day."),
        ("publish_time_slots", "  ", "Give at least one time, such as 09:00"),
        ("publish_days", [], "Choose at least one day, or pause publishing."),
        ("publish_days", ["someday"], "not a valid choice"),
        ("scheduling_mode", "whenever", "Not a valid choice"),
        ("stagger_start_time", "", "“Nothing” is not a time of day."),
        ("stagger_end_time", "24:00", "“24:00” is not a time of day."),
        ("stagger_end_time", "18:60", "“18:60” is not a time of day."),
        ("stagger_interval_minutes", "0", "Minutes between two: give a whole number from 1 to 1,440."),
        ("stagger_interval_minutes", "1441", "Minutes between two: give a whole number from 1 to 1,440."),
        ("skip_dates", "2026-02-30", "“2026-02-30” is not a date. Write it as year, month and day, like 2026-12-25."),
        ("skip_dates", ["2026-12-25", "2026-12-25"], "2026-12-25 is there twice. Take one of them out."),
        ("skip_dates", "0000-01-01", "“0000-01-01” is not a date."),
        ("skip_dates", "25.12.2026", "“25.12.2026” is not a date."),
        ("queue_limit", "-1", "At most this many scheduled: give a whole number from 0 (no limit) to 1,000,000."),
        ("queue_limit", str(2**31), "At most this many scheduled: give a whole number from 0 (no limit) to 1,000,000."),
        ("stagger_interval_minutes", str(2**63), "Minutes between two: give a whole number from 1 to 1,440."),
        ("queue_limit", "many", "At most this many scheduled: give a whole number from 0 (no limit) to 1,000,000."),
        ("queue_limit", "1.5", "At most this many scheduled: give a whole number from 0 (no limit) to 1,000,000."),
        ("daily_target", "", "Articles a day: give a whole number from 0 (no target) to 1,000,000."),
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


@pytest.mark.parametrize(("field", "most"), [("skip_dates", 400), ("publish_time_slots", 96)])
def test_no_more_days_and_times_are_taken_than_a_page_can_show(
    client: Visitor, site: Site, field: str, most: int
) -> None:
    every = {
        "skip_dates": [str((MONDAY + timedelta(days=day)).date()) for day in range(401)],
        "publish_time_slots": [f"{minute // 60:02}:{minute % 60:02}" for minute in range(97)],
    }[field]

    answer = client.send(ADDRESS, FORM | {field: every})

    page = read(answer.text)
    assert answer.status_code == 422
    assert f"{most + 1} are too many, {most} is the most. The first {most} are here" in words(page, f"#error-{field}")
    assert len(page.select(f"#{field} input")) == most + 1
    assert save(client, FORM | {field: every[:most]}).status_code == 303


def test_what_was_written_is_still_there_to_mend(client: Visitor, site: Site) -> None:
    page = read(client.send(ADDRESS, FORM | {"publish_time_slots": ["noon", "09:00"], "queue_limit": "lots"}).text)

    assert values(page, "publish_time_slots") == ["noon", "09:00", ""]
    assert [field["value"] for field in page.select("#publish_time_slots [aria-invalid]")] == ["noon"]
    assert page.select_one("#queue_limit")["value"] == "lots"  # type: ignore[index]


def test_no_day_and_no_time_are_needed_to_publish_at_once(client: Visitor, site: Site) -> None:
    at_once = FORM | {"scheduling_mode": "immediate", "publish_days": [], "publish_time_slots": ""}

    assert save(client, at_once).status_code == 303


def test_the_queue_follows_what_is_saved(client: Visitor, site: Site) -> None:
    first, second = approved(site, "Basil"), approved(site, "Thyme")

    answer = save(client, FORM | {"publish_time_slots": "12:00", "queue_limit": "1"}, follow_redirects=True)

    assert "Publishing settings saved. 1 article has a new time. 1 article waits now." in answer.text
    assert first.slot_at == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert second.reason is WaitingReason.QUEUE_FULL


def test_saving_what_is_set_already_moves_nothing(client: Visitor, site: Site) -> None:
    publication = approved(site, "Basil")
    before = publication.slot_at

    assert "No article moved." in save(client, FORM, follow_redirects=True).text
    assert publication.slot_at == before


def test_a_pause_is_said_where_it_was_made(client: Visitor, site: Site) -> None:
    answer = save(client, FORM | {"paused": "y"}, follow_redirects=True)

    stopped = read(answer.text).select_one("#standing")
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


def test_while_it_is_changed_the_page_shows_what_would_move_and_saves_nothing(client: Visitor, site: Site) -> None:
    first, second = approved(site, "Basil"), approved(site, "Thyme")
    slots = [first.slot_at, second.slot_at]

    fragment = check(client, publish_time_slots="12:00", queue_limit="1")

    assert "1 article moves, 1 loses its slot because as many articles are scheduled" in words(fragment, "#moves")
    assert rows(fragment, "moves") == [
        "Basil 1 Jun, 09:00 → 1 Jun, 12:00",
        "Thyme 1 Jun, 14:00 → waits: the queue is full",
    ]
    assert rows(fragment, "slots")[0] == "Mon 1 Jun 12:00 Basil"
    assert fragment.select("form, #publishing") == []
    in_short = fragment.select_one("#in-short[hx-swap-oob]")
    assert in_short is not None and in_short.get_text() == ": 1 article moves, 1 loses its slot – see which"
    assert [card["id"] for card in fragment.select("#foretold > section")] == ["moves", "slots"]
    assert [first.slot_at, second.slot_at] == slots
    assert saved(site).publish_time_slots == ["09:00", "14:00", "18:00"]


def test_without_javascript_the_same_is_a_page(client: Visitor, site: Site) -> None:
    approved(site, "Basil")

    page = read(client.send(f"{ADDRESS}/check", FORM | {"publish_time_slots": ["17:00", "12:00"]}).text)

    assert "1 article moves." in words(page, "#checked")
    assert rows(page, "moves") == ["Basil 1 Jun, 09:00 → 1 Jun, 12:00"]
    assert values(page, "publish_time_slots") == ["12:00", "17:00", ""]
    assert saved(site).publish_time_slots == ["09:00", "14:00", "18:00"]


def test_who_gets_a_slot_and_who_loses_it_is_counted(client: Visitor, site: Site) -> None:
    schedule.change_settings(site.id, {"queue_limit": 1})
    approved(site, "Basil"), approved(site, "Thyme"), approved(site, "Sage")

    assert "2 articles get a slot." in words(check(client), "#moves")
    told = words(check(client, paused="y"), "#moves")
    assert "1 article loses its slot because publishing is paused for this site." in told


def test_a_long_list_of_moves_says_how_many_more(client: Visitor, site: Site) -> None:
    for number in range(53):
        factories.publication(site, slot_at=MONDAY + timedelta(days=1, minutes=number))

    fragment = check(client, publish_time_slots="12:00")

    assert "53 articles move." in words(fragment, "#moves")
    assert len(rows(fragment, "moves")) == 50
    assert "And 3 more." in words(fragment, "#moves")


def test_targets_say_how_long_what_waits_takes_and_move_nobody(client: Visitor, site: Site) -> None:
    """Not even where an article has left a slot that another could take. Who is held back is not counted."""
    first, second = approved(site, "Basil"), approved(site, "Thyme")
    by_hand.hold(first)
    for number in range(21):
        approved(site, f"Sage {number}")

    fragment = check(client, daily_target="3", weekly_target="0", monthly_target="1")

    assert words(fragment, "#pace-daily_target") == "At this pace 22 articles take 8 days."
    assert words(fragment, "#pace-weekly_target") == "No target."
    assert words(fragment, "#pace-monthly_target") == "At this pace 22 articles take 660 days."
    assert "No article would get another time." in words(fragment, "#moves")
    before = second.slot_at
    save(client, FORM | {"daily_target": "7", "auto_approve": ""})
    assert second.slot_at == before
    assert saved(site).daily_target == 7


def test_the_page_says_when_the_last_of_them_is_out(client: Visitor, site: Site) -> None:
    for title in ("Basil", "Thyme", "Sage", "Mint"):
        approved(site, title)

    assert "By this schedule 4 articles are out by 2 Jun, 09:00" in words(check(client), "#slots")
    assert "are out by 4 Jun, 12:00" in words(check(client, publish_time_slots="12:00"), "#slots")
    assert "are out by 4 Jun, 12:00" in words(check(client, publish_time_slots="12:00", queue_limit="1"), "#slots")


def test_who_is_off_the_schedule_is_not_promised(client: Visitor, site: Site) -> None:
    first, second, third = (approved(site, title) for title in ("Basil", "Thyme", "Sage"))
    by_hand.hold(first), by_hand.unschedule(second)
    by_hand.to_slot(third, MONDAY + timedelta(days=9, hours=1))

    told = "1 article is out by 10 Jun, 09:00 ; 2 are off the schedule."
    assert told in words(read(client.get(ADDRESS).text), "#slots")
    by_hand.hold(third)
    assert "3 articles are off the schedule." in words(check(client), "#slots")


@pytest.mark.parametrize(
    ("start", "end", "interval", "told"),
    [
        ("09:00", "18:00", "30", "19 slots a day, from 09:00 to 18:00."),
        ("22:00", "01:00", "30", "7 slots a day, from 22:00 past midnight to 01:00 of the next day."),
        ("09:00", "09:00", "30", "One slot a day, at 09:00: the window ends as it begins."),
        ("09:00", "10:00", "90", "1 slot a day, from 09:00 to 10:00."),
    ],
)
def test_the_window_is_said_in_words(
    client: Visitor, site: Site, start: str, end: str, interval: str, told: str
) -> None:
    stagger = {"stagger_start_time": start, "stagger_end_time": end, "stagger_interval_minutes": interval}

    assert words(check(client, scheduling_mode="stagger", **stagger), "#window") == told


def test_a_time_that_the_clocks_skip_is_explained(client: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StandingClock, "now", lambda self, zone=None: datetime(2027, 3, 27, 12, tzinfo=UTC))

    first, second = rows(check(client, publish_time_slots="02:30"), "slots")[:2]

    assert first == "Sun 28 Mar 03:00 free (the clocks are put forward: there is no such time on that day)"
    assert second == "Mon 29 Mar 02:30 free"


def test_slots_are_shown_though_nothing_goes_out_and_the_page_says_so(client: Visitor, site: Site) -> None:
    approved(site, "Basil")

    fragment = check(client, paused="y")

    assert "Publishing is paused for this site. Nothing gets one of these slots" in words(fragment, "#slots")
    assert rows(fragment, "slots")[0] == "Mon 1 Jun 09:00 free"


def test_what_else_holds_the_site_is_known_too(client: Visitor, site: Site) -> None:
    approved(site, "Basil")
    schedule.change_settings(site.id, {"target_problem": WaitingReason.TARGET_REFUSES_CREDENTIALS})

    assert "No article would get another time." in words(check(client), "#moves")


def test_bad_input_is_not_worked_out_and_says_why(client: Visitor, site: Site) -> None:
    answer = client.htmx(f"{ADDRESS}/check", FORM | {"queue_limit": "x"})

    assert answer.status_code == 422
    assert "At most this many scheduled: give a whole number" in words(read(answer.text), "#foretold")
    assert client.send(f"{ADDRESS}/check", FORM | {"queue_limit": "x"}).status_code == 422


def test_the_second_of_two_who_save_is_told_and_decides(client: Visitor, site: Site) -> None:
    first, second = drawn(client), drawn(client)
    client.send(ADDRESS, FORM | first | {"publish_time_slots": ["07:00", "08:00"]})

    answer = client.send(ADDRESS, FORM | second | {"publish_days": ["mon", "sun"], "paused": "y"})

    told = read(answer.text)
    assert answer.status_code == 409
    assert [" ".join(row.get_text(" ").split()) for row in told.select("#overtaken tr.differs")] == [
        "Pause publishing differs no yes",
        "Days differs Mon, Tue, Wed, Thu, Fri, Sat, Sun Mon, Sun",
        "Times differs 07:00, 08:00 09:00, 14:00, 18:00",
    ]
    assert (saved(site).paused, saved(site).publish_time_slots) == (False, ["07:00", "08:00"])

    over = {"drawn_from": str(told.select_one("#publishing [name=drawn_from]")["value"])}  # type: ignore[index]
    assert client.send(ADDRESS, FORM | over | {"paused": "y"}).status_code == 303
    assert saved(site).paused is True


def test_a_viewer_looks_and_changes_nothing(client: Visitor, site: Site) -> None:
    viewer = factories.member(Role.VIEWER, of=site.account)
    factories.signed_in(client, viewer.user)

    page = read(client.get(ADDRESS).text)

    assert page.select("main button") == []
    assert len(rows(page, "slots")) == 10
    for address in (ADDRESS, f"{ADDRESS}/check"):
        assert client.send(address, FORM | {"queue_limit": "7"}).status_code == 403
    assert saved(site).queue_limit == 100
