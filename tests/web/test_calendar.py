"""The queue as a calendar: a month as a table, and a feed for calendar programs at a secret address."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from icalendar import Calendar
from sqlalchemy import delete
from werkzeug.test import TestResponse

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.content.models import ArticleStatus
from webapp.core.clock import now
from webapp.core.db import change, db
from webapp.publishing import approval, dated
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings
from webapp.sites.models import Site

ADDRESS = "/sites/herbs/queue/calendar"
ODD = "Basil, mint; a \\ backslash,\na second line and “quotes”: " + "ä" * 90


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="herbs", name="Green Sill", time_zone="Asia/Tokyo")


def a_publication(
    site: Site, at: datetime, title: str = "Basil", status: PublicationStatus = PublicationStatus.SCHEDULED
) -> Publication:
    article = factories.article(site, ArticleStatus.APPROVED, title=title)
    fields = {"published_at": at} if status is PublicationStatus.PUBLISHED else {}
    return factories.publication(site, status, article_=article, slot_at=at, **fields)


def read(answer: TestResponse) -> BeautifulSoup:
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def entries(page: BeautifulSoup) -> dict[str, list[str]]:
    """What the table says of each day of which it says anything."""
    found = {}
    for cell in page.select("table.calendar td"):
        items = [" ".join(item.get_text(" ").split()) for item in cell.select("li")]
        day = cell.select_one("time")
        if items and day is not None:
            found[str(day["datetime"])] = items
    return found


# the month


def test_each_article_stands_on_its_day_in_the_sites_own_time(client: Visitor, site: Site) -> None:
    a_publication(site, datetime(2026, 11, 30, 16, 0, tzinfo=UTC), "In December there")
    a_publication(site, datetime(2026, 12, 24, 9, 30, tzinfo=UTC), "Later")
    a_publication(site, datetime(2026, 12, 24, 3, 0, tzinfo=UTC), "Earlier", PublicationStatus.PUBLISHED)
    a_publication(site, datetime(2027, 3, 1, tzinfo=UTC), "In another month")

    page = read(client.get(ADDRESS, query_string={"month": "2026-12"}))

    assert entries(page) == {
        "2026-12-01": ["01:00 scheduled: In December there"],
        "2026-12-24": ["12:00 published: Earlier", "18:30 scheduled: Later"],
    }
    assert "December 2026" in page.select_one("h1").get_text()


def test_it_is_a_table_of_weeks_from_monday(client: Visitor, site: Site) -> None:
    page = read(client.get(ADDRESS, query_string={"month": "2026-12"}))

    rows = page.select("table.calendar tbody tr")
    days = [str(found["datetime"]) for found in page.select("table.calendar td > time")]
    assert {len(row.select("td")) for row in rows} == {7}
    assert (days[0], days[-1]) == ("2026-11-30", "2027-01-03")
    assert "Nothing went out in this month" in page.get_text()


def test_this_month_is_shown_unless_another_is_named_and_today_is_marked(client: Visitor, site: Site) -> None:
    today = now().astimezone(site.zone).date()

    for month in ("", "2026-13", "nonsense", "1999-01", "12026-01"):
        page = read(client.get(ADDRESS, query_string={"month": month}))
        marked = page.select("td[aria-current=date] time")
        assert [str(found["datetime"]) for found in marked] == [today.isoformat()]


def test_it_leads_to_the_months_beside_it(client: Visitor, site: Site) -> None:
    page = read(client.get(ADDRESS, query_string={"month": "2026-12"}))

    links = [str(link["href"]) for link in page.select(".head a")]
    assert links == [f"{ADDRESS}?month=2026-11", ADDRESS, f"{ADDRESS}?month=2027-01"]


@pytest.mark.parametrize(("month", "count"), [("2000-01", 2), ("2099-12", 2)])
def test_it_ends_somewhere(client: Visitor, site: Site, month: str, count: int) -> None:
    page = read(client.get(ADDRESS, query_string={"month": month}))

    assert len(page.select(".head a")) == count


def test_a_crowded_day_says_how_many_more(client: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dated, "now", lambda: datetime(2026, 12, 1, tzinfo=UTC))
    for minute in range(8):
        a_publication(site, datetime(2026, 12, 24, 3, minute, tzinfo=UTC), f"Part {minute}")

    found = entries(read(client.get(ADDRESS, query_string={"month": "2026-12"})))["2026-12-24"]

    assert [entry[:5] for entry in found[:5]] == ["12:00", "12:01", "12:02", "12:03", "12:04"]
    assert found[5:] == ["and 3 more on 24 December: to the queue"]


def test_of_a_crowded_today_what_is_ahead_comes_first(
    client: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hour in range(8):
        a_publication(site, datetime(2026, 12, 24, hour, tzinfo=UTC), f"Part {hour}")
    monkeypatch.setattr(dated, "now", lambda: datetime(2026, 12, 24, 5, 30, tzinfo=UTC))

    found = entries(read(client.get(ADDRESS, query_string={"month": "2026-12"})))["2026-12-24"]

    assert [entry[-6:] for entry in found[:5]] == ["Part 3", "Part 4", "Part 5", "Part 6", "Part 7"]


def test_a_busy_past_hides_no_future(client: Visitor, site: Site) -> None:
    """Neither in the month nor in the feed."""
    moment = now().replace(microsecond=0)
    for minute in range(6):
        a_publication(site, moment - timedelta(days=1, minutes=minute), "Out", PublicationStatus.PUBLISHED)
    ahead = a_publication(site, moment + timedelta(days=1), "Ahead")

    shown = dated.around(site.id, moment - timedelta(days=9), moment, moment + timedelta(days=9), 3)

    assert [one.article.title for one in shown] == ["Out", "Out", "Ahead"]
    assert [one.at for one in shown[:2]] == [moment - timedelta(days=1, minutes=minute) for minute in (1, 0)]
    month = f"{ahead.at.astimezone(site.zone):%Y-%m}" if ahead.at else ""
    assert "Ahead" in client.get(ADDRESS, query_string={"month": month}).text


def test_publications_of_other_sites_are_not_shown(client: Visitor, site: Site) -> None:
    a_publication(factories.site(), datetime(2026, 12, 24, 3, 0, tzinfo=UTC))

    assert entries(read(client.get(ADDRESS, query_string={"month": "2026-12"}))) == {}


# the feed


def address_of_feed(client: Visitor) -> str | None:
    field = read(client.get(ADDRESS)).select_one("#feed-address")
    return urlsplit(str(field["value"])).path if field else None


def subscribed(client: Visitor) -> str:
    answer = client.send(f"{ADDRESS}/address")
    assert (answer.status_code, answer.location) == (303, f"{ADDRESS}#feed")
    address = address_of_feed(client)
    assert address is not None
    return address


def test_only_a_new_address_ends_one_before(client: Visitor, site: Site) -> None:
    told = [client.send(f"{ADDRESS}/address", follow_redirects=True).text for _ in range(2)]

    assert "The calendar has an address." in told[0]
    assert "The calendar has a new address. The one before works no longer." in told[1]


def fetched(app: Flask, address: str) -> Calendar:
    """The feed as a calendar program gets it: nobody who has signed in."""
    answer = app.test_client().get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    return Calendar.from_ical(answer.data)


def test_until_somebody_wants_one_there_is_no_address(client: Visitor, site: Site, app: Flask) -> None:
    assert address_of_feed(client) is None

    for token in ("None", "", "x"):
        assert app.test_client().get(f"/calendar/herbs/{token}.ics").status_code == 404


def test_who_knows_the_address_reads_it_without_signing_in(client: Visitor, site: Site, app: Flask) -> None:
    at = (now() + timedelta(days=3)).replace(microsecond=0)
    going = a_publication(site, at, ODD)
    out = a_publication(site, at - timedelta(days=5), "Out", PublicationStatus.PUBLISHED)
    a_publication(site, at - timedelta(days=200), "Long ago", PublicationStatus.PUBLISHED)
    factories.publication(site, PublicationStatus.WAITING)
    a_publication(factories.site(), at, "Somebody else's")

    calendar = fetched(app, subscribed(client))

    assert calendar["X-WR-CALNAME"] == "Green Sill: publishing"
    first, second = calendar.walk("VEVENT")
    assert (first["SUMMARY"], first.start, first["STATUS"]) == ("Out", out.published_at, "CONFIRMED")
    assert (second["SUMMARY"], second.start, second["STATUS"]) == (ODD, at, "TENTATIVE")
    assert second["UID"] == f"publication-{going.id}@herbs.pressroom"
    assert second["DURATION"].dt == timedelta(minutes=15)


def test_it_keeps_to_the_letter_of_its_standard(client: Visitor, site: Site, app: Flask) -> None:
    a_publication(site, datetime(2026, 12, 24, 3, 0, tzinfo=UTC), ODD)
    address = subscribed(client)

    data = app.test_client().get(address).data

    lines = data.split(b"\r\n")
    assert lines[-1] == b"" and b"\n" not in b"".join(lines).replace(b"\\n", b"")
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()  # no character is cut in two
    unfolded = data.replace(b"\r\n ", b"").decode()
    assert "SUMMARY:Basil\\, mint\\; a \\\\ backslash\\,\\na second line and “quotes”: ää" in unfolded
    assert "DTSTART:20261224T030000Z" in unfolded
    assert {"BEGIN:VCALENDAR", "VERSION:2.0", "END:VCALENDAR"} <= set(unfolded.splitlines())
    assert "PRODID:" in unfolded and "DTSTAMP:" in unfolded


def test_an_article_that_moves_keeps_its_name_there(client: Visitor, site: Site, app: Flask) -> None:
    publication = approval.approve(factories.article(site), "Ana")
    db.session.commit()
    address = subscribed(client)
    (before,) = fetched(app, address).walk("VEVENT")

    client.send(f"/sites/herbs/queue/{publication.id}/publish-now")

    (after,) = fetched(app, address).walk("VEVENT")
    assert (after["UID"], after.start < before.start) == (before["UID"], True)


def test_a_new_address_ends_the_old_one(client: Visitor, site: Site, app: Flask) -> None:
    old = subscribed(client)
    new = subscribed(client)

    assert new != old
    assert fetched(app, new)
    assert app.test_client().get(old).status_code == 404


def test_a_wrong_address_gets_nothing(client: Visitor, site: Site, app: Flask) -> None:
    address = subscribed(client)
    other = factories.site(slug="other")
    db.session.get_one(PublishingSettings, other.id).calendar_token = "theirs"
    db.session.commit()

    token = address.rpartition("/")[2]
    for wrong in (
        f"/calendar/other/{token}",
        f"/calendar/nowhere/{token}",
        f"{address[:-5]}.ics",
        "/calendar/herbs/ä.ics",
    ):
        answer = app.test_client().get(wrong)
        assert (answer.status_code, "Green Sill" in answer.text) == (404, False)


def test_nobody_in_between_keeps_it(client: Visitor, site: Site, app: Flask) -> None:
    answer = app.test_client().get(subscribed(client))

    assert answer.headers["Cache-Control"].startswith("private")
    assert "Set-Cookie" not in answer.headers


def test_a_deleted_site_has_no_feed(client: Visitor, site: Site, app: Flask) -> None:
    address = subscribed(client)
    change(delete(Site).where(Site.id == site.id))
    db.session.commit()

    assert app.test_client().get(address).status_code == 404


def test_a_viewer_sees_the_address_and_makes_none(client: Visitor, site: Site) -> None:
    factories.signed_in(client, factories.member(Role.VIEWER, of=site.account).user)

    assert "Somebody who may edit can make one." in client.get(ADDRESS).text
    assert client.send(f"{ADDRESS}/address").status_code == 403
