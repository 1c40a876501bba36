"""A site that was out of reach is looked at again, and nobody's password is tried that was refused."""

from dataclasses import replace

import pytest
import redis
from flask import Flask
from rq import Queue

from tests import factories
from tests.publishing.desk import approve, fresh, set_directly, settings_of
from tests.publishing.wordpress.blog import article, publish, ready
from tests.wordpress.look_alike import INDEX, ME, PASSWORD, POSTS, LookAlike, Reply, error
from webapp.core.db import db
from webapp.core.secrets import Secret
from webapp.jobs import queue, tasks
from webapp.publishing.models import WaitingReason, WordPressConnection
from webapp.publishing.target import OutOfReach
from webapp.publishing.wordpress import healing
from webapp.publishing.wordpress.healing import examine_again, heal, out_of_reach
from webapp.sites.models import Site, TargetKind

CLOSED = Reply(b"<h1>Just a moment...</h1>", 403)


@pytest.fixture
def held(site: Site, there: LookAlike) -> Site:
    """Its WordPress was out of reach."""
    connection = {"address": there.address, "username": "ana", "password": Secret.of(PASSWORD)}
    db.session.add(WordPressConnection(site_id=site.id, **connection))
    site.target = TargetKind.WORDPRESS
    set_directly(site, target_problem=WaitingReason.TARGET_OUT_OF_REACH)
    return site


@pytest.mark.parametrize("path", [POSTS, INDEX, ME])
@pytest.mark.parametrize("cause", [CLOSED, Reply(b"", 302, {"Location": "/maintenance/"})])
def test_a_cause_that_goes_away_is_seen_to_be_gone(held: Site, there: LookAlike, cause: Reply, path: str) -> None:
    there.replies |= {POSTS: cause, ME: cause, INDEX: cause}
    with pytest.raises(OutOfReach):
        publish(held, ready(held, article(held, pictures=0)))
    assert not examine_again(held.id)

    there.replies = LookAlike(there.address).replies

    assert examine_again(held.id)


def test_a_private_address_is_reached_once_the_operator_allows_it(
    app: Flask, held: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = app.config["SETTINGS"]
    monkeypatch.setitem(app.config, "SETTINGS", replace(allowed, allow_private_targets=False))
    assert not examine_again(held.id)

    monkeypatch.setitem(app.config, "SETTINGS", allowed)
    assert examine_again(held.id)


def test_a_password_that_is_refused_by_now_does_not_work(held: Site, there: LookAlike) -> None:
    there.replies[ME] = error(401, "incorrect_password")

    assert not examine_again(held.id)


@pytest.mark.parametrize("problem", [None, WaitingReason.TARGET_REFUSES_CREDENTIALS, WaitingReason.TARGET_REFUSES_ROLE])
def test_who_is_held_for_another_reason_is_not_asked(
    held: Site, there: LookAlike, problem: WaitingReason | None
) -> None:
    set_directly(held, target_problem=problem)

    assert not examine_again(held.id)
    assert there.asked == []


def test_a_site_that_has_no_connection_any_more_is_not_asked(site: Site, there: LookAlike) -> None:
    set_directly(site, target_problem=WaitingReason.TARGET_OUT_OF_REACH)

    assert not examine_again(site.id)


def test_a_password_that_no_key_opens_is_not_sent(
    app: Flask, held: Site, there: LookAlike, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], secret_key="another one"))

    assert not examine_again(held.id)
    assert there.asked == []


def test_a_site_that_is_reached_again_goes_on_by_itself(held: Site, there: LookAlike) -> None:
    waiting = approve(held, factories.article(held, is_draft_quality=False))
    assert fresh(waiting).reason is WaitingReason.TARGET_OUT_OF_REACH
    assert list(out_of_reach()) == [held.id]

    assert heal(held.id)

    assert fresh(waiting).slot_at is not None
    assert list(out_of_reach()) == [] and not heal(held.id)


def test_a_site_that_is_connected_otherwise_meanwhile_is_left_as_it_is(
    held: Site, there: LookAlike, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(site_id: int) -> bool:
        set_directly(held, target_epoch=1)
        return True

    monkeypatch.setattr(healing, "examine_again", meanwhile)

    assert not heal(held.id)
    assert settings_of(held).target_problem is WaitingReason.TARGET_OUT_OF_REACH


def test_each_that_is_out_of_reach_is_looked_at_by_a_job_of_its_own(held: Site, redis_server: str) -> None:
    tasks.heal_sites()

    (job,) = Queue(queue.PUBLISHING, connection=redis.Redis.from_url(redis_server)).jobs
    assert (job.func, job.args) == (tasks.heal_site, (held.id,))
