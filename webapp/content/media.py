"""Pictures, named by their content: the same picture is kept once, and never changes.

They are in the database, for every machine. The files of the media folder are copies that a machine makes for itself
where it shows or publishes them; whoever deletes them loses nothing.
"""

import contextlib
import hashlib
import logging
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from webapp.content.models import Picture
from webapp.core.db import db
from webapp.core.errors import NotFound
from webapp.core.settings import settings

log = logging.getLogger(__name__)

UNKNOWN = "application/octet-stream"  # what was paid for is kept, whatever it may be
ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", UNKNOWN: ".bin"}
NAME = re.compile(r"[0-9a-z]+\.(?:png|jpg|webp|bin)")
HASHED = re.compile(r"[0-9a-f]{64}\.[a-z]+")  # what keep() calls them; older ones may have other names


class BrokenCopy(Exception):
    """A file of the media folder does not hold the picture that its name says."""


def keep(data: bytes, media_type: str) -> str:
    """Adds the picture to the caller's transaction and answers its name. Keeping it again changes nothing.

    Raises ValueError for a type that is not in ENDINGS.
    """
    if media_type not in ENDINGS:
        raise ValueError(f"no picture that we show is of type {media_type}")
    name = hashlib.sha256(data).hexdigest() + ENDINGS[media_type]
    _insert(name, media_type, data)
    return name


def drop_copies(names: Iterable[str]) -> None:
    """Removes this machine's copies. One that cannot be removed is in nobody's way."""
    for name in names:
        with contextlib.suppress(OSError):
            path_of(name).unlink(missing_ok=True)


def take_in(name: str) -> bool:
    """Adds what is only a file of this machine to the caller's transaction. Answers whether there is such a file.

    Raises NotFound for what cannot be a name, OSError and BrokenCopy for a file that cannot be used.
    """
    path = path_of(name)
    try:
        data = _read_file(path)
    except FileNotFoundError:
        return False
    _insert(name, next(kind for kind, ending in ENDINGS.items() if ending == path.suffix), data)
    return True


def read(name: str) -> bytes:
    """The picture. Raises NotFound where neither the database nor this machine has it, OSError for a file in the way.

    Only an installation that is older than the table has some that are files alone: `pressroom upgrade` takes them in.
    """
    path = path_of(name)
    data = db.session.scalar(select(Picture.data).where(Picture.name == name))
    if data is not None:
        return data
    try:
        return _read_file(path)
    except (FileNotFoundError, BrokenCopy):
        raise NotFound("There is no such picture.", "Reload the page that shows it.") from None


def read_copy(name: str) -> bytes:
    """The same by way of this machine's copy, which is made where it is missing. A disk that takes none is no error."""
    path = path_of(name)
    try:
        return _read_file(path)
    except (OSError, BrokenCopy):
        data = read(name)
    try:
        _write(path, data)
    except OSError as error:
        log.warning("no copy of picture %s can be kept: %s", name, error)
    return data


def path_of(name: str) -> Path:
    """Where this machine's copy is, or would be. Raises NotFound for what cannot be such a name."""
    if not NAME.fullmatch(name):
        raise NotFound("There is no such picture.", "Reload the page that shows it.")
    return settings().media / name


def _read_file(path: Path) -> bytes:
    """Raises BrokenCopy for half a picture, as a full disk or a broken one leaves it, and OSError."""
    data = path.read_bytes()
    if HASHED.fullmatch(path.name) and hashlib.sha256(data).hexdigest() != path.stem:
        raise BrokenCopy(path.name)
    return data


def _insert(name: str, media_type: str, data: bytes) -> None:
    """Where it is there, its row is locked instead: let_go_of() must not overlook that it is wanted again."""
    there = select(Picture.name).where(Picture.name == name).with_for_update(read=True, key_share=True)
    if db.session.scalar(there) is None:
        insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
        added = insert(Picture).values(name=name, media_type=media_type, data=data)
        # somebody may just have been faster: then an update that changes nothing locks that row
        same = {"media_type": added.excluded.media_type}
        db.session.execute(added.on_conflict_do_update(index_elements=["name"], set_=same))


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing: a visitor never sees half a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise
