"""Ideas that nearly repeat what a site has are made and dismissed, and a person may use them anyway."""

import pytest
from flask import Flask

from tests import factories
from tests.pipeline.engine import rows, set_limits, start, use, work_to_the_end
from tests.pipeline.scripted import ScriptedProvider
from tests.pipeline.test_found_demo import demo_site
from webapp.ai.functions.idea_generation import IdeaDraft, IdeaKind, IdeasResult
from webapp.ai.provider import Operation, Reply, Request
from webapp.content.models import Cluster, Idea, IdeaStatus, KeywordStatus
from webapp.pipeline.demo import found_demo
from webapp.pipeline.states import StageKey
from webapp.pipeline.terms import automation_of
from webapp.sites.models import Site


class Proposing(ScriptedProvider):
    """Proposes articles with these titles, whatever it is asked about."""

    def __init__(self, *titles: str):
        super().__init__()
        self._titles = titles

    def answer(self, request: Request) -> Reply:
        reply = super().answer(request)
        if request.operation is not Operation.IDEA_GENERATION:
            return reply
        drafts = [
            IdeaDraft(title=title, angle="", outline=["Light"], kind=IdeaKind.SUPPORTING, target_keyword="basil")
            for title in self._titles
        ]
        return Reply(text=IdeasResult(ideas=drafts).model_dump_json())


def site_with_a_cluster() -> Site:
    site = factories.site()
    factories.keyword(site, "basil care", cluster=factories.cluster(site, name="Basil"), status=KeywordStatus.CLUSTERED)
    set_limits(site)
    return site


def test_what_repeats_an_article_is_dismissed_with_the_reason_and_goes_no_further(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, Proposing("Growing Basil: The Basics", "Basil in Winter", "Basil in Winter: A Guide"))
    site = site_with_a_cluster()
    factories.article(site, title="How to Grow Basil")

    run = work_to_the_end(start(site))

    made = rows(Idea, Idea.target_keyword == "basil")
    assert [(idea.title, idea.status, idea.reason) for idea in made] == [
        ("Growing Basil: The Basics", IdeaStatus.DISMISSED, "Nearly the same as “How to Grow Basil” (article)."),
        ("Basil in Winter", IdeaStatus.PLANNED, None),
        ("Basil in Winter: A Guide", IdeaStatus.DISMISSED, "Nearly the same as “Basil in Winter” (idea)."),
    ]
    result = next(result for result in run.stages if result.stage is StageKey.IDEAS)
    assert result.counts["ideas_created"] == 1


def test_two_ideas_of_one_answer_with_one_title_become_one(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Proposing("Basil in Winter", "Basil in Winter"))

    work_to_the_end(start(site_with_a_cluster()))

    assert [idea.title for idea in rows(Idea)] == ["Basil in Winter"]


def test_the_ideas_of_the_demo_all_go_on(app: Flask) -> None:
    found_demo()
    site = demo_site()
    automation = automation_of(site)
    automation.stages_off = [stage.value for stage in StageKey if stage.number > StageKey.IDEAS.number]
    set_limits(site)

    work_to_the_end(start(site))

    ideas = rows(Idea)
    assert {idea.cluster_id for idea in ideas} == {cluster.id for cluster in rows(Cluster)}
    assert {idea.status for idea in ideas} == {IdeaStatus.NEW}
