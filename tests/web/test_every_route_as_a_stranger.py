"""Walks every route of the app as somebody who has no business there. New routes are covered by being there."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.routing.converters import AnyConverter
from werkzeug.test import TestResponse

from tests import factories
from tests.sites.ai.endpoints import endpoint
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.content.models import ArticleStatus
from webapp.publishing.models import PublicationStatus
from webapp.sites.models import Site
from webapp.web.access import OPEN, SIGN_IN

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
FOR_OPERATORS = ("rq_dashboard.", "system.", "operator_credits.", "operator_prompts.")
ORIGIN = {"Origin": "http://localhost"}

Rows = dict[str, Any]


@pytest.fixture
def theirs(app: Flask) -> Site:
    """A site of somebody else's account."""
    return factories.site(factories.member().account)


@pytest.fixture
def rows(theirs: Site) -> Rows:
    """One real row of every kind of that site, by the name that routes give to its number."""
    cluster = factories.cluster(theirs)
    idea = factories.idea(theirs, cluster)
    task = factories.task(theirs, idea)
    article = factories.article(theirs, ArticleStatus.REVIEW)
    image = factories.image(article)
    run = factories.run(theirs)
    return {
        "connection": endpoint(theirs.account).id,
        "keyword": factories.keyword(theirs).id,
        "import": factories.keyword_import(theirs).id,
        "cluster": cluster.id,
        "idea": idea.id,
        "task": task.id,
        "article": article.id,
        "image": image.id,
        "publication": factories.publication(theirs, PublicationStatus.SCHEDULED).id,
        "prompt": factories.prompt(theirs).number,
        "run": run.id,
        "call": factories.call(run).id,
        "account": theirs.account_id,
        "file": image.file,
        # what rq-dashboard's routes name
        "instance_number": 0,
        "queue_name": "runs",
        "registry_name": "failed",
        "job_id": "run-1-1-0",
        "per_page": 8,
        "order": "asc",
        "page": 1,
        "filename": "css/main.css",
    }


PAGE_GROUPS = {"queue": "publication", "operator_prompts": "prompt"}  # where a row is not called as its pages are


def filled(rule: Rule, rows: Rows, slug: str) -> dict[str, Any]:
    """A value for each parameter of the rule. Fails for a parameter that it does not know: teach it then."""
    group = rule.endpoint.partition(".")[0]
    of_group = PAGE_GROUPS.get(group, group.removesuffix("s"))
    values: dict[str, Any] = {}
    for name in rule.arguments:
        converter = rule._converters.get(name)  # none for one that is fixed by a default
        kind = of_group if name in ("id", "number") else name.removesuffix("_id")
        if name == "slug":
            values[name] = slug
        elif isinstance(converter, AnyConverter):
            values[name] = sorted(converter.items)[0]
        elif name in rows or kind in rows:
            values[name] = rows.get(name, rows.get(kind))
        elif converter is not None:
            pytest.fail(f"{rule.rule} has a parameter {name} of which this test knows no row")
    return values


def requests(app: Flask, rows: Rows, slug: str) -> Iterator[tuple[Rule, str, str]]:
    """Every rule with its address and each of its methods."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OPEN | SIGN_IN:
            continue
        built = rule.build(filled(rule, rows, slug), append_unknown=False)
        assert built is not None, f"{rule.rule} cannot be built"
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, built[1]


def ask(client: Visitor, method: str, address: str) -> TestResponse:
    """The answer, behind the redirect to the address that a page rather has."""
    data = {"csrf_token": client.token()} if method in CHANGING else None
    answer = client.open(address, method=method, data=data, headers=ORIGIN)
    return ask(client, method, str(answer.location)) if answer.status_code == 308 else answer


def test_whoever_is_not_signed_in_gets_nowhere(app: Flask, client: Visitor, theirs: Site, rows: Rows) -> None:
    wrong = []
    for rule, method, address in requests(app, rows, theirs.slug):
        answer = ask(client, method, address)
        to_sign_in = answer.status_code == 303 and str(answer.location).startswith("/sign-in")
        if not (to_sign_in or answer.status_code in (401, 404)):
            wrong.append((method, rule.rule, answer.status_code, answer.location))
    assert wrong == []


def test_a_member_of_another_account_finds_nothing(app: Flask, client: Visitor, theirs: Site, rows: Rows) -> None:
    factories.signed_in(client, factories.member(Role.OWNER).user)
    wrong = []
    for rule, method, address in requests(app, rows, theirs.slug):
        if {"slug", "connection_id"} & rule.arguments or rule.endpoint.startswith(FOR_OPERATORS):
            code = ask(client, method, address).status_code
            if code != 404:
                wrong.append((method, rule.rule, code))
    assert wrong == []


def test_rows_of_another_site_are_not_found_under_ones_own(
    app: Flask, client: Visitor, theirs: Site, rows: Rows
) -> None:
    member = factories.member(Role.OWNER)
    own = factories.site(member.account)
    factories.signed_in(client, member.user)
    wrong = []
    for rule, method, address in requests(app, rows, own.slug):
        names_a_row = any(
            not isinstance(rule._converters.get(name), AnyConverter) for name in rule.arguments - {"slug"}
        )
        if "slug" in rule.arguments and names_a_row:
            code = ask(client, method, address).status_code
            if code != 404:
                wrong.append((method, rule.rule, code))
    assert wrong == []


def test_a_viewer_changes_nothing(app: Flask, client: Visitor, theirs: Site, rows: Rows) -> None:
    factories.signed_in(client, factories.member(Role.VIEWER, of=theirs.account).user)
    wrong = []
    for rule, method, address in requests(app, rows, theirs.slug):
        if method in CHANGING and not rule.rule.startswith("/operator/"):  # which is not there for members
            code = ask(client, method, address).status_code
            if code != 403:
                wrong.append((method, rule.rule, code))
    assert wrong == []


def test_a_viewer_sees_every_page(app: Flask, client: Visitor, theirs: Site, rows: Rows) -> None:
    """The other half of the walk: it would prove little if its addresses led nowhere for anybody."""
    factories.signed_in(client, factories.member(Role.VIEWER, of=theirs.account).user)
    lost = []
    for rule, method, address in requests(app, rows, theirs.slug):
        if method == "GET" and {"slug", "connection_id"} & rule.arguments and rule.endpoint != "media.picture":
            code = ask(client, method, address).status_code
            if code not in (200, 302, 303, 403):
                lost.append((rule.rule, code))
    assert lost == []
