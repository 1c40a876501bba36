"""Tests talk to this machine only. A test that tries to reach further fails, whatever its code makes of errors."""

import ipaddress
import sys
from typing import Any

import pytest


def refuse_other_machines() -> None:
    """From now on, for the whole process: Python cannot take an audit hook away again."""
    sys.addaudithook(_audit)


def _audit(event: str, details: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        _check(details[1])
    elif event == "socket.getaddrinfo":
        _check(details)


def _check(address: Any) -> None:
    if isinstance(address, tuple) and not _is_here(address[0]):
        pytest.fail(f"this test tried to reach {address[0]!r}, which is not this machine")


def _is_here(host: str | bytes | None) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(name).partition("%")[0]).is_loopback
    except ValueError:
        return False
