"""A file imported from its first line to its last without a person in between: for commands, and for the demo."""

import math
from typing import IO

from webapp.content.importing.understanding import Unrecognised
from webapp.content.imports import arriving, control, working
from webapp.content.imports.models import ImportStatus, KeywordImport
from webapp.core.db import db
from webapp.core.errors import PressroomError
from webapp.sites.models import Site


class ImportFailed(PressroomError):
    """The file cannot be read to its end."""


def import_at_once(site: Site, stream: IO[bytes], filename: str, by: str) -> KeywordImport:
    """The import when it is through. Commits on the way: what was cut off is gone on with by a worker.

    Raises Invalid for what is no file of keywords, Unrecognised where a person has to say which column holds them, and
    ImportFailed for a file that breaks off: what was imported of it before stays.
    """
    arrived = arriving.receive(site, stream, filename, by)
    if arrived.status is ImportStatus.UNMAPPED:
        understanding = arriving.unmapped(arrived)
        control.drop(arrived)
        raise Unrecognised(understanding)
    control.begin(arrived)
    working.work_on(arrived.id, math.inf)
    db.session.refresh(arrived)
    db.session.commit()
    if arrived.status is ImportStatus.FAILED:
        raise ImportFailed(arrived.problem)
    return arrived
