"""Prompts are saved in versions: for a site, for all, or not at all."""

import threading

import pytest
from flask import Flask

from tests import factories
from webapp.ai.openai.prompts import BadTemplate, Template, default
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.core.errors import NotFound
from webapp.core.paging import START, Place
from webapp.sites.ai import prompts
from webapp.sites.ai.prompts import Change, Line, PromptMovedOn, Whose
from webapp.sites.models import Site

IDEAS = Operation.IDEA_GENERATION
OURS = Template("You are the editor of {site.voice}", "The topic: {cluster.name}")
OTHERS = Template("", "Propose three articles about {cluster.name}")


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def saved(site_id: int | None, template: Template, seen: int = 0, by: str = "Ana") -> None:
    prompts.save(site_id, IDEAS, template, by=by, seen=seen)
    db.session.commit()


def counts_for(site_id: int | None) -> tuple[Template, Whose]:
    found = prompts.counting(site_id, IDEAS)
    db.session.commit()
    return found.template, found.whose


def test_a_sites_own_comes_first_then_that_for_all_then_pressrooms(site: Site) -> None:
    assert counts_for(site.id) == counts_for(None) == (default(IDEAS), Whose.PRESSROOM)

    saved(None, OTHERS)
    assert counts_for(site.id) == counts_for(None) == (OTHERS, Whose.INSTALLATION)

    saved(site.id, OURS)
    assert counts_for(site.id) == (OURS, Whose.SITE)
    assert counts_for(None) == (OTHERS, Whose.INSTALLATION)
    assert prompts.templates_of(site) == {IDEAS: OURS}


def test_a_reset_returns_to_what_lies_beneath_and_keeps_what_was(site: Site) -> None:
    saved(site.id, OURS)

    prompts.reset(site.id, IDEAS, by="Ana", seen=1)
    db.session.commit()
    assert counts_for(site.id) == (default(IDEAS), Whose.PRESSROOM)
    saved(None, OTHERS)
    assert counts_for(site.id) == (OTHERS, Whose.INSTALLATION)

    prompts.restore(site.id, IDEAS, 1, by="Ana", seen=2)
    db.session.commit()
    assert counts_for(site.id) == (OURS, Whose.SITE)
    assert [version.number for version in prompts.history(site.id, IDEAS, START).rows] == [3, 2, 1]


def test_restoring_a_reset_resets(site: Site) -> None:
    saved(site.id, OURS)
    prompts.reset(site.id, IDEAS, by="Ana", seen=1)
    saved(site.id, OTHERS, seen=2)

    prompts.restore(site.id, IDEAS, 2, by="Ana", seen=3)
    db.session.commit()
    assert counts_for(site.id) == (default(IDEAS), Whose.PRESSROOM)


def test_whoever_comes_second_is_told_who_came_first(site: Site) -> None:
    saved(site.id, OURS)
    saved(site.id, OTHERS, seen=1, by="Ana on her phone")

    for late in (
        lambda: prompts.save(site.id, IDEAS, OURS, by="Ana", seen=1),
        lambda: prompts.reset(site.id, IDEAS, by="Ana", seen=1),
        lambda: prompts.restore(site.id, IDEAS, 1, by="Ana", seen=1),
    ):
        with pytest.raises(PromptMovedOn, match="Ana on her phone saved version 2") as raised:
            late()
        assert prompts.template_of(raised.value.theirs) == OTHERS
    assert counts_for(site.id) == (OTHERS, Whose.SITE)


def test_of_two_at_once_one_is_told(app: Flask, site: Site) -> None:
    number, told = site.id, []
    together = threading.Barrier(2)

    def save(by: str) -> None:
        with app.app_context():
            together.wait()
            try:
                prompts.save(number, IDEAS, Template("", f"{by} asks about {{cluster.name}}"), by=by, seen=0)
                db.session.commit()
            except PromptMovedOn as error:
                told.append(error.theirs.by)

    db.session.commit()
    threads = [threading.Thread(target=save, args=(by,)) for by in ("Ana", "Ana again")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    versions = prompts.history(number, IDEAS, START).rows
    assert [version.number for version in versions] == [1]
    assert told == [versions[0].by]


def test_what_counts_already_is_no_new_version(site: Site) -> None:
    assert prompts.save(site.id, IDEAS, default(IDEAS), by="Ana", seen=0) is None
    assert prompts.reset(site.id, IDEAS, by="Ana", seen=0) is None
    saved(site.id, OURS)
    assert prompts.save(site.id, IDEAS, Template(f"{OURS.system}  \r\n", f"\n{OURS.user}"), by="Ana", seen=1) is None
    assert prompts.restore(site.id, IDEAS, 1, by="Ana", seen=1) is None
    assert len(prompts.history(site.id, IDEAS, START).rows) == 1


@pytest.mark.parametrize(
    ("template", "field", "said"),
    [
        (Template("", ""), "user", "There is nothing"),
        (Template("", "x\n{keywords.groups}"), "user", "Line 2: there is no {keywords.groups}"),
        (Template("{", "x"), "system", "A { stands alone in line 1"),
        (Template("x\ny\0", "x"), "system", "Line 2 holds characters"),
    ],
    ids=["empty", "of-another-operation", "brace", "control"],
)
def test_what_cannot_be_used_is_not_saved(site: Site, template: Template, field: str, said: str) -> None:
    with pytest.raises(BadTemplate, match=said.replace("{", r"\{")) as raised:
        prompts.save(site.id, IDEAS, template, by="Ana", seen=0)
    assert raised.value.field == field
    assert counts_for(site.id) == (default(IDEAS), Whose.PRESSROOM)


def test_each_text_says_what_is_wrong_with_it() -> None:
    found = prompts.problems(IDEAS, Template("{one}", "{two}"))

    assert [problem.field for problem in found] == ["system", "user"]


def test_histories_go_page_by_page(site: Site) -> None:
    for number in range(prompts.VERSIONS_A_PAGE + 5):
        saved(site.id, Template("", f"About {{cluster.name}}, {number}"), seen=number)

    first = prompts.history(site.id, IDEAS, START)
    second = prompts.history(site.id, IDEAS, Place(after=first.after))
    assert [version.number for version in (*first.rows, *second.rows)] == list(range(25, 0, -1))
    assert second.after is None


def test_only_ones_own_versions_are_found(site: Site) -> None:
    saved(site.id, OURS)
    other = factories.site()

    for site_id, operation in ((other.id, IDEAS), (None, IDEAS), (site.id, Operation.CLUSTERING)):
        with pytest.raises(NotFound):
            prompts.version_or_not_found(site_id, operation, 1)


def test_a_version_is_compared_with_what_counted_before_it(site: Site) -> None:
    saved(None, OTHERS)
    saved(site.id, OURS)
    prompts.reset(site.id, IDEAS, by="Ana", seen=1)
    saved(site.id, OURS, seen=2)

    first, last = (prompts.version_or_not_found(site.id, IDEAS, number) for number in (1, 3))
    assert prompts.before(first) == prompts.before(last) == OTHERS


def test_a_difference_is_told_line_by_line() -> None:
    assert prompts.diff("one\ntwo\nthree", "one\n2\nthree\nfour") == [
        Line(Change.KEPT, "one"),
        Line(Change.TAKEN_OUT, "two"),
        Line(Change.ADDED, "2"),
        Line(Change.KEPT, "three"),
        Line(Change.ADDED, "four"),
    ]
