"""The publishing queue in the browser: with JavaScript and without."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import redis
from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.test import TestResponse

from tests import factories
from tests.visitor import Visitor
from webapp.accounts import switches
from webapp.accounts.models import Role
from webapp.accounts.switches import Switch
from webapp.content.models import ArticleStatus
from webapp.core.clock import now
from webapp.core.db import db
from webapp.publishing import approval, schedule
from webapp.publishing.models import Publication, PublicationStatus, WaitingReason
from webapp.publishing.reasons import WORDS
from webapp.publishing.slots import SchedulingMode
from webapp.sites.models import Site, TargetKind
from webapp.web import queue as queue_pages
from webapp.web import queue_page

ADDRESS = "/sites/herbs/queue"


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="herbs", time_zone="Asia/Tokyo")


def a_publication(
    site: Site, status: PublicationStatus = PublicationStatus.SCHEDULED, title: str = "Basil", **fields: object
) -> Publication:
    article = factories.article(site, ArticleStatus.APPROVED, title=title)
    return factories.publication(site, status, article_=article, **fields)


def read(answer: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def row(page: BeautifulSoup, publication: Publication) -> Tag:
    found = page.select_one(f"tr#publication-{publication.id}")
    assert found is not None
    return found


def text(tag: Tag | None) -> str:
    return " ".join(tag.get_text(" ").split()) if tag else ""


def buttons(tag: Tag) -> list[str]:
    """What a row's buttons do, apart from moving it up and down."""
    does = [str(form["action"]).rpartition("/")[2] for form in tag.select("form")]
    return [act for act in does if not act.startswith("move-")]


def toast(answer: TestResponse) -> dict[str, str]:
    found: dict[str, str] = json.loads(answer.headers["HX-Trigger"])["toast"]
    return found


# what it shows


def test_an_empty_queue_teaches(client: Visitor, site: Site) -> None:
    assert "Nothing to publish yet" in client.get(ADDRESS).text


def test_what_goes_out_is_grouped_by_the_days_of_the_site(client: Visitor, site: Site) -> None:
    noon = (now() + timedelta(days=3)).replace(hour=12, minute=0, second=0, microsecond=0)
    evening = a_publication(site, title="Evening there", slot_at=noon)  # 21:00 in Tokyo
    next_day = a_publication(site, title="Next day there", slot_at=noon + timedelta(hours=4))  # 01:00

    page = read(client.get(ADDRESS))

    days = [text(row(page, one).find_parent("section").select_one("h2")) for one in (evening, next_day)]
    assert days == [f"{day:%a} {day.day} {day:%b}" for day in (noon.date(), noon.date() + timedelta(days=1))]
    assert "21:00 Scheduled Evening there" in text(row(page, evening))
    assert "01:00 Scheduled Next day there" in text(row(page, next_day))
    assert "Times are Tokyo time." in text(page.select_one(".lede"))


def test_today_and_tomorrow_are_called_so(client: Visitor, site: Site) -> None:
    tokyo = now().astimezone(site.zone)
    midnight = tokyo.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    a_publication(site, slot_at=midnight - timedelta(seconds=1))
    a_publication(site, slot_at=midnight)

    titles = [text(title) for title in read(client.get(ADDRESS)).select("#scheduled h2")]

    assert [title.partition(",")[0] for title in titles] == ["Today", "Tomorrow"]


@pytest.mark.parametrize("reason", list(WaitingReason))
def test_what_waits_says_why_and_what_to_do(client: Visitor, site: Site, reason: WaitingReason) -> None:
    publication = a_publication(site, PublicationStatus.WAITING, reason=reason, held=reason is WaitingReason.HELD)

    page = read(client.get(ADDRESS))

    card = row(page, publication).find_parent("section")
    assert isinstance(card, Tag)
    assert WORDS[reason].sentence in text(card)
    assert WORDS[reason].remedy in text(card)
    link = card.select_one(".card-head a")
    assert reason.value in text(row(page, publication).select_one("code"))
    if reason in (WaitingReason.HELD, WaitingReason.UNSCHEDULED, WaitingReason.SCHEDULING_OFF):
        assert link is None  # there is no page of the site's on which it could be mended
    else:
        assert link is not None
        assert client.get(str(link["href"])).status_code == 200
    first = "release" if reason in (WaitingReason.HELD, WaitingReason.UNSCHEDULED) else "hold"
    assert buttons(row(page, publication)) == [first, "publish-now"]


@pytest.mark.parametrize("address", [ADDRESS, ADDRESS.replace("queue", "publishing")])
def test_while_scheduling_is_switched_off_the_page_says_so(client: Visitor, site: Site, address: str) -> None:
    switches.flip(Switch.NEW_SCHEDULING, False, "Olga")

    banner = read(client.get(address)).select_one("#standing")

    assert banner is not None and "Scheduling is switched off by the operator." in text(banner)
    assert banner.select_one("a, form") is None


def test_a_failed_one_shows_what_the_site_said(client: Visitor, site: Site) -> None:
    failed = a_publication(site, PublicationStatus.FAILED, error="400: <b>no</b>")

    found = row(read(client.get(ADDRESS)), failed)

    assert "400: <b>no</b>" in text(found)
    assert buttons(found) == ["retry", "publish-now"]


def test_one_that_is_tried_again_says_when(client: Visitor, site: Site) -> None:
    tried = a_publication(
        site, error="503", slot_at=datetime(2026, 6, 1, tzinfo=UTC), next_attempt_at=datetime(2999, 6, 1, tzinfo=UTC)
    )

    found = text(row(read(client.get(ADDRESS)), tried))

    assert "503 Tried again by itself from 09:00 Tokyo time on." in found
    assert "Retrying" in found and "Scheduled" not in found


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        (PublicationStatus.SCHEDULED, {"next_attempt_at": datetime(2026, 6, 1, tzinfo=UTC)}),
        (PublicationStatus.PUBLISHING, {}),
        (PublicationStatus.WAITING, {"next_attempt_at": datetime(2999, 6, 1, tzinfo=UTC)}),
    ],
)
def test_what_was_said_before_something_else_happened_is_not_said_as_if_it_were_true(
    client: Visitor, site: Site, status: PublicationStatus, fields: dict[str, object]
) -> None:
    publication = a_publication(site, status, error="The password is refused.", **fields)

    assert "refused" not in text(row(read(client.get(ADDRESS)), publication))


def test_one_that_is_going_out_has_no_buttons(client: Visitor, site: Site) -> None:
    at_work = a_publication(site, PublicationStatus.PUBLISHING)

    found = row(read(client.get(ADDRESS)), at_work)

    assert "Publishing" in text(found)
    assert buttons(found) == []


def test_what_is_out_leads_to_its_page(client: Visitor, site: Site) -> None:
    out = a_publication(site, PublicationStatus.PUBLISHED)

    assert row(read(client.get(ADDRESS)), out).select_one(f"a[href='{out.link}']") is not None


def test_what_could_not_be_as_it_should_stands_with_what_is_out(client: Visitor, site: Site) -> None:
    out = a_publication(site, PublicationStatus.PUBLISHED)
    out.remark = "There is no category “Herbs”."
    db.session.commit()

    assert "There is no category “Herbs”." in text(row(read(client.get(ADDRESS)), out))


def test_a_stop_is_said_first(client: Visitor, site: Site) -> None:
    schedule.change_settings(site.id, {"paused": True})
    db.session.commit()

    stopped = read(client.get(ADDRESS)).select_one("#standing")

    assert "Publishing is paused" in text(stopped)
    assert stopped is not None and stopped.select_one("a")["href"] == "/sites/herbs/publishing"  # type: ignore[index]


def test_a_long_queue_says_what_it_leaves_out(client: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_page, "MOST", 2)
    for _ in range(3):
        a_publication(site)

    page = read(client.get(ADDRESS))

    assert len(page.select("#scheduled tr[id^=publication-]")) == 2
    assert "These are the first 2 of 3." in text(page.select_one("#scheduled"))


def test_a_viewer_sees_it_and_has_no_buttons(client: Visitor, site: Site) -> None:
    publication = a_publication(site)
    factories.signed_in(client, factories.member(Role.VIEWER, of=site.account).user)

    assert buttons(row(read(client.get(ADDRESS)), publication)) == []
    assert client.send(f"{ADDRESS}/{publication.id}/hold").status_code == 403
    assert publication.status is PublicationStatus.SCHEDULED


# free slots and what was tried


def free(page: BeautifulSoup) -> list[str]:
    return [text(found) for found in page.select("#scheduled tr.free")]


def test_free_slots_stand_between_taken_ones(client: Visitor, site: Site) -> None:
    day = (now().astimezone(site.zone) + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    a_publication(site, title="Basil", slot_at=day.replace(hour=14))

    card = read(client.get(ADDRESS)).select("#scheduled > section")[-1]

    rows = [text(found).partition(" Move")[0] for found in card.select("tbody tr")]
    assert rows == ["09:00 Free", "Choose Basil 14:00 Scheduled Basil", "18:00 Free"]


def test_a_day_full_of_free_slots_is_told_in_short(client: Visitor, site: Site) -> None:
    change = {"scheduling_mode": SchedulingMode.STAGGER, "stagger_interval_minutes": 10}
    schedule.change_settings(site.id, change)
    a_publication(site, PublicationStatus.PUBLISHED)

    tomorrow = read(client.get(ADDRESS)).select("#scheduled > section")[-1]

    shown = [text(found) for found in tomorrow.select("tr.free")]
    assert shown == ["09:00 Free", "09:10 Free", "09:20 Free", "from 09:30 52 more free times"]


def test_free_slots_that_are_left_out_are_spoken_of(
    client: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_publication(site, slot_at=now() + timedelta(days=9))
    assert "Free times are shown until" not in client.get(ADDRESS).text

    monkeypatch.setattr(queue_page, "MOST_FREE", 5)

    page = read(client.get(ADDRESS))
    assert len(free(page)) == 5
    assert "Free times are shown until" in text(page.select_one("#scheduled"))


@pytest.mark.parametrize("values", [{"paused": True}, {"scheduling_mode": SchedulingMode.IMMEDIATE}])
def test_where_no_slot_is_to_be_had_none_is_shown(client: Visitor, site: Site, values: dict[str, object]) -> None:
    a_publication(site, PublicationStatus.PUBLISHED)
    assert free(read(client.get(ADDRESS)))

    schedule.change_settings(site.id, values)
    db.session.commit()

    assert free(read(client.get(ADDRESS))) == []


def test_an_empty_queue_shows_no_slots(client: Visitor, site: Site) -> None:
    assert free(read(client.get(ADDRESS))) == []


def test_what_was_tried_is_told_of_each_that_waits(client: Visitor, site: Site) -> None:
    schedule.change_settings(site.id, {"queue_limit": 1})
    first, second = (approval.approve(factories.article(site, title=title), "Ana") for title in ("Basil", "Mint"))
    db.session.commit()

    page = read(client.get(ADDRESS))

    steps = [text(step) for step in row(page, second).select("details li")]
    assert steps[0] == "The queue is full: 1 of 1 are scheduled."
    assert "taken by “Basil”" in steps[1]
    assert steps[2].startswith("The next free slot is ") and steps[2].endswith(": it takes it as soon as that is over.")
    assert text(row(page, second).select_one("summary")).startswith("Why it waits")
    assert "queue_full" in text(row(page, second).select_one("details code"))
    assert row(page, first).select("details") == []


# what people do


def test_publish_now_without_javascript(client: Visitor, site: Site) -> None:
    publication = a_publication(site)

    answer = client.send(f"{ADDRESS}/{publication.id}/publish-now")
    assert (answer.status_code, answer.location) == (303, ADDRESS)
    assert "“Basil” goes out now." in client.get(ADDRESS).text
    assert publication.slot_at is not None and publication.slot_at <= now()


def test_publish_now_by_htmx(client: Visitor, site: Site) -> None:
    publication = a_publication(site)

    answer = client.htmx(f"{ADDRESS}/{publication.id}/publish-now")

    assert answer.status_code == 200
    assert toast(answer) == {"kind": "ok", "message": "“Basil” goes out now."}
    page = read(answer)
    assert [tag["id"] for tag in page.find_all(recursive=False) if isinstance(tag, Tag)] == ["queue"]
    assert "every 2s" in str(page.select_one("#queue"))


def test_publish_now_wakes_a_worker(client: Visitor, site: Site, redis_server: str) -> None:
    publication = a_publication(site)

    client.send(f"{ADDRESS}/{publication.id}/publish-now")

    assert redis.Redis.from_url(redis_server).llen("rq:queue:publishing") == 1


def test_publish_now_while_redis_is_away_says_that_it_takes_longer(
    client: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = a_publication(site)
    monkeypatch.setattr(queue_pages, "publish", lambda _: False)

    answer = client.htmx(f"{ADDRESS}/{publication.id}/publish-now")

    assert "takes a little longer" in toast(answer)["message"]
    assert publication.slot_at is not None and publication.slot_at <= now()


def test_hold_and_release_say_what_becomes_of_it(client: Visitor, site: Site) -> None:
    publication = approval.approve(factories.article(site, title="Basil"), "Ana")
    db.session.commit()

    held = client.htmx(f"{ADDRESS}/{publication.id}/hold")
    assert toast(held)["message"] == "“Basil” is held until you release it."
    assert publication.reason is WaitingReason.HELD

    released = client.htmx(f"{ADDRESS}/{publication.id}/release")
    assert "“Basil” is released. It goes out on" in toast(released)["message"]
    assert "(Asia/Tokyo)" in toast(released)["message"]
    assert publication.status is PublicationStatus.SCHEDULED


def test_released_into_a_pause_it_says_that(client: Visitor, site: Site) -> None:
    publication = a_publication(site, PublicationStatus.WAITING, reason=WaitingReason.HELD, held=True)
    schedule.change_settings(site.id, {"paused": True})
    db.session.commit()

    answer = client.htmx(f"{ADDRESS}/{publication.id}/release")

    assert toast(answer)["message"] == "“Basil” is released. Publishing is paused for this site."


def test_a_failed_one_is_tried_again(client: Visitor, site: Site) -> None:
    failed = a_publication(site, PublicationStatus.FAILED)

    client.send(f"{ADDRESS}/{failed.id}/retry")

    assert (failed.status, failed.attempts) == (PublicationStatus.SCHEDULED, 0)


@pytest.mark.parametrize("action", list(queue_pages.ACTS))
def test_an_old_page_changes_nothing(client: Visitor, site: Site, action: str) -> None:
    out = a_publication(site, PublicationStatus.PUBLISHED)

    plain = client.send(f"{ADDRESS}/{out.id}/{action}")
    assert plain.status_code == 409
    assert "“Basil” is published, so it cannot" in plain.text

    by_htmx = client.htmx(f"{ADDRESS}/{out.id}/{action}")
    assert (by_htmx.status_code, by_htmx.headers["HX-Reswap"]) == (409, "none")
    assert toast(by_htmx)["kind"] == "err"
    assert out.status is PublicationStatus.PUBLISHED


# moving


@pytest.fixture
def three(site: Site) -> list[Publication]:
    found = [approval.approve(factories.article(site, title=title), "Ana") for title in ("Basil", "Mint", "Sage")]
    db.session.commit()
    return found


def moves(page: BeautifulSoup, publication: Publication) -> list[str]:
    found = row(page, publication).select("form[action*='/move-']")
    return [str(form["action"]).rpartition("-")[2] for form in found]


def test_up_and_down_are_there_where_there_is_somewhere_to_go(
    client: Visitor, site: Site, three: list[Publication]
) -> None:
    page = read(client.get(ADDRESS))

    assert [moves(page, one) for one in three] == [["down"], ["up", "down"], ["up"]]


def test_moving_up_changes_two_times(client: Visitor, site: Site, three: list[Publication]) -> None:
    before = [one.slot_at for one in three]

    answer = client.htmx(f"{ADDRESS}/{three[1].id}/move-up")

    assert toast(answer)["message"].startswith("“Mint” moved up. It goes out on")
    assert [three[1].slot_at, three[0].slot_at, three[2].slot_at] == before
    again = client.send(f"{ADDRESS}/{three[1].id}/move-up")
    assert (again.status_code, "“Mint” comes first already." in again.text) == (409, True)


def choices(page: BeautifulSoup) -> list[str]:
    return [str(option["value"]) for option in page.select("select[name=slot] option")]


def test_to_a_slot_of_the_list_without_javascript(client: Visitor, site: Site, three: list[Publication]) -> None:
    address = f"{ADDRESS}/{three[0].id}/slot"
    page = read(client.get(address))
    taken = {one.slot_at.isoformat() for one in three if one.slot_at}
    offered = choices(page)
    assert len(offered) == queue_page.CHOICES
    assert not taken & set(offered)
    assert len(page.select("optgroup")) > 1

    answer = client.send(address, {"slot": offered[3]})

    assert (answer.status_code, answer.location) == (303, ADDRESS)
    assert three[0].slot_at == datetime.fromisoformat(offered[3])
    assert "“Basil” moved. It goes out on" in client.get(ADDRESS).text


def test_a_slot_that_somebody_took_meanwhile_is_refused(client: Visitor, site: Site, three: list[Publication]) -> None:
    wanted = choices(read(client.get(f"{ADDRESS}/{three[0].id}/slot")))[0]
    client.send(f"{ADDRESS}/{three[1].id}/slot", {"slot": wanted})

    answer = client.send(f"{ADDRESS}/{three[0].id}/slot", {"slot": wanted})

    assert (answer.status_code, "Somebody else has that slot by now." in answer.text) == (409, True)


@pytest.mark.parametrize("written", ["", "tomorrow", "2026-13-01", "9999-12-31T23:59:59-12:00", "2030-01-01T09:00:00"])
def test_what_is_no_slot_is_refused(client: Visitor, site: Site, three: list[Publication], written: str) -> None:
    before = three[0].slot_at

    assert client.send(f"{ADDRESS}/{three[0].id}/slot", {"slot": written}).status_code in (409, 422)
    assert three[0].slot_at == before


def test_while_the_site_is_paused_the_page_says_so_and_offers_nothing(
    client: Visitor, site: Site, three: list[Publication]
) -> None:
    schedule.change_settings(site.id, {"paused": True})
    db.session.commit()

    page = read(client.get(f"{ADDRESS}/{three[0].id}/slot"))

    assert "Publishing is paused" in text(page.select_one("#stopped"))
    assert choices(page) == []


def test_where_no_slot_is_to_be_had_nothing_leads_to_choosing_one(
    client: Visitor, site: Site, three: list[Publication]
) -> None:
    def offers(publication: Publication) -> bool:
        return "Move…" in text(row(read(client.get(ADDRESS)), publication))

    client.send(f"{ADDRESS}/{three[1].id}/hold")
    assert [offers(one) for one in three] == [True, True, True]

    schedule.change_settings(site.id, {"paused": True})
    db.session.commit()
    assert [offers(one) for one in three] == [False, False, False]


def test_what_is_out_moves_nowhere(client: Visitor, site: Site) -> None:
    out = a_publication(site, PublicationStatus.PUBLISHED)

    page = read(client.get(f"{ADDRESS}/{out.id}/slot"))

    assert "It does not move any more" in text(page)
    assert page.select("main form") == []


def test_off_the_schedule_and_on_it_again(client: Visitor, site: Site, three: list[Publication]) -> None:
    client.send(f"{ADDRESS}/{three[0].id}/unschedule")
    page = read(client.get(ADDRESS))
    assert "Taken off the schedule" in text(page.select_one("#waiting-unscheduled"))
    assert "Release Basil" in text(row(page, three[0]))

    client.send(f"{ADDRESS}/{three[0].id}/release")

    assert three[0].status is PublicationStatus.SCHEDULED


# several at once


def test_several_at_once_without_javascript(client: Visitor, site: Site, three: list[Publication]) -> None:
    page = read(client.get(ADDRESS))
    boxes = page.select("td.pick input[name=publication][form=selected]")
    assert [str(box["value"]) for box in boxes] == [str(one.id) for one in three]
    assert page.select_one("form#selected") is not None

    answer = client.send(f"{ADDRESS}/selected/hold", {"publication": [three[0].id, three[2].id]})

    assert (answer.status_code, answer.location) == (303, ADDRESS)
    assert [one.reason for one in three] == [WaitingReason.HELD, None, WaitingReason.HELD]
    assert "2 articles are held." in client.get(ADDRESS).text


def test_those_that_do_not_fit_are_named(client: Visitor, site: Site, three: list[Publication]) -> None:
    out = a_publication(site, PublicationStatus.PUBLISHED, "Thyme")

    client.send(f"{ADDRESS}/selected/unschedule", {"publication": [out.id, three[0].id]})

    told = client.get(ADDRESS).text
    assert "1 article is taken off the schedule. “Thyme” is published, so it cannot" in told


def test_nothing_chosen_nothing_done(client: Visitor, site: Site, three: list[Publication]) -> None:
    client.send(f"{ADDRESS}/selected/publish-now", {"publication": ["x", "-1", 10**18]})

    assert "No article is going out now. Choose some first." in client.get(ADDRESS).text


def test_publishing_several_now_wakes_a_worker(
    client: Visitor, site: Site, three: list[Publication], redis_server: str
) -> None:
    client.send(f"{ADDRESS}/selected/publish-now", {"publication": [one.id for one in three], "sure": "y"})

    assert "3 articles are going out now." in client.get(ADDRESS).text
    assert redis.Redis.from_url(redis_server).llen("rq:queue:publishing") == 1


def test_several_go_out_at_once_only_after_a_question(client: Visitor, site: Site, three: list[Publication]) -> None:
    before = [one.slot_at for one in three]

    asked = read(client.send(f"{ADDRESS}/selected/publish-now", {"publication": [three[0].id, three[2].id]}))

    assert f"Publish 2 articles on {site.name} now?" in text(asked.select_one("h1"))
    assert [one.slot_at for one in three] == before
    form = asked.select_one("main form")
    assert form is not None
    fields = {"publication": [box["value"] for box in form.select("[name=publication]")], "sure": "y"}
    client.send(str(form["action"]), fields)
    assert [one.is_at_once for one in three] == [True, False, True]


def test_on_a_site_of_somebodys_one_goes_out_at_once_only_after_a_question(
    client: Visitor, site: Site, three: list[Publication]
) -> None:
    site.target = TargetKind.WORDPRESS
    factories.connection(site)
    page = read(client.get(ADDRESS))
    link = row(page, three[0]).select_one(f"#publish-now-{three[0].id}")
    assert link is not None and "publish-now" not in buttons(row(page, three[0]))
    assert link["data-asks"] == "Publish “Basil” on herbs.example now?"
    assert page.select_one(f"dialog#{link['data-dialog']} form") is not None

    asked = read(client.get(str(link["href"])))

    assert text(asked.select_one("h1")) == "Publish “Basil” on herbs.example now?"
    form = asked.select_one("main form")
    assert form is not None
    answer = client.send(str(form["action"]), {"sure": "y"})
    assert (answer.status_code, answer.location) == (303, ADDRESS)
    assert three[0].slot_at is not None and three[0].slot_at <= now()


def test_a_viewer_chooses_and_moves_nothing(client: Visitor, site: Site, three: list[Publication]) -> None:
    factories.signed_in(client, factories.member(Role.VIEWER, of=site.account).user)

    page = read(client.get(ADDRESS))
    assert page.select("td.pick, form#selected") == []
    assert page.select("#queue form") == []
    assert read(client.get(f"{ADDRESS}/{three[0].id}/slot")).select("main form") == []


# live


def live(client: Visitor, tag: str = "") -> TestResponse:
    return client.get(f"{ADDRESS}/live", headers={"HX-Request": "true", "If-None-Match": tag})


def test_what_did_not_change_is_not_sent_again(client: Visitor, site: Site) -> None:
    a_publication(site)
    tag = live(client).headers["ETag"]

    assert live(client, tag).status_code == 304


def test_a_free_slot_that_passes_is_sent(client: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    a_publication(site)
    tag = live(client).headers["ETag"]
    moment = now()

    monkeypatch.setattr(queue_page, "now", lambda: moment + timedelta(hours=15))

    assert live(client, tag).status_code == 200


@pytest.mark.parametrize(
    "values",
    [
        {"status": PublicationStatus.WAITING, "slot_at": None, "reason": WaitingReason.HELD, "held": True},
        {"slot_at": datetime(2999, 1, 1, tzinfo=UTC)},
        {"next_attempt_at": datetime(2999, 1, 1, tzinfo=UTC)},
        {"status": PublicationStatus.FAILED, "error": "no"},
        {"slot_at": datetime(2026, 1, 1, tzinfo=UTC)},  # due now, so the page looks more often
    ],
)
def test_whatever_changes_is_sent(client: Visitor, site: Site, values: dict[str, object]) -> None:
    publication = a_publication(site)
    tag = live(client).headers["ETag"]
    for field, value in values.items():
        setattr(publication, field, value)

    assert live(client, tag).status_code == 200


def test_a_pause_is_sent(client: Visitor, site: Site) -> None:
    tag = live(client).headers["ETag"]
    schedule.change_settings(site.id, {"paused": True})

    assert live(client, tag).status_code == 200


@pytest.mark.parametrize(
    ("status", "fields", "trigger"),
    [
        (PublicationStatus.PUBLISHING, {}, "every 2s"),
        (PublicationStatus.SCHEDULED, {"slot_at": datetime(2026, 1, 1, tzinfo=UTC)}, "every 2s"),
        (PublicationStatus.SCHEDULED, {}, "every 30s"),
        (PublicationStatus.PUBLISHED, {}, None),
        (PublicationStatus.FAILED, {}, None),
    ],
)
def test_the_page_looks_again_as_often_as_something_may_happen(
    client: Visitor, site: Site, status: PublicationStatus, fields: dict[str, object], trigger: str | None
) -> None:
    a_publication(site, status, **fields)

    found = read(client.get(ADDRESS)).select_one("#queue")

    assert found is not None and found.get("hx-trigger") == trigger


def test_the_fragment_alone_is_no_page(client: Visitor, site: Site) -> None:
    assert client.get(f"{ADDRESS}/live").location == ADDRESS
