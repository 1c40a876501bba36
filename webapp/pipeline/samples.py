"""What a prompt is shown with before it is saved: a real row of the site, whatever its status, else an example of ours.

Only looks, and only at a few rows: it is asked while somebody types.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select

from webapp.ai.functions.clustering import ClusteringRequest, KeywordFact, KeywordGroup
from webapp.ai.functions.content_generation import ArticleRequest
from webapp.ai.functions.idea_generation import IdeasRequest
from webapp.ai.functions.image_generation import ImageRequest
from webapp.ai.functions.image_prompt_extraction import ImagePromptsRequest
from webapp.ai.provider import Operation, Request
from webapp.content.grouping import grouped
from webapp.content.models import (
    Article,
    ArticleStatus,
    Cluster,
    ClusterStatus,
    Image,
    ImageStatus,
    Keyword,
    KeywordStatus,
    Task,
    TaskStatus,
)
from webapp.core.db import db
from webapp.pipeline.stages import articles, clusters, ideas, images, prompts
from webapp.sites.models import Site

KEYWORDS = 20  # of a batch that is shown

PHRASES = ("herbs for the kitchen window", "how to grow basil indoors", "when to repot rosemary", "mint in pots")
FACTS = [KeywordFact(phrase=phrase, volume=1000 - 150 * place) for place, phrase in enumerate(PHRASES)]
EXAMPLES: dict[Operation, Request] = {
    Operation.CLUSTERING: ClusteringRequest(
        groups=[KeywordGroup(key="k1", keywords=FACTS[:2]), KeywordGroup(key="k2", keywords=FACTS[2:])]
    ),
    Operation.IDEA_GENERATION: IdeasRequest(
        cluster="Herbs on the window sill", head=PHRASES[0], intent="informational", keywords=FACTS
    ),
    Operation.CONTENT_GENERATION: ArticleRequest(
        title="Growing Basil Indoors",
        angle="For people with one sunny window.",
        outline=["What basil needs", "Light", "Water", "Harvesting"],
        target_keyword=PHRASES[1],
        keywords=list(PHRASES),
        questions=[PHRASES[1]],
        target_words=800,
    ),
    Operation.IMAGE_PROMPT_EXTRACTION: ImagePromptsRequest(
        title="Growing Basil Indoors",
        focus_keyword=PHRASES[1],
        headings=["What basil needs", "Light", "Water", "Harvesting"],
    ),
    Operation.IMAGE_GENERATION: ImageRequest(
        prompt="A pot of basil on a kitchen window sill, seen from the side in soft morning light, as a photograph.",
        caption="A pot of basil in the morning sun",
    ),
}


@dataclass(frozen=True)
class Sample:
    """`about`: the row that the request is made of, as people call it; None: it is our example."""

    request: Request
    about: str | None = None


def sample(site: Site | None, operation: Operation) -> Sample:
    """For that site; for none, or where it has no such row, an example."""
    found = None if site is None else OF_SITE[operation](site)
    return found or Sample(_in_words_of(site, EXAMPLES[operation]))


def _in_words_of(site: Site | None, example: Request) -> Request:
    """In the site's language and voice, where the request has such fields."""
    said = {} if site is None else {"language": site.language, "voice": site.voice}
    has = type(example).model_fields
    return example.model_copy(update={name: value for name, value in said.items() if name in has})


def _keywords(site: Site) -> Sample | None:
    """New ones in groups of one topic, as a run would group them; where none is new, the keywords of a cluster."""
    new = Keyword.site_id == site.id, Keyword.status == KeywordStatus.NEW
    order = (Keyword.volume.desc(), Keyword.id.desc())
    found = list(db.session.scalars(select(Keyword).where(*new).order_by(*order).limit(KEYWORDS)))
    if not found:
        return _keywords_of_a_cluster(site)
    groups = [group.keywords for group in grouped(site, found).groups] or [found]
    keyed = {f"k{min(keyword.id for keyword in members)}": members for members in groups}
    request = clusters.question_about(site, keyed)
    return Sample(request, f"{len(found)} new keywords") if request else None


def _keywords_of_a_cluster(site: Site) -> Sample | None:
    cluster = _cluster(site)
    if cluster is None:
        return None
    request = clusters.question_about(site, {f"k{cluster.id}": ideas.best_keywords(cluster)[:KEYWORDS]})
    return Sample(request, f"the keywords of the cluster “{cluster.name}”") if request else None


def _topic(site: Site) -> Sample | None:
    cluster = _cluster(site)
    if cluster is None:
        return None
    request = ideas.question_about(site, cluster, ideas.best_keywords(cluster))
    return Sample(request, f"the cluster “{cluster.name}”")


def _task(site: Site) -> Sample | None:
    task = _last(Task, list(TaskStatus), Task.site_id == site.id, order=(Task.id,))
    return Sample(articles.question_about(site, task, []), f"the task “{task.title}”") if task else None


def _article(site: Site) -> Sample | None:
    article = _last(Article, list(ArticleStatus), Article.site_id == site.id, order=(Article.id,))
    return Sample(prompts.question_about(site, article), f"the article “{article.title}”") if article else None


def _image(site: Site) -> Sample | None:
    image = _last(Image, list(ImageStatus), Image.site_id == site.id, order=(Image.id,))
    return Sample(images.question_about(image), f"the picture “{image.alt_text}”") if image else None


def _cluster(site: Site) -> Cluster | None:
    """The one that is searched for most, of those that have keywords."""
    with_keywords = Cluster.site_id == site.id, Cluster.keywords.any()
    return _last(Cluster, list(ClusterStatus), *with_keywords, order=(Cluster.volume, Cluster.id))


def _last(model: Any, statuses: list[Any], *where: ColumnElement[bool], order: tuple[Any, ...]) -> Any:
    """The last row in that order. Status by status, as the indexes have them: there may be a million rows."""
    falling = [column.desc() for column in order]
    rows = (
        db.session.scalar(select(model).where(*where, model.status == status).order_by(*falling).limit(1))
        for status in statuses
    )
    found = [row for row in rows if row is not None]
    return max(found, key=lambda row: [getattr(row, column.key) for column in order], default=None)


OF_SITE: dict[Operation, Callable[[Site], Sample | None]] = {
    Operation.CLUSTERING: _keywords,
    Operation.IDEA_GENERATION: _topic,
    Operation.CONTENT_GENERATION: _task,
    Operation.IMAGE_PROMPT_EXTRACTION: _article,
    Operation.IMAGE_GENERATION: _image,
}
