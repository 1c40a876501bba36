"""Keywords to clusters: grouped all at once, free and local; named in paid batches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, select, update

from webapp.ai.functions.clustering import ClusteringRequest, KeywordFact, KeywordGroup, NamedGroup, parse
from webapp.ai.provider import BadReply, Operation, Provider, Reply
from webapp.content.models import Cluster, Intent, Keyword, KeywordStatus
from webapp.core.db import db
from webapp.pipeline.models import ItemStatus, Run, RunItem
from webapp.pipeline.stage import Counts, Plan, Planned
from webapp.pipeline.stages.counting import count
from webapp.pipeline.states import StageKey
from webapp.sites.models import Site


class Clusters:
    """One item is a batch of keywords; its weight, and all counts, are in keywords."""

    key = StageKey.CLUSTERS
    operation = Operation.CLUSTERING
    one, fewest_units = "batch of keywords", 1

    def pending(self, site: Site) -> int:
        return count(Keyword, *_new(site))

    def plan(self, plan: Plan) -> Iterable[Planned]:
        """Batches that were asked for before and never applied come first: their answers may be here already."""
        asked = _asked_before(plan.site, plan.limit)
        taken = {number for batch in asked for number in _numbers(batch)}
        room = None if plan.limit is None else max(0, plan.limit - len(taken))
        fresh = [keyword for keyword in _best_first(plan.site) if keyword.id not in taken][:room]
        batches = asked + list(_batches(_groups(fresh), plan.batch_size))
        for batch in batches:
            numbers = _numbers(batch)
            yield Planned(row=min(numbers), weight=len(numbers), units=1, payload={"groups": batch})

    def request(self, site: Site, item: RunItem) -> ClusteringRequest | None:
        keywords = {keyword.id: keyword for keyword in _still_new(site, item)}
        groups = {
            part["origin"]: [keywords[n] for n in part["keywords"] if n in keywords] for part in item.payload["groups"]
        }
        return question_about(site, groups)

    def article_of(self, item: RunItem) -> int | None:
        return None

    def apply(self, site: Site, item: RunItem, reply: Reply, provider: Provider) -> Counts:
        keywords = {keyword.phrase: keyword for keyword in _still_new(site, item)}
        created = 0
        for named in parse(reply).groups:
            members = [keywords.pop(phrase) for phrase in named.phrases if phrase in keywords]
            if members:
                created += _join(site, _origin(item, named, members), named, members)
        if keywords:
            raise BadReply(f"the answer leaves out “{next(iter(keywords))}”")
        return {"keywords_processed": item.weight, "clusters_created": created}

    def set_aside(self, item: RunItem, why: str) -> None:
        """Keywords of a batch that cannot be named are skipped, so that they hold nobody up."""
        db.session.execute(
            update(Keyword)
            .where(Keyword.id.in_(_numbers(item.payload["groups"])), Keyword.status == KeywordStatus.NEW)
            .values(status=KeywordStatus.SKIPPED)
        )

    def when_off(self, site: Site) -> None:
        """Nothing waits: the keywords stay new."""


def question_about(site: Site, groups: Mapping[str, Sequence[Keyword]]) -> ClusteringRequest | None:
    """What is asked about these groups, by their keys; None where no keyword is left in them."""
    asked = [
        KeywordGroup(key=key, keywords=[_fact(keyword) for keyword in members])
        for key, members in groups.items()
        if members
    ]
    return ClusteringRequest(groups=asked, language=site.language) if asked else None


def _new(site: Site) -> tuple[ColumnElement[bool], ...]:
    return Keyword.site_id == site.id, Keyword.status == KeywordStatus.NEW


def _best_first(site: Site) -> Sequence[Keyword]:
    order = (Keyword.volume.is_(None), Keyword.volume.desc(), Keyword.id)
    return db.session.scalars(select(Keyword).where(*_new(site)).order_by(*order)).all()


def _still_new(site: Site, item: RunItem) -> Sequence[Keyword]:
    return db.session.scalars(
        select(Keyword).where(*_new(site), Keyword.id.in_(_numbers(item.payload["groups"])))
    ).all()


def _groups(keywords: Sequence[Keyword]) -> list[list[Keyword]]:
    from webapp.ai.embedded.grouping import group  # numpy takes its time, and most processes group nothing

    if not keywords:
        return []
    indexes = group([keyword.phrase for keyword in keywords], [keyword.volume for keyword in keywords])
    return [[keywords[index] for index in members] for members in indexes]


def _batches(groups: list[list[Keyword]], size: int) -> Iterator[list[dict[str, Any]]]:
    """Full batches, groups in order: a group that does not fit goes on in the next batch, under the same origin."""
    origins = {keyword.id: f"k{min(k.id for k in members)}" for members in groups for keyword in members}
    numbers = iter([keyword.id for members in groups for keyword in members])
    while batch := list(islice(numbers, size)):
        parts: dict[str, list[int]] = {}
        for number in batch:
            parts.setdefault(origins[number], []).append(number)
        yield [{"origin": origin, "keywords": members} for origin, members in parts.items()]


def _origin(item: RunItem, named: NamedGroup, members: Sequence[Keyword]) -> str:
    """The group's own; of one that was taken out of another, by its first keyword, which is in no other."""
    if named.key in {part["origin"] for part in item.payload["groups"]}:
        return named.key
    return f"s{min(keyword.id for keyword in members)}"


def _numbers(batch: list[dict[str, Any]]) -> list[int]:
    return [number for part in batch for number in part["keywords"]]


def _asked_before(site: Site, limit: int | None) -> list[list[dict[str, Any]]]:
    """Batches of earlier runs that were in hand when those ended, and whose keywords are all still new.

    Several runs may have ended over the same one: no keyword comes twice. What goes beyond the limit as a whole is no
    batch any more, and its keywords are grouped anew.
    """
    items = db.session.scalars(
        select(RunItem)
        .join(Run, Run.id == RunItem.run_id)
        .where(Run.site_id == site.id, RunItem.stage == StageKey.CLUSTERS, RunItem.status == ItemStatus.IN_HAND)
        .order_by(RunItem.id)
    ).all()
    found: list[list[dict[str, Any]]] = []
    taken: set[int] = set()
    for item in items:
        numbers = set(_numbers(item.payload["groups"]))
        fits = limit is None or len(taken) + len(numbers) <= limit
        if fits and taken.isdisjoint(numbers) and len(_still_new(site, item)) == item.weight:
            found.append(item.payload["groups"])
            taken |= numbers
    return found


def _fact(keyword: Keyword) -> KeywordFact:
    return KeywordFact(
        phrase=keyword.phrase, volume=keyword.volume, intent=keyword.intent.value if keyword.intent else None
    )


def _join(site: Site, origin: str, named: NamedGroup, members: list[Keyword]) -> int:
    """Puts the keywords into the cluster of that origin. Answers how many clusters that made: 1 or 0."""
    cluster = db.session.scalar(select(Cluster).where(Cluster.site_id == site.id, Cluster.origin == origin))
    made = cluster is None
    if cluster is None:
        cluster = Cluster(
            site_id=site.id,
            origin=origin,
            name=named.name,
            head=named.head,
            intent=_intent(named.intent),
            reason=named.reason or None,
            volume=0,
        )
        db.session.add(cluster)
        db.session.flush()
    for keyword in members:
        keyword.cluster_id, keyword.status = cluster.id, KeywordStatus.CLUSTERED
        cluster.volume += keyword.volume or 0
    return int(made)


def _intent(written: str | None) -> Intent | None:
    return Intent(written) if written in set(Intent) else None
