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
from webapp.sites.models import Site
from webapp.web import queue as queue_page

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
    return [str(form["action"]).rpartition("/")[2] for form in tag.select("form")]


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

    cards = page.select("#scheduled > section")
    assert [text(card.select_one("h2")) for card in cards] == [
        f"{day:%a} {day.day} {day:%b}" for day in (noon.date(), noon.date() + timedelta(days=1))
    ]
    assert text(row(page, evening)).startswith("21:00 Scheduled Evening there")
    assert text(row(page, next_day)).startswith("01:00 Scheduled Next day there")
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
    if reason in (WaitingReason.HELD, WaitingReason.SCHEDULING_OFF):
        assert link is None  # there is no page of the site's on which it could be mended
    else:
        assert link is not None
        assert client.get(str(link["href"])).status_code == 200
    first = "release" if reason is WaitingReason.HELD else "hold"
    assert buttons(row(page, publication)) == [first, "publish-now"]


@pytest.mark.parametrize("address", [ADDRESS, ADDRESS.replace("queue", "publishing")])
def test_while_scheduling_is_switched_off_the_page_says_so(client: Visitor, site: Site, address: str) -> None:
    switches.flip(Switch.NEW_SCHEDULING, False, "Olga")

    banner = read(client.get(address)).select_one("#stopped")

    assert banner is not None and "Scheduling is switched off by the operator." in text(banner)
    assert banner.select_one("a") is None


def test_a_failed_one_shows_what_the_site_said(client: Visitor, site: Site) -> None:
    failed = a_publication(site, PublicationStatus.FAILED, error="400: <b>no</b>")

    found = row(read(client.get(ADDRESS)), failed)

    assert "400: <b>no</b>" in text(found)
    assert buttons(found) == ["retry", "publish-now"]


def test_one_that_is_tried_again_says_when(client: Visitor, site: Site) -> None:
    tried = a_publication(
        site, error="503", slot_at=datetime(2026, 6, 1, tzinfo=UTC), next_attempt_at=datetime(2999, 6, 1, tzinfo=UTC)
    )

    assert "503 Tried again from 09:00 Tokyo time" in text(row(read(client.get(ADDRESS)), tried))


def test_one_that_is_going_out_has_no_buttons(client: Visitor, site: Site) -> None:
    at_work = a_publication(site, PublicationStatus.PUBLISHING)

    found = row(read(client.get(ADDRESS)), at_work)

    assert "Publishing" in text(found)
    assert buttons(found) == []


def test_what_is_out_leads_to_its_page(client: Visitor, site: Site) -> None:
    out = a_publication(site, PublicationStatus.PUBLISHED)

    assert row(read(client.get(ADDRESS)), out).select_one(f"a[href='{out.link}']") is not None


def test_a_stop_is_said_first(client: Visitor, site: Site) -> None:
    schedule.change_settings(site.id, {"paused": True})
    db.session.commit()

    stopped = read(client.get(ADDRESS)).select_one("#stopped")

    assert "Publishing is paused" in text(stopped)
    assert stopped is not None and stopped.select_one("a")["href"] == "/sites/herbs/publishing"  # type: ignore[index]


def test_a_long_queue_says_what_it_leaves_out(client: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_page, "MOST", 2)
    for _ in range(3):
        a_publication(site)

    page = read(client.get(ADDRESS))

    assert len(page.select("#scheduled tbody tr")) == 2
    assert "These are the first 2 of 3." in text(page.select_one("#scheduled"))


def test_a_viewer_sees_it_and_has_no_buttons(client: Visitor, site: Site) -> None:
    publication = a_publication(site)
    factories.signed_in(client, factories.member(Role.VIEWER, of=site.account).user)

    assert buttons(row(read(client.get(ADDRESS)), publication)) == []
    assert client.send(f"{ADDRESS}/{publication.id}/hold").status_code == 403
    assert publication.status is PublicationStatus.SCHEDULED


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

    assert redis.Redis.from_url(redis_server).llen("rq:queue:upkeep") == 1


def test_publish_now_while_redis_is_away_says_that_it_takes_longer(
    client: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = a_publication(site)
    monkeypatch.setattr(queue_page, "wake_publishing", lambda: False)

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


@pytest.mark.parametrize("action", ["publish-now", "hold", "release", "retry"])
def test_an_old_page_changes_nothing(client: Visitor, site: Site, action: str) -> None:
    out = a_publication(site, PublicationStatus.PUBLISHED)

    plain = client.send(f"{ADDRESS}/{out.id}/{action}")
    assert plain.status_code == 409
    assert "“Basil” is published by now" in plain.text

    by_htmx = client.htmx(f"{ADDRESS}/{out.id}/{action}")
    assert (by_htmx.status_code, by_htmx.headers["HX-Reswap"]) == (409, "none")
    assert toast(by_htmx)["kind"] == "err"
    assert out.status is PublicationStatus.PUBLISHED


# live


def live(client: Visitor, tag: str = "") -> TestResponse:
    return client.get(f"{ADDRESS}/live", headers={"HX-Request": "true", "If-None-Match": tag})


def test_what_did_not_change_is_not_sent_again(client: Visitor, site: Site) -> None:
    a_publication(site)
    tag = live(client).headers["ETag"]

    assert live(client, tag).status_code == 304


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
