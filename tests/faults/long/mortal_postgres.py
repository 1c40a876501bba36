"""A PostgreSQL of one trial, to be stopped in several ways and started again, with its data."""

import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests import servers
from tests.processes import end_with_us, eventually

SMALL = ("-c", "listen_addresses=", "-c", "shared_buffers=32MB", "-c", "max_connections=60", "-c", "fsync=off")


class MortalPostgres:
    """Its data lie in `data`; its socket and its journal in `folder`. Both become the server's own."""

    def __init__(self, folder: Path, data: Path):
        self.folder = folder
        self._owner = servers.not_root(folder)
        servers.not_root(data)
        self._data = data / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._said = (folder / "said").open("ab")
        subprocess.run(
            [servers.postgres_programs() / "initdb", "--pgdata", self._data, "--username", "pressroom", "--auth",
             "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C", "--waldir", folder / "journal"],
            check=True, stdout=subprocess.DEVNULL, cwd=folder, **self._owner,
        )  # fmt: skip
        self.url = f"postgresql+psycopg://pressroom@/postgres?host={folder}"
        self.start()

    def start(self) -> None:
        command = [str(servers.postgres_programs() / "postgres"), "-D", str(self._data), "-k", str(self.folder), *SMALL]
        self._process = subprocess.Popen(
            command,
            stdout=self._said,
            stderr=self._said,
            cwd=self.folder,
            preexec_fn=end_with_us,
            **self._owner,
        )
        eventually(self._answers)

    def stop(self, how: signal.Signals) -> None:
        """SIGINT ends its connections and writes all down; SIGQUIT leaves that to the next start."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait()

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop(signal.SIGQUIT)
        self._said.close()

    def _answers(self) -> bool:
        try:
            psycopg.connect(f"host={self.folder} user=pressroom dbname=postgres").close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def mortal_postgres(data: Path | None = None) -> Iterator[MortalPostgres]:
    """With its data in that folder, or in one of its own."""
    with tempfile.TemporaryDirectory(prefix="pressroom-", ignore_cleanup_errors=True) as folder:
        started = MortalPostgres(Path(folder), data or Path(folder))
        try:
            yield started
        finally:
            started.close()
