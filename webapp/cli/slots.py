"""When a schedule would let publications go out: pure arithmetic, without a database."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import IO, Any
from zoneinfo import ZoneInfo

import click

from webapp.cli.arguments import InputFile, json_option, read_json
from webapp.cli.queue import written

MOST = 100_000


class Instant(click.ParamType):
    """An instant in ISO 8601. Without a zone it is UTC."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> datetime:
        try:
            return instant(value)
        except ValueError as error:
            self.fail(str(error), param, context)


class Zone(click.ParamType):
    """A time zone by its name, such as Europe/Berlin."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> ZoneInfo:
        try:
            return ZoneInfo(value)
        except (LookupError, ValueError, OSError):
            self.fail(f"{value!r} is no time zone. Name one like Europe/Berlin, or UTC.", param, context)


@click.group()
def slots() -> None:
    """When publications go out."""


@slots.command()
@click.option(
    "--settings", "file", type=InputFile(), required=True, help="JSON: publishing settings by their field names."
)
@click.option("--zone", type=Zone(), required=True, help="The site's time zone, such as Europe/Berlin.")
@click.option("--now", type=Instant(), required=True, help="ISO 8601; without a zone it is UTC.")
@click.option("--count", type=click.IntRange(0, MOST), required=True, help="How many slots.")
@click.option("--taken", type=InputFile(), help="JSON: a list of instants that are taken.")
@json_option
def preview(file: IO[bytes], zone: ZoneInfo, now: datetime, count: int, taken: IO[bytes] | None, as_json: bool) -> None:
    """Show the next slots of a schedule, without touching any site.

    The settings are an object such as {"scheduling_mode": "time_slots", "publish_days": ["mon", "thu"],
    "publish_time_slots": ["09:00"], "skip_dates": ["2026-12-25"]}; what it leaves out has its default.
    """
    from webapp.publishing.slots import plan_slots

    settings = _settings(read_json(file, "--settings"))
    occupied = _instants(read_json(taken, "--taken")) if taken else []
    found = plan_slots(settings, zone, now, occupied, count)
    if as_json:
        click.echo(json.dumps({"slots": [written(slot) for slot in found]}, indent=2))
    else:
        for slot in found:
            click.echo(f"{slot.astimezone(zone):%a %d %b %Y %H:%M:%S %Z}   {written(slot)}")


def _settings(given: Any) -> Any:
    """The SlotSettings of these publishing settings. Raises BadParameter naming the field."""
    from webapp.publishing.models import PublishingSettings
    from webapp.publishing.slots import SchedulingMode

    if not isinstance(given, dict):
        raise click.BadParameter('it is no JSON object: write {"scheduling_mode": …}.', param_hint="--settings")
    columns = PublishingSettings.__table__.columns
    for name in given.keys() - columns.keys():
        click.echo(f"--settings: there is no field {name!r}; it is left out.", err=True)
    chosen = {name: given.get(name, _default(columns[name])) for name in CHECKS}
    for name, check in CHECKS.items():
        with _named(name):
            check(chosen[name])
    mode = SchedulingMode(chosen["scheduling_mode"])
    return PublishingSettings(**chosen | {"scheduling_mode": mode}).slots


def _default(column: Any) -> Any:
    return column.default.arg(None) if column.default.is_callable else column.default.arg


@contextmanager
def _named(field: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise click.BadParameter(f"{field}: {error}", param_hint="--settings") from error


def _mode(value: Any) -> None:
    from webapp.publishing.slots import SchedulingMode

    _one_of(list(SchedulingMode), value)


def _day(value: Any) -> None:
    from webapp.publishing.slots import Weekday

    _one_of(list(Weekday), value)


def _one_of(known: list[Any], value: Any) -> None:
    if value not in known:
        raise ValueError(f"{value!r} is not known here. Write one of {', '.join(known)}.")


def _time(value: Any) -> None:
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError(f'{value!r} is no time of day. Write it like "09:00".')


def _date(value: Any) -> None:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f'{value!r} is no date. Write it like "2026-12-25".') from None


def _minutes(value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 100_000:
        raise ValueError(f"{value!r} is no number of minutes. Write a whole number of at least 1.")


def _list_of(check: Callable[[Any], object]) -> Callable[[Any], None]:
    def check_all(value: Any) -> None:
        if not isinstance(value, list):
            raise ValueError(f"{value!r} is no list. Put it into square brackets.")
        for one in value:
            check(one)

    return check_all


CHECKS: dict[str, Callable[[Any], None]] = {
    "scheduling_mode": _mode,
    "publish_days": _list_of(_day),
    "publish_time_slots": _list_of(_time),
    "stagger_start_time": _time,
    "stagger_end_time": _time,
    "stagger_interval_minutes": _minutes,
    "skip_dates": _list_of(_date),
}


def _instants(given: Any) -> list[datetime]:
    try:
        _list_of(instant)(given)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--taken") from error
    return [instant(one) for one in given]


def instant(value: Any) -> datetime:
    """An aware instant. Raises ValueError saying how to write one."""
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f'{value!r} is no instant. Write it like "2026-10-25T07:00:00Z".') from None
