"""Which split of a run's credits a site uses, and the five shares of its own."""

from enum import StrEnum

from wtforms import Field, Form, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from webapp.ai.provider import Operation
from webapp.core.errors import Invalid
from webapp.credits.splits import Split, check_split
from webapp.web.forms.checks import refuse
from webapp.web.forms.percent import Percent
from webapp.web.forms.versioned import VersionedForm


class Choice(StrEnum):
    GLOBAL = "global"
    OWN = "own"


CHOICES = (
    (Choice.GLOBAL.value, "Global defaults", "What the operator has set for all sites."),
    (Choice.OWN.value, "Own split", "Five shares of your own, 100 % together."),
)


def unless_global(form: Form, field: Field) -> None:
    """With the global defaults nobody looks at the shares."""
    if form["split"].data == Choice.GLOBAL.value:
        field.errors[:] = []
        raise StopValidation()


def share_of(operation: Operation) -> Percent:
    return Percent(operation.label, [unless_global])


class BudgetForm(VersionedForm):
    split = RadioField("Which split", choices=[SelectChoice(value, text) for value, text, _ in CHOICES])
    clustering = share_of(Operation.CLUSTERING)
    idea_generation = share_of(Operation.IDEA_GENERATION)
    content_generation = share_of(Operation.CONTENT_GENERATION)
    image_prompt_extraction = share_of(Operation.IMAGE_PROMPT_EXTRACTION)
    image_generation = share_of(Operation.IMAGE_GENERATION)

    def choose(self, own: Split | None, start: Split) -> None:
        """Shows that split; where it is the global one, `start` is what an own one begins with."""
        self.split.data = (Choice.GLOBAL if own is None else Choice.OWN).value
        for operation, share in (own or start).items():
            self[operation.value].data = share

    def own(self) -> Split | None:
        """What was chosen: an own split, or None for the global one. Only of a form that is valid."""
        return None if self.split.data == Choice.GLOBAL.value else self.shares()

    def is_whole(self) -> bool:
        """Whether what was chosen may be saved. If not, the form says why."""
        try:
            check_split(self.own())
        except Invalid as error:
            refuse(self, error)
            return False
        return True

    def shares(self) -> dict[Operation, int]:
        """In basis points; what cannot be read counts as nothing."""
        return {operation: self[operation.value].data or 0 for operation in Operation}
