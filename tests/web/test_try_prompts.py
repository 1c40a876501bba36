"""A prompt that is not saved is tried: one question, its answer to read, what it cost, and nothing changed."""

import json
import socket
from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.ai.openai.scribe import Scribe
from tests.ai.openai.server import Asked, Endpoint, Told, chat, endpoint, error
from tests.pipeline.engine import with_settings
from tests.visitor import Visitor
from tests.web.test_prompts import page, words
from webapp.accounts.models import Role
from webapp.ai.provider import Operation
from webapp.core import redis
from webapp.core.db import db
from webapp.pipeline import trials
from webapp.sites.ai.models import AiConnection, ModelPrice
from webapp.sites.models import Site

IDEAS = Operation.IDEA_GENERATION
OURS = {"system": "Only in rhymes.", "user": "About {cluster.name}", "seen": "0"}
by_operation = pytest.mark.parametrize("operation", list(Operation), ids=lambda operation: operation.value)
USER = {
    Operation.CLUSTERING: "{keywords.groups}",
    Operation.IDEA_GENERATION: "{cluster.keywords}",
    Operation.CONTENT_GENERATION: "{article.title}",
    Operation.IMAGE_PROMPT_EXTRACTION: "{article.headings}",
    Operation.IMAGE_GENERATION: "{image.prompt}",
}
SHOWN = {
    Operation.CLUSTERING: "Topic k1 1",
    Operation.IDEA_GENERATION: "Light · Water",
    Operation.CONTENT_GENERATION: "what stands around its sections",
    Operation.IMAGE_PROMPT_EXTRACTION: "After “Light” Lamp 1.",
    Operation.IMAGE_GENERATION: "",
}


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


@pytest.fixture
def owner(client: Visitor, site: Site) -> Visitor:
    factories.signed_in(client, factories.member(Role.OWNER, of=site.account).user)
    return client


@pytest.fixture
def there(app: Flask, site: Site) -> Iterator[Endpoint]:
    """The endpoint that the site asks."""
    with_settings(app, allow_private_targets=True)
    with endpoint() as started:
        started.answer_by(Scribe())
        made = AiConnection(
            account_id=site.account_id, name="It", base_url=started.address, text_model="m", image_model="draws",
            is_default=True,
        )  # fmt: skip
        db.session.add(made)
        db.session.commit()
        yield started


def at(site: Site, operation: Operation = IDEAS) -> str:
    return f"/sites/{site.slug}/prompts/{operation.value}/try"


def rows() -> dict[str, int]:
    """How many there are in every table."""
    found = {
        table.name: db.session.scalar(select(func.count()).select_from(table)) for table in db.metadata.sorted_tables
    }
    db.session.commit()
    return found


def price(**rates: int) -> None:
    asked = db.session.scalars(select(AiConnection)).one()
    db.session.add(ModelPrice(connection_id=asked.id, model="m", valid_from=date(2020, 1, 1), **rates))
    db.session.commit()


@by_operation
def test_the_model_is_asked_once_and_nothing_is_kept(
    owner: Visitor, site: Site, there: Endpoint, operation: Operation
) -> None:
    owner.get("/")
    before = rows()

    answer = owner.htmx(at(site, operation), {"system": "Only in rhymes.", "user": USER[operation], "seen": "0"})

    assert answer.status_code == 200 and "<html" not in answer.text
    assert SHOWN[operation] in words(answer.text, "#tried")
    assert "m at It" in words(answer.text, "#tried") or "draws at It" in words(answer.text, "#tried")
    assert len(there.posts) == 1 and "Only in rhymes." in json.dumps(there.posts[0].json)
    assert rows() == before


def test_what_it_cost_is_said_with_its_tokens(owner: Visitor, site: Site, there: Endpoint) -> None:
    assert "Cost unknown" in words(owner.htmx(at(site), OURS).text, "#outcome")

    price(input=2_000_000, output=10_000_000)
    shown = words(owner.htmx(at(site), OURS).text, "#outcome")
    assert "Tokens in 2 Tokens out 7 Cost $0.000074" in shown


def test_a_picture_is_shown_without_being_stored(owner: Visitor, site: Site, there: Endpoint) -> None:
    answer = owner.htmx(at(site, Operation.IMAGE_GENERATION), {"system": "", "user": "{image.prompt}", "seen": "0"})

    picture = page(answer.text).select_one("#outcome img")
    assert picture is not None and str(picture["src"]).startswith("data:image/webp;base64,")


def test_without_javascript_it_is_the_page_with_what_was_written(owner: Visitor, site: Site, there: Endpoint) -> None:
    answer = owner.send(at(site), OURS)

    assert answer.status_code == 200
    assert words(answer.text, "#prompt [name=system]") == "Only in rhymes."
    assert "Light · Water" in words(answer.text, "#outcome")


def test_html_of_a_model_does_nothing(owner: Visitor, site: Site, there: Endpoint) -> None:
    odd = '<p onclick="x()">Fine <a href="https://evil.example">link</a><script>alert(1)</script><img src="/x"></p>'
    there.answer_by(lambda asked: frame(odd))

    answer = owner.htmx(at(site, Operation.CONTENT_GENERATION), {"system": "", "user": "{article.title}", "seen": "0"})
    shown = page(answer.text).select_one("#outcome .article")
    assert shown is not None and "Fine link" in shown.get_text()
    assert not shown.select("script, img, a, [onclick]")


def frame(introduction: str) -> Told:
    texts = dict.fromkeys(("title", "meta_title", "meta_description", "excerpt"), "Basil")
    return chat(json.dumps(texts | {"introduction_html": introduction, "headings": ["Light"]}))


def test_an_answer_that_cannot_be_used_is_shown_as_it_came(owner: Visitor, site: Site, there: Endpoint) -> None:
    there.tell(chat("I would rather <b>not</b>."))

    answer = owner.htmx(at(site), OURS)
    assert answer.status_code == 422
    assert "cannot be used" in words(answer.text, "#outcome") and "try again" in words(answer.text, "#outcome")
    assert "I would rather <b>not</b>." in words(answer.text, "#outcome pre")
    assert "Tokens in 11" in words(answer.text, "#outcome")


@pytest.mark.parametrize(
    ("told", "remedy"),
    [
        (error(401, "Incorrect API key provided."), "Enter the key again under AI."),
        (error(429, "Slow down.", headers={"Retry-After": "20"}), "Try again in a minute"),
        (error(429, "Quota.", code="insufficient_quota"), "Look at the account there: plan, balance and limits."),
        (error(503, "Overloaded."), "if it stays so, look at the endpoint itself."),
        (error(404, "No such model.", code="model_not_found"), "or choose another under Models."),
        (error(400, "I never do that."), "See what the endpoint says about this model"),
        (Told("<!doctype html><title>Shop</title>", headers={"Content-Type": "text/html"}), "address under AI."),
    ],
    ids=["key", "wait", "quota", "away", "model", "refusal", "web-site"],
)
def test_where_no_answer_comes_it_is_said_what_to_do(
    owner: Visitor, site: Site, there: Endpoint, told: Told, remedy: str
) -> None:
    there.tell(told)

    answer = owner.htmx(at(site), OURS)
    assert answer.status_code == 422 and len(there.posts) == 1
    shown = words(answer.text, "#outcome")
    assert "There is no answer" in shown and "Nothing was saved" in shown
    assert remedy in shown and "charge for it" not in shown


def test_where_nobody_listens_it_is_said_what_to_look_at(owner: Visitor, site: Site, there: Endpoint) -> None:
    asked = db.session.scalars(select(AiConnection)).one()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        asked.base_url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        db.session.commit()
        shown = words(owner.htmx(at(site), OURS).text, "#outcome")

    assert "Nobody answers" in shown and "whether the port is right" in shown


def test_what_does_not_answer_is_not_waited_for_for_long(
    owner: Visitor, site: Site, there: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "ANSWERS_WITHIN", 0.3)
    there.tell(chat("late", delay=2.0))

    shown = words(owner.htmx(at(site), OURS).text, "#outcome")
    assert "The endpoint may have done the work" in shown


def test_an_endpoint_that_takes_no_schema_is_asked_without_one(owner: Visitor, site: Site, there: Endpoint) -> None:
    def refusing(asked: Asked) -> Told:
        kind = asked.json.get("response_format", {}).get("type")
        return error(400, "'response_format' is not supported") if kind == "json_schema" else one_idea()

    there.answer_by(refusing)
    answer = owner.htmx(at(site), OURS)
    assert answer.status_code == 200, answer.text
    assert there.posts[0].json["response_format"]["type"] == "json_schema" and len(there.posts) > 1


def one_idea() -> Told:
    idea = {"title": "A quiet corner", "angle": "A", "outline": ["Light", "Water"], "kind": "pillar"}
    return chat(json.dumps({"ideas": [idea | {"target_keyword": "", "intent": None}]}))


def test_one_is_tried_at_a_time(owner: Visitor, site: Site, there: Endpoint) -> None:
    with redis.connection().lock(f"pressroom:trial:{site.id}", timeout=60):
        answer = owner.htmx(at(site), OURS)
    assert answer.status_code == 422 and there.posts == []
    assert "being tried already" in words(answer.text, "#outcome")

    assert owner.htmx(at(site), OURS).status_code == 200


def test_pages_keep_threads_for_themselves(owner: Visitor, site: Site, there: Endpoint) -> None:
    for _ in range(trials.AT_A_TIME):
        assert trials._places.acquire(blocking=False)
    try:
        assert "Other prompts are being tried" in words(owner.htmx(at(site), OURS).text, "#outcome")
    finally:
        trials._places.release(trials.AT_A_TIME)


def test_what_cannot_be_used_is_not_asked(owner: Visitor, site: Site, there: Endpoint) -> None:
    answer = owner.htmx(at(site), OURS | {"user": "{nothing}"})

    assert answer.status_code == 422 and there.posts == []
    assert "Line 1: there is no {nothing}" in words(answer.text, "#tried")


@by_operation
def test_the_embedded_provider_is_tried_and_says_what_it_is(owner: Visitor, site: Site, operation: Operation) -> None:
    answer = owner.htmx(at(site, operation), {"system": "", "user": USER[operation], "seen": "0"})

    assert answer.status_code == 200
    assert "reads no prompt" in words(answer.text, "#outcome") and "Cost nothing" in words(answer.text, "#outcome")


def test_operators_without_a_site_try_with_the_embedded_provider(client: Visitor) -> None:
    factories.signed_in(client, factories.user(operator=True))

    answer = client.htmx("/operator/prompts/idea_generation/try", OURS)
    assert answer.status_code == 200 and "The embedded provider" in words(answer.text, "#outcome")


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_only_owners_try(client: Visitor, site: Site, there: Endpoint, role: Role) -> None:
    factories.signed_in(client, factories.member(role, of=site.account).user)

    assert client.send(at(site), OURS).status_code == 403 and there.posts == []


def test_who_asks_for_no_wait_is_asked_once(owner: Visitor, site: Site, there: Endpoint) -> None:
    there.tell(error(429, "Slow down.", headers={"Retry-After": "0"}))

    assert owner.htmx(at(site), OURS).status_code == 422
    assert len(there.posts) == 1


def test_half_a_letter_is_shown_as_what_cannot_be_read(owner: Visitor, site: Site, there: Endpoint) -> None:
    there.tell(Told('{"choices": [{"message": {"content": "Cut \\ud83d"}, "finish_reason": "length"}]}'))

    answer = owner.htmx(at(site), OURS)
    assert answer.status_code == 422
    assert "Cut" in words(answer.text, "#outcome pre")
