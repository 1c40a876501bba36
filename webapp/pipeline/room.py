"""Whether there is room to keep anything: on the disk of the instance folder, and by what a database says."""

import shutil

from webapp.core.settings import settings

LEAST = 256 * 1024  # bytes: less does not take a row and its journal
SAYS_NO_ROOM = ("disk is full", "no space left", "could not extend file", "disk quota exceeded")


def is_left() -> bool:
    """Whether the disk of the instance folder takes anything."""
    return shutil.disk_usage(settings().instance).free >= LEAST


def lacks_room(error: Exception) -> bool:
    """Whether that is why it failed: errors of SQLite, PostgreSQL and the file system say so in words."""
    said = str(error).lower()
    return any(words in said for words in SAYS_NO_ROOM)
