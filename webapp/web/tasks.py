"""Tasks of a site: the articles that are to be written, and writing one by hand."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.content import by_hand, queries
from webapp.content.models import Task, TaskStatus
from webapp.content.queries import Filter
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.pipeline import attention
from webapp.pipeline.answers import answers_about, readable
from webapp.sites.models import Site
from webapp.web.access import row_or_404, site_or_404
from webapp.web.forms.by_hand import ArticleForm
from webapp.web.forms.checks import refuse
from webapp.web.htmx import after_post
from webapp.web.listing import back, chosen, listing, place
from webapp.web.trying_again import told, wanted_rows

pages = Blueprint("tasks", __name__, url_prefix="/sites/<slug>/tasks")

FILTERS = ("q",)


@pages.get("")
def index(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug)
    status = chosen(TaskStatus, "status")
    wanted = Filter(status=status, text=request.args.get("q", ""))
    found = queries.tasks(site.id, wanted, place())
    return render_template(
        "tasks/index.html",
        page="tasks",
        site=site,
        list=listing(found, queries.counts_of(Task, site.id), status, FILTERS),
        article_ids=queries.articles_of_tasks([task.id for task in found.rows]),
        wanted=wanted,
    )


@pages.get("/<int:id>")
def show(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug)
    task = row_or_404(Task, site, id)
    return render_template(
        "tasks/show.html",
        page="tasks",
        site=site,
        task=task,
        article_id=queries.articles_of_tasks([task.id]).get(task.id),
        answers=answers_about(task) if task.status is TaskStatus.ATTENTION else [],
    )


@pages.post("/<int:id>/retry")
def retry(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    task = row_or_404(Task, site, id)
    attention.retry(task)
    db.session.commit()
    return after_post(
        lambda: render_template("tasks/_task.html", site=site, task=task, article_id=None),
        back(),
        "ok",
        f"The next run writes “{task.title}” again.",
    )


@pages.post("/retry")
def retry_some(slug: str) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    tried = attention.retry_some(site.id, Task, wanted_rows("task"))
    db.session.commit()
    flash(*told(tried, "task"))
    return redirect(back(), 303)


@pages.get("/<int:id>/write")
def write(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    task = row_or_404(Task, site, id)
    return _write_page(site, task, ArticleForm.about(task, readable(site, task)))


@pages.post("/<int:id>/write")
def keep(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    task = row_or_404(Task, site, id)
    form = ArticleForm()
    if not form.validate():
        return _write_page(site, task, form), 422
    try:
        article = by_hand.write_article(task, form.written())
    except Invalid as error:
        refuse(form, error)
        return _write_page(site, task, form), 422
    address = url_for("articles.show", slug=slug, id=article.id)
    db.session.commit()
    flash("The article is kept as a draft. The next run asks for its pictures.", "ok")
    return redirect(address, 303)


def _write_page(site: Site, task: Task, form: ArticleForm) -> str:
    return render_template("tasks/write.html", page="tasks", site=site, task=task, form=form)
