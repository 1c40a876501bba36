"""A new site."""

from collections.abc import Sequence

from flask_wtf import FlaskForm
from wtforms import Field, StringField
from wtforms.validators import ValidationError

from webapp.accounts.models import Account
from webapp.sites.creation import checked_language, checked_name, checked_slug, checked_zone
from webapp.web.forms.checks import checked_by


class NewSiteForm(FlaskForm):
    account = StringField("Account")
    name = StringField("Name", [checked_by(checked_name)])
    slug = StringField("Short name", [checked_by(checked_slug)])
    time_zone = StringField("Time zone", [checked_by(checked_zone)], default="UTC")
    language = StringField("Language", [checked_by(checked_language)], default="en")

    def __init__(self, accounts: Sequence[Account], suggested: str):
        """`accounts`: those in which the person may make a site; `suggested` the number of one, else it is the last."""
        self.accounts = {str(account.id): account for account in accounts}
        super().__init__(account=suggested if suggested in self.accounts else str(accounts[-1].id))

    def validate_account(self, field: Field) -> None:
        if field.data not in self.accounts:
            raise ValidationError("You cannot make sites in this account. Choose one of the list.")
