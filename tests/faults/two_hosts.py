"""Two hosts on this machine: each a network of its own, with a cable between them. Needs the right to make them (root).

What is shared, besides the clock: the file system. A Unix socket in it reaches the other side, so who is to be far away
is given addresses of the network only.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

NETWORK = "10.213.7.0/30"
HERE, THERE = "10.213.7.1", "10.213.7.2"


@dataclass(frozen=True)
class Host:
    name: str
    namespace: str
    cable: str
    address: str

    @property
    def under(self) -> tuple[str, ...]:
        """The command that starts another one there."""
        named = ("unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name)
        return ("ip", "netns", "exec", self.namespace, *named)

    def set_up(self) -> None:
        self.ip("address", "add", f"{self.address}/30", "dev", self.cable)
        self.ip("link", "set", "lo", "up")
        self.ip("link", "set", self.cable, "up")

    def ip(self, *arguments: str) -> None:
        _ip("-n", self.namespace, *arguments)


@dataclass(frozen=True)
class TwoHosts:
    """`here` has the servers, `there` is on the other end of the cable."""

    here: Host
    there: Host
    network: str = NETWORK

    def cut(self) -> None:
        """What is on its way gets lost, and nobody is told."""
        self.here.ip("link", "set", self.here.cable, "down")

    def mend(self) -> None:
        self.here.ip("link", "set", self.here.cable, "up")


@contextmanager
def two_hosts() -> Iterator[TwoHosts]:
    number = os.getpid()
    here = Host("here", f"pressroom-{number}-here", f"pr{number}h", HERE)
    there = Host("there", f"pressroom-{number}-there", f"pr{number}t", THERE)
    made = []
    try:
        for host in (here, there):
            _ip("netns", "add", host.namespace)
            made.append(host)
        cable = ("link", "add", here.cable, "netns", here.namespace, "type", "veth")
        _ip(*cable, "peer", "name", there.cable, "netns", there.namespace)
        for host in made:
            host.set_up()
        yield TwoHosts(here, there)
    finally:
        for host in made:
            _ip("netns", "delete", host.namespace)


def _ip(*arguments: str) -> None:
    try:
        done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    except FileNotFoundError:
        return _leave_out("there is no program ip: apt install iproute2")
    if done.returncode:
        _leave_out(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def _leave_out(why: str) -> None:
    why = f"Two hosts cannot be made here: {why}"
    pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
