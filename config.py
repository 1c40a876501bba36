"""The environment as typed settings. Imports nothing of ours."""

import fcntl
import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent
ON, OFF = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
UP = "up.lock"  # in the instance folder: the number of the bin/up that runs there, and what it was started with
LONGEST_SOCKET_PATH = 100  # a Unix socket's path may have about 104 bytes


class BadSetting(Exception):
    """An environment variable holds what we cannot use. The message names it and says what would do."""


@dataclass(frozen=True)
class Settings:
    """Everything that an installation may choose. Durations are in seconds."""

    instance: Path
    database_url: str
    redis_url: str
    redis_socket: Path
    secret_key: str  # signs sessions, and the passwords of other sites are encrypted with it
    secret_key_old: tuple[str, ...]  # what it was before: decrypts, and encrypts nothing any more
    lease_ttl: float  # a run whose heartbeat stands still for so long has lost its worker
    heartbeat: float
    sweep_every: float
    slice_seconds: float  # a job works on a run for so long, then makes room for others
    call_deadline: float  # after so long an unanswered call counts as unknown
    lanes: int  # calls in flight at once within one run
    embedded_delay: float  # slows the embedded provider down, to watch or to test
    max_recoveries: int  # losses of a worker over one item before the item is set aside
    busy_timeout: float  # how long SQLite waits for another writer
    setup_token: str | None  # opens the first-owner page from another machine
    metrics_token: str | None  # lets a monitoring system read /metrics
    secure_cookies: bool
    allow_private_targets: bool  # sites may publish to addresses of this machine and of private networks
    use_budget_allocation: bool  # each operation keeps to its share of a run's credits, unless operators say otherwise
    use_new_scheduling: bool  # approved articles get slots, unless operators say otherwise

    @property
    def media(self) -> Path:
        """Pictures of articles, named by their content."""
        return self.instance / "media"

    @property
    def published(self) -> Path:
        """Where the folder target writes static sites, one folder per site."""
        return self.instance / "published"

    @property
    def run_logs(self) -> Path:
        """One JSON-lines file per run."""
        return self.instance / "runs"


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings that `environ` asks for. Raises BadSetting."""
    instance = _instance(environ)
    socket = _redis_socket(instance)
    ttl = _number(environ, "LEASE_TTL", 20)
    return Settings(
        instance=instance,
        database_url=_database_url(environ, instance),
        redis_url=_redis_url(environ, socket),
        redis_socket=socket,
        secret_key=environ.get("SECRET_KEY") or _kept_secret(instance / "secret_key"),
        secret_key_old=tuple(old.strip() for old in environ.get("SECRET_KEY_OLD", "").split(",") if old.strip()),
        lease_ttl=ttl,
        heartbeat=_number(environ, "HEARTBEAT", min(7, ttl / 3)),
        sweep_every=_number(environ, "SWEEP_EVERY", 1),
        slice_seconds=_number(environ, "SLICE_SECONDS", 300),
        call_deadline=_number(environ, "CALL_DEADLINE", 180),
        lanes=int(_number(environ, "LANES", 8, least=1)),
        embedded_delay=_number(environ, "EMBEDDED_DELAY", 0, least=0),
        max_recoveries=int(_number(environ, "MAX_RECOVERIES", 3, least=1)),
        busy_timeout=_number(environ, "BUSY_TIMEOUT", 10),
        setup_token=environ.get("SETUP_TOKEN") or None,
        metrics_token=environ.get("METRICS_TOKEN") or None,
        secure_cookies=environ.get("SECURE_COOKIES", "") == "1",
        allow_private_targets=_as_bin_up(environ, instance, "ALLOW_PRIVATE_TARGETS") == "1",
        use_budget_allocation=_switch(environ, "USE_BUDGET_ALLOCATION"),
        use_new_scheduling=_switch(environ, "USE_NEW_SCHEDULING"),
    )


def _number(environ: Mapping[str, str], name: str, default: float, *, least: float = 0.05) -> float:
    written = environ.get(name, "").strip()
    if not written:
        return default
    try:
        value = float(written)
    except ValueError:
        value = float("nan")
    if not least <= value <= 1e9:
        raise BadSetting(
            f"{name} is {written!r}: give a number of at least {least:g}, or leave it out for {default:g}."
        )
    return value


def _switch(environ: Mapping[str, str], name: str) -> bool:
    """On, unless it is written that it is off."""
    written = environ.get(name, "").strip().casefold()
    if written not in ("", *ON, *OFF):
        raise BadSetting(f"{name} is {environ[name]!r}: write true or false, or leave it out for true.")
    return written not in OFF


def _instance(environ: Mapping[str, str]) -> Path:
    path = (ROOT / (environ.get("PRESSROOM_INSTANCE") or "instance")).resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(
            f"PRESSROOM_INSTANCE is {path}, which cannot be made ({error.strerror}): name a folder of your own."
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise BadSetting(f"PRESSROOM_INSTANCE is {path}, which you may not write to: name a folder of your own.")
    return path


def _database_url(environ: Mapping[str, str], instance: Path) -> str:
    url = environ.get("DATABASE_URL") or f"sqlite:///{instance / 'pressroom.db'}"
    for plain in ("postgres://", "postgresql://"):
        if url.startswith(plain):
            url = "postgresql+psycopg://" + url.removeprefix(plain)
    if not url.startswith(("postgresql+psycopg://", "sqlite:///")):
        raise BadSetting(
            "DATABASE_URL begins with neither postgresql:// nor sqlite:///: write it like postgresql://user@host/name,"
            " or leave it out for a file in the instance folder."
        )
    if not _is_read_by_sqlalchemy(url):
        raise BadSetting(
            "DATABASE_URL cannot be read: write it like postgresql://user:password@host:5432/name, with %40 for an @"
            " in the password, and after a ? only options that PostgreSQL knows."
        )
    return url


def _is_read_by_sqlalchemy(url: str) -> bool:
    """Whether there is nothing wrong with it that could be known before anybody connects."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        read = make_url(url)
    except (ValueError, ArgumentError):
        return False
    return read.drivername == "sqlite" or _are_known_to_postgresql(read.query)


def _are_known_to_postgresql(options: Iterable[str]) -> bool:
    from psycopg import ProgrammingError
    from psycopg.conninfo import make_conninfo

    try:
        make_conninfo(**dict.fromkeys(options, ""))
    except ProgrammingError:
        return False
    return True


def _as_bin_up(environ: Mapping[str, str], instance: Path, name: str) -> str:
    """What is set; else what the bin/up that runs on the instance was started with, so that commands do as it does."""
    if environ.get(name):
        return environ[name]
    try:
        number, *kept = (instance / UP).read_text().splitlines()
        os.kill(int(number), 0)  # only whether it lives
    except (OSError, ValueError):
        return ""
    return dict(line.split("=", 1) for line in kept).get(name, "")


def _redis_url(environ: Mapping[str, str], socket: Path) -> str:
    url = environ.get("REDIS_URL") or f"unix://{socket}"
    if not url.startswith(("redis://", "rediss://", "unix://")) or not _is_read_by_redis(url):
        raise BadSetting(
            "REDIS_URL cannot be read: write it like redis://host:6379/0 or unix:///path/to/socket, or leave it out"
            " for the one that bin/up starts."
        )
    return url


def _is_read_by_redis(url: str) -> bool:
    """The same; and its client would take the first database for one that it cannot read."""
    from redis import ConnectionPool
    from redis.exceptions import RedisError

    try:
        split = urlsplit(url)
        ConnectionPool.from_url(url).make_connection()
        return split.port != 0 and (split.scheme == "unix" or split.path.strip("/").isdecimal() or split.path in "/")
    except (TypeError, ValueError, RedisError):
        return False


def _redis_socket(instance: Path) -> Path:
    beside = instance / "redis.sock"
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_PATH:
        return beside
    name = hashlib.sha256(os.fsencode(instance)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"pressroom-{os.getuid()}-{name}" / "redis.sock"


def _kept_secret(path: Path) -> str:
    """A secret made once and kept, so that sessions survive a restart. Made by whoever comes first."""
    try:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            secret = file.read().strip()
            if not secret:
                secret = secrets.token_urlsafe(48)
                file.write(secret)
    except OSError as error:
        raise BadSetting(
            f"{path} cannot be kept ({error.strerror}): make room for it and let it be read and written, or give a"
            " SECRET_KEY."
        ) from error
    return secret
