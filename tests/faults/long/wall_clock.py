"""The wall clock of our own processes, which jumps when told, while their monotonic clocks go on (libfaketime).

Redis and PostgreSQL keep the real time, as servers on another machine would: libfaketime and Redis's allocator clash.
"""

import glob
import os
from pathlib import Path

LIBRARY = "/usr/lib/*/faketime/libfaketime.so.1"

# libfaketime refuses the system call that time.sleep makes; this one it lets through.
SLEEP_OTHERWISE = """
import select, time
time.sleep = lambda seconds: select.select([], [], [], max(0, seconds)) and None
"""


class NoWallClock(Exception):
    """This machine cannot pretend another time: apt install faketime."""


class WallClock:
    """Processes started with `settings` see this clock."""

    def __init__(self, folder: Path):
        found = glob.glob(LIBRARY)
        if not found:
            raise NoWallClock("There is no libfaketime on this machine: apt install faketime.")
        folder = folder / "clock"
        folder.mkdir()
        self._file = folder / "wall-clock"
        self.jump("+0")
        (folder / "sitecustomize.py").write_text(SLEEP_OTHERWISE)
        self.settings = {
            "PYTHONPATH": str(folder),
            "LD_PRELOAD": found[0],
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def jump(self, to: str) -> None:
        """To so far from the real time, all at once: "+1d", "-1h", "+0"."""
        written = self._file.with_suffix(".next")
        written.write_text(to + "\n")
        os.replace(written, self._file)
