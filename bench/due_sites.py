"""Whether the scheduler keeps its pace and its size when very many sites are due at the same moment.

    .venv/bin/python -m bench.due_sites [--sites 100000] [--database "postgresql://user@/name?host=..."]

Makes that many due sites in an empty database (without one named: a SQLite file that is gone afterwards), starts the
first runs, and compares with the same where only as many sites are due as are started.
"""

import argparse
import contextlib
import io
import itertools
import tempfile
import time
import tracemalloc
from datetime import timedelta

from sqlalchemy import insert

import config
from tests import factories
from webapp import create_app
from webapp.cli.main import main as pressroom
from webapp.core.clock import now
from webapp.core.db import db
from webapp.credits.models import SiteBudget
from webapp.pipeline import scheduling
from webapp.pipeline.automation import Automation
from webapp.publishing.models import PublishingSettings
from webapp.sites.models import Site

STARTED = 400  # runs, twice the size of a batch
BATCH = 5_000
SHARES = {
    "clustering": 1500,
    "idea_generation": 1000,
    "content_generation": 4000,
    "image_prompt_extraction": 500,
    "image_generation": 3000,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=100_000, help="how many are due (default: 100000)")
    parser.add_argument("--database", default="", help="DATABASE_URL of an empty database (default: a SQLite file)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pressroom-bench-") as folder:
        app = create_app(config.load({"PRESSROOM_INSTANCE": folder, "DATABASE_URL": options.database}))
        with app.app_context():
            with contextlib.redirect_stdout(io.StringIO()):
                pressroom(["upgrade"], standalone_mode=False)
            engine = db.engine.dialect.name
            account_id = factories.account().id
            fill(account_id, 1)
            start_first()  # loads all that is loaded once
            fill(account_id, STARTED)
            few, small = start_first()
            fill(account_id, options.sites)
            many, large = start_first()
    print(
        f"{engine}: {STARTED} of {options.sites:,} due sites are started at {many / few:.2f} times the time"
        f" and {large / small:.2f} times the memory of {STARTED} of {STARTED}"
        f" ({many / STARTED * 1000:.0f} ms a run, {large / 1_000_000:.1f} MB at most)"
    )


def fill(account_id: int, sites: int) -> None:
    """Adds that many sites that have been due since a minute ago."""
    first = (db.session.scalar(db.select(db.func.max(Site.id))) or 0) + 1
    due = now() - timedelta(minutes=1)
    for start in range(first, first + sites, BATCH):
        numbers = range(start, min(start + BATCH, first + sites))
        db.session.execute(insert(Site), [site(account_id, number) for number in numbers])
        db.session.execute(
            insert(Automation),
            [{"site_id": number, "enabled": True, "next_run_at": due} for number in numbers],
        )
        db.session.execute(insert(PublishingSettings), [{"site_id": number} for number in numbers])
        db.session.execute(insert(SiteBudget), [{"site_id": number} | SHARES for number in numbers])
        db.session.commit()


def site(account_id: int, number: int) -> dict[str, object]:
    return {"id": number, "account_id": account_id, "slug": f"s{number}", "name": f"Site {number}"}


def start_first() -> tuple[float, int]:
    """Seconds, and bytes at most, that the first runs take."""
    tracemalloc.start()
    began = time.perf_counter()
    for _ in itertools.islice(scheduling.start_due(), STARTED):
        pass
    seconds, (_, most) = time.perf_counter() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return seconds, most


if __name__ == "__main__":
    main()
