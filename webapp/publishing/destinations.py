"""Where a site publishes to, and an article made ready for it."""

from webapp.ai.functions.image_prompt_extraction import ImageRole
from webapp.content.links import resolved
from webapp.content.media import read_copy
from webapp.content.models import Article, Image, ImageStatus
from webapp.content.sanitise import clean
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.errors import NotFound
from webapp.core.settings import settings
from webapp.publishing.folder import FolderTarget
from webapp.publishing.folder_pages import Publisher
from webapp.publishing.links import addresses_from_page
from webapp.publishing.models import WordPressConnection
from webapp.publishing.target import Picture, Post, Target, TargetError
from webapp.publishing.wordpress.target import WordPressTarget
from webapp.sites.models import Site, TargetKind


def target_for(site: Site) -> Target:
    """The site's destination."""
    match site.target:
        case TargetKind.FOLDER:
            publisher = Publisher(site.name, f"/published/{site.slug}/", site.language, site.zone)
            return FolderTarget(settings().published / site.slug, publisher)
        case TargetKind.WORDPRESS:
            return WordPressTarget(site.id, db.session.get(WordPressConnection, site.id))


def post_of(article: Article) -> Post:
    """The article as it goes out: sanitised once more, with the pictures that were generated.

    Raises TargetError if one of them cannot be read: an article that was approved with a picture waits for it.
    """
    images = [image for image in article.images if image.status is ImageStatus.GENERATED]
    return Post(
        article_id=article.id,
        slug=article.slug,
        title=article.title,
        meta_title=article.meta_title,
        meta_description=article.meta_description,
        excerpt=article.excerpt,
        body_html=resolved(clean(article.body_html), addresses_from_page(article)),
        published_at=now(),
        featured=next((_picture(image) for image in images if image.role is ImageRole.FEATURED), None),
        pictures=tuple(_picture(image) for image in images if image.role is ImageRole.IN_ARTICLE),
        tags=_topics(article),
    )


def _topics(article: Article) -> tuple[str, ...]:
    """The topic that it was planned for, if it was."""
    cluster = article.task.idea.cluster if article.task and article.task.idea else None
    return (cluster.name,) if cluster else ()


def _picture(image: Image) -> Picture:
    assert image.file is not None, "a generated image has a file"
    try:
        data, webp = read_copy(image.file), read_copy(image.webp) if image.webp else None
    except (OSError, NotFound) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not in the database, nor in the media folder"
        raise TargetError(
            f"Its picture “{image.alt_text}” (file {image.file}) cannot be read: {why}. "
            "Put the file back into the media folder; it is tried again.",
            permanent=False,
        ) from error
    return Picture(image.file, data, image.alt_text, image.place, webp)
