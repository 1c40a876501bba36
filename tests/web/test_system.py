"""The System page: for operators, live, with what to do about a run that does not go on."""

import dataclasses

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from rq import Queue

from tests import factories
from tests.pipeline.engine import rows, start, with_settings
from tests.visitor import Visitor
from webapp.accounts.models import Account, Member
from webapp.core.db import db
from webapp.core.redis import connection
from webapp.jobs import queue
from webapp.jobs.facts import DatabaseFacts, Disk, RedisFacts
from webapp.jobs.timetable import Timekeeper
from webapp.jobs.worker import PressroomWorker
from webapp.pipeline import claim, control
from webapp.pipeline.models import Run, RunEvent
from webapp.pipeline.states import RunStatus
from webapp.web import system_page
from webapp.web.system_page import ago, lasting, size

ADDRESS = "/operator/system"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def operator(app: Flask, client: Visitor) -> Member:
    """Ana, who is a member of one account, and operates them all."""
    member = factories.member(operator=True)
    factories.signed_in(client, member.user)
    return member


def at_work(account: Account | None = None) -> int:
    """The number of a run that a worker holds, of somebody else's site unless it is said whose."""
    run = start(factories.site(account, name="Beans"))
    taken = claim.claim(run.id, run.epoch, worker="mole", lease=20, lock=connection())
    assert taken is not None
    taken.beat()
    return taken.run_id


def current(number: int) -> Run:
    found = db.session.get_one(Run, number, populate_existing=True)
    db.session.commit()
    return found


def page(client: Visitor) -> BeautifulSoup:
    answer = client.get(ADDRESS)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def words(found: BeautifulSoup, place: str) -> str:
    part = found.find(id=place)
    assert part is not None, place
    return part.get_text(" ", strip=True)


def sent_from(client: Visitor, address: str) -> dict[str, str]:
    """What the form of a confirm page sends."""
    form = BeautifulSoup(client.get(address).text, "html.parser").find("form", action=address)
    assert form is not None
    return {field["name"]: field["value"] for field in form.find_all("input") if field["name"] != "csrf_token"}


@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}/live", f"{ADDRESS}/runs/1/take-over"])
def test_others_do_not_learn_that_it_exists(client: Visitor, address: str) -> None:
    factories.signed_in(client, factories.member().user)

    assert client.get(address).status_code == 404
    assert ADDRESS not in client.get("/").text


def test_operators_find_it_and_the_job_queue_in_the_menu(client: Visitor, operator: Member) -> None:
    menu = BeautifulSoup(client.get("/").text, "html.parser")

    assert {link["href"] for link in menu.select(".nav-foot a")} >= {ADDRESS, "/operator/rq/"}


def test_where_nothing_goes_on_it_says_so(client: Visitor, operator: Member) -> None:
    found = page(client)

    assert "No run is at work" in words(found, "held")
    assert "No run is being recovered" in words(found, "recovering")
    assert "nothing is worked on" in words(found, "workers")
    assert "Redis remembers none" in words(found, "schedulers")
    assert "missing" in words(found, "timetable")


def test_a_check_that_fails_says_what_to_do(client: Visitor, operator: Member) -> None:
    checks = words(page(client), "checks")

    assert checks.index("worker:runs") < checks.index("database")  # what needs somebody comes first
    assert "none is listening Start everything with bin/up" in checks


def test_when_all_is_well_it_says_so(app: Flask, client: Visitor, operator: Member) -> None:
    for name in queue.QUEUES:
        PressroomWorker(app, name).register_birth()
    Timekeeper(connection()).register_birth()

    found = page(client)

    assert "All is well" in found.get_text()
    assert PressroomWorker(app, queue.RUNS).hostname in words(found, "workers")
    assert "just now" in words(found, "schedulers")


def test_a_run_at_work_shows_who_holds_it(client: Visitor, operator: Member) -> None:
    run = at_work()

    held = words(page(client), f"held-{run}")

    host, pid, worker, token = (current(run).owner or "").split(":")
    for part in (f"Run {run}", "Beans", f"{host}:{pid}", worker, token, "names it, renewed just now"):
        assert part in held


def test_a_run_is_linked_for_members_of_its_account_only(client: Visitor, operator: Member) -> None:
    own, other = at_work(operator.account), at_work()

    found = page(client)

    linked = [link["href"] for link in found.select("#held th a")]
    assert linked == [f"/sites/{current(own).site.slug}/runs/{own}"]
    assert f"Run {other}" in words(found, f"held-{other}")


def test_a_run_without_a_sign_of_life_is_shown_as_being_recovered(client: Visitor, operator: Member) -> None:
    run = at_work()
    connection().flushall()

    found = page(client)

    assert "no sign of life" in words(found, f"recovering-{run}")
    assert "has run out" in words(found, f"held-{run}")


def test_without_redis_the_rest_is_shown(app: Flask, client: Visitor, operator: Member) -> None:
    run = at_work()
    app.config["SETTINGS"] = dataclasses.replace(app.config["SETTINGS"], redis_url="unix:///nowhere/redis.sock")

    found = page(client)

    for place in ("workers", "queues", "schedulers", "timetable"):
        assert "Not known while Redis does not answer" in words(found, place)
    assert "not known while Redis is away" in words(found, f"held-{run}")
    assert "migrations" in words(found, "checks")


# live


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes that stand still: a disk, a Redis and a database server are never ours alone."""
    for measured, standing in (
        ("disk", Disk(free=40, total=100)),
        ("redis_facts", RedisFacts("7.0", used=1, limit=0, up_for=5)),
        ("database_facts", DatabaseFacts("sqlite", "3.40", size=1)),
    ):
        monkeypatch.setattr(f"webapp.jobs.facts.{measured}", lambda *_, standing=standing: standing)


@pytest.mark.usefixtures("steady")
def test_a_poll_without_news_renders_nothing(
    client: Visitor, operator: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.get(f"{ADDRESS}/live", headers=HTMX)
    assert first.status_code == 200 and 'id="system"' in first.text
    rendered: list[str] = []
    monkeypatch.setattr("webapp.web.system.render_template", lambda name, **_: rendered.append(name) or "")

    again = client.get(f"{ADDRESS}/live", headers=HTMX | {"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, rendered) == (304, [])


def test_a_poll_with_news_has_them(client: Visitor, operator: Member) -> None:
    first = client.get(f"{ADDRESS}/live", headers=HTMX)
    run = at_work()

    again = client.get(f"{ADDRESS}/live", headers=HTMX | {"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 200
    assert f"held-{run}" in again.text


def test_a_fragment_holds_no_token_so_that_nothing_in_it_grows_old(client: Visitor, operator: Member) -> None:
    at_work()

    assert "csrf_token" not in client.get(f"{ADDRESS}/live", headers=HTMX).text


def test_the_fragments_address_leads_a_browser_to_the_page(client: Visitor, operator: Member) -> None:
    assert client.get(f"{ADDRESS}/live").location == ADDRESS


# taking over


def test_taking_over_asks_and_then_does_it(client: Visitor, operator: Member) -> None:
    run = at_work()
    address = f"{ADDRESS}/runs/{run}/take-over"
    assert str(current(run).owner) in client.get(address).text

    answer = client.send(address, sent_from(client, address))

    assert answer.location == ADDRESS
    taken = current(run)
    assert (taken.status, taken.changed_by) == (RunStatus.QUEUED, "Ana")
    assert [job.args for job in Queue(queue.RUNS, connection=connection()).jobs] == [(taken.id, taken.epoch)]
    assert "may still come back" in client.get(ADDRESS).text


def test_a_worker_that_is_gone_is_said_to_be(app: Flask, client: Visitor, operator: Member) -> None:
    with_settings(app, heartbeat=0.2)
    run = at_work()
    address = f"{ADDRESS}/runs/{run}/take-over"
    sent = sent_from(client, address)
    connection().flushall()

    client.send(address, sent)

    assert current(run).recoveries_without_progress == 1
    assert "Its worker was gone" in client.get(ADDRESS).text


def test_a_click_on_what_has_moved_changes_nothing(client: Visitor, operator: Member) -> None:
    run = at_work()
    address = f"{ADDRESS}/runs/{run}/take-over"
    sent = sent_from(client, address)
    control.pause(current(run), "Bo")

    answer = client.send(address, sent)

    assert answer.status_code == 409
    assert f"Run {run} is paused by now" in answer.text and "Nothing was changed" in answer.text
    assert current(run).changed_by == "Bo"
    assert client.get(address).status_code == 409


@pytest.mark.parametrize("sent", [{}, {"epoch": "x", "heartbeat": "", "at": "nan"}])
def test_a_click_that_has_seen_nothing_changes_nothing(client: Visitor, operator: Member, sent: dict) -> None:
    run = at_work()

    assert client.send(f"{ADDRESS}/runs/{run}/take-over", sent).status_code == 409
    assert current(run).status is RunStatus.RUNNING


# force cancel


def test_a_forced_cancel_frees_the_site_whatever_the_worker_does(client: Visitor, operator: Member) -> None:
    run = at_work()
    address = f"{ADDRESS}/runs/{run}/cancel"
    assert "its site is free" in client.get(address).text

    answer = client.send(address)

    assert answer.location == ADDRESS
    assert current(run).status is RunStatus.CANCELLED
    assert rows(RunEvent)[-1].by == "Ana"
    assert start(current(run).site).status is RunStatus.QUEUED


def test_a_run_that_has_ended_cannot_be_cancelled(client: Visitor, operator: Member) -> None:
    run = at_work()
    control.cancel(current(run), "Bo")
    address = f"{ADDRESS}/runs/{run}/cancel"

    assert client.get(address).status_code == 409
    assert client.send(address).location == ADDRESS  # the second of two operators has what was asked for

    assert current(run).changed_by == "Bo"


@pytest.mark.parametrize("verb", ["take-over", "cancel"])
def test_a_form_without_its_token_is_refused(client: Visitor, operator: Member, verb: str) -> None:
    run = at_work()

    assert client.post(f"{ADDRESS}/runs/{run}/{verb}").status_code == 400
    assert current(run).status is RunStatus.RUNNING


@pytest.mark.parametrize("verb", ["take-over", "cancel"])
@pytest.mark.parametrize("number", [1000, 2**40])
def test_a_run_that_is_not_there(client: Visitor, operator: Member, verb: str, number: int) -> None:
    assert client.get(f"{ADDRESS}/runs/{number}/{verb}").status_code == 404
    assert client.send(f"{ADDRESS}/runs/{number}/{verb}").status_code == 404


# words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "less than 15 s"), (44, "30 s"), (60, "1 min"), (3599, "59 min"), (7300, "2 h"), (200_000, "2 d")],
)
def test_times_are_told_as_one_number(seconds: float, text: str) -> None:
    assert lasting(seconds) == text


def test_a_healthy_sign_of_life_is_always_told_alike() -> None:
    assert ago(0) == ago(system_page.JUST_NOW - 1) == "just now"
    assert ago(60) == "1 min ago"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1_234_567, "1 MB"), (1_234_567_890, "1.2 GB"), (5e16, "50000 TB")],
)
def test_sizes_are_told_in_the_unit_that_fits(count: float, text: str) -> None:
    assert size(count) == text
