"""Lets a form say at each field what the domain says about its value."""

from collections.abc import Callable

from wtforms import Field, Form
from wtforms.validators import ValidationError

from webapp.core.errors import Invalid

Validator = Callable[[Form, Field], None]


def checked_by(check: Callable[[str], object]) -> Validator:
    """A validator that passes what `check` accepts, and shows the sentence of the Invalid that it raises."""

    def validate(form: Form, field: Field) -> None:
        try:
            check(field.data or "")
        except Invalid as error:
            raise ValidationError(str(error)) from error

    return validate


def refuse(form: Form, error: Invalid) -> None:
    """Shows an Invalid that came up while saving at its field, or above the form if it has none there."""
    if error.field in form._fields:
        form[error.field].errors = [*form[error.field].errors, str(error)]
    else:
        form.form_errors.append(str(error))
