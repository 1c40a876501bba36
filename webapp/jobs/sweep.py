"""Watching for lost workers and lost deliveries. Any number of sweeps may run at once."""

import logging
import threading

from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError

from webapp.core.db import db
from webapp.core.settings import settings
from webapp.jobs.queue import deliver_waiting
from webapp.pipeline.recovery import RunWatch
from webapp.publishing.publisher import PublishingWatch

log = logging.getLogger(__name__)


def sweep_until(app: Flask, ended: threading.Event) -> None:
    """Looks every few seconds. A database or a Redis that is away is tried again at the next look."""
    with app.app_context():
        chosen = settings()
        runs, publishing = RunWatch(chosen.lease_ttl), PublishingWatch(chosen.lease_ttl)
    while not ended.wait(chosen.sweep_every):
        with app.app_context():
            try:
                runs.observe()
                publishing.observe()
                deliver_waiting()
            except (OperationalError, RedisError) as error:
                db.session.rollback()
                log.warning("the sweep found something away and looks again: %s", error)
