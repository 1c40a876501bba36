"""Processes that belong together: started, started again when they die, stopped together."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

LONGEST_PAUSE = 30  # seconds between restarts of a child that keeps dying
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)  # loaded here: between fork and exec nothing may be


@dataclass
class Child:
    """One process of ours. `deaths` counts those in a row, to pause longer each time."""

    name: str
    command: list[str]
    process: "subprocess.Popen[str] | None" = None
    deaths: int = 0
    started: float = 0.0
    restart_at: float | None = None

    @property
    def lives(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def start(self) -> None:
        """In a group of its own, so that Ctrl-C reaches only us. What it says appears under its name."""
        ours = os.getpid()
        self.process = subprocess.Popen(
            self.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            process_group=0,
            preexec_fn=lambda: end_with(ours),
        )
        self.started, self.restart_at = time.monotonic(), None
        threading.Thread(target=self._relay, args=(self.process,), daemon=True).start()

    def _relay(self, process: "subprocess.Popen[str]") -> None:
        for line in process.stdout or ():
            tell(self.name, line.rstrip())


def end_with(parent: int) -> None:
    """Asks the kernel to stop this process when `parent` is gone, even by kill -9 (Linux)."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)


class Children:
    def __init__(self) -> None:
        self._all: list[Child] = []

    def add(self, child: Child) -> None:
        self._all.append(child)
        child.start()

    @property
    def dead(self) -> list[str]:
        """The names of those that have died."""
        return [child.name for child in self._all if child.has_died]

    def restart_the_dead(self) -> None:
        moment = time.monotonic()
        for child in self._all:
            if child.restart_at is not None and moment >= child.restart_at:
                child.start()
            elif child.restart_at is None and child.has_died:
                self._plan_restart(child, moment)

    @staticmethod
    def _plan_restart(child: Child, moment: float) -> None:
        assert child.process is not None
        child.deaths = 1 if moment - child.started > LONGEST_PAUSE else child.deaths + 1
        pause = min(LONGEST_PAUSE, 2 ** (child.deaths - 1))
        child.restart_at = moment + pause
        tell("up", f"{child.name} ended (exit code {child.process.returncode}); starting it again in {pause} s")

    def stop(self, *, last: str, within: float, last_within: float) -> None:
        """Ends all of them, the one called `last` after the others. So many seconds each get to end by themselves."""
        _stop([child for child in self._all if child.name != last], within)
        _stop([child for child in self._all if child.name == last], last_within)


def _stop(children: list[Child], within: float) -> None:
    alive = [child.process for child in children if child.lives and child.process]
    for process in alive:
        process.terminate()
    deadline = time.monotonic() + within
    for process in alive:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def tell(name: str, sentence: str) -> None:
    """A line for the person, under a name. Whoever read them may be gone: then they go nowhere, and work goes on."""
    try:
        print(f"{name:<10}| {sentence}", flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
