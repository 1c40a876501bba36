"""How many articles a second go to a WordPress, beside a bare loop of the same requests.

    .venv/bin/python -m bench.wordpress [--articles 60] [--pictures 2]

Starts a WordPress of its own. The loop sends what publishing sends, with nothing between, in turns with publishing
from a queue in SQLite. The ratio shall be at least 0.8.
"""

import argparse
import contextlib
import io
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import timedelta

import config
from tests import factories
from tests.publishing.desk import approve, publish_due
from tests.publishing.wordpress.blog import article, connect, png
from tests.wordpress.server import WordPress, wordpress_server
from webapp import create_app
from webapp.cli.main import main as pressroom
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.outbound import Outbound
from webapp.publishing import by_hand
from webapp.publishing.models import Publication
from webapp.publishing.wordpress.api import Rest
from webapp.publishing.wordpress.credentials import Credentials
from webapp.publishing.wordpress.refusals import Json
from webapp.sites.models import Site

ROUNDS = 6
WANTED = 0.8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=60, help="how many each way (default: 60)")
    parser.add_argument("--pictures", type=int, default=2, help="of each article (default: 2)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pressroom-bench-") as folder, wordpress_server() as wordpress:
        settings = config.load({"PRESSROOM_INSTANCE": folder, "ALLOW_PRIVATE_TARGETS": "1"})
        app = create_app(replace(settings, allow_private_targets=True))
        with app.app_context():
            with contextlib.redirect_stdout(io.StringIO()):
                pressroom(["upgrade"], standalone_mode=False)
            compare(wordpress, options.articles // ROUNDS, options.pictures)
            db.session.remove()
            db.engine.dispose()


def compare(wordpress: WordPress, at_a_time: int, pictures: int) -> None:
    """In turns, so that neither has the warmer server."""
    site = connect(factories.site(), wordpress)
    bare, ours = [], []
    published(site, 2, pictures)
    for _ in range(ROUNDS):
        bare.append(at_a_time / sent_bare(wordpress, at_a_time, pictures))
        ours.append(at_a_time / published(site, at_a_time, pictures))
    ratio = statistics.median(ours) / statistics.median(bare)
    print(f"articles with {pictures} pictures, median of {ROUNDS} rounds of {at_a_time}:")
    print(f"  a bare loop of the same requests   {statistics.median(bare):6.2f} a second")
    print(f"  publishing                         {statistics.median(ours):6.2f} a second")
    print(f"  ratio                              {ratio:6.2f} (at least {WANTED})")


def published(site: Site, count: int, pictures: int) -> float:
    """Seconds for so many, from due to published."""
    for number in range(count):
        publication = approve(site, article(site, pictures=pictures))
        by_hand.publish_now(db.session.get_one(Publication, publication.id))
        db.session.get_one(Publication, publication.id).slot_at = now() - timedelta(seconds=number)
        db.session.commit()
    began = time.monotonic()
    done = publish_due()
    took = time.monotonic() - began
    assert done == count, done
    return took


def sent_bare(wordpress: WordPress, count: int, pictures: int) -> float:
    """Seconds for the same requests."""
    credentials = Credentials(wordpress.address, "editor", wordpress.passwords["editor"])
    drawn = [[png() for _ in range(pictures)] for _ in range(count)]
    began = time.monotonic()
    with Outbound() as outbound:
        for of_one in drawn:
            send(Rest(credentials, outbound, lambda: None), of_one)
    return time.monotonic() - began


def send(rest: Rest, pictures: list[bytes]) -> None:
    """What publishing an article with one tag takes."""
    name = f"bare-{time.monotonic_ns()}"
    text = "<p>" + "basil " * 600 + "</p>"
    post = rest.post("/posts", {"title": name, "slug": name, "content": "<!-- bare -->", "status": "draft"})
    hung = [
        rest.upload(f"{name}-{number}.png", "image/png", data, alt_text="Basil", title="Basil", slug=f"{name}-{number}")
        for number, data in enumerate(pictures)
    ]
    tags = rest.list("/tags", search=name, per_page=100, _fields="id,name") or [rest.post("/tags", {"name": name})]
    body: Json = {"title": name, "slug": name, "content": text, "excerpt": "Basil", "status": "publish",
                  "tags": [tags[0]["id"]], "featured_media": hung[0]["id"] if hung else 0}  # fmt: skip
    put = rest.post(f"/posts/{post['id']}", body)
    rest.list("/posts", slug=put["slug"], status="any", per_page=100)


if __name__ == "__main__":
    main()
