"""Where packages that carry models lie. They are not imported: some of them bring far more than their files."""

from importlib.util import find_spec
from pathlib import Path


def is_installed(package: str) -> bool:
    return find_spec(package) is not None


def folder_of(package: str) -> Path:
    """Raises ModuleNotFoundError where it is not installed."""
    found = find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed", name=package)
    return Path(found.origin).parent
