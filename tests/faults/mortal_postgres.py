"""A PostgreSQL of one trial, to be stopped in several ways and started again, with its data."""

import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests import servers
from tests.processes import end_with_us, eventually

SMALL = ("-c", "shared_buffers=32MB", "-c", "max_connections=60", "-c", "fsync=off")
ON_ITS_SOCKET = ("-c", "listen_addresses=")


class MortalPostgres:
    """Its data lie in `data`; its socket and its journal in `folder`. Both become the server's own.

    `under` is the command that starts it, for a place of its own; `options` say where it listens besides.
    """

    def __init__(self, folder: Path, data: Path, under: Sequence[str] = (), options: Sequence[str] = ON_ITS_SOCKET):
        self.folder = folder
        self._owner = servers.not_root(folder)
        servers.not_root(data)
        self._data = data / "data"
        self._under, self._options = under, options
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
        program = str(servers.postgres_programs() / "postgres")
        self._process = subprocess.Popen(
            [*self._under, *self._as_owner(), program, "-D", self._data, "-k", self.folder, *SMALL, *self._options],
            stdout=self._said,
            stderr=self._said,
            cwd=self.folder,
            preexec_fn=end_with_us,
        )
        eventually(self._answers)

    def _as_owner(self) -> list[str]:
        """Whatever starts it may need to be root, so it changes its user last; and still ends with us."""
        if not self._owner:
            return []
        user = (f"--reuid={self._owner['user']}", f"--regid={self._owner['group']}", "--clear-groups")
        return ["setpriv", *user, "--pdeathsig", "KILL", "--"]

    def let_in(self, network: str) -> None:
        """Whoever comes from there needs no password."""
        with (self._data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {network} trust\n")
        self.stop(signal.SIGINT)
        self.start()

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
def mortal_postgres(
    data: Path | None = None, under: Sequence[str] = (), options: Sequence[str] = ON_ITS_SOCKET
) -> Iterator[MortalPostgres]:
    """With its data in that folder, or in one of its own."""
    with tempfile.TemporaryDirectory(prefix="pressroom-", ignore_cleanup_errors=True) as folder:
        started = MortalPostgres(Path(folder), data or Path(folder), under, options)
        try:
            yield started
        finally:
            started.close()
