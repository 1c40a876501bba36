"""Keywords that come later join the clusters that are there, at no cost; what belongs to none waits with an offer."""

from collections.abc import Collection
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.pipeline.engine import assert_books_agree, set_limits, start, use, work_to_the_end
from tests.pipeline.scripted import ScriptedProvider
from webapp.ai.functions.clustering import ClusteringResult, parse
from webapp.ai.grouping.levels import Level
from webapp.ai.provider import Operation, Reply, Request
from webapp.content import clustering_by_hand, grouping, review
from webapp.content.models import Cluster, Keyword, KeywordStatus
from webapp.core.clock import now
from webapp.core.db import db
from webapp.pipeline.models import AiCall, Run, RunItem, StageResult, StageStatus
from webapp.pipeline.states import RunStatus, StageKey
from webapp.sites.models import Site

GNATS = ("fungus gnats", "fungus gnat traps", "how to get rid of fungus gnats")
LIGHTS = ("grow lights", "best grow lights", "how far should grow lights be from plants")
ODD = "accounting software"


def site_with(phrases: Collection[str], **limits: int) -> Site:
    site = factories.site(factories.account(credits=1000))
    add(site, phrases)
    set_limits(site, max_clusters_per_run=1, max_ideas_per_run=1, max_tasks_per_run=1, **limits)
    return site


def add(site: Site, phrases: Collection[str]) -> None:
    for number, phrase in enumerate(phrases):
        factories.keyword(site, phrase, volume=100 - number)
    db.session.commit()


def worked(site: Site) -> Run:
    run = work_to_the_end(start(site))
    assert run.status is RunStatus.COMPLETED
    assert_books_agree()
    return run


def keyword(phrase: str) -> Keyword:
    return db.session.scalars(select(Keyword).where(Keyword.phrase == phrase)).one()


def clusters() -> dict[str, set[str]]:
    """The phrases of each cluster by its name."""
    return {
        cluster.name: {keyword.phrase for keyword in cluster.keywords}
        for cluster in db.session.scalars(select(Cluster).order_by(Cluster.id))
    }


def clustered_by_hand(site: Site, *ids: int) -> Cluster:
    cluster, _ = clustering_by_hand.found_cluster(site, ids, "Ana")
    db.session.commit()
    return cluster


def processed(run: Run) -> int:
    return next(result.processed for result in run.stages if result.stage is StageKey.CLUSTERS)


def calls(run: Run) -> int:
    about = AiCall.run_id == run.id, AiCall.operation == "clustering"
    return db.session.scalar(select(func.count()).select_from(AiCall).where(*about)) or 0


def test_what_belongs_to_no_cluster_is_unclustered_and_its_nearest_is_offered(app: Flask) -> None:
    run = worked(site_with([*GNATS, *LIGHTS, ODD]))

    assert sorted(clusters().values(), key=sorted) == [set(LIGHTS), set(GNATS)]
    odd = keyword(ODD)
    assert (odd.status, odd.cluster_id, odd.confidence) == (KeywordStatus.UNCLUSTERED, None, None)
    assert odd.nearest is not None and odd.nearest.name in clusters()
    assert processed(run) == 7


class Merging(ScriptedProvider):
    """Puts all groups of a batch together."""

    def draft(self, request: Request) -> Reply:
        reply = super().draft(request)
        if request.operation is not Operation.CLUSTERING:
            return reply
        groups = parse(reply).groups
        phrases = [phrase for group in groups for phrase in group.phrases]
        merged = groups[0].model_copy(update={"phrases": phrases})
        return replace(reply, text=ClusteringResult(groups=[merged]).model_dump_json())


@pytest.mark.parametrize("phrases", [(*GNATS, *LIGHTS), (*LIGHTS, *GNATS)], ids=["gnats first", "lights first"])
def test_what_is_nearest_to_a_group_that_a_model_put_together_with_another_is_offered_both(
    app: Flask, monkeypatch: pytest.MonkeyPatch, phrases: tuple[str, ...]
) -> None:
    use(monkeypatch, Merging())
    worked(site_with([*phrases, ODD]))

    (name,) = clusters()
    odd = keyword(ODD)
    assert odd.status is KeywordStatus.UNCLUSTERED
    assert odd.nearest is not None and odd.nearest.name == name


def test_each_keyword_in_a_cluster_says_how_sure_that_is(app: Flask) -> None:
    worked(site_with([*GNATS, *LIGHTS]))

    assert all(50 <= (keyword(phrase).confidence or 0) <= 100 for phrase in (*GNATS, *LIGHTS))


def test_a_later_keyword_joins_its_cluster_without_a_call(app: Flask) -> None:
    site = site_with([*GNATS, *LIGHTS])
    worked(site)
    volume = sum(cluster.volume for cluster in db.session.scalars(select(Cluster)))
    add(site, ["fungus gnats in potting soil"])
    run = worked(site)

    assert keyword("fungus gnats in potting soil").cluster_id == keyword("fungus gnats").cluster_id
    assert (processed(run), calls(run), len(clusters())) == (1, 0, 2)
    assert sum(cluster.volume for cluster in db.session.scalars(select(Cluster))) == volume + 100


def test_an_unclustered_keyword_joins_others_of_its_topic_when_they_come(app: Flask) -> None:
    site = site_with([*GNATS, *LIGHTS, ODD])
    worked(site)
    add(site, ["best accounting software", "accounting software for small business"])
    worked(site)

    assert keyword(ODD).status is KeywordStatus.CLUSTERED
    assert {ODD, "best accounting software", "accounting software for small business"} in clusters().values()


def test_with_nothing_new_a_run_does_not_look_at_unclustered_keywords_again(app: Flask) -> None:
    site = site_with([*GNATS, *LIGHTS, ODD])
    worked(site)

    assert processed(worked(site)) == 0


def test_where_a_person_placed_a_keyword_it_stays(app: Flask) -> None:
    site = site_with([*GNATS, *LIGHTS])
    worked(site)
    lights = keyword(LIGHTS[0]).cluster
    assert lights is not None
    clustering_by_hand.put_into(lights, [keyword(GNATS[1]).id])
    clustering_by_hand.take_out(site.id, [keyword(LIGHTS[2]).id])
    db.session.commit()
    add(site, ["fungus gnat trap", "grow lights distance from plants"])
    worked(site)

    assert keyword(GNATS[1]).cluster_id == keyword(LIGHTS[0]).cluster_id
    assert (keyword(LIGHTS[2]).status, keyword(LIGHTS[2]).cluster_id) == (KeywordStatus.UNCLUSTERED, None)


def test_a_keyword_that_left_the_cluster_that_it_began_may_begin_another(app: Flask) -> None:
    site = site_with(["accounting software", *GNATS])
    joined = clustered_by_hand(site, keyword("accounting software").id, *(keyword(phrase).id for phrase in GNATS))
    joined.origin = f"k{keyword('accounting software').id}"  # as if a run had put them together
    db.session.commit()
    clustering_by_hand.take_out(site.id, [keyword("accounting software").id])
    review.restore_keywords(site.id, [keyword("accounting software").id])
    db.session.commit()
    add(site, ["best accounting software", "accounting software for small business"])
    worked(site)

    own = keyword("accounting software").cluster_id
    assert own == keyword("best accounting software").cluster_id != joined.id
    assert {keyword(phrase).cluster_id for phrase in GNATS} == {joined.id}


def test_a_limit_on_keywords_holds_for_those_that_join_and_those_that_belong_to_none(app: Flask) -> None:
    site = site_with([*GNATS, *LIGHTS, ODD], max_keywords_per_run=4)

    assert [processed(worked(site)), processed(worked(site))] == [4, 3]
    assert sorted(clusters().values(), key=sorted) == [set(LIGHTS), set(GNATS)]
    assert keyword(ODD).status is KeywordStatus.UNCLUSTERED


def test_of_more_keywords_than_can_be_held_a_run_takes_the_most_searched_and_the_next_one_others(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "MOST_AT_ONCE", 3)
    site = site_with([*LIGHTS, *GNATS])

    first = worked(site)
    left = {one.phrase for one in db.session.scalars(select(Keyword).where(Keyword.status == KeywordStatus.NEW))}
    second = worked(site)

    assert (processed(first), left, processed(second)) == (3, set(GNATS), 3)


def test_a_site_may_have_pages_for_clusters(app: Flask) -> None:
    site = site_with([*GNATS, *LIGHTS])
    site.cluster_level = Level.PAGE
    db.session.commit()
    worked(site)

    assert len(clusters()) > 2
    assert set().union(*clusters().values()) == {*GNATS, *LIGHTS}


def test_a_batch_that_was_planned_before_confidence_was_measured_is_still_applied(app: Flask) -> None:
    site = site_with([*GNATS, *LIGHTS, ODD])
    run = start(site)
    with_plan_of_before(run)
    assert work_to_the_end(run).status is RunStatus.COMPLETED

    assert {keyword(phrase).confidence for phrase in (*GNATS, *LIGHTS)} == {None}
    assert {keyword(phrase).status for phrase in (*GNATS, *LIGHTS)} == {KeywordStatus.CLUSTERED}


def with_plan_of_before(run: Run) -> None:
    """Plans the run's first stage, and leaves in the plan what an earlier version wrote there."""
    numbers = {phrase: keyword(phrase).id for phrase in (*GNATS, *LIGHTS)}
    groups = [
        {"origin": f"k{min(numbers[phrase] for phrase in topic)}", "keywords": [numbers[phrase] for phrase in topic]}
        for topic in (GNATS, LIGHTS)
    ]
    number, stage = 6, StageKey.CLUSTERS
    db.session.add(RunItem(run_id=run.id, stage=stage, row=1, weight=number, units=1, payload={"groups": groups}))
    result = db.session.get_one(StageResult, (run.id, stage))
    result.status, result.total, result.started_at = StageStatus.WORKING, number, now()
    db.session.commit()
