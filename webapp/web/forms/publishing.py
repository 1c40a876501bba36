"""When approved articles go out, and what happens by itself."""

from typing import Any

from wtforms import BooleanField, Field, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from webapp.publishing.models import PublishingSettings
from webapp.publishing.slots import SchedulingMode, Weekday
from webapp.publishing.written import read_date, read_time
from webapp.web.forms.checks import checked_by
from webapp.web.forms.numbers import WholeNumber
from webapp.web.forms.several import Several
from webapp.web.forms.versioned import Description, VersionedForm

MOST = 1_000_000
A_DAY = 24 * 60  # minutes
MOST_TIMES = 96  # of a day: one in a quarter of an hour
MOST_DAYS_OFF = 400
NOT_SETTINGS = ("csrf_token", "drawn_from")

MODES = (
    (SchedulingMode.TIME_SLOTS.value, "At set times", "One article at each time that you list."),
    (SchedulingMode.STAGGER.value, "Spread over the day", "One article every so many minutes, from a time to a time."),
    (SchedulingMode.IMMEDIATE.value, "At once", "As soon as it is approved, a minute apart, on every day."),
)


WAYS = [SelectChoice(value, text) for value, text, _ in MODES]
DAYS = [SelectChoice(day.value, day.value.capitalize()) for day in Weekday]


class PublishingForm(VersionedForm):
    auto_approve = BooleanField("Approve by itself")
    auto_publish = BooleanField("Publish by itself")
    paused = BooleanField("Pause publishing")
    scheduling_mode = SelectField("How times are chosen", choices=WAYS)
    publish_days = SelectMultipleField("Days", choices=DAYS)
    publish_time_slots = Several("Times", read_time, MOST_TIMES)
    stagger_start_time = StringField("From", [checked_by(read_time)])
    stagger_end_time = StringField("To", [checked_by(read_time)])
    stagger_interval_minutes = WholeNumber("Minutes between two", 1, A_DAY)
    skip_dates = Several("Days off", read_date, MOST_DAYS_OFF)
    queue_limit = WholeNumber("At most this many scheduled", 0, MOST, "no limit")
    daily_target = WholeNumber("Articles a day", 0, MOST, "no target")
    weekly_target = WholeNumber("Articles a week", 0, MOST, "no target")
    monthly_target = WholeNumber("Articles a month", 0, MOST, "no target")

    @classmethod
    def of(cls, settings: PublishingSettings) -> "PublishingForm":
        """The form as it shows these settings."""
        form = cls(obj=settings)
        form.scheduling_mode.data = settings.scheduling_mode.value
        form.draw_from(form.described(settings))
        return form

    def validate_publish_days(self, field: Field) -> None:
        if not field.data and self.scheduling_mode.data != SchedulingMode.IMMEDIATE.value:
            raise ValidationError("Choose at least one day, or pause publishing.")

    def validate_publish_time_slots(self, field: Field) -> None:
        if not field.data and self.scheduling_mode.data == SchedulingMode.TIME_SLOTS.value:
            raise ValidationError("Give at least one time, such as 09:00, or choose another way.")

    def described(self, settings: PublishingSettings) -> Description:
        """Settings as people read them, by the labels of their fields."""
        names = [name for name in self._fields if name not in NOT_SETTINGS]
        return {self[name].label.text: _written(getattr(settings, name)) for name in names}

    def values(self) -> dict[str, Any]:
        """What was written, as the settings keep it. Only of a form that is valid."""
        return {name: field.data for name, field in self._fields.items() if name not in NOT_SETTINGS} | {
            "scheduling_mode": SchedulingMode(self.scheduling_mode.data),
            "publish_days": [day.value for day in Weekday if day.value in (self.publish_days.data or ())],
            "publish_time_slots": self.publish_time_slots.values,
            "stagger_start_time": read_time(self.stagger_start_time.data or ""),
            "stagger_end_time": read_time(self.stagger_end_time.data or ""),
            "skip_dates": self.skip_dates.values,
        }


def _written(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case SchedulingMode():
            return next(text for mode, text, _ in MODES if mode == value.value)
        case list():
            return ", ".join(str(one).capitalize() for one in value) or "none"
    return str(value)
