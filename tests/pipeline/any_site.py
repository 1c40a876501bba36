"""Sites as different as people make them: any limits, prices, split, cap and balance, any work waiting."""

import random

from tests import factories
from tests.pipeline.engine import site_with_keywords
from webapp.ai.functions.idea_generation import IdeaKind
from webapp.ai.provider import Operation
from webapp.content.models import ArticleStatus, ImageStatus, KeywordStatus
from webapp.core.clock import now
from webapp.core.db import db
from webapp.credits import prices
from webapp.credits.models import WHOLE, SiteBudget
from webapp.pipeline.automation import Automation
from webapp.pipeline.states import StageKey
from webapp.pipeline.terms import automation_of
from webapp.sites.models import Site


def any_site(chance: random.Random) -> Site:
    """One of them; equal chances make equal sites."""
    site = site_with_keywords(chance.randint(0, 40), credits=chance.choice((40, 120, 400, 5000)))
    for _ in range(chance.randint(0, 3)):
        cluster = factories.cluster(site, volume=chance.randint(0, 3000))
        factories.keywords(site, chance.randint(0, 5), cluster=cluster, status=KeywordStatus.CLUSTERED)
    for _ in range(chance.randint(0, 3)):
        factories.idea(site, kind=chance.choice(list(IdeaKind)))
        factories.task(site, target_words=chance.choice((350, 800, 1200)))
    for _ in range(chance.randint(0, 2)):
        factories.article(site, ArticleStatus.DRAFT)
        half_done = factories.article(site, ArticleStatus.DRAFT, prompts_at=now())
        factories.image(half_done, ImageStatus.PROMPTED)
    vary_automation(automation_of(site), chance)
    vary_split(db.session.get_one(SiteBudget, site.id), chance)
    vary_prices(chance)
    db.session.commit()
    return site


def vary_automation(automation: Automation, chance: random.Random) -> None:
    for name in Automation.LIMITS.values():
        setattr(automation, name, chance.choice((0, 0, 1, 2, 5, 12, 100)))
    automation.max_credits_per_run = chance.choice((0, 0, 30, 150, 1000))
    automation.batch_size = chance.choice((5, 10, 50))
    automation.stages_off = [stage.value for stage in StageKey if chance.random() < 0.08]


def vary_split(split: SiteBudget, chance: random.Random) -> None:
    cuts = sorted(chance.randint(0, WHOLE) for _ in range(4))
    shares = [high - low for low, high in zip([0, *cuts], [*cuts, WHOLE], strict=True)]
    split.use_global_defaults = chance.random() < 0.5
    for operation, share in zip(Operation, shares, strict=True):
        setattr(split, operation.value, share)


def vary_prices(chance: random.Random) -> None:
    for operation in Operation:
        cost = prices.default(operation)
        cost.credits = chance.choice((0, 1, 2, cost.credits, cost.credits))
        cost.is_active = chance.random() > 0.1
        db.session.merge(cost)
