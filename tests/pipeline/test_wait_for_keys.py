"""Runs by schedule wait while an endpoint that their site asks refuses its key; those by hand do not."""

from datetime import UTC, datetime, timedelta

from flask import Flask

from tests.pipeline.engine import reload, rows, site_with_keywords, start
from tests.sites.ai.endpoints import WORKS, endpoint
from webapp.ai.provider import Operation
from webapp.core.clock import now
from webapp.core.db import db
from webapp.pipeline import scheduling
from webapp.pipeline.automation import SkippedRun
from webapp.pipeline.key_hold import refusing
from webapp.pipeline.models import Run
from webapp.pipeline.states import StageKey
from webapp.pipeline.terms import automation_of
from webapp.sites.ai import connections
from webapp.sites.ai.choices import Own, choose
from webapp.sites.ai.models import AiConnection
from webapp.sites.models import Site

SINCE = datetime(2026, 11, 24, 9, 12, tzinfo=UTC)


def refused_site() -> tuple[Site, AiConnection]:
    """A site that is due, and the endpoint that it asks."""
    site = site_with_keywords()
    make_due(site)
    return site, endpoint(site.account, refused_at=SINCE, refusal="Wrong key.")


def make_due(site: Site) -> None:
    automation = automation_of(site)
    automation.enabled, automation.next_run_at = True, now() - timedelta(minutes=1)
    db.session.commit()


def test_a_due_run_does_not_start_and_says_why(app: Flask) -> None:
    site, _ = refused_site()

    assert list(scheduling.start_due()) == []

    [skipped] = rows(SkippedRun)
    assert skipped.why == (
        "The endpoint OpenAI refuses its key since 24 Nov 2026, 09:12 UTC. Test the key on the AI page; the next run"
        " starts by itself then."
    )
    assert automation_of(reload(site)).next_run_at > now() and rows(Run) == []


def test_the_next_one_starts_by_itself_once_a_test_worked(app: Flask) -> None:
    site, connection = refused_site()
    list(scheduling.start_due())
    connections.tested(db.session.merge(connection), WORKS)
    db.session.commit()
    make_due(reload(site))

    assert [run.site_id for run in scheduling.start_due()] == [site.id]


def test_a_run_by_hand_starts_all_the_same(app: Flask) -> None:
    site, _ = refused_site()
    assert start(site).is_active


def test_an_endpoint_that_is_not_asked_holds_nobody(app: Flask) -> None:
    site, _ = refused_site()
    other = endpoint(site.account, name="Other", is_default=False)
    choose(site, dict.fromkeys(Operation, Own(other, "gpt-y")) | {Operation.IMAGE_GENERATION: Own()})
    db.session.commit()

    assert [run.site_id for run in scheduling.start_due()] == [site.id]


def test_the_operation_of_a_stage_that_is_off_is_not_asked(app: Flask) -> None:
    site, connection = refused_site()
    choose(site, dict.fromkeys(Operation, Own()) | {Operation.IMAGE_GENERATION: None})
    assert refusing(site) == connection

    automation_of(site).stages_off = [StageKey.IMAGES.value]

    assert refusing(site) is None
