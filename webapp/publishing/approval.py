"""Approving an article puts it on its way to the site, in the same transaction."""

from sqlalchemy import func, select, update

from webapp.content.checks import blocking_problems
from webapp.content.models import Article, ArticleStatus
from webapp.core.clock import now
from webapp.core.db import change, db
from webapp.core.errors import Conflict
from webapp.publishing.models import Publication, PublicationStatus, PublishingSettings, WaitingReason
from webapp.publishing.schedule import lock, schedule


class Blocked(Conflict):
    """Checks stop the approval. `problems`: a sentence each."""

    def __init__(self, article: Article, problems: list[str]):
        super().__init__(
            f"“{article.title}” cannot be approved: {' '.join(problems)}", "Mend that, or reject the article."
        )
        self.problems = problems


def approve(article: Article, by: str) -> Publication:
    """From review to approved, with a publication that has a slot or says why not. The caller commits.

    Raises Blocked where a check stops it, Conflict where the article is not in review any more.
    """
    lock(article.site_id)  # so that of two with the same title the second sees the first
    problems = blocking_problems(article)
    if problems:
        raise Blocked(article, problems)
    _move_to_approved(article, by)
    publication = Publication(
        site_id=article.site_id,
        article_id=article.id,
        article=article,
        status=PublicationStatus.WAITING,
        reason=WaitingReason.QUEUE_FULL,
        position=_last_position(article.site_id) + 1,
    )
    db.session.add(publication)
    db.session.flush()
    schedule(article.site_id)
    return publication


def _move_to_approved(article: Article, by: str) -> None:
    moved = change(
        update(Article)
        .where(Article.id == article.id, Article.status == ArticleStatus.REVIEW)
        .values(status=ArticleStatus.APPROVED, approved_at=now(), approved_by=by, attention="")
    )
    db.session.refresh(article)
    if moved != 1:
        raise Conflict(
            f"“{article.title}” is {article.status.value} by now, so it cannot be approved.", "Nothing was changed."
        )


def _last_position(site_id: int) -> int:
    return db.session.scalar(select(func.max(Publication.position)).where(Publication.site_id == site_id)) or 0


def approves_by_itself(site_id: int) -> bool:
    """Whether runs may approve, or a person has to."""
    return db.session.get_one(PublishingSettings, site_id).auto_approve
