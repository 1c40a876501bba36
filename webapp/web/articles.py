"""Articles of a site: the list, reading one as it will look, approving, rejecting and mending it."""

from collections.abc import Callable, Collection

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from sqlalchemy import select

from webapp.accounts.models import Role
from webapp.content import by_hand, queries, review
from webapp.content.checks import blocking_problems
from webapp.content.illustrated import featured, sections
from webapp.content.models import Article, ArticleStatus
from webapp.content.queries import Filter
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.errors import Conflict, Invalid
from webapp.credits import ledger
from webapp.pipeline import attention, money
from webapp.pipeline.terms import price_of_writing
from webapp.publishing.approval import approve as approve_article
from webapp.publishing.links import addresses_for
from webapp.publishing.models import Publication
from webapp.publishing.why import is_retrying
from webapp.sites.ai.providers import writes_for_publication
from webapp.sites.models import Site
from webapp.web.access import row_or_404, site_or_404
from webapp.web.destination import Destination
from webapp.web.forms.by_hand import ArticleForm
from webapp.web.forms.checks import refuse
from webapp.web.listing import chosen, listing, place
from webapp.web.whereabouts import in_the_way, whereabouts

pages = Blueprint("articles", __name__, url_prefix="/sites/<slug>/articles")

FILTERS = ("q",)
WRITTEN_BY = {
    by_hand.BY_HAND: "by hand",
    "embedded": "by the embedded provider",
    "openai": "by a language model",
}
STAYS = {
    ArticleStatus.REVIEW: "It stays in review, and keeps its pictures.",
    ArticleStatus.REJECTED: "It stays rejected, and keeps its pictures: open it again when it may be approved.",
}


@pages.get("")
def index(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    status = chosen(ArticleStatus, "status")
    wanted = Filter(status=status, text=request.args.get("q", ""))
    found = queries.articles(site.id, wanted, place())
    return render_template(
        "articles/index.html",
        page="articles",
        site=site,
        list=listing(found, queries.counts_of(Article, site.id), status, FILTERS),
        publications=_publications([article.id for article in found.rows]),
        destination=Destination(site),
        featured=featured,
        wanted=wanted,
    )


@pages.get("/<int:id>")
def show(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug)
    article = row_or_404(Article, site, id)
    costs, publication = ledger.cost_of_article(article.id), _publications([article.id]).get(article.id)
    return render_template(
        "articles/show.html",
        page="articles",
        site=site,
        article=article,
        written_by=WRITTEN_BY.get(article.written_by, article.written_by),
        featured=featured(article),
        sections=sections(article, addresses_for(article)),
        problems=blocking_problems(article) if article.status in review.UNDECIDED else [],
        is_editable=article.status in review.MENDABLE,
        may_be_written_again=review.may_be_written_again(article),
        costs=costs,
        total_cost=sum(costs.values()),
        money=money.of_article(article.id),
        publication=publication,
        retrying=publication is not None and is_retrying(publication, now()),
        in_the_way=in_the_way(publication, site) if publication else "",
        destination=Destination(site),
    )


@pages.post("/<int:id>/approve")
def approve(slug: str, id: int) -> ResponseReturnValue:
    """Says when it goes out, or why not. Where it is refused, the article's page says what can be done."""
    site = site_or_404(slug, Role.EDITOR)
    article = row_or_404(Article, site, id)
    try:
        publication = approve_article(article, current_user.name)
    except Conflict as refused:
        return _back_to(article, "err", str(refused))
    return _done(article, f"approved. {whereabouts(publication, site)}")


@pages.post("/<int:id>/reject")
def reject(slug: str, id: int) -> ResponseReturnValue:
    return _decide(slug, id, lambda article: review.reject(article, current_user.name), "rejected.")


@pages.post("/<int:id>/reopen")
def reopen(slug: str, id: int) -> ResponseReturnValue:
    return _decide(slug, id, review.reopen, "open again.")


@pages.post("/<int:id>/pictures")
def ask_for_pictures(slug: str, id: int) -> ResponseReturnValue:
    return _decide(slug, id, attention.ask_for_pictures, "a draft: the next run asks for its pictures.")


@pages.get("/<int:id>/edit")
def edit(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    article = row_or_404(Article, site, id)
    if article.status not in review.MENDABLE:
        told = f"“{article.title}” is {article.status.value}: only articles in review or rejected ones can be edited."
        return _back_to(article, "warn", told)
    return _edit_page(site, article, ArticleForm.of(article))


@pages.post("/<int:id>/edit")
def keep(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    article = row_or_404(Article, site, id)
    form = ArticleForm()
    if not form.validate():
        return _edit_page(site, article, form), 422
    try:
        by_hand.edit_article(article, form.written())
    except Invalid as error:
        refuse(form, error)
        return _edit_page(site, article, form), 422
    except Conflict as error:
        form.form_errors.append(str(error))
        return _edit_page(site, article, form), 409
    return _done(article, f"saved with {article.words:,} words. {STAYS[article.status]}")


@pages.get("/<int:id>/again")
def ask_to_write_again(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    article = row_or_404(Article, site, id)
    task = article.task
    if task is None or not review.may_be_written_again(article):
        return _back_to(article, "warn", f"“{article.title}” cannot be written again as it is now.")
    return render_template(
        "articles/again.html",
        page="articles",
        site=site,
        article=article,
        credits=price_of_writing(task.target_words),
        may_differ=writes_for_publication(site),
    )


@pages.post("/<int:id>/again")
def write_again(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    article = row_or_404(Article, site, id)
    try:
        task = attention.write_again(article, current_user.name)
    except Conflict as refused:
        return _back_to(article, "err", str(refused))
    address = url_for("tasks.show", slug=slug, id=task.id)
    flash(f"The next run writes “{task.title}” again. The old text is among the rejected articles.", "ok")
    db.session.commit()
    return redirect(address, 303)


def _edit_page(site: Site, article: Article, form: ArticleForm) -> str:
    return render_template("articles/edit.html", page="articles", site=site, article=article, form=form)


def _decide(slug: str, id: int, decide: Callable[[Article], object], done: str) -> ResponseReturnValue:
    article = row_or_404(Article, site_or_404(slug, Role.EDITOR), id)
    decide(article)
    return _done(article, done)


def _done(article: Article, what: str) -> ResponseReturnValue:
    return _back_to(article, "ok", f"“{article.title}” is {what}")


def _back_to(article: Article, kind: str, told: str) -> ResponseReturnValue:
    flash(told, kind)
    address = url_for("articles.show", slug=article.site.slug, id=article.id)
    db.session.commit()
    return redirect(address, 303)


def _publications(article_ids: Collection[int]) -> dict[int, Publication]:
    """The publication of each of these articles that has one."""
    found = db.session.scalars(select(Publication).where(Publication.article_id.in_(article_ids)))
    return {publication.article_id: publication for publication in found}
