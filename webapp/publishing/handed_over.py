"""What a WordPress was given and does not show to everybody, because its owner wanted that."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from webapp.publishing.models import PostStatus, Publication, PublicationStatus, WordPressConnection

TOLD = {
    PostStatus.DRAFT: "Handed over as a draft",
    PostStatus.PENDING: "Handed over for review",
    PostStatus.PRIVATE: "Handed over as private",
}


@dataclass(frozen=True)
class HandedOver:
    """`told`: as what. `url`: where those who sign in there find it."""

    told: str
    url: str


def handed_over(publication: Publication, connection: WordPressConnection | None) -> HandedOver | None:
    """None for what everybody can read, and for what is not out.

    As what it was given there is nowhere kept. What is wanted now stands for it, unless its address says otherwise.
    """
    if connection is None or connection.post_status is PostStatus.PUBLISH:
        return None
    link = publication.link or ""
    if publication.status is not PublicationStatus.PUBLISHED or not link.startswith(f"{connection.address}/"):
        return None
    if connection.post_status is not PostStatus.PRIVATE and not _has_no_name(link):
        return None
    url = f"{connection.address}/wp-admin/post.php?post={publication.remote_id}&action=edit"
    return HandedOver(TOLD[connection.post_status], url)


def _has_no_name(link: str) -> bool:
    """What nobody has published there has an address with its number alone: /?p=44."""
    return "p" in parse_qs(urlsplit(link).query)
