"""What people write where a provider's answer could not be used. The caller commits."""

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.ai.embedded.wording import slug
from webapp.ai.functions.idea_generation import IdeaKind
from webapp.content.checks import length_note
from webapp.content.models import (
    Article,
    ArticleStatus,
    Cluster,
    ClusterStatus,
    Idea,
    Image,
    ImageStatus,
    Task,
    TaskStatus,
)
from webapp.content.moves import move
from webapp.content.pictures import BadPicture, prepared, put
from webapp.content.review import MENDABLE, UNDECIDED, settle
from webapp.content.sanitise import clean, count_words
from webapp.content.slugs import free_slug
from webapp.core.db import db
from webapp.core.errors import Invalid

BY_HAND = "hand"  # in the place of a provider's name


@dataclass(frozen=True)
class WrittenArticle:
    """As somebody wrote it: `body_html` is HTML from h2 downwards; without a slug one is made of the title."""

    title: str
    slug: str
    meta_title: str
    meta_description: str
    excerpt: str
    focus_keyword: str
    body_html: str


@dataclass(frozen=True)
class WrittenIdea:
    title: str
    angle: str
    outline: Sequence[str]
    kind: IdeaKind
    target_keyword: str


def write_article(task: Task, written: WrittenArticle) -> Article:
    """The task's article, as a draft: the next run asks for its pictures.

    Raises Invalid where what may stay in the text is nothing, Conflict if the task does not need attention any more.
    """
    body, words = _text_of(written)
    move(task, (TaskStatus.ATTENTION,), {"status": TaskStatus.WRITTEN, "attention": ""}, "be written by hand")
    article = Article(
        site_id=task.site_id,
        task_id=task.id,
        title=written.title,
        slug=free_slug(task.site_id, written.slug or slug(written.title)),
        meta_title=written.meta_title,
        meta_description=written.meta_description,
        excerpt=written.excerpt,
        focus_keyword=written.focus_keyword,
        body_html=body,
        words=words,
        written_by=BY_HAND,
        is_draft_quality=False,
    )
    db.session.add(article)
    db.session.flush()
    return article


def edit_article(article: Article, written: WrittenArticle) -> None:
    """Puts what somebody wrote in the place of what the article says. Its status and its pictures stay.

    Without a slug it keeps its own. Raises Invalid where what may stay in the text is nothing, Conflict if the article
    is neither in review nor rejected any more.
    """
    body, words = _text_of(written)
    values = {
        "title": written.title,
        "slug": _slug_of(article, written),
        "meta_title": written.meta_title,
        "meta_description": written.meta_description,
        "excerpt": written.excerpt,
        "focus_keyword": written.focus_keyword,
        "body_html": body,
        "words": words,
        "written_by": BY_HAND,
        "is_draft_quality": False,
    }
    move(article, MENDABLE, values, "be edited by hand")
    if article.status is ArticleStatus.REVIEW:
        article.attention = length_note(article)


def add_idea(cluster: Cluster, written: WrittenIdea) -> Idea:
    """A new idea of the cluster; a cluster that needed attention for want of ideas does so no more. Raises Invalid."""
    if any(idea.title == written.title for idea in cluster.ideas):
        raise Invalid("title", "The cluster has an idea of this title.", "Give it another one.")
    idea = Idea(
        site_id=cluster.site_id,
        cluster_id=cluster.id,
        title=written.title,
        angle=written.angle,
        outline=list(written.outline),
        kind=written.kind,
        target_keyword=written.target_keyword,
        intent=cluster.intent,
    )
    db.session.add(idea)
    if cluster.status is ClusterStatus.ATTENTION:
        move(cluster, (ClusterStatus.ATTENTION,), {"status": ClusterStatus.EXPANDED, "attention": ""}, "be expanded")
    db.session.flush()
    return idea


def put_picture(image: Image, data: bytes) -> None:
    """Somebody's own picture in the place of one that could not be drawn.

    Raises Invalid where it is no picture that can be shown, Conflict if none is wanted any more or if its article is
    approved or rejected.
    """
    try:
        picture = prepared(data)
    except BadPicture as bad:
        told = "Nothing was changed. Choose a PNG, JPEG or WebP file of 10 MB at most."
        raise Invalid("file", f"The file cannot be used: {bad}.", told) from bad
    article = image.article
    move(article, UNDECIDED, {"status": article.status}, "get another picture")
    move(image, (ImageStatus.ATTENTION,), {"attention": ""}, "be put in by hand")
    put(image, picture)
    db.session.flush()
    settle(article)


def drop_picture(image: Image) -> None:
    """The article goes without it. Raises Conflict if it does not need attention any more."""
    article = image.article
    move(image, (ImageStatus.ATTENTION,), {"attention": ""}, "be dropped")
    db.session.delete(image)
    db.session.flush()
    settle(article)


def _text_of(written: WrittenArticle) -> tuple[str, int]:
    """The text with only what may stay in it, and its words. Raises Invalid where it has none."""
    body = clean(written.body_html)
    words = count_words(body)
    if not words:
        raise Invalid("body_html", "The text has no words.", "Write at least a paragraph.")
    return body, words


def _slug_of(article: Article, written: WrittenArticle) -> str:
    if written.slug in ("", article.slug):
        return article.slug
    return free_slug(article.site_id, written.slug)
