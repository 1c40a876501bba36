"""Tasks of a site: the articles that are to be written."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from webapp.accounts.models import Role
from webapp.content import queries, review
from webapp.content.models import Task, TaskStatus
from webapp.content.queries import Filter
from webapp.core.db import db
from webapp.web.access import row_or_404, site_or_404
from webapp.web.htmx import after_post
from webapp.web.listing import back, chosen, listing, place

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


@pages.post("/<int:id>/retry")
def retry(slug: str, id: int) -> ResponseReturnValue:
    site = site_or_404(slug, Role.EDITOR)
    task = row_or_404(Task, site, id)
    review.retry_task(task)
    db.session.commit()
    return after_post(
        lambda: render_template("tasks/_task.html", site=site, task=task, article_id=None),
        back(),
        "ok",
        f"The next run writes “{task.title}” again.",
    )
