"""Two hundred articles to a real WordPress, each with a fault somewhere on its way, and workers killed amid them."""

import random
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.faults.long.table import Figures
from tests.processes import Crew, Process, crew, eventually
from tests.publishing.desk import approve, change
from tests.publishing.wordpress.blog import Blog, article, connect, looking_at, names, ready
from tests.wordpress.proxy import Fault, Passed, Proxy, proxy_before
from tests.wordpress.server import WordPress
from webapp.core.clock import now
from webapp.core.db import db, reading
from webapp.publishing import by_hand, queries
from webapp.publishing.models import Publication, PublicationStatus, WordPressPost
from webapp.publishing.target import Post
from webapp.sites.models import Site

ARTICLES = 200
KILLS = 20
WORKERS = 2
SEED = 5
FAULTS = (
    Fault.NOT_PASSED_ON, Fault.ANSWER_LOST, Fault.ERROR_AFTERWARDS, Fault.TOO_MANY, Fault.BAD_GATEWAY,
    Fault.GATEWAY_TIMEOUT, Fault.CUT_OFF, Fault.SLOW,
)  # fmt: skip
BOUNDARIES = (("POST", "/v2/posts"), ("POST", "/v2/media"), ("POST", "/v2/posts/"), ("GET", "/v2/posts?slug"))
HASTE = {"LEASE_TTL": "3", "SWEEP_EVERY": "1", "ALLOW_PRIVATE_TARGETS": "1"}
CROWD = {"publishing": WORKERS, "upkeep": 1, "timetable": 1}


@pytest.mark.xdist_group("wordpress")
@pytest.mark.row(20, "200 articles to WordPress, a fault for each, kill -9 amid some")
def test_each_article_is_public_once(
    app: Flask, environ: dict[str, str], wordpress: WordPress, figures: Figures
) -> None:
    chance = random.Random(SEED)
    with proxy_before(wordpress.address) as proxy, looking_at(wordpress) as blog:
        site = connect(factories.site(), wordpress, address=proxy.address)
        change(site, queue_limit=0)
        posts = [due_with_a_fault(site, proxy, chance, number) for number in range(ARTICLES)]
        with crew(environ | HASTE) as processes:
            for role, count in CROWD.items():
                for _ in range(count):
                    processes.start(role)
            kills = kill_while_they_publish(processes, proxy, chance)
            eventually(lambda: unsettled() == 0, within=600)
        right, left = looked_at(blog, posts)

    with reading():
        counts = queries.counts(site.id)
        twice = db.session.scalar(select(func.sum(WordPressPost.creates - 1)).where(WordPressPost.creates > 1)) or 0
        db.session.commit()
    figures.add("articles published, failed", f"{counts.published}, {counts.failed}", f"{ARTICLES}, 0")
    figures.add("public once with their pictures, copies left", f"{right}, {left}", f"{ARTICLES}, 0")
    figures.add("workers killed amid a publication", kills, str(KILLS))
    figures.add("creations sent again", twice)
    assert (counts.published, counts.failed, right, left) == (ARTICLES, 0, ARTICLES, 0)
    assert counts.conserved


def due_with_a_fault(site: Site, proxy: Proxy, chance: random.Random, number: int) -> Post:
    """An article that is due, and whose next request at one of the boundaries goes wrong."""
    made = article(site)
    publication = approve(site, made)
    by_hand.publish_now(db.session.get_one(Publication, publication.id))
    db.session.get_one(Publication, publication.id).slot_at = now() - timedelta(seconds=number)
    db.session.commit()
    post = ready(site, made)
    method, path = chance.choice(BOUNDARIES)
    part = post.pictures[0].data if path.endswith("media") else post.slug.encode()

    def is_there(asked: Passed) -> bool:
        return asked.method == method and path in asked.path and asked.holds(part)

    proxy.plan([(is_there, chance.choice(FAULTS))])
    return post


def kill_while_they_publish(processes: Crew, proxy: Proxy, chance: random.Random) -> int:
    """Each time some requests later. Whoever is killed gets a successor."""
    for _ in range(KILLS):
        goal = len(proxy.passed) + chance.randint(3, 25)
        eventually(lambda goal=goal: len(proxy.passed) >= goal, within=120)
        eventually(lambda: who_publishes(processes), within=120).kill()
        processes.start("publishing")
    return KILLS


def who_publishes(processes: Crew) -> Process | None:
    """A worker that has a publication in its hands right now."""
    with reading():
        owners = db.session.scalars(select(Publication.owner).where(Publication.owner.is_not(None))).all()
        db.session.commit()
    jobs = {int(owner.split(":")[1]) for owner in owners if owner is not None}
    return next((worker for worker in processes.alive("publishing") if jobs & set(worker.children)), None)


def unsettled() -> int:
    with reading():
        found = db.session.scalar(
            select(func.count()).where(
                Publication.status.not_in((PublicationStatus.PUBLISHED, PublicationStatus.FAILED))
            )
        )
        db.session.commit()
    return found or 0


def looked_at(blog: Blog, posts: list[Post]) -> tuple[int, int]:
    """How many are public once and show their pictures, and how many copies of posts or pictures are left behind."""
    right = left = 0
    for post in posts:
        found = [one for one in blog.called(post.title) if one["status"] != "trash"]
        pictures = [blog.pictures(name) for name in names(post)]
        public = [one for one in found if one["status"] == "publish"]
        left += len(found) - len(public) + sum(len(copies) - 1 for copies in pictures)
        right += len(public) == 1 and shows(public[0], pictures)
    return right, left


def shows(found: dict[str, object], pictures: list[list[dict[str, object]]]) -> bool:
    """The featured picture, and the others in the text."""
    first, *others = pictures
    text = str(found["content"])
    in_text = all(any(str(copy["source_url"]).rpartition("/")[2] in text for copy in copies) for copies in others)
    return found["featured_media"] in [copy["id"] for copy in first] and in_text
