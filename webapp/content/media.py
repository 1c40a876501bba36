"""Pictures as files, named by their content: the same picture is kept once, and a file never changes."""

import hashlib
import os
import re
import tempfile
from pathlib import Path

from webapp.core.errors import NotFound
from webapp.core.settings import settings

ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
NAME = re.compile(r"[0-9a-z]+\.(?:png|jpg|webp)")


def keep(data: bytes, media_type: str) -> str:
    """Writes the picture and answers its file name. Keeping it again changes nothing.

    Raises ValueError for a type that is not in ENDINGS, OSError where there is no room.
    """
    if media_type not in ENDINGS:
        raise ValueError(f"no picture that we show is of type {media_type}")
    name = hashlib.sha256(data).hexdigest() + ENDINGS[media_type]
    path = path_of(name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, data)
    return name


def path_of(name: str) -> Path:
    """Where the file of that name is, or would be. Raises NotFound for what cannot be such a name."""
    if not NAME.fullmatch(name):
        raise NotFound("There is no such picture.", "Reload the page that shows it.")
    return settings().media / name


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing, even if the power goes: it was paid for, and its row says that it is there."""
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
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
