"""Keywords to clusters: grouped all at once, free and local; named in paid batches."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, update

from webapp.ai.functions.clustering import ClusteringRequest, KeywordFact, KeywordGroup, NamedGroup, parse
from webapp.ai.provider import BadReply, Operation, Provider, Reply
from webapp.content.grouping import NewGroup, Place, grouped, is_waiting, waiting
from webapp.content.models import Cluster, Intent, Keyword, KeywordStatus
from webapp.core.db import db
from webapp.pipeline.models import ItemStatus, Run, RunItem
from webapp.pipeline.stage import Counts, Plan, Planned
from webapp.pipeline.stages.counting import count
from webapp.pipeline.states import StageKey
from webapp.sites.models import Site

PLACES_AT_ONCE = 500


class Clusters:
    """One item is a batch of keywords; its weight, and all counts, are in keywords."""

    key = StageKey.CLUSTERS
    operation = Operation.CLUSTERING
    one, fewest_units = "batch of keywords", 1

    def pending(self, site: Site) -> int:
        return count(Keyword, *_new(site))

    def plan(self, plan: Plan) -> Iterable[Planned]:
        """First what nobody has to be asked about: keywords that join clusters, or belong to none. Then batches that
        were asked for before and never applied: their answers may be here already.

        The keywords that wait are grouped beyond the limit too, so that it changes no cluster; `waiting` says how many.
        """
        asked = _asked_before(plan.site, plan.limit)
        taken = {number for batch in asked for number in _numbers(batch)}
        found = grouped(plan.site, waiting(plan.site.id, taken))
        if plan.limit is not None:
            found = found.first(plan.limit - len(taken))
        for places in _pieces(found.places, PLACES_AT_ONCE):
            told = [[place.keyword.id, place.cluster_id, place.confidence] for place in places]
            row = min(place.keyword.id for place in places)
            yield Planned(row=row, weight=len(places), units=0, payload={"groups": [], "places": told})
        used = _origins(plan.site) | {part["origin"] for batch in asked for part in batch}
        for batch in [*asked, *_batches(found.groups, plan.batch_size, used)]:
            numbers = _numbers(batch)
            yield Planned(row=min(numbers), weight=len(numbers), units=1, payload={"groups": batch})

    def request(self, site: Site, item: RunItem) -> ClusteringRequest | None:
        there = _still_waiting(site, _numbers(item.payload["groups"]))
        groups = {part["origin"]: [there[n] for n in part["keywords"] if n in there] for part in item.payload["groups"]}
        return question_about(site, groups)

    def do_without_asking(self, site: Site, item: RunItem) -> Counts | None:
        places = item.payload.get("places")
        if places is None:
            return None
        there = _still_waiting(site, [number for number, _, _ in places])
        clusters = _clusters(site, {cluster for _, cluster, _ in places})
        for number, cluster, confidence in places:
            if number in there and cluster in clusters:
                _join_or_offer(there[number], clusters[cluster], confidence)
        return {"keywords_processed": item.weight}

    def article_of(self, item: RunItem) -> int | None:
        return None

    def apply(self, site: Site, item: RunItem, reply: Reply, provider: Provider) -> Counts:
        groups = item.payload["groups"]
        there = _still_waiting(site, _numbers(groups))
        keywords = {there[n].phrase: there[n] for part in groups for n in part["keywords"] if n in there}
        confidence = _confidence(groups)
        created = 0
        for named in parse(reply).groups:
            members = [keywords.pop(phrase) for phrase in named.phrases if phrase in keywords]
            if members:
                cluster, made = _cluster_of(site, _origin(site, item, named, members), named)
                created += made
                for keyword in members:
                    _place(keyword, cluster, confidence.get(keyword.id))
        if keywords:
            raise BadReply(f"the answer leaves out “{next(iter(keywords))}”")
        _offer(site, groups, there)
        return {"keywords_processed": item.weight, "clusters_created": created}

    def set_aside(self, item: RunItem, why: str) -> None:
        """Keywords of a batch that cannot be named are skipped, so that they hold nobody up."""
        numbers = [number for part in item.payload["groups"] for number in part["keywords"]]
        db.session.execute(
            update(Keyword).where(Keyword.id.in_(numbers), is_waiting()).values(status=KeywordStatus.SKIPPED)
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


def _still_waiting(site: Site, numbers: Iterable[int]) -> dict[int, Keyword]:
    found = db.session.scalars(select(Keyword).where(Keyword.site_id == site.id, is_waiting(), Keyword.id.in_(numbers)))
    return {keyword.id: keyword for keyword in found}


def _clusters(site: Site, numbers: Iterable[int]) -> dict[int, Cluster]:
    found = db.session.scalars(select(Cluster).where(Cluster.site_id == site.id, Cluster.id.in_(numbers)))
    return {cluster.id: cluster for cluster in found}


def _origins(site: Site) -> set[str]:
    """Those of the clusters that are there."""
    found = db.session.scalars(select(Cluster.origin).where(Cluster.site_id == site.id, Cluster.origin.is_not(None)))
    return {origin for origin in found if origin}


def _unused(origin: str, used: Collection[str]) -> str:
    """The origin, or one like it: a keyword that left the cluster that it began may begin another."""
    number, free = 1, origin
    while free in used:
        number, free = number + 1, f"{origin}-{number + 1}"
    return free


def _batches(groups: list[NewGroup], size: int, used: Collection[str]) -> Iterator[list[dict[str, Any]]]:
    """Full batches, groups in order: a group that does not fit goes on in the next batch, under the same origin.

    What is nearest to a group and in none goes with its first part, and takes no room.
    """
    named = {_unused(f"k{min(keyword.id for keyword in group.keywords)}", used): group for group in groups}
    keywords = [
        (origin, keyword.id, confidence)
        for origin, group in named.items()
        for keyword, confidence in zip(group.keywords, group.confidence, strict=True)
    ]
    lone = {origin: [keyword.id for keyword in group.lone] for origin, group in named.items()}
    for start in range(0, len(keywords), size):
        parts: dict[str, dict[str, Any]] = {}
        for origin, number, confidence in keywords[start : start + size]:
            part = parts.setdefault(origin, {"origin": origin, "keywords": [], "confidence": [], "lone": []})
            part["keywords"].append(number)
            part["confidence"].append(confidence)
            part["lone"] += lone.pop(origin, [])
        yield list(parts.values())


def _pieces(places: Sequence[Place], size: int) -> Iterator[Sequence[Place]]:
    return (places[start : start + size] for start in range(0, len(places), size))


def _confidence(groups: list[dict[str, Any]]) -> dict[int, int]:
    """Of each keyword; none of those that were planned before anybody measured it."""
    measured = [part for part in groups if "confidence" in part]
    return {n: sure for part in measured for n, sure in zip(part["keywords"], part["confidence"], strict=True)}


def _origin(site: Site, item: RunItem, named: NamedGroup, members: Sequence[Keyword]) -> str:
    """The group's own; of one that was taken out of another, by its first keyword, which is in no other."""
    if named.key in {part["origin"] for part in item.payload["groups"]}:
        return named.key
    return _unused(f"s{min(keyword.id for keyword in members)}", _origins(site))


def _numbers(batch: list[dict[str, Any]]) -> list[int]:
    """Of all keywords in it, those that only stand beside a group too."""
    return [number for part in batch for number in (*part["keywords"], *part.get("lone", ()))]


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
        if fits and taken.isdisjoint(numbers) and len(_still_waiting(site, numbers)) == item.weight:
            found.append(item.payload["groups"])
            taken |= numbers
    return found


def _fact(keyword: Keyword) -> KeywordFact:
    return KeywordFact(
        phrase=keyword.phrase, volume=keyword.volume, intent=keyword.intent.value if keyword.intent else None
    )


def _cluster_of(site: Site, origin: str, named: NamedGroup) -> tuple[Cluster, bool]:
    """The cluster of that origin, and whether it was made now."""
    cluster = _of_origin(site, origin)
    if cluster is not None:
        return cluster, False
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
    return cluster, True


def _of_origin(site: Site, origin: str) -> Cluster | None:
    return db.session.scalar(select(Cluster).where(Cluster.site_id == site.id, Cluster.origin == origin))


def _join_or_offer(keyword: Keyword, cluster: Cluster, confidence: int | None) -> None:
    """Without a confidence it belongs to none, and this one is the nearest."""
    if confidence is None:
        _leave_beside(keyword, cluster.id)
    else:
        _place(keyword, cluster, confidence)


def _leave_beside(keyword: Keyword, cluster_id: int) -> None:
    keyword.status, keyword.nearest_cluster_id = KeywordStatus.UNCLUSTERED, cluster_id


def _place(keyword: Keyword, cluster: Cluster, confidence: int | None) -> None:
    """Puts it into the cluster. `confidence`: None where nobody measured it."""
    keyword.cluster_id, keyword.status = cluster.id, KeywordStatus.CLUSTERED
    keyword.confidence, keyword.nearest_cluster_id = confidence, None
    cluster.volume = Cluster.volume + (keyword.volume or 0)  # as a person may be moving keywords now
    db.session.flush()


def _offer(site: Site, groups: list[dict[str, Any]], there: Mapping[int, Keyword]) -> None:
    """What is in no group is told which cluster is its nearest."""
    for part in groups:
        lone = [there[number] for number in part.get("lone", ()) if number in there]
        if lone and (cluster_id := _became_of(site, part, there)) is not None:
            for keyword in lone:
                _leave_beside(keyword, cluster_id)


def _became_of(site: Site, group: dict[str, Any], there: Mapping[int, Keyword]) -> int | None:
    """The number of its cluster; where a model put it together with others, of the one that its head is in."""
    cluster = _of_origin(site, group["origin"])
    if cluster is not None:
        return cluster.id
    return next((there[number].cluster_id for number in group["keywords"] if number in there), None)


def _intent(written: str | None) -> Intent | None:
    return Intent(written) if written in set(Intent) else None
