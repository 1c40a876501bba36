"""Tasks to articles: one paid call per task, priced by the words it asks for."""

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, select

from webapp.ai.functions.content_generation import ArticleRequest, ArticleResult, LinkChoice, parse
from webapp.ai.provider import Operation, Provider, Reply
from webapp.content.checks import off_length
from webapp.content.links import choices
from webapp.content.models import TARGET_WORDS, Article, Keyword, Task, TaskStatus
from webapp.content.sanitise import clean_reply, count_words
from webapp.content.slugs import free_slug
from webapp.core.db import db
from webapp.pipeline.models import Run, RunItem
from webapp.pipeline.stage import Counts, Plan, Planned
from webapp.pipeline.stages.counting import count, rows
from webapp.pipeline.states import StageKey
from webapp.sites.models import Site

MOST_KEYWORDS = 20
MOST_QUESTIONS = 5
OFFERED = "links"  # in an item's payload: what its article may link to
QUESTION_WORDS = ("how", "what", "why", "when", "where", "which", "who", "can", "is", "are", "do", "does", "should")


def hundreds(words: int) -> int:
    """How many begun hundreds of words: what a task is priced by."""
    return -(-words // 100)


class Articles:
    key = StageKey.ARTICLES
    operation = Operation.CONTENT_GENERATION
    one, fewest_units = "article", hundreds(min(TARGET_WORDS.values()))

    def pending(self, site: Site) -> int:
        return count(Task, *_waiting(site))

    def plan(self, plan: Plan) -> Iterable[Planned]:
        found = rows(Task, plan.limit, *_waiting(plan.site), order=(Task.id,))
        return [Planned(row=task.id, units=hundreds(task.target_words)) for task in found]

    def do_without_asking(self, site: Site, item: RunItem) -> Counts | None:
        return None

    def request(self, site: Site, item: RunItem) -> ArticleRequest | None:
        task = _of(site, item)
        return None if task is None else question_about(site, task, _links(site, task, item))

    def article_of(self, item: RunItem) -> int | None:
        return db.session.scalar(select(Article.id).where(Article.task_id == item.row))

    def apply(self, site: Site, item: RunItem, reply: Reply, provider: Provider) -> Counts:
        result, task = parse(reply), _of(site, item)
        if task is None:
            return {"tasks_processed": 1, "articles_created": 0, "words": 0}
        article = _article(site, task, result, provider, {link.id for link in _links(site, task, item)})
        db.session.add(article)
        task.status = TaskStatus.WRITTEN
        return {"tasks_processed": 1, "articles_created": 1, "words": article.words}

    def set_aside(self, item: RunItem, why: str) -> None:
        task = db.session.get(Task, item.row)
        if task is not None:
            task.status, task.attention = TaskStatus.ATTENTION, why

    def when_off(self, site: Site) -> None:
        """Nothing waits: the tasks stay pending."""


def question_about(site: Site, task: Task, links: list[LinkChoice]) -> ArticleRequest:
    """What is asked about a task, given what its article may link to."""
    phrases = _phrases(task)
    questions = [phrase for phrase in phrases if phrase.lower().split(" ")[0] in QUESTION_WORDS]
    return ArticleRequest(
        title=task.title,
        angle=task.idea.angle,
        outline=task.idea.outline,
        target_keyword=task.idea.target_keyword,
        keywords=phrases[:MOST_KEYWORDS],
        questions=questions[:MOST_QUESTIONS],
        target_words=task.target_words,
        links=links,
        language=site.language,
        voice=site.voice,
    )


def _waiting(site: Site) -> tuple[ColumnElement[bool], ...]:
    return Task.site_id == site.id, Task.status == TaskStatus.PENDING


def _of(site: Site, item: RunItem) -> Task | None:
    return db.session.scalar(select(Task).where(*_waiting(site), Task.id == item.row))


def _phrases(task: Task) -> list[str]:
    order = (Keyword.volume.is_(None), Keyword.volume.desc(), Keyword.id)
    return list(
        db.session.scalars(
            select(Keyword.phrase).where(Keyword.cluster_id == task.idea.cluster_id).order_by(*order).limit(50)
        )
    )


def _links(site: Site, task: Task, item: RunItem) -> list[LinkChoice]:
    """What the article may link to: chosen once, when it is first asked for, and kept with the item.

    With other links it would be another question, and an answer that was paid for would be bought again.
    """
    payload = item.payload or {}  # an item that was never stored has none
    if OFFERED not in payload:
        offered = _offered_before(site, task)
        if offered is None:
            offered = [link.model_dump() for link in choices(site.id, f"{task.title} {task.idea.target_keyword}")]
        item.payload = payload | {OFFERED: offered}
    return [LinkChoice.model_validate(link) for link in item.payload[OFFERED]]


def _offered_before(site: Site, task: Task) -> list[dict[str, str]] | None:
    """As the last run that asked for it has done; None if none has."""
    asked = (
        select(RunItem.payload)
        .join(Run, Run.id == RunItem.run_id)
        .where(Run.site_id == site.id, RunItem.stage == StageKey.ARTICLES, RunItem.row == task.id)
        .order_by(RunItem.id.desc())
    )
    return next((payload[OFFERED] for payload in db.session.scalars(asked) if OFFERED in payload), None)


def _article(site: Site, task: Task, result: ArticleResult, provider: Provider, ids: Collection[str]) -> Article:
    body = clean_reply(result.body_html, ids)
    words = count_words(body)
    return Article(
        site_id=site.id,
        task_id=task.id,
        title=result.title,
        slug=free_slug(site.id, result.slug),
        meta_title=result.meta_title,
        meta_description=result.meta_description,
        excerpt=result.excerpt,
        focus_keyword=result.focus_keyword[:200],
        body_html=body,
        words=words,
        attention=off_length(words, task.target_words),
        written_by=provider.name,
        is_draft_quality=not provider.writes_for_publication,
    )
