"""When runs start, and what each may do."""

from datetime import time

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, Form, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, ValidationError

from webapp.pipeline.automation import Automation, Frequency
from webapp.pipeline.states import StageKey
from webapp.publishing.slots import Weekday

MOST = 2**31 - 1
WEEKDAYS = tuple(SelectChoice(day.value, day.value.capitalize()) for day in Weekday)


KEPT_AS_THEY_ARE = (
    "enabled", "weekdays", "month_day", "run_time", "batch_size", "max_credits_per_run", *Automation.LIMITS.values(),
)  # fmt: skip


def a_time(form: Form, field: Field) -> None:
    try:
        written = time.fromisoformat((field.data or "").strip())
    except ValueError:
        raise ValidationError("Give a time of day such as 02:00.") from None
    field.data = f"{written:%H:%M}"


def whole_number(label: str) -> IntegerField:
    return IntegerField(
        label,
        [
            InputRequired(f"{label}: give a whole number; 0 means unlimited."),
            NumberRange(0, MOST, f"{label}: give a whole number from 0 (unlimited) to {MOST:,}."),
        ],
    )


class AutomationForm(FlaskForm):
    enabled = BooleanField("Start runs by themselves")
    frequency = SelectField("How often", choices=[SelectChoice(one.value, one.value.capitalize()) for one in Frequency])
    weekdays = SelectMultipleField("Days", choices=WEEKDAYS)
    month_day = IntegerField("Day of the month", [NumberRange(1, 31, "Give a day of the month from 1 to 31.")])
    run_time = StringField("Time", [a_time])
    stages_on = SelectMultipleField("Stages", choices=[SelectChoice(stage.value, stage.label) for stage in StageKey])
    batch_size = IntegerField(
        "Keywords in a batch",
        [InputRequired("Give a number from 1 to 50."), NumberRange(1, 50, "Give a number from 1 to 50.")],
    )
    max_keywords_per_run = whole_number("Keywords per run")
    max_clusters_per_run = whole_number("Clusters per run")
    max_ideas_per_run = whole_number("Ideas per run")
    max_tasks_per_run = whole_number("Tasks per run")
    max_content_per_run = whole_number("Articles to illustrate per run")
    max_images_per_run = whole_number("Images per run")
    max_approvals_per_run = whole_number("Approvals per run")
    max_credits_per_run = whole_number("Credits per run")

    def validate_weekdays(self, field: Field) -> None:
        if self.frequency.data == Frequency.WEEKLY.value and not field.data:
            raise ValidationError("Choose at least one day of the week.")

    def limit(self, stage: StageKey) -> Field:
        return self[Automation.LIMITS[stage]]

    def write_to(self, automation: Automation) -> None:
        for name in KEPT_AS_THEY_ARE:
            setattr(automation, name, self[name].data)
        automation.frequency = Frequency(self.frequency.data)
        on = set(self.stages_on.data or ())
        automation.stages_off = [stage.value for stage in StageKey if stage.value not in on]
