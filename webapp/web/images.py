"""Images of a site's articles: the gallery."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.content import queries, review
from webapp.content.models import Article, Image, ImageStatus
from webapp.content.queries import Filter
from webapp.core.db import db
from webapp.web.access import row_or_404, site_or_404
from webapp.web.htmx import after_post
from webapp.web.listing import back, chosen, listing, number, place

pages = Blueprint("images", __name__, url_prefix="/sites/<slug>/images")

FILTERS = ("q", "article")


@pages.get("")
def index(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    status, article = chosen(ImageStatus, "status"), number("article")
    wanted = Filter(status=status, text=request.args.get("q", ""), article_id=article)
    found = queries.images(site.id, wanted, place())
    return render_template(
        "images/index.html",
        page="images",
        site=site,
        list=listing(found, queries.counts_of(Image, site.id), status, FILTERS),
        wanted=wanted,
        article=None if article is None else row_or_404(Article, site, article),
    )


@pages.post("/<int:id>/retry")
def retry(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    image = row_or_404(Image, site, id)
    review.retry_image(image)
    db.session.commit()
    return after_post(
        lambda: render_template("images/_image.html", site=site, image=image),
        back(),
        "ok",
        "The next run draws the picture again. Its article waits for it as a draft.",
    )
