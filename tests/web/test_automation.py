"""The automation settings: shown, saved, refused at the field."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.credits import prices
from webapp.pipeline.automation import Automation, Frequency
from webapp.pipeline.states import StageKey
from webapp.pipeline.terms import automation_of
from webapp.sites.models import Site

ADDRESS = "/sites/beans/automation"
GOOD: dict[str, Any] = {
    "enabled": "y",
    "frequency": "weekly",
    "weekdays": ["tue", "fri"],
    "month_day": "1",
    "run_time": "06:30",
    "stages_on": [stage.value for stage in StageKey if stage is not StageKey.APPROVAL],
    "batch_size": "25",
    "max_credits_per_run": "400",
} | dict.fromkeys(Automation.LIMITS.values(), "3")


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="beans", time_zone="Europe/Berlin")


def drawn(client: Visitor) -> dict[str, str]:
    """What the page's form carries from being drawn now."""
    field = BeautifulSoup(client.get(ADDRESS).text, "html.parser").find("input", {"name": "drawn_from"})
    assert field is not None
    return {"drawn_from": str(field["value"])}


def test_the_second_of_two_who_save_is_told_and_decides(client: Visitor, site: Site) -> None:
    first, second = drawn(client), drawn(client)
    client.send(ADDRESS, first | GOOD | {"max_tasks_per_run": "4"})

    answer = client.send(ADDRESS, second | GOOD | {"max_tasks_per_run": "9", "weekdays": ["mon"]})

    told = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 409
    lines = [line.get_text(" ", strip=True) for line in told.select("#overtaken tr.differs")]
    assert lines == ["Days differs Tue, Fri Mon", "Tasks per run differs 4 9"]
    assert automation_of(site).max_tasks_per_run == 4

    over = {"drawn_from": str(told.select_one("input[name=drawn_from]")["value"])}  # type: ignore[index]
    assert client.send(ADDRESS, over | GOOD | {"max_tasks_per_run": "9"}).status_code == 303
    assert automation_of(site).max_tasks_per_run == 9


def test_the_page_shows_what_waits_and_how_many_runs_it_takes(client: Visitor, site: Site) -> None:
    factories.keywords(site, 5)
    automation_of(site).max_keywords_per_run = 2

    page = BeautifulSoup(client.get(ADDRESS).text, "html.parser").get_text(" ", strip=True)

    assert "5 keywords waiting 2 this run for 10 credits; its limit per run leaves the rest for later." in page
    assert "About 3 runs for what waits." in page
    assert "A run costs" in page


def test_settings_are_saved_and_the_next_run_is_worked_out(client: Visitor, site: Site) -> None:
    answer = client.send(ADDRESS, drawn(client) | GOOD, follow_redirects=True)

    saved = automation_of(site)
    assert answer.status_code == 200 and "saved" in answer.text
    assert (saved.enabled, saved.frequency, saved.weekdays) == (True, Frequency.WEEKLY, ["tue", "fri"])
    assert (saved.max_tasks_per_run, saved.max_credits_per_run, saved.batch_size) == (3, 400, 25)
    assert saved.stages_off == [StageKey.APPROVAL.value]
    assert saved.next_run_at is not None
    local = saved.next_run_at.astimezone(site.zone)
    assert f"{local:%a %H:%M}" in ("Tue 06:30", "Fri 06:30")


def test_a_check_says_what_the_settings_in_the_form_come_to_and_saves_nothing(client: Visitor, site: Site) -> None:
    factories.keywords(site, 5)
    answer = client.htmx(f"{ADDRESS}/check", GOOD | {"max_keywords_per_run": "4"})

    said = BeautifulSoup(answer.text, "html.parser")
    line = said.find(id="foretold-clusters")
    assert answer.status_code == 200
    assert line is not None and line.has_attr("hx-swap-oob")
    assert "4 this run for 10 credits" in line.get_text()
    starts = [one.get_text(" ", strip=True) for one in said.select("#sum li")]
    assert len(starts) == 3
    assert all(", 06:30" in one and one[:3] in ("Tue", "Fri") for one in starts)
    assert automation_of(site).max_keywords_per_run == 0
    assert "unsaved" not in client.get(ADDRESS).text


def test_without_javascript_a_check_shows_the_page_as_it_was_filled_in(client: Visitor, site: Site) -> None:
    factories.keywords(site, 5)
    answer = client.send(f"{ADDRESS}/check", GOOD | {"max_keywords_per_run": "4"})

    page = BeautifulSoup(answer.text, "html.parser")
    assert page.find("input", id="max_keywords_per_run", value="4") is not None
    assert "4 this run for 10 credits" in page.get_text()


def test_a_cap_that_pays_for_nothing_is_answered_at_its_field(client: Visitor, site: Site) -> None:
    for operation in Operation:
        db.session.merge(prices.default(operation)).credits = 7
    db.session.commit()

    db.session.merge(prices.default(Operation.IMAGE_PROMPT_EXTRACTION)).credits = 9
    db.session.commit()
    assert "the least that anything costs is 7" in client.send(ADDRESS, GOOD | {"max_credits_per_run": "6"}).text
    assert client.send(ADDRESS, drawn(client) | GOOD | {"max_credits_per_run": "7"}).status_code == 303


def test_the_cost_stands_beside_the_button_that_starts_a_run(client: Visitor, site: Site) -> None:
    factories.keywords(site, 5)
    for address in ("/sites/beans/", "/sites/beans/runs"):
        link = BeautifulSoup(client.get(address).text, "html.parser").find(id="cost")
        assert link is not None and link["hx-get"] == f"{ADDRESS}/cost"

    assert re.search(r"Costs \d+ credits", client.get(f"{ADDRESS}/cost", headers={"HX-Request": "true"}).text)
    assert client.get(f"{ADDRESS}/cost").location == f"{ADDRESS}#foretold"


def test_a_check_of_bad_values_says_which(client: Visitor, site: Site) -> None:
    answer = client.htmx(f"{ADDRESS}/check", GOOD | {"max_tasks_per_run": "-1"})

    assert answer.status_code == 422
    assert "Not worked out yet" in answer.text and "Tasks per run: give a whole number" in answer.text


def test_a_check_of_bad_values_leaves_no_figure_of_the_good_ones(client: Visitor, site: Site) -> None:
    answer = client.htmx(f"{ADDRESS}/check", GOOD | {"max_tasks_per_run": "-1"})

    line = BeautifulSoup(answer.text, "html.parser").select_one("#foretold-articles[hx-swap-oob]")
    assert line is not None and not line.get_text(strip=True)


def test_a_time_that_the_clocks_skip_says_so(client: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.web.automation.now", lambda: datetime(2026, 3, 28, 12, tzinfo=UTC))
    answer = client.htmx(f"{ADDRESS}/check", GOOD | {"frequency": "daily", "run_time": "02:30"})

    starts = BeautifulSoup(answer.text, "html.parser").select("#sum li")
    first, second, _ = [one.get_text(" ", strip=True) for one in starts]
    assert "29 Mar 2026, 03:00" in first and "there is no 02:30 on that day" in first
    assert "30 Mar 2026, 02:30" in second and "there is no" not in second


def test_other_settings_leave_a_run_that_is_due_alone(client: Visitor, site: Site) -> None:
    client.send(ADDRESS, drawn(client) | GOOD | {"enabled": "y"})
    due = datetime(2026, 1, 1, tzinfo=UTC)
    automation_of(site).next_run_at = due
    db.session.commit()

    client.send(ADDRESS, drawn(client) | GOOD | {"enabled": "y", "max_tasks_per_run": "4"})
    assert automation_of(site).next_run_at == due

    client.send(ADDRESS, drawn(client) | GOOD | {"enabled": "y", "run_time": "05:45"})
    assert automation_of(site).next_run_at != due


@pytest.mark.parametrize("written", ["02:00+05:00", "02", "T0230", "02:00:59", "24:00", "٠٢:٠٠"])
def test_what_is_no_time_of_day_is_answered_at_its_field(client: Visitor, site: Site, written: str) -> None:
    answer = client.send(ADDRESS, drawn(client) | GOOD | {"run_time": written})
    assert answer.status_code == 422 and "Give a time of day such as 02:00." in answer.text


@pytest.mark.parametrize("written", ["1_000", "٣", "1e3", "0x10", "1.0", "--1"])
def test_a_number_is_written_in_digits(client: Visitor, site: Site, written: str) -> None:
    answer = client.send(ADDRESS, drawn(client) | GOOD | {"max_tasks_per_run": written})
    assert answer.status_code == 422 and "Tasks per run: give a whole number" in answer.text


def test_switching_it_off_leaves_no_next_run(client: Visitor, site: Site) -> None:
    client.send(ADDRESS, drawn(client) | GOOD)
    client.send(ADDRESS, drawn(client) | {name: value for name, value in GOOD.items() if name != "enabled"})

    assert automation_of(site).next_run_at is None


@pytest.mark.parametrize(
    ("field", "written", "said"),
    [
        ("max_tasks_per_run", "-1", "Tasks per run: give a whole number from 0 (unlimited) to 2,147,483,647."),
        ("max_tasks_per_run", "many", "Tasks per run: give a whole number from 0 (unlimited) to 2,147,483,647."),
        ("max_tasks_per_run", "", "Tasks per run: give a whole number from 0 (unlimited) to 2,147,483,647."),
        ("max_credits_per_run", "1.5", "Credits per run: give a whole number"),
        ("max_images_per_run", "2147483648", "Images per run: give a whole number"),
        ("batch_size", "51", "Keywords in a batch: give a whole number from 1 to 50."),
        ("month_day", "32", "Day of the month: give a whole number from 1 to 31."),
        ("run_time", "25:00", "Give a time of day such as 02:00."),
        ("weekdays", [], "Choose at least one day of the week."),
    ],
)
def test_a_bad_value_is_answered_at_its_field_and_nothing_is_saved(
    client: Visitor, site: Site, field: str, written: Any, said: str
) -> None:
    factories.keywords(site, 3)
    answer = client.send(ADDRESS, GOOD | {"max_keywords_per_run": "-5", field: written})

    assert answer.status_code == 422
    assert said in BeautifulSoup(answer.text, "html.parser").get_text()
    assert "about -" not in answer.text
    assert automation_of(site).max_tasks_per_run == 10
    assert not automation_of(site).enabled


def test_a_viewer_sees_but_does_not_change(client: Visitor, site: Site) -> None:
    factories.signed_in(client, factories.member(Role.VIEWER, of=site.account).user)

    page = client.get(ADDRESS)

    assert page.status_code == 200 and "Save changes" not in page.text
    assert client.send(ADDRESS, GOOD).status_code == 403
    assert db.session.get_one(Automation, site.id).max_tasks_per_run == 10
