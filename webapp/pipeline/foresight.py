"""What waits for each stage of a run that would start now, and what its items would make for the next. Only looks.

A provider that can be asked ahead is asked. Of any other, and of what is too much to ask, the usual is assumed.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, cast, func, select

from webapp.ai.functions import clustering, idea_generation, image_prompt_extraction
from webapp.ai.functions.clustering import NamedGroup
from webapp.ai.functions.idea_generation import IdeaKind
from webapp.ai.provider import BadReply, Operation, Provider
from webapp.content.grouping import known_to
from webapp.content.models import (
    TARGET_WORDS,
    Article,
    ArticleStatus,
    Cluster,
    Idea,
    Image,
    ImageStatus,
    Intent,
    Keyword,
)
from webapp.content.repeats import Repeats
from webapp.core.db import db
from webapp.pipeline.calls import key_of
from webapp.pipeline.models import AiCall, CallStatus, ItemStatus, Run, RunItem
from webapp.pipeline.stage import Plan, Planned
from webapp.pipeline.stages import PAID, STAGES
from webapp.pipeline.stages.articles import hundreds
from webapp.pipeline.stages.clusters import Clusters
from webapp.pipeline.stages.ideas import MOST_KEYWORDS, Ideas, question_about
from webapp.pipeline.stages.prompts import Prompts
from webapp.pipeline.states import StageKey
from webapp.pipeline.terms import RunTerms
from webapp.sites.ai.providers import NotReady, Providers
from webapp.sites.models import Site

KEYWORDS_AHEAD = 1000  # as many are grouped beforehand
ASKED_AHEAD = 300  # as many questions are put beforehand
ASKED = (Operation.CLUSTERING, Operation.IDEA_GENERATION, Operation.IMAGE_PROMPT_EXTRACTION)  # where that can be
USUAL_KEYWORDS = 4  # in a cluster
USUAL_IDEAS = (IdeaKind.PILLAR, IdeaKind.SUPPORTING, IdeaKind.SUPPORTING)  # for a cluster
USUAL_PICTURES = 3  # in an article
PAID_BY_KEY = {stage.key: stage for stage in PAID}


@dataclass(frozen=True)
class Ahead:
    """An item to come: how many of its stage's items it counts for, how many units it costs, and what it is made of."""

    weight: int = 1
    units: int = 1
    of: Any = None


@dataclass(frozen=True)
class Topic:
    """A cluster to come, or one that waits; `keywords` are those that it is asked about with, None: not known."""

    cluster: Cluster
    keywords: list[Keyword] | None


# Of a large site there may be a million items to come, so those that are alike are one object.
ONE = Ahead()
IDEA = {kind: Ahead(of=kind) for kind in IdeaKind}
TASK = {kind: Ahead(units=hundreds(TARGET_WORDS[kind])) for kind in IdeaKind}
UNKNOWN = Topic(Cluster(volume=0), None)


class Outlook:
    """Ask each stage in turn what is `waiting`, and say what is `done` of it, or that the stage is `skipped`."""

    def __init__(self, site: Site, terms: RunTerms, providers: Providers):
        self.site = site
        self.terms = terms
        self._providers = providers
        self.is_exact = all(self._to_ask_ahead(operation) for operation in ASKED)
        self._made: dict[StageKey, list[Ahead]] = {stage: [] for stage in StageKey}
        self._titles: set[str] = set()
        self._repeats = Repeats(site.id)
        self._asked = 0
        self._pictures: Counter[Any] = Counter()  # wanted, by article

    def waiting(self, stage: StageKey) -> list[Ahead]:
        """What the stage would plan, in its order: what waits now, what the stages before have made, to its limit."""
        found = [*self._there(stage), *self._made[stage]]
        if stage is StageKey.CLUSTERS:
            return found  # its limit is in keywords, and heeded by its batches
        if stage is StageKey.IDEAS:
            found.sort(key=lambda item: -item.of.cluster.volume)  # of equals the older one comes first
        if stage is StageKey.IMAGES:
            found.sort(key=lambda item: item.of if isinstance(item.of, int) else math.inf)
        return found[: self.terms.limit(stage)]

    def done(self, stage: StageKey, items: Sequence[Ahead]) -> None:
        match stage:
            case StageKey.CLUSTERS:
                self._make(StageKey.IDEAS, (Ahead(of=topic) for topic in self._topics(items)))
            case StageKey.IDEAS:
                self._make(StageKey.TASKS, (IDEA[kind] for item in items for kind in self._ideas(item.of)))
            case StageKey.TASKS:
                self._make(StageKey.ARTICLES, (TASK[item.of] for item in items))
            case StageKey.ARTICLES:
                self._make(StageKey.PROMPTS, (Ahead(of=object()) for _ in items))
            case StageKey.PROMPTS:
                self._want_pictures(items)
            case StageKey.IMAGES:
                self._make(StageKey.APPROVAL, [ONE] * len(self._illustrated(items)))

    def made_for(self, stage: StageKey) -> int:
        """How many items the stages before it have made."""
        return len(self._made[stage])

    def skipped(self, stage: StageKey) -> None:
        """Articles that would wait for the stage go on without it."""
        if stage is StageKey.PROMPTS:
            self._make(StageKey.APPROVAL, [*self._there(stage), *self._made[stage]])
        elif stage is StageKey.IMAGES:
            waiting = {item.of for item in [*self._there(stage), *self._made[stage]]}
            self._make(StageKey.APPROVAL, [ONE] * len(waiting))

    def _make(self, stage: StageKey, items: Iterable[Ahead]) -> None:
        self._made[stage].extend(items)

    def _there(self, stage: StageKey) -> Iterable[Ahead]:
        """What waits in the database."""
        if stage is StageKey.CLUSTERS:
            return self._batches()
        plan = Plan(site=self.site, limit=self.terms.limit(stage), batch_size=self.terms.batch_size)
        planned = list(STAGES[stage.number - 1].plan(plan))
        kept = self._answered(stage, planned)
        made_of = MADE_OF.get(stage, _nothing)(planned)
        return [
            Ahead(units=0 if item.row in kept else item.units, of=of) for item, of in zip(planned, made_of, strict=True)
        ]

    def _answered(self, stage: StageKey, planned: Iterable[Planned]) -> set[int]:
        """Items whose answers earlier runs paid for and did not come to use, if the question is still the same."""
        kept = _answers_kept(self.site, stage)
        return {item.row for item in planned if item.row in kept and self._key(stage, item) in kept[item.row]}

    def _key(self, stage: StageKey, planned: Planned) -> str | None:
        """The name of the first question that would be put about it, which carries the price; None if there is none."""
        if stage not in PAID_BY_KEY:
            return None
        item = RunItem(stage=stage, row=planned.row, payload=planned.payload)
        request, provider = PAID_BY_KEY[stage].request(self.site, item), self._of(PAID_BY_KEY[stage].operation)
        step = provider.next_step(request, ()) if request and provider else None
        return None if step is None or provider is None else key_of(self.site.id, item, step, provider)

    def _of(self, operation: Operation) -> Provider | None:
        """None where what is set up cannot be used."""
        try:
            return self._providers.of(operation)
        except NotReady:
            return None

    def _to_ask_ahead(self, operation: Operation) -> Provider | None:
        """None where asking is no matter of a moment."""
        provider = self._of(operation)
        return provider if provider and provider.can_be_asked_ahead else None

    # keywords to topics

    def _batches(self) -> Iterator[Ahead]:
        stage, limit = Clusters(), self.terms.limit(StageKey.CLUSTERS)
        pending = stage.pending(self.site)
        keywords = pending if limit is None else min(pending, limit)
        if known_to(self.site.id) > KEYWORDS_AHEAD:
            return self._unseen_batches(keywords)
        planned = list(stage.plan(Plan(site=self.site, limit=limit, batch_size=self.terms.batch_size)))
        kept = self._answered(StageKey.CLUSTERS, planned)
        return (Ahead(item.weight, 0 if item.row in kept else item.units, item) for item in planned)

    def _unseen_batches(self, keywords: int) -> Iterator[Ahead]:
        self.is_exact = False
        for start in range(0, keywords, self.terms.batch_size):
            yield Ahead(weight=min(self.terms.batch_size, keywords - start))

    def _topics(self, batches: Sequence[Ahead]) -> Iterable[Topic]:
        """Those that do not exist yet, in the order in which they would be made."""
        topics: dict[str, Topic] = {}
        provider = self._to_ask_ahead(Operation.CLUSTERING)
        for number, batch in enumerate(batches):
            if batch.of is None or provider is None:
                topics |= {f"{number}:{n}": UNKNOWN for n in range(-(-batch.weight // USUAL_KEYWORDS))}
            else:
                self._name(batch.of, topics, provider)
        return [topic for origin, topic in topics.items() if topic.cluster.id is None]

    def _name(self, batch: Planned, topics: dict[str, Topic], provider: Provider) -> None:
        question = Clusters().request(self.site, RunItem(payload=batch.payload))
        if question is None:
            return
        keywords = {keyword.phrase: keyword for keyword in _keywords(batch).values()}
        for named in clustering.parse(provider.answer(question)).groups:
            topic = topics.setdefault(named.key, self._topic(named.key, named))
            members = [keywords[phrase] for phrase in named.phrases]
            topic.cluster.volume += sum(keyword.volume or 0 for keyword in members)
            if topic.keywords is not None:
                topic.keywords.extend(members)

    def _topic(self, origin: str, named: NamedGroup) -> Topic:
        there = db.session.scalar(select(Cluster).where(Cluster.site_id == self.site.id, Cluster.origin == origin))
        if there is not None:
            return Topic(Cluster(id=there.id, volume=there.volume), None)
        intent = Intent(named.intent) if named.intent in set(Intent) else None
        return Topic(Cluster(name=named.name, head=named.head, intent=intent, volume=0), [])

    # topics to ideas

    def _ideas(self, topic: Topic) -> Iterable[IdeaKind]:
        provider = self._to_ask_ahead(Operation.IDEA_GENERATION)
        question = self._question_about(topic) if provider and self._may_ask() else None
        if provider is None or question is None:
            self.is_exact = False
            return USUAL_IDEAS
        try:
            ideas = idea_generation.parse(provider.answer(question)).ideas
        except BadReply:
            return ()
        return [idea.kind for idea in ideas if self._goes_on(idea.title)]

    def _question_about(self, topic: Topic) -> idea_generation.IdeasRequest | None:
        if topic.cluster.id is not None:
            return Ideas().request(self.site, RunItem(row=topic.cluster.id))
        if topic.keywords is None:
            return None
        return question_about(self.site, topic.cluster, sorted(topic.keywords, key=_most_searched)[:MOST_KEYWORDS])

    def _goes_on(self, title: str) -> bool:
        """Whether the stage would plan an idea of that title, as against leaving it out or dismissing it."""
        taken = select(Idea.id).where(Idea.site_id == self.site.id, Idea.title == title).limit(1)
        if title in self._titles or db.session.scalar(taken) is not None:
            return False
        repeats = self._repeats.reason_against(title) is not None
        self._titles.add(title)
        self._repeats.note(title)
        return not repeats

    # articles to pictures

    def _want_pictures(self, items: Sequence[Ahead]) -> None:
        for item in items:
            count = self._pictures_of(item.of)
            self._make(StageKey.IMAGES, [Ahead(of=item.of)] * count)
            self._pictures[item.of] += count

    def _pictures_of(self, article: Any) -> int:
        """One that is there already may have any headings."""
        provider = self._to_ask_ahead(Operation.IMAGE_PROMPT_EXTRACTION) if isinstance(article, int) else None
        question = Prompts().request(self.site, RunItem(row=article)) if provider and self._may_ask() else None
        if provider is None or question is None:
            return USUAL_PICTURES
        return len(image_prompt_extraction.parse(provider.answer(question)).images)

    def _may_ask(self) -> bool:
        self._asked += 1
        self.is_exact = self.is_exact and self._asked <= ASKED_AHEAD
        return self._asked <= ASKED_AHEAD

    def _illustrated(self, drawn: Sequence[Ahead]) -> list[Any]:
        """The articles that have all their pictures then."""
        by_article = Counter(item.of for item in drawn)
        there = [article for article in by_article if isinstance(article, int)]
        wanted = self._pictures | _pictures_wanted(there)
        return [article for article, count in by_article.items() if count >= wanted[article]]


def _nothing(planned: Sequence[Planned]) -> list[None]:
    return [None] * len(planned)


def _topics_there(planned: Sequence[Planned]) -> list[Topic]:
    rows = _by_id(Cluster, planned)
    return [Topic(rows[item.row], None) for item in planned]


def _kinds_there(planned: Sequence[Planned]) -> list[IdeaKind]:
    rows = _by_id(Idea, planned)
    return [rows[item.row].kind for item in planned]


def _articles_there(planned: Sequence[Planned]) -> list[int]:
    return [item.row for item in planned]


def _articles_of_images(planned: Sequence[Planned]) -> list[int]:
    rows = _by_id(Image, planned)
    return [rows[item.row].article_id for item in planned]


MADE_OF: dict[StageKey, Callable[[Sequence[Planned]], list[Any]]] = {
    StageKey.IDEAS: _topics_there,
    StageKey.TASKS: _kinds_there,
    StageKey.PROMPTS: _articles_there,
    StageKey.IMAGES: _articles_of_images,
}


def _by_id(model: Any, planned: Sequence[Planned]) -> dict[int, Any]:
    """The rows, which the stage has just read: the session has them."""
    return {item.row: db.session.get_one(model, item.row) for item in planned}


def _keywords(batch: Planned) -> dict[int, Keyword]:
    numbers = [number for part in batch.payload["groups"] for number in part["keywords"]]
    return {number: db.session.get_one(Keyword, number) for number in numbers}


def _most_searched(keyword: Keyword) -> tuple[bool, int, int]:
    return keyword.volume is None, -(keyword.volume or 0), keyword.id


def _pictures_wanted(articles: Sequence[int]) -> Counter[Any]:
    counted = (
        select(Image.article_id, func.count())
        .join(Article)
        .where(Image.article_id.in_(articles), Image.status == ImageStatus.PROMPTED)
        .where(Article.status == ArticleStatus.DRAFT)
        .group_by(Image.article_id)
    )
    return Counter(dict(db.session.execute(counted).all()))


def _answers_kept(site: Site, stage: StageKey) -> dict[int, set[str]]:
    """The questions to which earlier runs paid for an answer and did not come to use it, by the item's row."""
    name = cast(RunItem.stage, String) + ":" + cast(RunItem.row, String)
    kept = (
        select(RunItem.row, AiCall.key)
        .join(Run, Run.id == RunItem.run_id)
        .join(AiCall, (AiCall.run_id == RunItem.run_id) & (AiCall.item == name))
        .where(Run.site_id == site.id, RunItem.stage == stage)
        .where(RunItem.status == ItemStatus.IN_HAND, AiCall.status == CallStatus.ANSWERED)
    )
    found: dict[int, set[str]] = {}
    for row, key in db.session.execute(kept):
        found.setdefault(row, set()).add(key)
    return found
