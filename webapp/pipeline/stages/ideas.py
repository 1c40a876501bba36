"""Clusters to ideas: one paid call per cluster."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import ColumnElement, select

from webapp.ai.functions.clustering import KeywordFact
from webapp.ai.functions.idea_generation import IdeaDraft, IdeasRequest, parse
from webapp.ai.provider import BadReply, Operation, Provider, Reply
from webapp.content.models import Cluster, ClusterStatus, Idea, IdeaStatus, Intent, Keyword
from webapp.content.repeats import Repeats
from webapp.core.db import db
from webapp.pipeline.models import RunItem
from webapp.pipeline.stage import Counts, Plan, Planned
from webapp.pipeline.stages.counting import count, rows
from webapp.pipeline.states import StageKey
from webapp.sites.models import Site

MOST_KEYWORDS = 50  # of a cluster that its request names


class Ideas:
    key = StageKey.IDEAS
    operation = Operation.IDEA_GENERATION
    one, fewest_units = "cluster", 1

    def pending(self, site: Site) -> int:
        return count(Cluster, *_waiting(site))

    def plan(self, plan: Plan) -> Iterable[Planned]:
        """The clusters that are searched for most come first."""
        found = rows(Cluster, plan.limit, *_waiting(plan.site), order=(Cluster.volume.desc(), Cluster.id))
        return [Planned(row=cluster.id) for cluster in found]

    def do_without_asking(self, site: Site, item: RunItem) -> Counts | None:
        return None

    def request(self, site: Site, item: RunItem) -> IdeasRequest | None:
        cluster = _of(site, item)
        return None if cluster is None else question_about(site, cluster, best_keywords(cluster))

    def article_of(self, item: RunItem) -> int | None:
        return None

    def apply(self, site: Site, item: RunItem, reply: Reply, provider: Provider) -> Counts:
        cluster = _of(site, item)
        ideas = parse(reply).ideas
        if not ideas:
            raise BadReply("the answer proposes no article")
        if cluster is None:
            return {"clusters_processed": 1, "ideas_created": 0}
        made = list(_made(site, cluster, ideas))
        db.session.add_all(made)
        cluster.status = ClusterStatus.EXPANDED
        return {"clusters_processed": 1, "ideas_created": sum(idea.status is IdeaStatus.NEW for idea in made)}

    def set_aside(self, item: RunItem, why: str) -> None:
        cluster = db.session.get(Cluster, item.row)
        if cluster is not None:
            cluster.status, cluster.attention = ClusterStatus.ATTENTION, why

    def when_off(self, site: Site) -> None:
        """Nothing waits: the clusters stay new."""


def question_about(site: Site, cluster: Cluster, best: Sequence[Keyword]) -> IdeasRequest:
    """What is asked about a cluster, given those of its keywords that it is asked with."""
    return IdeasRequest(
        cluster=cluster.name,
        head=cluster.head,
        intent=cluster.intent.value if cluster.intent else None,
        keywords=[_fact(keyword) for keyword in best],
        existing_titles=[idea.title for idea in cluster.ideas],
        language=site.language,
        voice=site.voice,
    )


def _waiting(site: Site) -> tuple[ColumnElement[bool], ...]:
    return Cluster.site_id == site.id, Cluster.status == ClusterStatus.NEW


def _of(site: Site, item: RunItem) -> Cluster | None:
    return db.session.scalar(select(Cluster).where(*_waiting(site), Cluster.id == item.row))


def best_keywords(cluster: Cluster) -> list[Keyword]:
    order = (Keyword.volume.is_(None), Keyword.volume.desc(), Keyword.id)
    return list(
        db.session.scalars(
            select(Keyword).where(Keyword.cluster_id == cluster.id).order_by(*order).limit(MOST_KEYWORDS)
        )
    )


def _fact(keyword: Keyword) -> KeywordFact:
    return KeywordFact(
        phrase=keyword.phrase, volume=keyword.volume, intent=keyword.intent.value if keyword.intent else None
    )


def _made(site: Site, cluster: Cluster, drafts: Iterable[IdeaDraft]) -> Iterator[Idea]:
    """An idea for each title that is new. What nearly repeats something is dismissed, and a person may restore it."""
    repeats, titles = Repeats(site.id), set[str]()
    for draft in drafts:
        if draft.title in titles or _is_taken(site, draft.title):
            continue
        reason = repeats.reason_against(draft.title)
        titles.add(draft.title)
        repeats.note(draft.title)
        yield Idea(
            site_id=site.id,
            cluster_id=cluster.id,
            title=draft.title,
            angle=draft.angle,
            outline=draft.outline,
            kind=draft.kind,
            target_keyword=draft.target_keyword,
            intent=Intent(draft.intent) if draft.intent in set(Intent) else None,
            status=IdeaStatus.DISMISSED if reason else IdeaStatus.NEW,
            reason=reason,
        )


def _is_taken(site: Site, title: str) -> bool:
    return db.session.scalar(select(Idea.id).where(Idea.site_id == site.id, Idea.title == title).limit(1)) is not None
