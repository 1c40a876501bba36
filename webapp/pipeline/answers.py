"""What providers answered about a row: to be read by people, and to be filled in where they write themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webapp.ai.openai import salvage
from webapp.content.models import Article, Cluster, Image, Task
from webapp.core.db import db
from webapp.pipeline.models import AiCall, CallStatus
from webapp.pipeline.stages.articles import question_about
from webapp.pipeline.states import StageKey
from webapp.sites.models import Site

Asked = Cluster | Task | Article | Image

STAGES: dict[type[Asked], StageKey] = {
    Cluster: StageKey.IDEAS,
    Task: StageKey.ARTICLES,
    Article: StageKey.PROMPTS,
    Image: StageKey.IMAGES,
}
SPENT = "spent:"  # so begins the key of an answer that nobody will use
LONGEST_SHOWN = 20_000  # characters of an answer
MOST_SHOWN = 40  # more than an article takes, all its sections written twice


@dataclass(frozen=True)
class Answer:
    """The raw words of a call about a row, cut at `LONGEST_SHOWN`; `length` is that of all of them.

    `step`: which of several questions it answers, empty where there is only one. `problem`: what the provider found
    wrong with it. `error`: why there is none.
    """

    step: str
    text: str
    length: int
    problem: str
    error: str
    model: str
    at: datetime

    @property
    def is_cut(self) -> bool:
        return self.length > len(self.text)

    @property
    def is_good_part(self) -> bool:
        """Whether it is of use, although what it is a part of is not."""
        return bool(self.step and self.text and not self.problem)


def answers_about(row: Asked) -> list[Answer]:
    """The last first, without those that were given up when somebody tried again."""
    return [_answer(call) for call in kept_calls(row.site_id, item_of(row))[:MOST_SHOWN]]


def readable(site: Site, task: Task) -> Mapping[str, str]:
    """What can be used of the answers about the task, by the names of an article's fields."""
    answered = [call for call in kept_calls(site.id, item_of(task)) if call.status is CallStatus.ANSWERED]
    good = [call.reply or "" for call in reversed(answered) if call.problem is None]
    found = salvage.article_of(question_about(site, task, []), good)
    if found is not None:
        return found.model_dump()
    return salvage.texts_in(answered[0].reply or "") if answered else {}


def item_of(row: Asked) -> str:
    return f"{STAGES[type(row)]}:{row.id}"


def kept_calls(site_id: int, item: str) -> list[AiCall]:
    """Those about the item that were not given up, the last first."""
    about = select(AiCall).where(AiCall.site_id == site_id, AiCall.item == item)
    found = db.session.scalars(about.order_by(AiCall.sent_at.desc(), AiCall.id.desc()))
    return [call for call in found if not call.key.startswith(SPENT)]


def _answer(call: AiCall) -> Answer:
    reply = call.reply or ""
    return Answer(
        step=call.step or "",
        text=reply[:LONGEST_SHOWN],
        length=len(reply),
        problem=call.problem or "",
        error=call.error,
        model=call.model_name,
        at=call.answered_at or call.sent_at,
    )
