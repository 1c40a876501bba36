"""A run as the live page shows it: the view with addresses, icons and clocks."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from webapp.content.models import ArticleStatus, ClusterStatus, IdeaStatus, ImageStatus, KeywordStatus, TaskStatus
from webapp.pipeline import money, room
from webapp.pipeline.models import Run
from webapp.pipeline.reasons import NextStep
from webapp.pipeline.states import RunStatus, StageKey
from webapp.pipeline.view import EventLine, Reason, RunView, StageRow, view_of
from webapp.sites.models import Site

ICONS = {
    StageKey.CLUSTERS: "stack-2",
    StageKey.IDEAS: "bulb",
    StageKey.TASKS: "list-check",
    StageKey.ARTICLES: "article",
    StageKey.PROMPTS: "tag",
    StageKey.IMAGES: "photo",
    StageKey.APPROVAL: "circle-check",
}

# Where the items are that a stage could not do: what it takes is marked, or what it makes is looked at by a person.
ATTENTION = {
    StageKey.CLUSTERS: ("keywords.index", KeywordStatus.SKIPPED),
    StageKey.IDEAS: ("clusters.index", ClusterStatus.ATTENTION),
    StageKey.TASKS: ("ideas.index", IdeaStatus.NEW),
    StageKey.ARTICLES: ("tasks.index", TaskStatus.ATTENTION),
    StageKey.PROMPTS: ("articles.index", ArticleStatus.REVIEW),
    StageKey.IMAGES: ("images.index", ImageStatus.ATTENTION),
    StageKey.APPROVAL: ("articles.index", ArticleStatus.REVIEW),
}
STEPS = {
    NextStep.KEYWORDS: "keywords.index",
    NextStep.REVIEW: "articles.index",
    NextStep.AUTOMATION: "automation.show",
    NextStep.AI: "endpoints.index",
    NextStep.BUDGET: "budget.show",
    NextStep.CREDITS: "credits.index",
    NextStep.START: "overview.show",
}
OF_ACCOUNT = frozenset({"credits.index", "endpoints.index"})  # the others are pages of the site


@dataclass(frozen=True)
class LiveRun:
    """What templates/runs/_live.html takes. Everything of the view, and where its links go."""

    view: RunView
    site: Site
    reason: dict[str, Any] | None
    rows: list[dict[str, Any]]
    events: list[dict[str, Any]]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.view, name)

    @property
    def id(self) -> int:
        return self.view.run.id

    @property
    def version(self) -> str:
        return version_of(self.view.run)

    @property
    def live_url(self) -> str:
        return url_for("runs.live", slug=self.site.slug, run_id=self.id)

    def ledger_url(self) -> str:
        """The entries of this run."""
        return url_for("credits.index", account=self.site.account_id, run=self.id)

    def url(self, verb: str) -> str:
        return url_for(f"runs.{verb}", slug=self.site.slug, run_id=self.id)


def live_run(run: Run, site: Site) -> LiveRun:
    view = view_of(run)
    return LiveRun(
        view=view,
        site=site,
        reason=_reason(view, site),
        rows=[_row(row, site) for row in view.rows],
        events=[_event(run, event) for event in view.events],
    )


def version_of(run: Run) -> str:
    """Changes with everything that the page shows but the elapsed time, and with nothing else.

    What is charged or given back outside of the run's fence moves no version, so the credits speak for themselves.
    """
    moved = sum(result.committed for result in run.stages), sum(result.credits for result in run.stages)
    paid = money.of_run(run)
    dollars = f"-{paid.known}-{paid.unpriced}" if paid else ""
    full = "" if room.is_left() else "-full"
    return f"{run.id}-{run.epoch}-{run.version}-{moved[0]}-{moved[1]}{dollars}{full}"


def _reason(view: RunView, site: Site) -> dict[str, Any] | None:
    reason: Reason | None = view.reason
    if reason is None:
        return None
    return {
        "kind": reason.kind,
        "title": reason.title,
        "text": reason.text,
        "action_url": _next_step(view, reason, site),
        "action_text": reason.label,
    }


def _next_step(view: RunView, reason: Reason, site: Site) -> str | None:
    """The address of the page that the reason leads to."""
    if reason.step is NextStep.ATTENTION:
        return next((_attention_url(row.key, site) for row in view.rows if row.failed), None)
    endpoint = STEPS.get(reason.step)
    values: dict[str, Any] = {"account": site.account_id} if endpoint in OF_ACCOUNT else {"slug": site.slug}
    if reason.step is NextStep.REVIEW:
        values["status"] = "review" if view.status is RunStatus.COMPLETED and reason.kind != "ok" else ""
    return url_for(endpoint, **values) if endpoint else None


def _attention_url(stage: StageKey, site: Site) -> str:
    endpoint, status = ATTENTION[stage]
    return url_for(endpoint, slug=site.slug, status=status.value)


def _row(row: StageRow, site: Site) -> dict[str, Any]:
    return {
        "key": row.key.value,
        "number": row.key.number,
        "name": row.name,
        "icon": ICONS[row.key],
        "state": row.state,
        "processed": row.processed,
        "total": row.total,
        "remaining": row.remaining,
        "failed": row.failed,
        "failed_url": _attention_url(row.key, site),
        "credits": row.credits,
        "held": row.held,
        "budget": row.budget,
        "seconds": row.seconds,
        "note": row.note,
    }


def _event(run: Run, event: EventLine) -> dict[str, Any]:
    return {
        "id": event.id,
        "at": event.at,
        "seconds": max(0, int((event.at - run.created_at).total_seconds())),
        "kind": event.kind,
        "text": event.text,
    }
