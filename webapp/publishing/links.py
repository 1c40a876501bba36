"""Where a site's articles and posts can be read, for the links of its other articles."""

from collections.abc import Collection

from sqlalchemy import Select, exists, select

from webapp.content.links import ARTICLE, addresses_of_posts, linked_articles
from webapp.content.models import Article
from webapp.core.db import db
from webapp.publishing.handed_over import handed_over
from webapp.publishing.models import Publication, PublicationStatus, WordPressConnection, WordPressPost
from webapp.sites.models import Site, TargetKind


def addresses_for(article: Article) -> dict[str, str]:
    """By id, the addresses of what the article links to and everybody can read where it goes itself."""
    found = addresses_of_posts(article.site_id, article.body_html)
    for publication in _published(article.site, linked_articles(article.body_html)):
        found[f"{ARTICLE}{publication.article_id}"] = publication.link or ""
    return found


def addresses_from_page(article: Article) -> dict[str, str]:
    """The same as they stand on the article's own page: within a folder they are relative, wherever it is copied to."""
    home = _folder_of(article.site)
    return {
        id: address.replace(home, "../", 1) if address.startswith(home) else address
        for id, address in addresses_for(article).items()
    }


def _folder_of(site: Site) -> str:
    return f"/published/{site.slug}/"


def _published(site: Site, article_ids: Collection[int]) -> list[Publication]:
    """Those of these articles that are out at the site's destination."""
    wanted = select(Publication).where(
        Publication.site_id == site.id,
        Publication.article_id.in_(article_ids),
        Publication.status == PublicationStatus.PUBLISHED,
        Publication.link.is_not(None),
    )
    match site.target:
        case TargetKind.FOLDER:
            of_folder = Publication.link.startswith(_folder_of(site), autoescape=True)
            return list(db.session.scalars(wanted.where(of_folder)))
        case TargetKind.WORDPRESS:
            return _public_there(wanted, db.session.get(WordPressConnection, site.id))


def _public_there(wanted: Select[Publication], connection: WordPressConnection | None) -> list[Publication]:
    """Those that the WordPress which the site is connected to shows to everybody."""
    if connection is None:
        return []
    put_out = exists().where(
        WordPressPost.article_id == Publication.article_id,
        WordPressPost.address == connection.address,
        WordPressPost.put_out_at.is_not(None),
    )
    found = db.session.scalars(wanted.where(put_out, Publication.link.startswith("http")))
    return [publication for publication in found if handed_over(publication, connection) is None]
