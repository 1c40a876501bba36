"""What must be true of an article before it may be approved."""

from sqlalchemy import func, select

from webapp.content.models import Article, ArticleStatus
from webapp.content.sanitise import plain
from webapp.core.db import db

LEAST_SHARE = 0.5  # of the words that its task asks for
TOLERANCE = 0.15  # of them: so much more or fewer nobody minds


def blocking_problems(article: Article) -> list[str]:
    """A sentence for each reason why the article may not be approved; none means that it may."""
    problems = problems_of_text(article, article.task.target_words if article.task else None)
    other = _approved_namesake(article)
    if other is not None:
        problems.append(f"Another approved article has the same title (number {other}).")
    return problems


def problems_of_text(article: Article, target_words: int | None) -> list[str]:
    """Those that the article itself shows. `target_words`: what its task asks for, None without a task."""
    problems = []
    if not article.title.strip():
        problems.append("It has no title.")
    if not plain(article.body_html).strip():
        problems.append("It has no text.")
    elif target_words is not None and article.words < target_words * LEAST_SHARE:
        problems.append(f"It has {article.words} words, fewer than half of the {target_words} asked for.")
    if not article.meta_description.strip():
        problems.append("It has no meta description.")
    if article.status is ArticleStatus.DRAFT:
        problems.append("Its pictures are still to come.")
    return problems


def length_note(article: Article) -> str:
    """What `off_length` says of the article; nothing where no task asked for it."""
    return off_length(article.words, article.task.target_words) if article.task else ""


def off_length(words: int, target_words: int) -> str:
    """A sentence where an article is so much shorter or longer that a person should look at it first; else nothing.

    It does not say that approving is the way: other checks may refuse that.
    """
    if abs(words - target_words) <= TOLERANCE * target_words:
        return ""
    return f"It has {words:,} words where {target_words:,} were asked for."


def _approved_namesake(article: Article) -> int | None:
    return db.session.scalar(
        select(Article.id)
        .where(
            Article.site_id == article.site_id,
            Article.status == ArticleStatus.APPROVED,
            Article.id != article.id,
            func.lower(Article.title) == func.lower(article.title),
        )
        .limit(1)
    )
