"""Rows that need a person's attention, or are not wanted as they are: asking anew."""

import hashlib
from collections.abc import Collection
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, select

from webapp.content import review
from webapp.content.models import Article, Cluster, ClusterStatus, Image, ImageStatus, Task, TaskStatus
from webapp.core.db import db
from webapp.core.errors import Conflict
from webapp.pipeline.answers import SPENT, item_of, kept_calls
from webapp.pipeline.models import AiCall, CallStatus, ItemStatus, Run, RunItem
from webapp.pipeline.paid_items import BROKE_OVER_IT
from webapp.pipeline.states import StageKey

Stuck = Cluster | Task | Image

ATTENTION: dict[type[Stuck], StrEnum] = {
    Cluster: ClusterStatus.ATTENTION,
    Task: TaskStatus.ATTENTION,
    Image: ImageStatus.ATTENTION,
}
LONGEST_KEY = 64
SPENDABLE = (CallStatus.ANSWERED, CallStatus.UNKNOWN)


def retry(row: Stuck) -> None:
    """The next run takes the row again, and asks anew. Raises Conflict like review.retry_…; the caller commits.

    Where only code of ours broke over the answer, the answer stays and is used.
    """
    why = row.attention
    match row:
        case Cluster():
            review.retry_cluster(row)
        case Task():
            review.retry_task(row)
        case Image():
            review.retry_image(row)
    if why != BROKE_OVER_IT:
        _spend(row.site_id, item_of(row))


def retry_some(site_id: int, model: type[Stuck], ids: Collection[int]) -> int:
    """The same for those of these rows that need attention and can be tried again. Answers how many."""
    wanted: Select[Any] = select(model).where(
        model.site_id == site_id, model.id.in_(ids), model.status == ATTENTION[model]
    )
    return sum(_retried(row) for row in db.session.scalars(wanted.order_by(model.id)).all())


def ask_for_pictures(article: Article) -> None:
    """The next run asks for pictures of an article that got none, and asks anew. Raises Conflict."""
    why = article.attention
    review.ask_for_pictures(article)
    if why not in ("", BROKE_OVER_IT):
        _spend(article.site_id, item_of(article))


def write_again(article: Article, by: str) -> Task:
    """The next run writes another article for the task, and asks anew from the first question on. Answers the task.

    Raises Conflict like review.write_again; the caller commits.
    """
    task = review.write_again(article, by)
    for call in kept_calls(task.site_id, item_of(task)):
        if call.status in SPENDABLE:
            call.key = _spent(call)
    db.session.flush()
    return task


def restore_keywords(site_id: int, ids: Collection[int]) -> int:
    """Puts keywords back into the line like review.restore_keywords. A batch that could not be named is asked anew."""
    restored = review.restore_keywords(site_id, ids)
    set_aside = (
        select(RunItem)
        .join(Run, Run.id == RunItem.run_id)
        .where(Run.site_id == site_id, RunItem.stage == StageKey.CLUSTERS, RunItem.row.in_(ids))
        .where(RunItem.status == ItemStatus.ATTENTION, RunItem.why != BROKE_OVER_IT)
    )
    for item in {item.name for item in db.session.scalars(set_aside)}:
        _spend(site_id, item)
    return restored


def _retried(row: Stuck) -> bool:
    try:
        with db.session.begin_nested():
            retry(row)
    except Conflict:
        return False
    return True


def _spend(site_id: int, item: str) -> None:
    """The last answer about the item is not taken again, nor are those before it that the provider itself found bad:
    it was asked to repair them. An answer that never came is not waited for any more; its hold stays.

    Earlier steps that went well are kept: they were paid for.
    """
    for number, call in enumerate(kept_calls(site_id, item)):
        if call.status not in SPENDABLE or (number > 0 and call.problem is None):
            break
        call.key = _spent(call)
    db.session.flush()


def _spent(call: AiCall) -> str:
    return (SPENT + hashlib.sha256(f"{call.id}\x1f{call.key}".encode()).hexdigest())[:LONGEST_KEY]
