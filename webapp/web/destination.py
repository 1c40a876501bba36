"""The place that a site publishes to, as pages lead to it and speak of what is there."""

from flask import url_for

from webapp.core.db import db
from webapp.publishing.handed_over import HandedOver, handed_over
from webapp.publishing.models import PostStatus, Publication, WordPressConnection
from webapp.sites.models import Site, TargetKind


class Destination:
    """It looks once, for all of a page. `url`: what people read there; `name`: what it is called.

    `asks`: it is a site of somebody's, so that nothing goes there at once by a slip of the hand.
    """

    def __init__(self, site: Site):
        self._kept = db.session.get(WordPressConnection, site.id)
        self._used = self._kept if site.target is TargetKind.WORDPRESS else None
        self.url = self._used.address if self._used else url_for("published.file", slug=site.slug, path="")
        self.name = _named(self._used) if self._used else site.name
        self.asks = self._used is not None

    @property
    def done(self) -> str:
        """What has become of an article that went there."""
        return "Handed over" if self._used and self._used.post_status is not PostStatus.PUBLISH else "Published"

    def handed_over(self, publication: Publication) -> HandedOver | None:
        """None for what everybody can read."""
        return handed_over(publication, self._kept)


def _named(connection: WordPressConnection) -> str:
    """As it calls itself, or by its address."""
    return (connection.found or {}).get("name") or connection.address.partition("://")[2]
