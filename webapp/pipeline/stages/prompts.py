"""Articles to image prompts: one paid call per draft."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, select

from webapp.ai.functions.image_prompt_extraction import ImagePromptsRequest, parse
from webapp.ai.provider import Operation, Provider, Reply
from webapp.content.models import Article, ArticleStatus, Image
from webapp.content.review import settle, settle_without_prompts
from webapp.content.sanitise import headings
from webapp.core.clock import now
from webapp.core.db import db
from webapp.pipeline.models import RunItem
from webapp.pipeline.stage import Counts, Plan, Planned
from webapp.pipeline.stages.counting import count, rows
from webapp.pipeline.states import StageKey
from webapp.sites.models import Site


class Prompts:
    key = StageKey.PROMPTS
    operation = Operation.IMAGE_PROMPT_EXTRACTION
    one, fewest_units = "article", 1

    def pending(self, site: Site) -> int:
        return count(Article, *_waiting(site))

    def plan(self, plan: Plan) -> Iterable[Planned]:
        found = rows(Article, plan.limit, *_waiting(plan.site), order=(Article.id,))
        return [Planned(row=article.id) for article in found]

    def do_without_asking(self, site: Site, item: RunItem) -> Counts | None:
        return None

    def request(self, site: Site, item: RunItem) -> ImagePromptsRequest | None:
        article = _of(site, item)
        return None if article is None else question_about(site, article)

    def article_of(self, item: RunItem) -> int | None:
        return item.row

    def apply(self, site: Site, item: RunItem, reply: Reply, provider: Provider) -> Counts:
        result, article = parse(reply), _of(site, item)
        if article is None:
            return {"content_processed": 1, "prompts_created": 0}
        db.session.add_all(
            Image(
                site_id=site.id,
                article_id=article.id,
                position=position,
                role=image.role,
                prompt=image.prompt,
                alt_text=image.alt_text,
                place=image.place,
            )
            for position, image in enumerate(result.images)
        )
        article.prompts_at = now()
        return {"content_processed": 1, "prompts_created": len(result.images)}

    def set_aside(self, item: RunItem, why: str) -> None:
        """An article without pictures is still an article: it goes to review and says what is missing."""
        article = db.session.get(Article, item.row)
        if article is not None:
            article.prompts_at, article.attention = now(), why
            settle(article)

    def when_off(self, site: Site) -> None:
        settle_without_prompts(site.id)


def question_about(site: Site, article: Article) -> ImagePromptsRequest:
    return ImagePromptsRequest(
        title=article.title,
        focus_keyword=article.focus_keyword,
        headings=headings(article.body_html),
        language=site.language,
    )


def _waiting(site: Site) -> tuple[ColumnElement[bool], ...]:
    return Article.site_id == site.id, Article.status == ArticleStatus.DRAFT, Article.prompts_at.is_(None)


def _of(site: Site, item: RunItem) -> Article | None:
    return db.session.scalar(select(Article).where(*_waiting(site), Article.id == item.row))
