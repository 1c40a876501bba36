import threading

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests import factories
from webapp.content import clustering_by_hand, review
from webapp.content.models import Cluster, ClusterStatus, Keyword, KeywordStatus
from webapp.core.db import db
from webapp.core.errors import Conflict
from webapp.sites.models import Site

CLUSTERED, UNCLUSTERED = KeywordStatus.CLUSTERED, KeywordStatus.UNCLUSTERED


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def clustered(site: Site, *phrases: str, volume: int | None = 100, **fields: object) -> tuple[Cluster, list[Keyword]]:
    """A cluster of these keywords, the first its head, each searched for one time less than the one before."""
    total = sum(volume - number for number in range(len(phrases))) if volume else 0
    cluster = factories.cluster(site, head=phrases[0], volume=total, **fields)
    return cluster, [
        factories.keyword(
            site, phrase, cluster=cluster, status=CLUSTERED, volume=volume - number if volume else None, confidence=60
        )
        for number, phrase in enumerate(phrases)
    ]


def settled() -> None:
    """Commits, and forgets what the session knows of the rows: they were changed past it."""
    db.session.commit()
    db.session.expire_all()


def test_a_keyword_that_is_moved_is_there_for_good_and_both_volumes_are_right(site: Site) -> None:
    pots, (size, _) = clustered(site, "moka pot size", "moka pot")
    grinders, _ = clustered(site, "coffee grinder")

    moved = clustering_by_hand.put_into(grinders, [size.id])
    settled()

    assert (moved.keywords, moved.removed) == (1, {})
    assert (size.cluster_id, size.status, size.placed_by_hand, size.confidence) == (grinders.id, CLUSTERED, True, None)
    assert (pots.volume, grinders.volume) == (99, 200)


def test_a_cluster_may_be_searched_for_more_often_than_a_usual_integer_holds(site: Site) -> None:
    billion = 1_000_000_000
    ids = [factories.keyword(site, phrase, volume=billion).id for phrase in ("moka", "moka pot", "moka pots")]

    cluster, _ = clustering_by_hand.found_cluster(site, ids, "Ana")
    settled()

    assert cluster.volume == 3 * billion


def test_a_cluster_whose_head_leaves_has_its_most_searched_keyword_for_one(site: Site) -> None:
    pots, (head, *_) = clustered(site, "moka pot", "moka pot size", "best moka pot")
    other, _ = clustered(site, "coffee grinder")

    clustering_by_hand.put_into(other, [head.id])
    settled()

    assert (pots.head, other.head) == ("moka pot size", "coffee grinder")


def test_new_and_unclustered_keywords_go_in_and_skipped_ones_do_not(site: Site) -> None:
    pots, _ = clustered(site, "moka pot")
    new = factories.keyword(site, volume=5)
    left_over = factories.keyword(site, volume=None, status=UNCLUSTERED, nearest_cluster_id=pots.id)
    skipped = factories.keyword(site, status=KeywordStatus.SKIPPED)
    elsewhere = factories.keyword(factories.site())

    assert clustering_by_hand.put_into(pots, [new.id, left_over.id, skipped.id, elsewhere.id]).keywords == 2
    settled()

    assert [row.cluster_id for row in (new, left_over, skipped, elsewhere)] == [pots.id, pots.id, None, None]
    assert left_over.nearest_cluster_id is None
    assert pots.volume == 105


def test_of_a_keyword_that_is_there_already_a_person_says_that_it_belongs_there(site: Site) -> None:
    pots, (head, _) = clustered(site, "moka pot", "moka pot size")

    assert clustering_by_hand.put_into(pots, [head.id]).keywords == 1
    settled()

    assert (head.placed_by_hand, head.cluster_id, pots.head, pots.volume) == (True, pots.id, "moka pot", 199)


def test_what_is_taken_out_belongs_to_no_cluster(site: Site) -> None:
    pots, (head, _) = clustered(site, "moka pot", "moka pot size")
    new = factories.keyword(site)

    assert clustering_by_hand.take_out(site.id, [head.id, new.id]).keywords == 1
    settled()

    assert (head.status, head.cluster_id, head.nearest_cluster_id, head.placed_by_hand) == (
        UNCLUSTERED,
        None,
        None,
        True,
    )
    assert (pots.head, pots.volume, new.status) == ("moka pot size", 99, KeywordStatus.NEW)


def test_a_cluster_without_keywords_goes_unless_it_has_ideas(site: Site) -> None:
    bare, (first,) = clustered(site, "moka pot", name="Moka pots")
    with_ideas, (second,) = clustered(site, "coffee grinder")
    factories.idea(site, with_ideas)
    offered = factories.keyword(site, status=UNCLUSTERED, nearest_cluster_id=bare.id)
    number = bare.id

    moved = clustering_by_hand.take_out(site.id, [first.id, second.id])
    settled()

    assert moved.removed == {number: "Moka pots"}
    assert db.session.scalars(select(Cluster.id)).all() == [with_ideas.id]
    assert (with_ideas.volume, with_ideas.head) == (0, "coffee grinder")
    assert offered.nearest_cluster_id is None


def test_each_unclustered_keyword_goes_into_the_cluster_that_is_offered_to_it(site: Site) -> None:
    pots, _ = clustered(site, "moka pot", volume=10)
    grinders, _ = clustered(site, "coffee grinder", volume=20)
    near_pots = factories.keyword(site, volume=3, status=UNCLUSTERED, nearest_cluster_id=pots.id)
    near_grinders = factories.keyword(site, volume=4, status=UNCLUSTERED, nearest_cluster_id=grinders.id)
    alone = factories.keyword(site, status=UNCLUSTERED)
    not_chosen = factories.keyword(site, status=UNCLUSTERED, nearest_cluster_id=pots.id)

    moved = clustering_by_hand.put_into_nearest(site.id, [near_pots.id, near_grinders.id, alone.id])
    settled()

    assert moved.keywords == 2
    assert (near_pots.cluster_id, near_grinders.cluster_id) == (pots.id, grinders.id)
    assert alone.status is not_chosen.status is UNCLUSTERED
    assert (pots.volume, grinders.volume) == (13, 24)


def test_chosen_keywords_make_a_cluster_named_after_the_most_searched(site: Site) -> None:
    pots, (rest, moved) = clustered(site, "moka pot", "coffee grinder for moka")
    grinder = factories.keyword(site, "best coffee grinder", volume=900)

    cluster, done = clustering_by_hand.found_cluster(site, [moved.id, grinder.id], "Ana")
    settled()

    assert (cluster.name, cluster.head) == ("Best Coffee Grinder", "best coffee grinder")
    assert (cluster.volume, cluster.status, cluster.reason) == (999, ClusterStatus.NEW, "Made by Ana.")
    assert (done.keywords, moved.cluster_id, grinder.cluster_id, rest.cluster_id) == (
        2,
        cluster.id,
        cluster.id,
        pots.id,
    )
    assert pots.volume == 100


def test_skipped_keywords_make_no_cluster(site: Site) -> None:
    skipped = factories.keyword(site, status=KeywordStatus.SKIPPED)

    with pytest.raises(Conflict, match="None of the keywords"):
        clustering_by_hand.found_cluster(site, [skipped.id], "Ana")
    assert db.session.scalar(select(func.count()).select_from(Cluster)) == 0
    settled()


def test_a_cluster_that_went_meanwhile_takes_nothing(site: Site) -> None:
    pots, (head,) = clustered(site, "moka pot")
    new = factories.keyword(site)
    clustering_by_hand.take_out(site.id, [head.id])
    settled()

    with pytest.raises(Conflict, match="is gone"):
        clustering_by_hand.put_into(pots, [new.id])
    assert new.status is KeywordStatus.NEW
    settled()


def test_skipping_and_restoring_take_a_persons_decision_back(site: Site) -> None:
    taken_out = factories.keyword(site, status=UNCLUSTERED, placed_by_hand=True)
    left_over = factories.keyword(
        site, status=UNCLUSTERED, nearest_cluster_id=factories.cluster(site).id, confidence=12
    )

    assert review.skip_keywords(site.id, [left_over.id]) == 1
    assert review.restore_keywords(site.id, [taken_out.id, left_over.id]) == 2
    settled()

    for row in (taken_out, left_over):
        assert (row.status, row.placed_by_hand) == (KeywordStatus.NEW, False)
        assert (row.nearest_cluster_id, row.confidence) == (None, None)


ACTS = ("into", "out", "nearest", "own", "skip", "restore")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(ACTS), st.sets(st.integers(0, 7), max_size=4), st.integers(0, 3)), max_size=8
    )
)
def test_whatever_people_do_each_keyword_is_where_its_status_says_and_volumes_add_up(
    site: Site, acts: list[tuple[str, set[int], int]]
) -> None:
    here = factories.site(site.account)
    first, _ = clustered(here, "moka pot", "moka pot size", "moka pot parts")
    clustered(here, "coffee grinder", "burr grinder", volume=None)
    factories.keywords(here, 3, status=UNCLUSTERED, nearest_cluster_id=first.id)
    numbers = list(db.session.scalars(select(Keyword.id).where(Keyword.site_id == here.id).order_by(Keyword.id)))

    for act, which, target in acts:
        _do(act, here, [numbers[one] for one in which], target)
        settled()
        _check(here, numbers)


def _do(act: str, site: Site, ids: list[int], target: int) -> None:
    clusters = db.session.scalars(select(Cluster).where(Cluster.site_id == site.id).order_by(Cluster.id)).all()
    match act:
        case "into":
            if clusters:
                clustering_by_hand.put_into(clusters[target % len(clusters)], ids)
        case "out":
            clustering_by_hand.take_out(site.id, ids)
        case "nearest":
            clustering_by_hand.put_into_nearest(site.id, ids)
        case "own":
            if clustering_by_hand.placeable(site.id, ids):
                clustering_by_hand.found_cluster(site, ids, "Ana")
        case "skip":
            review.skip_keywords(site.id, ids)
        case "restore":
            review.restore_keywords(site.id, ids)


def _check(site: Site, numbers: list[int]) -> None:
    keywords = db.session.scalars(select(Keyword).where(Keyword.site_id == site.id).order_by(Keyword.id)).all()
    clusters = db.session.scalars(select(Cluster).where(Cluster.site_id == site.id)).all()
    assert [one.id for one in keywords] == numbers
    assert all((one.cluster_id is not None) == (one.status is CLUSTERED) for one in keywords)
    assert all(one.status is UNCLUSTERED for one in keywords if one.nearest_cluster_id)
    for cluster in clusters:
        members = [one for one in keywords if one.cluster_id == cluster.id]
        assert members, "nothing here has ideas, so no cluster is empty"
        assert cluster.volume == sum(one.volume or 0 for one in members)
        assert cluster.head in {one.phrase for one in members}


def test_of_two_people_who_move_keywords_at_once_neither_undoes_the_other(app: Flask, site: Site) -> None:
    pots, keywords = clustered(site, *(f"moka pot {number}" for number in range(8)))
    targets = [clustered(site, phrase)[0] for phrase in ("coffee grinder", "gooseneck kettle")]
    emptied, ids = pots.id, [one.id for one in keywords]
    together = threading.Barrier(2)

    def move(target: int, chosen: list[int]) -> None:
        with app.app_context():
            cluster = db.session.get_one(Cluster, target)
            db.session.commit()
            together.wait(30)
            for number in chosen:
                clustering_by_hand.put_into(cluster, [number])
                db.session.commit()

    orders = [(targets[0].id, ids), (targets[1].id, ids[::-1])]
    threads = [threading.Thread(target=move, args=order) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    settled()
    _check(site, sorted(db.session.scalars(select(Keyword.id))))
    assert db.session.get(Cluster, emptied) is None
    assert (
        sum(cluster.volume for cluster in db.session.scalars(select(Cluster))) == sum(100 - n for n in range(8)) + 200
    )
