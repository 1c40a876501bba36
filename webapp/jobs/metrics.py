"""The figures of the installation as Prometheus takes them, read from the database and Redis when it asks."""

import logging
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from webapp.core.clock import now
from webapp.core.db import db, reading
from webapp.core.redis import impatient_connection
from webapp.jobs import crew, timetable
from webapp.pipeline import figures
from webapp.publishing import queries as publications

log = logging.getLogger(__name__)


def registry() -> CollectorRegistry:
    """Everything below, of this moment. Several processes answer the same: none counts anything itself."""
    everything = CollectorRegistry(auto_describe=False)
    everything.register(_InDatabase())
    everything.register(_InRedis())
    return everything


class _InDatabase(Collector):
    def describe(self) -> list[Metric]:
        return []  # registering must not ask the database

    def collect(self) -> Iterator[Metric]:
        with reading():
            families = [*_runs(), *_stages(), *_calls(), _latency(), *_publications()]
            db.session.rollback()
        yield from families


def _runs() -> Iterator[Metric]:
    runs = GaugeMetricFamily("pressroom_runs", "Runs by status.", labels=["status"])
    for status, count in figures.runs_by_status().items():
        runs.add_metric([status.value], count)
    yield runs
    yield GaugeMetricFamily(
        "pressroom_queued_run_oldest_seconds",
        "How long the run has waited for a worker that waits for longest.",
        value=figures.longest_queued(),
    )
    yield CounterMetricFamily(
        "pressroom_lease_takeovers", "Runs taken over from a worker that was lost.", value=figures.takeovers()
    )


def _stages() -> Iterator[Metric]:
    items = CounterMetricFamily("pressroom_items", "Items that runs are through with.", labels=["stage", "outcome"])
    waiting = GaugeMetricFamily("pressroom_items_waiting", "Items before active runs.", labels=["stage"])
    credits = CounterMetricFamily("pressroom_credits_charged", "Credits that runs were charged.", labels=["stage"])
    for stage in figures.stages():
        for outcome, count in (("done", stage.done), ("attention", stage.failed), ("skipped", stage.skipped)):
            items.add_metric([stage.stage.value, outcome], count)
        waiting.add_metric([stage.stage.value], stage.waiting)
        credits.add_metric([stage.stage.value], stage.credits)
    yield from (items, waiting, credits)


def _calls() -> Iterator[Metric]:
    calls = GaugeMetricFamily("pressroom_calls", "Paid questions by their state.", labels=["operation", "outcome"])
    sends = CounterMetricFamily("pressroom_call_sends", "How often paid questions were put.", labels=["operation"])
    sent: dict[str, int] = {}
    for found in figures.calls():
        calls.add_metric([found.operation, found.outcome], found.calls)
        sent[found.operation] = sent.get(found.operation, 0) + found.sends
    for operation, count in sorted(sent.items()):
        sends.add_metric([operation], count)
    yield from (calls, sends)


def _latency() -> Metric:
    family = HistogramMetricFamily("pressroom_call_seconds", "How long answers took.", labels=["operation"])
    for found in figures.latencies():
        limits = [str(float(limit)) for limit in figures.SECONDS_UP_TO]
        buckets = [*zip(limits, found.up_to, strict=True), ("+Inf", found.calls)]
        family.add_metric([found.operation], buckets=buckets, sum_value=found.seconds)
    return family


def _publications() -> Iterator[Metric]:
    by_status = GaugeMetricFamily("pressroom_publications", "Publications by status.", labels=["status"])
    for status, count in publications.by_status().items():
        by_status.add_metric([status.value], count)
    overdue, lag = publications.overdue(now())
    yield by_status
    yield GaugeMetricFamily(
        "pressroom_publications_overdue", "Publications whose slot has come and that are not out.", value=overdue
    )
    yield GaugeMetricFamily("pressroom_publication_lag_seconds", "How late the most overdue publication is.", value=lag)


class _InRedis(Collector):
    """With Redis away there is only the figure that says so: what is not known is left out."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            found = [*_queues(), *_crew()]
        except RedisError as error:
            log.warning("metrics without Redis: %s", error)
            found = []
        yield GaugeMetricFamily("pressroom_redis_up", "Whether Redis answers.", value=bool(found))
        yield from found


def _queues() -> Iterator[Metric]:
    depth = GaugeMetricFamily("pressroom_queue_depth", "Jobs that wait in a queue.", labels=["queue"])
    oldest = GaugeMetricFamily("pressroom_queue_oldest_seconds", "How long the oldest waits.", labels=["queue"])
    for queue in crew.queues(impatient_connection()):
        depth.add_metric([queue.name], queue.waiting)
        oldest.add_metric([queue.name], queue.oldest_for or 0.0)
    yield from (depth, oldest)


def _crew() -> Iterator[Metric]:
    client = impatient_connection()
    names = [worker.queue for worker in crew.workers(client)]
    workers = GaugeMetricFamily("pressroom_workers", "Workers that give signs of life.", labels=["queue"])
    for queue in crew.QUEUES:
        workers.add_metric([queue], names.count(queue))
    yield workers
    yield GaugeMetricFamily(
        "pressroom_schedulers",
        "Schedulers that give signs of life. Without one nothing starts by itself.",
        value=timetable.living_schedulers(client),
    )
