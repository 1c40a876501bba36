"""Addresses of static files that change with their content, so that browsers may keep them for a year."""

import functools
import hashlib
from pathlib import Path

from flask import current_app, url_for


def asset(name: str) -> str:
    """The address of a file in static/, with a hash of its content. Raises FileNotFoundError."""
    path = Path(current_app.static_folder or "") / name
    return url_for("static", filename=name, v=_content_hash(path, path.stat().st_mtime_ns))


@functools.lru_cache(maxsize=256)
def _content_hash(path: Path, _changed_at: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
