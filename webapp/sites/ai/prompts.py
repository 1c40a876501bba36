"""The prompts that count for a site: its own, else those for all, else those that Pressroom comes with.

Whose prompts are meant is said by the number of a site, or None for those for all. Nothing that was saved is ever
changed: each change is another version, and the last one counts.
"""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from webapp.ai.openai.operations.catalogue import check
from webapp.ai.openai.prompts import BadTemplate, Template, default
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.core.errors import Conflict, NotFound
from webapp.core.paging import Page, Place, Stretch, page
from webapp.sites.ai.models import PromptVersion
from webapp.sites.ai.showing import can_be_shown
from webapp.sites.models import Site

VERSIONS_A_PAGE = 20


class Whose(StrEnum):
    SITE = "site"
    INSTALLATION = "installation"
    PRESSROOM = "pressroom"


@dataclass(frozen=True)
class Counting:
    """The prompt that counts, and whose it is. `version`: as it was saved; None where Pressroom comes with it."""

    template: Template
    whose: Whose
    version: PromptVersion | None = None


class Change(StrEnum):
    KEPT = "kept"
    ADDED = "added"
    TAKEN_OUT = "taken out"


@dataclass(frozen=True)
class Line:
    """A line of one of two texts, or of both."""

    change: Change
    text: str


class PromptMovedOn(Conflict):
    """Somebody saved the prompt after it was opened. `theirs` is what they made of it."""

    def __init__(self, theirs: PromptVersion):
        super().__init__(
            f"{theirs.by} saved version {theirs.number} of this prompt after you opened it.",
            "Theirs counts, and yours is not saved.",
        )
        self.theirs = theirs


def templates_of(site: Site) -> dict[Operation, Template]:
    """Those that somebody has written. What is not here is as Pressroom comes with it."""
    found = {operation: counting(site.id, operation) for operation in Operation}
    return {operation: one.template for operation, one in found.items() if one.version is not None}


def last_version(site_id: int | None, operation: Operation) -> PromptVersion | None:
    """The one that counts for the site, or for all; None if nobody ever saved one."""
    return db.session.scalar(
        select(PromptVersion).where(*_of(site_id, operation)).order_by(PromptVersion.number.desc()).limit(1)
    )


def counting(site_id: int | None, operation: Operation) -> Counting:
    """The prompt that a model is asked with."""
    version = last_version(site_id, operation)
    template = None if version is None else template_of(version)
    if template is None:
        return beneath(site_id, operation)
    return Counting(template, Whose.INSTALLATION if site_id is None else Whose.SITE, version)


def beneath(site_id: int | None, operation: Operation) -> Counting:
    """What counts where there is none of their own: what a reset returns to."""
    return Counting(default(operation), Whose.PRESSROOM) if site_id is None else counting(None, operation)


def template_of(version: PromptVersion) -> Template | None:
    """None: the version is a return to what it stands over."""
    if version.system is None or version.user is None:
        return None
    return Template(version.system, version.user)


def cleaned(template: Template) -> Template:
    """As it is kept: without what browsers and habits add at the ends of lines and texts."""
    return Template(_cleaned(template.system), _cleaned(template.user))


def problems(operation: Operation, template: Template) -> list[BadTemplate]:
    """What keeps a prompt from being used, at most one thing for each of its texts."""
    texts = {"system": Template(template.system, "-"), "user": Template("", template.user)}
    return [problem for field, one in texts.items() if (problem := _problem(operation, field, one)) is not None]


def save(site_id: int | None, operation: Operation, template: Template, *, by: str, seen: int) -> PromptVersion | None:
    """The prompt as the next version; None where it is what counts already. The caller commits.

    `seen`: the number of the last version that whoever saves has seen, 0 for none. Raises BadTemplate, PromptMovedOn.
    """
    clean = cleaned(template)
    for problem in problems(operation, clean):
        raise problem
    last = _look(site_id, operation, seen)
    if clean == counting(site_id, operation).template:
        return None
    return _next(site_id, operation, clean, by, after=last)


def reset(site_id: int | None, operation: Operation, *, by: str, seen: int) -> PromptVersion | None:
    """Returns to what the prompt stands over; None where that counts already. `seen` and errors as in save()."""
    version = _look(site_id, operation, seen)
    if version is None or template_of(version) is None:
        return None
    return _next(site_id, operation, None, by, after=version)


def restore(site_id: int | None, operation: Operation, number: int, *, by: str, seen: int) -> PromptVersion | None:
    """Saves an older version once more, as save() does. Raises NotFound where there is no such version."""
    template = template_of(version_or_not_found(site_id, operation, number))
    if template is None:
        return reset(site_id, operation, by=by, seen=seen)
    return save(site_id, operation, template, by=by, seen=seen)


def version_or_not_found(site_id: int | None, operation: Operation, number: int) -> PromptVersion:
    """Raises NotFound."""
    found = _version(site_id, operation, number)
    if found is None:
        raise NotFound(f"There is no version {number} of this prompt.", "Look for it among its versions.")
    return found


def history(site_id: int | None, operation: Operation, place: Place) -> Page[PromptVersion]:
    """All versions, the newest first."""
    versions = select(PromptVersion).where(*_of(site_id, operation))
    order = [Stretch((PromptVersion.number,))]
    return page(versions, order, after=place.after, before=place.before, size=VERSIONS_A_PAGE)


def repeated(versions: Sequence[PromptVersion]) -> dict[int, int]:
    """The numbers of those that say the same as an earlier one of their prompt, with the number of the first such."""
    earlier = aliased(PromptVersion)
    same = (
        earlier.operation == PromptVersion.operation,
        earlier.site_id.is_not_distinct_from(PromptVersion.site_id),
        earlier.system == PromptVersion.system,
        earlier.user == PromptVersion.user,
        earlier.number < PromptVersion.number,
    )
    found = db.session.execute(
        select(PromptVersion.number, func.min(earlier.number))
        .join(earlier, and_(*same))
        .where(PromptVersion.id.in_([version.id for version in versions]))
        .group_by(PromptVersion.number)
    )
    return dict(found.all())


def before(version: PromptVersion) -> Template:
    """What counted until the version was saved; for the first one, what lies beneath it today."""
    earlier = _version(version.site_id, version.operation, version.number - 1)
    template = None if earlier is None else template_of(earlier)
    return template or beneath(version.site_id, version.operation).template


def diff(old: str, new: str) -> list[Line]:
    """Both texts in one list of lines: what was taken out stands above what came for it."""
    lines = difflib.Differ().compare(old.splitlines(), new.splitlines())
    return list(_told(lines))


def _told(lines: Iterator[str]) -> Iterator[Line]:
    changes = {" ": Change.KEPT, "+": Change.ADDED, "-": Change.TAKEN_OUT}  # and "?", which points at single letters
    for line in lines:
        if line[0] in changes:
            yield Line(changes[line[0]], line[2:])


def _of(site_id: int | None, operation: Operation) -> tuple[ColumnElement[bool], ...]:
    return PromptVersion.site_id == site_id, PromptVersion.operation == operation


def _version(site_id: int | None, operation: Operation, number: int) -> PromptVersion | None:
    return db.session.scalar(select(PromptVersion).where(*_of(site_id, operation), PromptVersion.number == number))


def _cleaned(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def _problem(operation: Operation, field: str, template: Template) -> BadTemplate | None:
    for number, line in enumerate(getattr(template, field).split("\n"), start=1):
        if not can_be_shown(line):
            sentence = f"Line {number} holds characters that cannot be shown."
            return BadTemplate(field, sentence, "Type them instead of pasting them.")
    try:
        check(operation, template)
    except BadTemplate as problem:
        return problem
    return None


def _look(site_id: int | None, operation: Operation, seen: int) -> PromptVersion | None:
    """The last version. Raises PromptMovedOn if it is another than the one that was seen."""
    last = last_version(site_id, operation)
    if last is not None and last.number != seen:
        raise PromptMovedOn(last)
    return last


def _next(
    site_id: int | None, operation: Operation, template: Template | None, by: str, *, after: PromptVersion | None
) -> PromptVersion:
    """The version with the number after the one that was looked at. Raises PromptMovedOn where that is taken by now."""
    version = PromptVersion(
        site_id=site_id,
        operation=operation,
        number=after.number + 1 if after else 1,
        system=template.system if template else None,
        user=template.user if template else None,
        by=by,
    )
    try:
        with db.session.begin_nested():
            db.session.add(version)
    except IntegrityError:  # somebody saved that number between our look and now
        theirs = last_version(site_id, operation)
        if theirs is None:
            raise
        raise PromptMovedOn(theirs) from None
    return version
