"""Where a site publishes to, and an article made ready for it."""

from webapp.ai.functions.image_prompt_extraction import ImageRole
from webapp.content.media import path_of
from webapp.content.models import Article, Image, ImageStatus
from webapp.content.sanitise import clean
from webapp.core.clock import now
from webapp.core.settings import settings
from webapp.publishing.folder import FolderTarget
from webapp.publishing.target import Picture, Post, Target
from webapp.sites.models import Site, TargetKind


def target_for(site: Site) -> Target:
    """The site's destination."""
    match site.target:
        case TargetKind.FOLDER:
            return FolderTarget(settings().published / site.slug, site.name, f"/published/{site.slug}/", site.language)


def post_of(article: Article) -> Post:
    """The article as it goes out: sanitised once more, with the pictures that were generated."""
    images = [image for image in article.images if image.status is ImageStatus.GENERATED]
    return Post(
        article_id=article.id,
        slug=article.slug,
        title=article.title,
        meta_title=article.meta_title,
        meta_description=article.meta_description,
        excerpt=article.excerpt,
        body_html=clean(article.body_html),
        published_at=now(),
        featured=next((_picture(image) for image in images if image.role is ImageRole.FEATURED), None),
        pictures=tuple(_picture(image) for image in images if image.role is ImageRole.IN_ARTICLE),
    )


def _picture(image: Image) -> Picture:
    assert image.file is not None, "a generated image has a file"
    return Picture(image.file, path_of(image.file).read_bytes(), image.alt_text, image.place)
