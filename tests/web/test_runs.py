"""Runs on the web: starting, the blocked start, the list with what was skipped, the log."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.core.db import db
from webapp.core.redis import connection
from webapp.pipeline import control
from webapp.pipeline.automation import SkippedRun
from webapp.pipeline.models import Run, Trigger
from webapp.pipeline.states import RunStatus, StageKey, StopReason
from webapp.sites.models import Site

ADDRESS = "/sites/beans/runs"


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="beans", time_zone="Europe/Berlin")


def statuses(site: Site) -> list[RunStatus]:
    return list(db.session.scalars(select(Run.status).where(Run.site_id == site.id).order_by(Run.id)))


def test_a_start_is_handed_to_the_workers(client: Visitor, site: Site) -> None:
    answer = client.send(ADDRESS)

    run = db.session.scalars(select(Run)).one()
    assert answer.location == f"{ADDRESS}/{run.id}"
    assert run.started_by == "Ana"
    assert connection().exists(f"rq:job:run-{run.id}-0-0")


def test_a_double_click_starts_one_run(client: Visitor, site: Site) -> None:
    first, second = (client.send(ADDRESS, {"start_token": "once"}) for _ in range(2))

    assert first.location == second.location
    assert len(statuses(site)) == 1


def test_a_token_that_was_used_for_a_run_that_has_ended_starts_another(
    client: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.send(ADDRESS, {"start_token": "once"})
    control.cancel(db.session.scalars(select(Run)).one(), "Ana")
    monkeypatch.setattr(control, "SAME_CLICK", timedelta(0))

    client.send(ADDRESS, {"start_token": "once"})

    assert statuses(site) == [RunStatus.CANCELLED, RunStatus.QUEUED]


def test_a_token_of_another_site_shows_nothing_of_it(client: Visitor, site: Site) -> None:
    theirs = control.start(factories.site(), by="Olga", trigger=Trigger.PERSON, token="once")

    answer = client.htmx(ADDRESS, {"start_token": "once"})

    assert answer.status_code == 200
    assert "Olga" not in answer.text and f"/{theirs.id}/" not in answer.text
    assert statuses(site) == [RunStatus.QUEUED]


def test_a_start_that_finds_a_run_in_the_way_offers_what_can_be_done(client: Visitor, site: Site) -> None:
    run = control.pause(factories.run(site), "Ben")

    answer = client.send(ADDRESS)

    assert answer.status_code == 409
    page = BeautifulSoup(answer.text, "html.parser")
    assert f"Run {run.id} is paused since" in page.get_text()
    assert page.select_one(f"a[href='{ADDRESS}/{run.id}']")
    client.send(str(page.select_one("form[action$='/replace']")["action"]))  # type: ignore[index]
    assert statuses(site) == [RunStatus.CANCELLED, RunStatus.QUEUED]


def test_the_list_says_which_scheduled_runs_did_not_start_and_why(client: Visitor, site: Site) -> None:
    run = factories.run(site)
    due = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    db.session.add(SkippedRun(site_id=site.id, scheduled_for=due, why=f"Run {run.id} is queued.", run_id=run.id))

    skipped = BeautifulSoup(client.get(ADDRESS).text, "html.parser").select_one("#skipped")

    assert skipped is not None
    assert "24 Nov, 02:00 Berlin time : skipped." in " ".join(skipped.get_text(" ").split())
    assert skipped.select_one(f"a[href='{ADDRESS}/{run.id}']")


def test_the_list_says_why_a_run_does_not_work_and_what_it_has_cost(client: Visitor, site: Site) -> None:
    run = control.pause(factories.run(site), "Ben")
    run.stages[0].credits = 120
    db.session.commit()

    row = BeautifulSoup(client.get(ADDRESS).text, "html.parser").select_one("tbody tr")

    assert row is not None and "Paused by Ben" in row.get_text()
    assert row.select_one('[data-name="Credits"]').get_text(strip=True) == "120"  # type: ignore[union-attr]


def test_the_last_answer_of_a_run_lets_the_menu_know(client: Visitor, site: Site) -> None:
    run = factories.run(site)
    going_on = client.get(f"{ADDRESS}/{run.id}/live", headers={"HX-Request": "true"})
    control.cancel(run, "Ana")
    ended = client.get(f"{ADDRESS}/{run.id}/live", headers={"HX-Request": "true"})

    assert "HX-Trigger" not in going_on.headers
    assert json.loads(ended.headers["HX-Trigger"]) == {"run-ended": run.id}


def test_the_log_names_who_did_what(client: Visitor, site: Site) -> None:
    run = control.pause(factories.run(site), "Ben")

    page = client.get(f"{ADDRESS}/{run.id}/log").text

    assert "Queued by Ana" in page and "Paused by Ben" in page


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_a_move_that_no_longer_fits_changes_nothing_and_says_so(client: Visitor, site: Site, verb: str) -> None:
    run = control.cancel(factories.run(site), "Ben")

    answer = client.send(f"{ADDRESS}/{run.id}/{verb}")

    assert answer.status_code == (303 if verb == "cancel" else 409)
    assert statuses(site) == [RunStatus.CANCELLED]


def test_a_viewer_starts_and_stops_nothing(client: Visitor, site: Site) -> None:
    run = factories.run(site)
    factories.signed_in(client, factories.member(Role.VIEWER, of=site.account).user)

    page = client.get(f"{ADDRESS}/{run.id}").text

    assert "/pause" not in page and "/cancel" not in page
    assert client.send(f"{ADDRESS}/{run.id}/pause").status_code == 403
    assert client.send(ADDRESS).status_code == 403
    assert statuses(site) == [RunStatus.QUEUED]


def test_a_fragment_and_its_page_are_never_mixed_up(client: Visitor, site: Site) -> None:
    run = factories.run(site)
    address = f"{ADDRESS}/{run.id}/live"

    fragment = client.get(address, headers={"HX-Request": "true"})

    assert [root["id"] for root in BeautifulSoup(fragment.text, "html.parser").find_all(recursive=False)] == ["live"]
    assert client.get(address).location == f"{ADDRESS}/{run.id}"
    known = {"HX-Request": "true", "If-None-Match": fragment.headers["ETag"]}
    assert client.get(address, headers=known).status_code == 304
    control.pause(run, "Ana")
    assert client.get(address, headers=known).status_code == 200


def test_a_refused_key_leads_to_the_accounts_endpoints(client: Visitor, site: Site) -> None:
    run = factories.run(site)
    run.move_to(RunStatus.RUNNING, by="worker", owner="w")
    run.move_to(RunStatus.FAILED, by="worker", reason=StopReason.PROVIDER_REFUSES_KEY, detail={"said": "Wrong key."})

    page = BeautifulSoup(client.get(f"{ADDRESS}/{run.id}").text, "html.parser")

    assert page.select_one(f"#why a[href='/account/ai?account={site.account_id}']")


def test_what_could_not_be_finished_is_a_click_away(client: Visitor, site: Site) -> None:
    run = factories.run(site)
    [images] = [result for result in run.stages if result.stage is StageKey.IMAGES]
    images.failed = 2
    detail = {"failed": "2 images"}
    run.move_to(RunStatus.RUNNING, by="worker", owner="w")
    run.move_to(RunStatus.COMPLETED, by="worker", reason=StopReason.SOME_NEED_ATTENTION, detail=detail)
    db.session.commit()

    page = BeautifulSoup(client.get(f"{ADDRESS}/{run.id}").text, "html.parser")

    links = {link.get_text(strip=True): link["href"] for link in page.select("#live a")}
    assert links["2 need attention"] == links["Look at them"] == "/sites/beans/images?status=attention"


def test_a_run_that_found_nothing_leads_to_the_keywords(client: Visitor, site: Site) -> None:
    run = factories.run(site)
    run.move_to(RunStatus.RUNNING, by="worker", owner="w")
    run.move_to(RunStatus.COMPLETED, by="worker", reason=StopReason.NOTHING_WAITED)
    db.session.commit()

    page = BeautifulSoup(client.get(f"{ADDRESS}/{run.id}").text, "html.parser")

    assert "Nothing was waiting" in page.select_one("#why").get_text()  # type: ignore[union-attr]
    assert page.select_one("#why a")["href"] == "/sites/beans/keywords"  # type: ignore[index]
