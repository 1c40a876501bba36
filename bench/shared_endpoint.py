"""How long a run takes whose endpoint answers after a second and lets eight calls in, and how two runs share it.

    .venv/bin/python -m bench.shared_endpoint [--calls 80] [--postgresql URL]

Starts an endpoint of its own. Every call proposes ideas for one cluster. The ideal is calls / 8 seconds; a run alone
shall take 1.1 times as long at most. Of two runs that begin together each shall have had its share of the places.
"""

import argparse
import contextlib
import io
import json
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace

from flask import Flask

import config
from tests import factories
from tests.ai.openai.server import Asked, Endpoint, Told, chat, endpoint
from tests.pipeline.engine import in_background, set_limits, start
from tests.servers import redis_server
from webapp import create_app
from webapp.ai.openai import provider  # noqa: F401  as a worker has it before its first job
from webapp.cli.main import main as pressroom
from webapp.core.db import db
from webapp.pipeline.models import Run
from webapp.pipeline.states import RunStatus, StageKey
from webapp.pipeline.terms import automation_of
from webapp.sites.ai.models import AiConnection
from webapp.sites.models import Site

AT_A_TIME = 8
SECONDS = 1.0  # that a call takes
WANTED = 1.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=80, help="of each run (default: 80)")
    parser.add_argument("--postgresql", default="", help="the URL of an empty database; else SQLite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pressroom-bench-") as folder, redis_server() as redis, endpoint() as there:
        environ = {"PRESSROOM_INSTANCE": folder, "REDIS_URL": redis, "DATABASE_URL": options.postgresql}
        settings = config.load({name: value for name, value in environ.items() if value})
        app = create_app(replace(settings, allow_private_targets=True, slice_seconds=600))
        with app.app_context():
            with contextlib.redirect_stdout(io.StringIO()):
                pressroom(["upgrade"], standalone_mode=False)
            measure(app, there, options.calls)
            db.session.remove()
            db.engine.dispose()


@dataclass
class Sight:
    """What the endpoint saw: whose calls were answered when, and how many were in at most."""

    answered: list[tuple[float, str]]
    most: int = 0
    inside: int = 0


def measure(app: Flask, there: Endpoint, calls: int) -> None:
    alone = watched(there)
    took = together(app, [site_with_clusters(there, calls)])
    ideal = calls / AT_A_TIME * SECONDS
    print(f"a run of {calls} calls of {SECONDS:.0f} s, {AT_A_TIME} at a time:")
    print(f"  seconds, ideal and taken     {ideal:6.1f} {took:6.1f}")
    print(f"  ratio                        {took / ideal:6.2f} (at most {WANTED})")
    print(f"  calls inside at most         {alone.most:6} (at most {AT_A_TIME})")
    shared = watched(there)
    account = factories.account(credits=100_000)
    sites = [site_with_clusters(there, calls, account_of=account.id, name=name) for name in ("one", "two")]
    took = together(app, sites)
    first_done = shares_when_the_first_was_done(shared, calls)
    print("two runs of two sites that share it:")
    print(f"  seconds, ideal and taken     {2 * ideal:6.1f} {took:6.1f}")
    print(f"  ratio                        {took / (2 * ideal):6.2f} (at most {WANTED})")
    print(f"  calls inside at most         {shared.most:6} (at most {AT_A_TIME})")
    print(f"  answered when one was done   {first_done[0]:6} {first_done[1]:6}")


def watched(there: Endpoint) -> Sight:
    """Has the endpoint answer after a second, and note what it sees."""
    sight, lock = Sight([]), threading.Lock()

    def answer(asked: Asked) -> Told:
        with lock:
            sight.inside += 1
            sight.most = max(sight.most, sight.inside)
        time.sleep(SECONDS)
        with lock:
            sight.inside -= 1
            sight.answered.append((time.monotonic(), whose(asked)))
        return chat(json.dumps({"ideas": [idea(str(len(sight.answered)))]}))

    there.answer_by(answer)
    return sight


def whose(asked: Asked) -> str:
    """The first word of the cluster's name is that of its site."""
    told = asked.json["messages"][-1]["content"]
    return "two" if "two topic" in told else "one"


def idea(number: str) -> dict[str, object]:
    return {
        "title": f"Idea {number}", "angle": "For all.", "outline": ["Why", "How"], "kind": "pillar",
        "target_keyword": "topic", "intent": "informational",
    }  # fmt: skip


def site_with_clusters(there: Endpoint, count: int, *, account_of: int | None = None, name: str = "one") -> Site:
    """With so many clusters that wait for their ideas; no other stage is on."""
    account = None if account_of is None else db.session.get(factories.Account, account_of)
    site = factories.site(account or factories.account(credits=100_000))
    connect(site, there)
    set_limits(site)
    automation = automation_of(site)
    automation.stages_off = [stage.value for stage in StageKey if stage is not StageKey.IDEAS]
    for number in range(count):
        factories.cluster(site, name=f"{name} topic {number}")
    db.session.commit()
    return site


def connect(site: Site, there: Endpoint) -> None:
    known = AiConnection.account_id == site.account_id
    if not db.session.query(AiConnection).filter(known).count():
        made = AiConnection(account_id=site.account_id, name="It", base_url=there.address, text_model="m",
                            at_a_time=AT_A_TIME, is_default=True)  # fmt: skip
        db.session.add(made)
    db.session.commit()


def together(app: Flask, sites: list[Site]) -> float:
    """Seconds until the runs of all have ended, each with a worker of its own."""
    runs = [start(site) for site in sites]
    began = time.monotonic()
    workers = [in_background(app, run) for run in runs]
    for worker in workers:
        worker.join()
    took = time.monotonic() - began
    db.session.expunge_all()
    ended = {db.session.get_one(Run, run.id).status for run in runs}
    db.session.commit()
    assert ended == {RunStatus.COMPLETED}, ended
    return took


def shares_when_the_first_was_done(sight: Sight, calls: int) -> tuple[int, int]:
    """How many calls of each run were answered at the moment when one had all of its answers."""
    so_far: Counter[str] = Counter()
    for _, name in sorted(sight.answered):
        so_far[name] += 1
        if so_far[name] == calls:
            break
    return so_far["one"], so_far["two"]


if __name__ == "__main__":
    main()
