"""A real WordPress for tests, from Debian's packages: on loopback, its database on a Unix socket, gone afterwards."""

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.processes import free_port
from tests.servers import Missing, running, short_folder

PACKAGE = Path("/usr/share/wordpress")
HERE = Path(__file__).parent
MARIADB = shutil.which("mariadbd") or "/usr/sbin/mariadbd"  # Debian's PATH for people lacks that folder
PHP = ("php", "-d", "memory_limit=256M", "-d", "upload_max_filesize=2M", "-d", "post_max_size=8M")
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
CONFIG = """<?php
define('DB_NAME', 'wordpress'); define('DB_USER', 'root'); define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:{socket}'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {{
    define($name . '_KEY', $name); define($name . '_SALT', $name);
}}
define('WP_HOME', 'http://' . $_SERVER['HTTP_HOST']); define('WP_SITEURL', WP_HOME); // through a proxy as well
define('WP_ENVIRONMENT_TYPE', 'local'); // takes application passwords without TLS
define('WP_HTTP_BLOCK_EXTERNAL', true); define('AUTOMATIC_UPDATER_DISABLED', true); define('DISABLE_WP_CRON', true);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""


@dataclass(frozen=True)
class WordPress:
    """One that runs. `passwords`: the application password of each user: admin, editor, author, contributor,
    subscriber."""

    address: str
    folder: Path
    passwords: dict[str, str]


@contextmanager
def wordpress_server() -> Iterator[WordPress]:
    """An empty WordPress. Raises Missing where its packages are not installed."""
    _check_packages()
    with short_folder() as folder, _database(folder) as socket:
        site = _files(folder, socket)
        passwords = json.loads(_said(*PHP, str(HERE / "install.php"), str(site)))
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        command = [*PHP, "-d", "opcache.enable_cli=1", "-S", f"127.0.0.1:{port}", "-t", str(site)]
        with running([*command, str(HERE / "router.php")], lambda: _answers(address), cwd=site):
            yield WordPress(address, site, passwords)


def _check_packages() -> None:
    missing = [name for name in ("php", MARIADB, "mariadb-install-db") if shutil.which(name) is None]
    if missing or not PACKAGE.is_dir():
        raise Missing(
            "WordPress is missing: install wordpress, a theme, mariadb-server, php-cli, php-mysql, php-gd, php-xml."
        )


@contextmanager
def _database(folder: Path) -> Iterator[Path]:
    """The socket of an empty MariaDB with a database of WordPress'."""
    data, socket = folder / "data", folder / "db.sock"
    user = [f"--user={_me()}"]
    _said("mariadb-install-db", "--no-defaults", *user, f"--datadir={data}", "--auth-root-authentication-method=normal",
          "--skip-test-db")  # fmt: skip
    command = [MARIADB, "--no-defaults", *user, f"--datadir={data}", f"--socket={socket}", "--skip-networking",
               "--innodb-flush-log-at-trx-commit=0", "--skip-innodb-doublewrite"]  # fmt: skip
    with running(command, lambda: _accepts(socket)):
        _said("mariadb", "--no-defaults", "-S", str(socket), "-uroot", "-e", "CREATE DATABASE wordpress")
        yield socket


def _me() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


def _files(folder: Path, socket: Path) -> Path:
    """WordPress' files, a copy of one's own: Debian's configuration is looked for beside the originals."""
    site = folder / "site"
    shutil.copytree(PACKAGE, site, ignore=shutil.ignore_patterns("wp-config.php"), ignore_dangling_symlinks=True)
    for name in ("uploads", "mu-plugins"):
        (site / "wp-content" / name).mkdir(parents=True, exist_ok=True)
    (site / "wp-config.php").write_text(CONFIG.format(socket=socket))
    return site


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} did not work: {done.stdout}{done.stderr}")
    return done.stdout


def _accepts(socket: Path) -> bool:
    asked: Any = subprocess.run(
        ["mariadb-admin", "--no-defaults", "-S", str(socket), "-uroot", "ping"], capture_output=True, check=False
    )
    return asked.returncode == 0


def _answers(address: str) -> bool:
    try:
        DIRECTLY.open(f"{address}/?rest_route=/", timeout=10).close()
    except (urllib.error.URLError, OSError):
        return False
    return True
