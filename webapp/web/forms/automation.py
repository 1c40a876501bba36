"""When runs start, and what each may do."""

import re

from wtforms import BooleanField, Field, Form, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from webapp.pipeline.automation import Automation, Frequency
from webapp.pipeline.states import StageKey
from webapp.pipeline.terms import cheapest_item
from webapp.publishing.slots import Weekday
from webapp.web.forms.numbers import WholeNumber
from webapp.web.forms.versioned import Description, VersionedForm

MOST = 2**31 - 1
TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::00)?")
WEEKDAYS = tuple(SelectChoice(day.value, day.value.capitalize()) for day in Weekday)


KEPT_AS_THEY_ARE = (
    "enabled", "weekdays", "month_day", "run_time", "batch_size", "max_credits_per_run", *Automation.LIMITS.values(),
)  # fmt: skip


def a_time(form: Form, field: Field) -> None:
    """Hours and minutes; browsers may add seconds, which are nought."""
    found = TIME.fullmatch((field.data or "").strip())
    if found is None:
        raise ValidationError("Give a time of day such as 02:00.")
    field.data = f"{found[1]}:{found[2]}"


def per_run(label: str) -> WholeNumber:
    return WholeNumber(label, 0, MOST, "unlimited")


class AutomationForm(VersionedForm):
    enabled = BooleanField("Start runs by themselves")
    frequency = SelectField("How often", choices=[SelectChoice(one.value, one.value.capitalize()) for one in Frequency])
    weekdays = SelectMultipleField("Days", choices=WEEKDAYS)
    month_day = WholeNumber("Day of the month", 1, 31)
    run_time = StringField("Time", [a_time])
    stages_on = SelectMultipleField("Stages", choices=[SelectChoice(stage.value, stage.label) for stage in StageKey])
    batch_size = WholeNumber("Keywords in a batch", 1, 50)
    max_keywords_per_run = per_run("Keywords per run")
    max_clusters_per_run = per_run("Clusters per run")
    max_ideas_per_run = per_run("Ideas per run")
    max_tasks_per_run = per_run("Tasks per run")
    max_content_per_run = per_run("Articles to illustrate per run")
    max_images_per_run = per_run("Images per run")
    max_approvals_per_run = per_run("Approvals per run")
    max_credits_per_run = per_run("Credits per run")

    def validate_weekdays(self, field: Field) -> None:
        if self.frequency.data == Frequency.WEEKLY.value and not field.data:
            raise ValidationError("Choose at least one day of the week.")

    def validate_max_credits_per_run(self, field: Field) -> None:
        least = cheapest_item()
        if field.data and field.data < least:
            raise ValidationError(
                f"Credits per run: {field.data} would pay for nothing, as the least that anything costs is {least}. "
                "Give more, or 0 for no cap."
            )

    def limit(self, stage: StageKey) -> Field:
        return self[Automation.LIMITS[stage]]

    def described(self, automation: Automation) -> Description:
        """Settings as people read them, by the labels of their fields."""
        written = {self[name].label.text: _written(getattr(automation, name)) for name in KEPT_AS_THEY_ARE}
        off = ", ".join(stage.label for stage in StageKey if not automation.is_on(stage))
        return written | {"How often": automation.frequency.value.capitalize(), "Stages that are off": off or "none"}

    def write_to(self, automation: Automation) -> None:
        for name in KEPT_AS_THEY_ARE:
            setattr(automation, name, self[name].data)
        automation.weekdays = [day.value for day in Weekday if day.value in (self.weekdays.data or ())]
        automation.frequency = Frequency(self.frequency.data)
        on = set(self.stages_on.data or ())
        automation.stages_off = [stage.value for stage in StageKey if stage.value not in on]


def _written(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(Weekday(day).value.capitalize() for day in value) or "none"
    return str(value)
