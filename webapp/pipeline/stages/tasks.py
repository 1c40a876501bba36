"""Ideas to tasks: free, one brief per idea."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, select

from webapp.content.models import TARGET_WORDS, Idea, IdeaStatus, Task
from webapp.core.db import db
from webapp.pipeline.models import RunItem
from webapp.pipeline.stage import Counts, Plan, Planned
from webapp.pipeline.stages.counting import count, rows
from webapp.pipeline.states import StageKey
from webapp.sites.models import Site


class Tasks:
    key = StageKey.TASKS

    def pending(self, site: Site) -> int:
        return count(Idea, *_waiting(site))

    def plan(self, plan: Plan) -> Iterable[Planned]:
        found = rows(Idea, plan.limit, *_waiting(plan.site), order=(Idea.id,))
        return [Planned(row=idea.id) for idea in found]

    def work(self, site: Site, item: RunItem) -> Counts | None:
        idea = db.session.scalar(select(Idea).where(*_waiting(site), Idea.id == item.row))
        if idea is None:
            return None
        db.session.add(
            Task(
                site_id=site.id,
                idea_id=idea.id,
                title=idea.title,
                brief=_brief(idea),
                target_words=TARGET_WORDS[idea.kind],
            )
        )
        idea.status = IdeaStatus.PLANNED
        return {"ideas_processed": 1, "tasks_created": 1}

    def set_aside(self, item: RunItem, why: str) -> None:
        idea = db.session.get(Idea, item.row)
        if idea is not None:
            idea.status = IdeaStatus.DISMISSED

    def when_off(self, site: Site) -> None:
        """Nothing waits: the ideas stay new."""


def _waiting(site: Site) -> tuple[ColumnElement[bool], ...]:
    return Idea.site_id == site.id, Idea.status == IdeaStatus.NEW


def _brief(idea: Idea) -> str:
    headings = "\n".join(f"- {heading}" for heading in idea.outline)
    return f"{idea.angle}\n\nTarget keyword: {idea.target_keyword}\n\nOutline:\n{headings}"
