"""`pressroom queue`: where every approved article is."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from tests import factories
from tests.cli.conftest import Pressroom
from webapp.content.models import ArticleStatus
from webapp.publishing.models import PublicationStatus, WaitingReason
from webapp.publishing.reasons import WORDS
from webapp.sites.models import Site

SLOT = datetime(2030, 7, 1, 7, 0, tzinfo=UTC)


@pytest.fixture
def site(app: Flask) -> Site:
    site = factories.site(time_zone="Europe/Berlin")
    factories.publication(site, PublicationStatus.PUBLISHED)
    factories.publication(site, PublicationStatus.FAILED)
    factories.publication(site, PublicationStatus.WAITING, reason=WaitingReason.HELD, held=True)
    factories.publication(site, PublicationStatus.PUBLISHING)
    factories.publication(site, PublicationStatus.SCHEDULED, slot_at=SLOT)
    factories.article(site, ArticleStatus.REVIEW)
    factories.publication(factories.site())
    return site


def test_a_program_gets_counts_and_every_article(site: Site, pressroom: Pressroom) -> None:
    found = pressroom("queue", site.slug, "--json").json

    items = found.pop("items")
    assert found == {
        "approved": 5, "waiting": 1, "scheduled": 1, "publishing": 1, "published": 1, "failed": 1, "queue_limit": 100,
    }  # fmt: skip
    assert [item["status"] for item in items] == ["publishing", "scheduled", "waiting", "failed", "published"]
    assert all(set(item) >= {"article_id", "title", "status", "slot_at", "reason", "link"} for item in items)
    scheduled, waiting, failed, published = items[1:]
    assert scheduled["slot_at"] == "2030-07-01T07:00:00Z"
    assert (waiting["reason"], waiting["slot_at"]) == ("held", None)
    assert failed["error"] == "The folder is not writable."
    assert published["link"].startswith(f"/published/{site.slug}/")


def test_a_person_reads_it_in_the_sites_own_time(site: Site, pressroom: Pressroom) -> None:
    said = pressroom("queue", site.slug).out

    assert "5 approved: 1 waiting, 1 scheduled, 1 publishing, 1 published, 1 failed." in said
    assert "Times are in Europe/Berlin" in said
    assert "Mon 01 Jul 2030 09:00" in said
    assert WORDS[WaitingReason.HELD].sentence in said
    assert "The folder is not writable." in said


def test_why_it_waits_comes_before_what_was_said_long_ago(app: Flask, pressroom: Pressroom) -> None:
    site = factories.site(time_zone="Europe/Berlin")
    said, retried = "The password is refused.", "It answered 503."
    factories.publication(site, PublicationStatus.WAITING, reason=WaitingReason.QUEUE_PAUSED, error=said)
    factories.publication(site, error=retried, next_attempt_at=datetime(2999, 7, 1, 7, 0, tzinfo=UTC))

    out, items = pressroom("queue", site.slug).out, pressroom("queue", site.slug, "--json").json["items"]

    assert WORDS[WaitingReason.QUEUE_PAUSED].sentence in out and said not in out
    assert f"{retried} Tried again by itself from 09:00 on." in out
    assert [item["error"] for item in items] == [retried, None]


def test_what_is_out_has_the_time_when_it_went_out(app: Flask, pressroom: Pressroom) -> None:
    site = factories.site(time_zone="Europe/Berlin")
    late = SLOT + timedelta(minutes=7)
    factories.publication(site, PublicationStatus.PUBLISHED, slot_at=SLOT, published_at=late)

    assert "Mon 01 Jul 2030 09:07" in pressroom("queue", site.slug).out
    assert pressroom("queue", site.slug, "--json").json["items"][0]["published_at"] == "2030-07-01T07:07:00Z"


def test_an_empty_queue(app: Flask, pressroom: Pressroom) -> None:
    found = pressroom("queue", factories.site().slug, "--json").json

    assert found["approved"] == 0
    assert found["items"] == []


def test_all_of_a_long_queue_is_there(app: Flask, pressroom: Pressroom) -> None:
    site = factories.site()
    for _ in range(12):
        factories.publication(site)

    assert len(pressroom("queue", site.slug, "--json").json["items"]) == 12


def test_an_unknown_site_is_named(site: Site, pressroom: Pressroom) -> None:
    said = pressroom("queue", "nowhere")
    assert said.code == 1
    assert "There is no site 'nowhere'" in said.err
