"""New accounts and sites with all that belongs to them. The caller commits."""

from webapp.accounts.models import Account
from webapp.accounts.signup import make_account
from webapp.core.db import db
from webapp.credits import ledger
from webapp.credits.models import SiteBudget
from webapp.credits.prices import DEFAULTS
from webapp.pipeline.automation import Automation
from webapp.publishing.models import PublishingSettings
from webapp.sites.creation import make_site
from webapp.sites.models import Site


def found_account(name: str, *, credits: int = 0) -> Account:
    """An account with its balance, and with that many credits to start with. Raises Invalid."""
    account = make_account(name)
    ledger.open_balance(account.id)
    if credits:
        ledger.top_up(account.id, credits, "Credits to start with")
    return account


def found_site(account: Account, name: str, slug: str, time_zone: str = "UTC", language: str = "en") -> Site:
    """A site with the default settings of automation, publishing and budget. Raises Invalid naming the field."""
    site = make_site(account, name=name, slug=slug, time_zone=time_zone, language=language)
    db.session.add_all(
        (
            Automation(site_id=site.id),
            PublishingSettings(site_id=site.id),
            SiteBudget(site_id=site.id, **{operation.value: share for operation, (_, _, share) in DEFAULTS.items()}),
        )
    )
    db.session.flush()
    return site
