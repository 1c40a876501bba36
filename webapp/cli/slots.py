"""When a schedule would let publications go out: arithmetic. Only a site's own schedule needs a database."""

import json
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import IO, Any, NamedTuple
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext

from webapp.cli.arguments import InputFile, SiteName, json_option, read_json, site_named
from webapp.cli.queue import written

MOST = 100_000
FIRST_YEAR, LAST_YEAR = 1970, 9000  # in between no zone and no count leaves the calendar


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
@click.option("--site", type=SiteName(), help="Take the settings, the zone and the taken slots of this site.")
@click.option("--settings", "file", type=InputFile(), help="JSON: publishing settings by their field names.")
@click.option("--zone", type=Zone(), help="The time zone, such as Europe/Berlin. Needed with --settings.")
@click.option("--now", type=Instant(), help="ISO 8601; without a zone it is UTC. Left out: this moment.")
@click.option("--count", type=click.IntRange(0, MOST), default=10, show_default=True, help="How many slots.")
@click.option("--taken", type=InputFile(), help="JSON: a list of instants that are taken. With --site: instead of its.")
@json_option
def preview(**given: Any) -> None:
    """Show the next slots of a schedule: of a SITE as it is, or of any settings, without touching anything.

    The settings are an object such as {"scheduling_mode": "time_slots", "publish_days": ["mon", "thu"],
    "publish_time_slots": ["09:00"], "skip_dates": ["2026-12-25"]}; what it leaves out has its default.
    """
    from webapp.core.clock import now
    from webapp.publishing.slots import plan_slots

    basis = _basis_of_site(given["site"]) if _is_of_site(given) else _basis_of_file(given["file"])
    zone = given["zone"] or basis.zone
    if zone is None:
        raise click.UsageError("The file does not say where it is: give --zone, such as --zone Europe/Berlin.")
    taken = _instants(read_json(given["taken"], "--taken")) if given["taken"] else basis.taken
    found = plan_slots(basis.settings, zone, given["now"] or now(), taken, given["count"])
    if given["as_json"]:
        click.echo(json.dumps({"slots": [written(slot) for slot in found]}, indent=2))
        return
    for slot in found:
        click.echo(f"{slot.astimezone(zone):%a %d %b %Y %H:%M:%S %Z}   {written(slot)}")
    if len(found) < given["count"]:
        click.echo(f"{_only(len(found))}: {_why_no_more(basis.settings)}", err=True)


class Basis(NamedTuple):
    """What slots are planned from. `settings`: SlotSettings."""

    settings: Any
    zone: ZoneInfo | None
    taken: Collection[datetime]


def _is_of_site(given: dict[str, Any]) -> bool:
    """Raises UsageError unless it says whose slots, once."""
    if (given["site"] is None) == (given["file"] is None):
        raise click.UsageError("Say whose slots: either --site with its short name, or --settings with a file.")
    return given["site"] is not None


def _basis_of_file(file: IO[bytes]) -> Basis:
    return Basis(_settings(read_json(file, "--settings")), None, ())


@with_appcontext
def _basis_of_site(slug: str) -> Basis:
    """Only this one needs a database. Raises NotFound."""
    from webapp.core.db import db, reading
    from webapp.publishing.models import PublishingSettings
    from webapp.publishing.places import taken_slots

    with reading():
        site = site_named(slug)
        return Basis(db.session.get_one(PublishingSettings, site.id).slots, site.zone, taken_slots(site.id))


def _only(count: int) -> str:
    return {0: "There is no slot", 1: "There is only this one"}.get(count, "There are only these")


def _why_no_more(settings: Any) -> str:
    """Of a schedule that ends."""
    from webapp.publishing.slots import SchedulingMode

    if not settings.publish_days and settings.mode is not SchedulingMode.IMMEDIATE:
        return "no day is chosen to publish on. Choose at least one in publish_days."
    if not settings.publish_time_slots and settings.mode is SchedulingMode.TIME_SLOTS:
        return "no time is chosen to publish at. Choose at least one in publish_time_slots."
    return "the calendar ends with the year 9999."


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
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f'{value!r} is no instant. Write it like "2026-10-25T07:00:00Z".') from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"{value!r} is too far away. Choose a year from {FIRST_YEAR} to {LAST_YEAR}.")
    return found
