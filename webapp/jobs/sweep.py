"""Watching for lost workers and lost deliveries. Any number of sweeps may run at once."""

import logging
import threading
from collections.abc import Callable

from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError

from webapp.core.db import db
from webapp.core.settings import settings
from webapp.jobs.queue import deliver_imports, deliver_waiting
from webapp.pipeline.recovery import RunWatch
from webapp.publishing.publisher import PublishingWatch

log = logging.getLogger(__name__)


def sweep_until(app: Flask, ended: threading.Event) -> None:
    """Looks every few seconds, until `ended`. What one look cannot do is tried again at the next."""
    with app.app_context():
        chosen = settings()
    watches = (RunWatch(chosen.lease_ttl).observe, PublishingWatch(chosen.lease_ttl).observe)
    looks = (*watches, deliver_waiting, deliver_imports)
    while not ended.wait(chosen.sweep_every):
        for look in looks:
            with app.app_context():
                _try(look)


def _try(look: Callable[[], object]) -> None:
    """No trouble of one look may end the others: then nobody would watch any more, and nobody would know."""
    try:
        look()
    except (OperationalError, RedisError) as error:
        log.warning("the sweep found something away and looks again: %s", getattr(error, "orig", error))
    except Exception:
        log.exception("the sweep broke over something and looks again")
    finally:
        db.session.rollback()
