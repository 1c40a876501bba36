"""Tips for who sets limits: only what is wrong with these, in a sentence each. Reads; changes nothing."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from webapp.core.db import db
from webapp.pipeline.automation import Automation, runs_a_week
from webapp.pipeline.estimate import Estimate, LimitedBy, StageEstimate
from webapp.pipeline.stages import PAID
from webapp.pipeline.states import StageKey
from webapp.pipeline.terms import RunTerms
from webapp.publishing.models import PublishingSettings
from webapp.publishing.slots import plan_slots
from webapp.sites.models import Site

WEEKS = 4  # of the publishing schedule that are looked at
MOST_SLOTS_A_WEEK = 500  # who has more is outrun by nobody

CANNOT_PAY = {
    LimitedBy.BUDGET: "The share of the credits for “{stage}” ({credits}) does not pay for one {item}, which costs"
    " {price}. Give it a larger share, or the run more credits.",
    LimitedBy.CAP: "The cap of {cap} credits does not pay for one {item} of “{stage}”, which costs {price}.",
    LimitedBy.BALANCE: "The account's {balance} credits do not pay for one {item} of “{stage}”, which costs {price}.",
}


def tips(site: Site, automation: Automation, terms: RunTerms, found: Estimate, now: datetime) -> list[str]:
    """In the order of the stages, then about publishing."""
    return [*_unaffordable(terms, found), *_starved(terms, found), *_outrun(site, automation, found, now)]


def _unaffordable(terms: RunTerms, found: Estimate) -> Iterator[str]:
    """Stages that have something to do and cannot pay for the first of it."""
    for stage in PAID:
        one = found.of(stage.key)
        if not one.planned and one.limited_by in CANNOT_PAY and one.next_price:
            yield CANNOT_PAY[one.limited_by].format(
                stage=stage.key.label,
                item=stage.one,
                price=one.next_price,
                credits=terms.budgets[stage.operation],
                cap=terms.cap,
                balance=found.balance,
            )


def _starved(terms: RunTerms, found: Estimate) -> Iterator[str]:
    """A limit that leaves the next stage with less than its own limit lets it take."""
    for one, following in zip(found.stages, found.stages[1:], strict=False):
        wanted = terms.limit(following.stage)
        is_hungry = wanted is not None and following.limited_by is None and 0 < following.planned < wanted
        if one.limited_by is LimitedBy.LIMIT and one.planned < one.pending and is_hungry:
            yield _of_starving(one, following, wanted or 0)


def _of_starving(one: StageEstimate, following: StageEstimate, wanted: int) -> str:
    return (
        f"“{one.stage.label}” takes {one.planned} of {one.pending}, so “{following.stage.label}” gets "
        f"{following.planned} where its limit is {wanted}."
    )


def _outrun(site: Site, automation: Automation, found: Estimate, now: datetime) -> Iterator[str]:
    """More is approved than goes out: the queue grows for ever."""
    approved = found.of(StageKey.APPROVAL).planned * runs_a_week(automation)
    slots = _slots_a_week(site, now)
    if approved > slots:
        yield (
            f"Runs approve about {approved:.0f} articles a week, and the publishing schedule has "
            f"{slots:.0f} slots a week: what is approved waits longer and longer."
        )


def _slots_a_week(site: Site, now: datetime) -> float:
    settings = db.session.get_one(PublishingSettings, site.id)
    end = now + timedelta(weeks=WEEKS)
    slots = plan_slots(settings.slots, site.zone, now, (), MOST_SLOTS_A_WEEK * WEEKS)
    return sum(slot < end for slot in slots) / WEEKS
