"""How long a large file of keywords takes to come in, and how much memory that holds.

    .venv/bin/python -m bench.importing [--keywords 1000000] [--database "postgresql://user@/name?host=..."]

Writes an export of some 200 bytes a line, imports it into an empty site, and imports it again. Without a database
named it makes a SQLite file that is gone afterwards.
"""

import argparse
import contextlib
import io
import tempfile
import time
from pathlib import Path

import config
from tests import factories
from webapp import create_app
from webapp.cli.main import main as pressroom
from webapp.content.imports.at_once import import_at_once
from webapp.core.db import db
from webapp.sites.models import Site

HEADER = (
    "Keyword,Intent,Volume,Trend,Keyword Difficulty,CPC (USD),Competitive Density,SERP Features,Number of Results\n"
)
TREND = "0.44,0.54,0.54,0.66,0.66,0.81,0.81,1.00,0.81,0.66,0.54,0.54"
FEATURES = "Sitelinks, Reviews, Image pack, Video carousel, People also ask, Related searches"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keywords", type=int, default=1_000_000, help="how many (default: 1000000)")
    parser.add_argument("--database", default="", help="DATABASE_URL of an empty database (default: a SQLite file)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pressroom-bench-") as folder:
        file = written(Path(folder) / "export_us_2026-05-01.csv", options.keywords)
        app = create_app(config.load({"PRESSROOM_INSTANCE": folder, "DATABASE_URL": options.database}))
        with app.app_context():
            with contextlib.redirect_stdout(io.StringIO()):
                pressroom(["upgrade"], standalone_mode=False)
            site = factories.site()
            size = file.stat().st_size / 1e6
            print(
                f"{db.engine.dialect.name}, {options.keywords:,} keywords, {size:.0f} MB, {held():.0f} MB held before"
            )
            for told in ("the first time", "the same again"):
                import_it(site, file, told)


def written(path: Path, keywords: int) -> Path:
    with path.open("w") as file:
        file.write(f"{HEADER}\n")
        for number in range(keywords):
            row = f'"{TREND}",{number % 100},0.{number % 90 + 10},0.4,"{FEATURES}",{number * 31 % 10**8}'
            file.write(f"how to grow plant {number} on a sill,Informational,{number % 50_000},{row}\n")
    return path


def import_it(site: Site, file: Path, told: str) -> None:
    began = time.monotonic()
    with file.open("rb") as stream:
        done = import_at_once(site, stream, file.name, "bench")
    seconds = time.monotonic() - began
    print(
        f"  {told}: {done.new:,} new, {done.duplicates:,} there already, {seconds:.0f} s, {done.lines / seconds:,.0f}"
        f" lines a second, {held():.0f} MB held at most",
        flush=True,
    )


def held() -> float:
    """Megabytes, at most so far."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
