"""Who works and what waits, as RQ has it in Redis. Only looks. All of it raises RedisError."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from redis import Redis
from rq import Queue, Worker
from rq.executions import WORKER_EXECUTIONS_KEY_TEMPLATE
from rq.job import Job
from rq.utils import str_to_date
from rq.worker import WorkerStatus

from webapp.core.clock import now
from webapp.jobs.queue import QUEUES, RUNS, delivered_by
from webapp.jobs.worker import GONE_AFTER

BUSY = WorkerStatus.BUSY.value.encode()


@dataclass(frozen=True)
class WorkerSeen:
    """A worker that Redis knows, so it lives. `heard_ago`: seconds since its last sign of life.

    `job` is empty while it has none, or one that Redis has forgotten meanwhile (then it is busy all the same).
    `run_id` and `epoch` are those of the run that the job delivers, if it delivers one.
    """

    name: str
    host: str
    pid: int
    queue: str
    since: datetime
    heard_ago: float
    busy: bool
    job: str = ""
    doing: str = ""
    run_id: int | None = None
    epoch: int | None = None


@dataclass(frozen=True)
class QueueSeen:
    """A queue, its jobs by what has become of them. `oldest_for`: seconds that its first job has waited."""

    name: str
    waiting: int
    at_work: int
    failed: int
    oldest_for: float | None


def workers(client: Redis) -> list[WorkerSeen]:
    """All that live, by queue and host. Others may keep theirs in the same Redis: what cannot be read is left out."""
    keys = sorted(cast("set[bytes]", client.smembers(Worker.redis_workers_keys)))
    names = [_text(key).removeprefix(Worker.redis_worker_namespace_prefix) for key in keys]
    with client.pipeline(transaction=False) as pipeline:  # a full Redis takes no transaction, not even to read
        for key, name in zip(keys, names, strict=True):
            pipeline.hgetall(key)
            pipeline.pttl(key)
            pipeline.smembers(WORKER_EXECUTIONS_KEY_TEMPLATE.format(name))
        found = pipeline.execute(raise_on_error=False)
    seen = [
        _worker(name, about, left, executions if isinstance(executions, set) else set())
        for name, about, left, executions in zip(names, found[::3], found[1::3], found[2::3], strict=True)
        if isinstance(about, dict) and _moment(about.get(b"birth")) and b"death" not in about
    ]
    return sorted(_say_what_they_do(client, seen), key=lambda worker: (worker.queue, worker.host, worker.pid))


def _worker(name: str, about: dict[bytes, bytes], left: int, executions: set[bytes]) -> WorkerSeen:
    pid = about.get(b"pid", b"")
    return WorkerSeen(
        name=name,
        host=_text(about.get(b"hostname", b"")),
        pid=int(pid) if pid.isdigit() else 0,
        queue=_text(about.get(b"queues", b"")),
        since=str_to_date(about[b"birth"]),
        heard_ago=max(0.0, GONE_AFTER - left / 1000),
        busy=about.get(b"state") == BUSY,
        job=_text(min(executions)).rpartition(":")[0] if executions else "",
    )


def _text(written: bytes) -> str:
    """Whatever it is."""
    return written.decode(errors="replace")


def _moment(written: bytes | None) -> datetime | None:
    """None for what RQ does not write so."""
    try:
        return str_to_date(written) if written else None
    except ValueError:
        return None


def _say_what_they_do(client: Redis, seen: list[WorkerSeen]) -> list[WorkerSeen]:
    with client.pipeline(transaction=False) as pipeline:
        for worker in seen:
            pipeline.hget(Job.key_for(worker.job), "description")
        descriptions: list[Any] = pipeline.execute(raise_on_error=False)
    return [
        _with_job(worker, _text(description) if isinstance(description, bytes) else "")
        for worker, description in zip(seen, descriptions, strict=True)
    ]


def _with_job(worker: WorkerSeen, description: str) -> WorkerSeen:
    run_id, epoch = (delivered_by(worker.job) if worker.queue == RUNS else None) or (None, None)
    return replace(worker, doing=description, run_id=run_id, epoch=epoch)


def queues(client: Redis) -> list[QueueSeen]:
    return [_queue(Queue(name, connection=client)) for name in QUEUES]


def _queue(queue: Queue) -> QueueSeen:
    first: Any = queue.connection.lindex(queue.key, 0)
    enqueued: Any = queue.connection.hget(Job.key_for(_text(first)), "enqueued_at") if first else None
    since = _moment(enqueued)
    return QueueSeen(
        name=queue.name,
        waiting=queue.count,
        at_work=queue.started_job_registry.get_job_count(cleanup=False),
        failed=queue.failed_job_registry.get_job_count(cleanup=False),
        oldest_for=max(0.0, (now() - since).total_seconds()) if since else None,
    )
