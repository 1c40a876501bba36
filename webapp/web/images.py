"""Images of a site's articles: the gallery, and what is done where none could be drawn."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.content import by_hand, queries
from webapp.content.models import Article, Image, ImageStatus
from webapp.content.pictures import MOST_BYTES
from webapp.content.queries import Filter
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.pipeline import attention
from webapp.pipeline.answers import answers_about
from webapp.sites.models import Site
from webapp.web.access import row_or_404, site_or_404
from webapp.web.forms.by_hand import PictureForm
from webapp.web.forms.checks import refuse
from webapp.web.htmx import after_post
from webapp.web.listing import back, chosen, listing, number, place
from webapp.web.trying_again import told, wanted_rows

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


@pages.get("/<int:id>")
def show(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug)
    return _page(site, row_or_404(Image, site, id), PictureForm())


@pages.post("/<int:id>/retry")
def retry(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    image = row_or_404(Image, site, id)
    attention.retry(image)
    db.session.commit()
    return after_post(
        lambda: render_template("images/_image.html", site=site, image=image),
        back(),
        "ok",
        "The next run draws the picture again. Its article waits for it as a draft.",
    )


@pages.post("/retry")
def retry_some(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    tried = attention.retry_some(site.id, Image, wanted_rows("image"))
    db.session.commit()
    flash(*told(tried, "image"))
    return redirect(back(), 303)


@pages.post("/<int:id>/upload")
def upload(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    image = row_or_404(Image, site, id)
    form = PictureForm()
    if not form.validate():
        return _page(site, image, form), 422
    try:
        by_hand.put_picture(image, form.file.data.stream.read(MOST_BYTES + 1))
    except Invalid as error:
        refuse(form, error)
        return _page(site, image, form), 422
    db.session.commit()
    flash("The picture is in its place.", "ok")
    return redirect(url_for("images.show", slug=slug, id=id), 303)


@pages.get("/<int:id>/drop")
def ask_to_drop(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    return render_template("images/drop.html", page="images", site=site, image=row_or_404(Image, site, id))


@pages.post("/<int:id>/drop")
def drop(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    image = row_or_404(Image, site, id)
    title, address = image.article.title, url_for("articles.show", slug=slug, id=image.article_id)
    by_hand.drop_picture(image)
    db.session.commit()
    flash(f"“{title}” goes without that picture.", "ok")
    return redirect(address, 303)


def _page(site: Site, image: Image, form: PictureForm) -> str:
    return render_template(
        "images/show.html",
        page="images",
        site=site,
        image=image,
        form=form,
        answers=answers_about(image) if image.status is ImageStatus.ATTENTION else [],
        most_megabytes=MOST_BYTES // 1024 // 1024,
    )
