"""Image prompts to images: one paid call per picture."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, select

from webapp.ai.functions.image_generation import ImageRequest, parse
from webapp.ai.provider import BadReply, Operation, Provider, Reply
from webapp.content.models import Image, ImageStatus
from webapp.content.pictures import BadPicture, Prepared, prepared, put
from webapp.content.review import settle, settle_without_images
from webapp.core.db import db
from webapp.pipeline.models import RunItem
from webapp.pipeline.stage import Counts, Plan, Planned
from webapp.pipeline.stages.counting import count, rows
from webapp.pipeline.states import StageKey
from webapp.sites.models import Site


class Images:
    key = StageKey.IMAGES
    operation = Operation.IMAGE_GENERATION
    one, fewest_units = "image", 1

    def pending(self, site: Site) -> int:
        return count(Image, *_waiting(site))

    def plan(self, plan: Plan) -> Iterable[Planned]:
        """Article by article, so that a limit leaves few articles half illustrated."""
        order = (Image.article_id, Image.position)
        return [Planned(row=image.id) for image in rows(Image, plan.limit, *_waiting(plan.site), order=order)]

    def do_without_asking(self, site: Site, item: RunItem) -> Counts | None:
        return None

    def request(self, site: Site, item: RunItem) -> ImageRequest | None:
        image = _of(site, item)
        return question_about(image) if image else None

    def article_of(self, item: RunItem) -> int | None:
        return db.session.scalar(select(Image.article_id).where(Image.id == item.row))

    def apply(self, site: Site, item: RunItem, reply: Reply, provider: Provider) -> Counts:
        picture, image = parse(reply), _of(site, item)
        if image is not None:
            put(image, _prepared(picture.data))
            settle(image.article)
        return {"images_processed": 1}

    def set_aside(self, item: RunItem, why: str) -> None:
        image = db.session.get(Image, item.row)
        if image is not None:
            image.status, image.attention = ImageStatus.ATTENTION, why
            settle(image.article)

    def when_off(self, site: Site) -> None:
        settle_without_images(site.id)


def question_about(image: Image) -> ImageRequest:
    return ImageRequest(prompt=image.prompt, caption=image.alt_text)


def _waiting(site: Site) -> tuple[ColumnElement[bool], ...]:
    return Image.site_id == site.id, Image.status == ImageStatus.PROMPTED


def _of(site: Site, item: RunItem) -> Image | None:
    return db.session.scalar(select(Image).where(*_waiting(site), Image.id == item.row))


def _prepared(data: bytes) -> Prepared:
    try:
        return prepared(data)
    except BadPicture as bad:
        raise BadReply(str(bad)) from bad
