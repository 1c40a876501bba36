"""Pictures of a site's articles, for its members."""

import io

from flask import Blueprint, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from webapp.content.media import read_copy
from webapp.content.models import Image
from webapp.content.pictures import WEBP
from webapp.core.db import db
from webapp.core.errors import NotFound
from webapp.sites.models import Site
from webapp.web.access import site_or_404

pages = Blueprint("media", __name__)

A_YEAR = 31_536_000


@pages.get("/sites/<slug>/media/<file>")
def picture(slug: str, file: str) -> ResponseReturnValue:
    """A picture is named by its content and never changes, so the member's browser may keep it."""
    site = site_or_404(slug)
    media_type = _type_of(site, file)
    if media_type is None:
        raise NotFound("There is no such picture.", "It may have been replaced: reload the page that shows it.")
    answer = send_file(io.BytesIO(read_copy(file)), mimetype=media_type, etag=file)
    answer.headers["Cache-Control"] = f"private, max-age={A_YEAR}, immutable"
    return answer


def _type_of(site: Site, file: str) -> str | None:
    """None where no image of the site has it."""
    of_site = Image.site_id == site.id
    media_type = db.session.scalar(select(Image.media_type).where(of_site, Image.file == file).limit(1))
    if media_type is None and db.session.scalar(select(Image.id).where(of_site, Image.webp == file).limit(1)):
        return WEBP
    return media_type
