"""What operators switch for the whole installation. The environment has the first word, a row the last."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, delete
from sqlalchemy.orm import Mapped, mapped_column

from webapp.accounts.models import OperatorEvent
from webapp.core.clock import now
from webapp.core.db import change, db, enum_type
from webapp.core.settings import settings


class Switch(StrEnum):
    """The values name the settings of the environment, in lower case, and the rows."""

    BUDGET_ALLOCATION = "use_budget_allocation"
    NEW_SCHEDULING = "use_new_scheduling"

    @property
    def variable(self) -> str:
        """The environment's name for it."""
        return self.value.upper()


class SwitchSetting(db.Model):
    """What an operator said, over what the environment says. No row: the environment counts."""

    __tablename__ = "switch"

    name: Mapped[Switch] = mapped_column(enum_type(Switch), primary_key=True)
    value: Mapped[bool]
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(default=now)


@dataclass(frozen=True)
class Position:
    """How a switch stands, and who says so: an operator, or the environment if `by` is None."""

    switch: Switch
    value: bool
    by: str | None
    at: datetime | None
    environment: bool


def is_on(switch: Switch) -> bool:
    return position(switch).value


def position(switch: Switch) -> Position:
    environment = bool(getattr(settings(), switch.value))
    said = db.session.get(SwitchSetting, switch, populate_existing=True)
    if said is None:
        return Position(switch, environment, None, None, environment)
    return Position(switch, said.value, said.by, said.at, environment)


def flip(switch: Switch, value: bool | None, by: str) -> bool:
    """Sets it for the whole installation; None leaves it to the environment again. Answers whether that changed
    anything, and records it then. The caller commits."""
    before = position(switch)
    said = None if before.by is None else before.value
    if said is value:
        return False
    change(delete(SwitchSetting).where(SwitchSetting.name == switch))
    if value is not None:
        db.session.add(SwitchSetting(name=switch, value=value, by=by))
    db.session.add(OperatorEvent(by=by, text=_told(switch, value, before.environment)))
    db.session.flush()
    return True


def _told(switch: Switch, value: bool | None, environment: bool) -> str:
    if value is None:
        return f"Left {switch.variable} to the environment, which says {_word(environment)}."
    return f"Switched {switch.variable} {_word(value)}."


def _word(value: bool) -> str:
    return "on" if value else "off"
