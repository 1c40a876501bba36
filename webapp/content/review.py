"""What people and stages decide about rows: settle, reject, dismiss, skip, try again. The caller commits."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, exists, select, update

from webapp.content.checks import length_note
from webapp.content.models import (
    Article,
    ArticleStatus,
    Cluster,
    ClusterStatus,
    Idea,
    IdeaStatus,
    Image,
    ImageStatus,
    Keyword,
    KeywordStatus,
    Task,
    TaskStatus,
)
from webapp.content.moves import move
from webapp.content.slugs import free_slug
from webapp.core.db import db
from webapp.core.errors import Conflict

UNDECIDED = (ArticleStatus.DRAFT, ArticleStatus.REVIEW)
MENDABLE = (ArticleStatus.REVIEW, ArticleStatus.REJECTED)


def settle(article: Article) -> None:
    """Draft to review once its image prompts were written and every picture is there or given up."""
    has_prompts = article.status is ArticleStatus.DRAFT and article.prompts_at is not None
    if has_prompts and not _awaits_pictures(article):
        article.status = ArticleStatus.REVIEW


def settle_without_prompts(site_id: int) -> None:
    """Nobody will write image prompts: the site's drafts that wait for them go to review without pictures."""
    _to_review(site_id, Article.prompts_at.is_(None))


def settle_without_images(site_id: int) -> None:
    """Nobody will draw: the site's drafts that have their image prompts go to review as they are."""
    _to_review(site_id, Article.prompts_at.is_not(None))


def reject(article: Article, by: str) -> None:
    """Takes a draft or an article in review out of the line; the article says by whom. Raises Conflict."""
    values = {"status": ArticleStatus.REJECTED, "attention": f"Rejected by {by}."}
    move(article, UNDECIDED, values, "be rejected")


def reopen(article: Article) -> None:
    """Undoes a rejection: back to review, or to draft while pictures are still to come. Raises Conflict."""
    move(
        article,
        (ArticleStatus.REJECTED,),
        {"status": ArticleStatus.DRAFT, "attention": length_note(article)},
        "be reopened",
    )
    settle(article)


def may_be_written_again(article: Article) -> bool:
    return article.status in MENDABLE and article.task is not None


def write_again(article: Article, by: str) -> Task:
    """The next run writes another article for its task. This one is kept as rejected, and gives its address away.

    Answers the task. Raises Conflict where the article has none, or is neither in review nor rejected any more.
    """
    task = article.task
    if task is None:
        told = "Nothing was changed: edit it by hand, or reject it."
        raise Conflict(f"“{article.title}” has no task any more that could be written again.", told)
    values = {
        "status": ArticleStatus.REJECTED,
        "task_id": None,
        "slug": free_slug(article.site_id, article.slug),
        "attention": f"{by} has its task written again. This text is kept, and no run touches it.",
    }
    move(article, MENDABLE, values, "be written again")
    move(task, (TaskStatus.WRITTEN,), {"status": TaskStatus.PENDING}, "be written again")
    return task


def ask_for_pictures(article: Article) -> None:
    """The next run asks for pictures again, as this article got none. Raises Conflict if it has some."""
    if _has_pictures(article):
        raise Conflict(f"“{article.title}” has its pictures.", "Nothing was changed.")
    values = {"status": ArticleStatus.DRAFT, "prompts_at": None, "attention": length_note(article)}
    move(article, UNDECIDED, values, "be given pictures")


def dismiss(idea: Idea) -> None:
    """The idea will not become a task. Raises Conflict if it did already."""
    move(idea, (IdeaStatus.NEW,), {"status": IdeaStatus.DISMISSED}, "be dismissed")


def restore(idea: Idea) -> None:
    """The dismissed idea may become a task again. Raises Conflict if it is not dismissed."""
    move(idea, (IdeaStatus.DISMISSED,), {"status": IdeaStatus.NEW, "reason": None}, "be restored")


def skip_keywords(site_id: int, ids: Collection[int]) -> int:
    """Takes new and unclustered keywords out of the line. Answers how many: those in a cluster stay there."""
    return _change_keywords(site_id, ids, (KeywordStatus.NEW, KeywordStatus.UNCLUSTERED), KeywordStatus.SKIPPED)


def restore_keywords(site_id: int, ids: Collection[int]) -> int:
    """Puts skipped and unclustered keywords back into the line, for runs to group them. Answers how many."""
    return _change_keywords(site_id, ids, (KeywordStatus.SKIPPED, KeywordStatus.UNCLUSTERED), KeywordStatus.NEW)


def retry_cluster(cluster: Cluster) -> None:
    """The next run writes its ideas again. Raises Conflict if it does not need attention."""
    _try_again(cluster, ClusterStatus.ATTENTION, ClusterStatus.NEW)


def retry_task(task: Task) -> None:
    """The next run writes its article again. Raises Conflict if it does not need attention."""
    _try_again(task, TaskStatus.ATTENTION, TaskStatus.PENDING)


def retry_image(image: Image) -> None:
    """The next run draws it again, and its article waits for it as a draft.

    Raises Conflict if it does not need attention, or if its article is approved or rejected.
    """
    move(image.article, UNDECIDED, {"status": ArticleStatus.DRAFT}, "get another picture")
    _try_again(image, ImageStatus.ATTENTION, ImageStatus.PROMPTED)


def _awaits_pictures(article: Article) -> bool:
    waiting = exists().where(Image.article_id == article.id, Image.status == ImageStatus.PROMPTED)
    return bool(db.session.scalar(select(waiting)))


def _has_pictures(article: Article) -> bool:
    return bool(db.session.scalar(select(exists().where(Image.article_id == article.id))))


def _to_review(site_id: int, which: ColumnElement[bool]) -> None:
    db.session.execute(
        update(Article)
        .where(Article.site_id == site_id, Article.status == ArticleStatus.DRAFT, which)
        .values(status=ArticleStatus.REVIEW)
    )


def _try_again(row: Any, stuck: Any, again: Any) -> None:
    move(row, (stuck,), {"status": again, "attention": ""}, "be tried again")


def _change_keywords(site_id: int, ids: Collection[int], old: Collection[KeywordStatus], new: KeywordStatus) -> int:
    changed = db.session.scalars(
        update(Keyword)
        .where(Keyword.site_id == site_id, Keyword.id.in_(ids), Keyword.status.in_(old))
        .values(status=new, confidence=None, nearest_cluster_id=None, placed_by_hand=False)
        .returning(Keyword.id)
    )
    return len(changed.all())
