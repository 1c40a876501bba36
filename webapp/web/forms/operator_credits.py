"""What operators fill in about credits: moving them by hand, and what operations cost."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, StringField
from wtforms.validators import ValidationError

from webapp.ai.provider import Operation
from webapp.credits import ledger, prices
from webapp.credits.budget import percent
from webapp.credits.by_hand import checked_note
from webapp.credits.models import WHOLE, OperationCost
from webapp.credits.prices import Price
from webapp.web.forms.checks import checked_by
from webapp.web.forms.numbers import WholeNumber
from webapp.web.forms.percent import Percent

LONGEST_TOKEN = 64


class MoveForm(FlaskForm):
    """`token` is the form's own name, so that a double press moves credits once; `id` begins those of its inputs."""

    id: str
    token = HiddenField("Form")
    credits: WholeNumber
    note = StringField("What for", [checked_by(checked_note)])

    @property
    def errors_by_input(self) -> dict[str, list[str]]:
        return {f"{self.id}-{name}": list(errors) for name, errors in self.errors.items()}

    @property
    def once(self) -> str:
        return str(self.token.data or "")[:LONGEST_TOKEN]

    def validate_token(self, field: Field) -> None:
        if not self.once:
            raise ValidationError("The form has lost its name: load the page again.")


class TopUpForm(MoveForm):
    id = "top-up"
    credits = WholeNumber("Credits", 1, ledger.MOST)


class AdjustForm(MoveForm):
    id = "adjust"
    credits = WholeNumber("Credits", -ledger.MOST, ledger.MOST)
    note = StringField("Why", [checked_by(checked_note)])

    def validate_credits(self, field: Field) -> None:
        if field.data == 0:
            raise ValidationError("Credits: give a number like 50 or -50; 0 changes nothing.")


class PricesForm(FlaskForm):
    """For each operation four fields, named <operation>_credits, _share, _is_on and _off_reason."""

    seen = HiddenField("Version")

    @classmethod
    def of(cls, current: dict[Operation, OperationCost]) -> "PricesForm":
        """The form as it shows these prices."""
        form = cls(formdata=None, seen=prices.version(current))
        for operation, cost in current.items():
            form.field(operation, "credits").data = cost.credits
            form.field(operation, "share").data = cost.budget_basis_points
            form.field(operation, "is_on").data = cost.is_active
            form.field(operation, "off_reason").data = cost.off_reason or ""
        return form

    def field(self, operation: Operation, name: str) -> Field:
        return self[f"{operation.value}_{name}"]

    def validate(self, extra_validators: Any = None) -> bool:
        fields_are_good = super().validate(extra_validators)
        for operation in Operation:
            reason = self.field(operation, "off_reason")
            if not self.field(operation, "is_on").data and not (reason.data or "").strip():
                reason.errors = [*reason.errors, f"{operation.label}: say why it is switched off. Accounts read it."]
                fields_are_good = False
        return self._sums_to_the_whole() and fields_are_good

    def values(self) -> dict[Operation, Price]:
        """What was written. Only of a form that is valid."""
        return {operation: self._price(operation) for operation in Operation}

    def _price(self, operation: Operation) -> Price:
        is_on, reason = (
            self.field(operation, "is_on").data,
            " ".join((self.field(operation, "off_reason").data or "").split()),
        )
        return Price(
            credits=self.field(operation, "credits").data,
            share=self.field(operation, "share").data,
            off_reason=None if is_on else reason,
        )

    def _sums_to_the_whole(self) -> bool:
        """Said only where each percentage can be read."""
        shares = [self.field(operation, "share").data for operation in Operation]
        if None in shares or sum(shares) == WHOLE:
            return True
        self.form_errors.append(f"The percentages sum to {percent(sum(shares))} %. They must sum to exactly 100 %.")
        return False


for _one in Operation:
    setattr(PricesForm, f"{_one.value}_credits", WholeNumber(f"{_one.label}, credits", 0, prices.MOST_CREDITS))
    setattr(PricesForm, f"{_one.value}_share", Percent(f"{_one.label}, share"))
    setattr(PricesForm, f"{_one.value}_is_on", BooleanField(f"{_one.label} on"))
    setattr(PricesForm, f"{_one.value}_off_reason", StringField(f"{_one.label}, why it is off"))
