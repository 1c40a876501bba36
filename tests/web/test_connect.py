"""The page where an owner chooses where a site publishes: what it tests, saves, refuses and never shows."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests import factories
from tests.publishing import desk
from tests.visitor import Visitor
from tests.wordpress.look_alike import INDEX, ME, PASSWORD, LookAlike, error, leads_to, look_alike, post
from webapp.accounts.models import Role
from webapp.core.db import db
from webapp.core.secrets import Secret
from webapp.jobs import queue
from webapp.publishing import by_hand, outage
from webapp.publishing.models import PostStatus, Publication, WaitingReason, WordPressConnection
from webapp.publishing.target import CredentialsRefused
from webapp.publishing.wordpress import existing
from webapp.sites.models import Site, TargetKind

ADDRESS = "/sites/herbs/connect"


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.OWNER)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="herbs", time_zone="Europe/Berlin")


@pytest.fixture
def there(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[LookAlike]:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], allow_private_targets=True))
    with look_alike() as made:
        yield made


@pytest.fixture(autouse=True)
def asked_to_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sites whose posts a worker was asked to read."""
    asked: list[int] = []
    monkeypatch.setattr(queue, "read_posts", lambda site_id: asked.append(site_id) or True)
    return asked


def read(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


def words(page: BeautifulSoup, selector: str) -> str:
    found = page.select_one(selector)
    return " ".join(found.get_text(" ").split()) if found else ""


def written(client: Visitor, there: LookAlike, **fields: Any) -> dict[str, Any]:
    """The form as it is drawn now, filled in for that site."""
    page = read(client.get(ADDRESS).text)
    drawn = page.select_one("[name=drawn_from]")
    assert drawn is not None
    form = {
        "drawn_from": drawn["value"],
        "target": "wordpress",
        "address": there.address,
        "username": "ana",
        "password": PASSWORD,
        "default_category": "",
        "post_status": "publish",
    }
    return form | fields


def row(site: Site) -> WordPressConnection | None:
    return db.session.get(WordPressConnection, site.id)


def connected(client: Visitor, there: LookAlike) -> None:
    assert client.send(ADDRESS, written(client, there)).status_code == 303


def test_a_new_site_publishes_to_the_folder(client: Visitor, site: Site) -> None:
    page = read(client.get(ADDRESS).text)

    assert page.select_one("[name=target][value=folder]").has_attr("checked")  # type: ignore[union-attr]
    assert words(page, "nav [aria-current=page]") == "Where to"


def test_what_works_is_saved_and_said(client: Visitor, site: Site, there: LookAlike, asked_to_read: list[int]) -> None:
    form = written(client, there, default_category="Notes", post_status="draft", address=f"{there.address}/")

    answer = client.send(ADDRESS, form, follow_redirects=True)

    assert "Connected to Herb notes as Ana. Articles go there from now on." in answer.text
    page = read(answer.text)
    for said in ("Herb notes", "6.8.1", "Ana (editor)", "publish, upload pictures, make categories", "Berlin time"):
        assert said in words(page, "#connected")
    kept = row(site)
    assert kept is not None and site.target is TargetKind.WORDPRESS
    assert (kept.address, kept.username, kept.default_category) == (there.address, "ana", "Notes")
    assert (kept.post_status, kept.password.reveal()) == (PostStatus.DRAFT, PASSWORD)
    assert asked_to_read == [site.id]


def test_the_password_is_on_no_page(client: Visitor, site: Site, there: LookAlike) -> None:
    answers = [
        client.send(f"{ADDRESS}/test", written(client, there)),
        client.htmx(f"{ADDRESS}/test", written(client, there)),
    ]
    connected(client, there)
    kept = row(site)
    assert kept is not None
    there.replies[INDEX] = error(401, "rest_forbidden", f"Not with {PASSWORD}")
    answers += [client.get(ADDRESS), client.send(ADDRESS, written(client, there))]

    for answer in answers:
        assert PASSWORD not in answer.text
        assert kept.password.sealed not in answer.text


def test_what_does_not_work_is_not_saved_and_stays_written(client: Visitor, site: Site, there: LookAlike) -> None:
    there.replies[ME] = error(401, "incorrect_password")

    answer = client.send(ADDRESS, written(client, there, default_category="Notes"))

    assert answer.status_code == 422
    page = read(answer.text)
    assert "does not take the user name ana with this password" in words(page, "#error-summary")
    assert "Make an application password there" in words(page, "#tested")
    assert page.select_one("#default_category")["value"] == "Notes"  # type: ignore[index]
    assert (row(site), site.target) == (None, TargetKind.FOLDER)


def test_a_test_saves_nothing(client: Visitor, site: Site, there: LookAlike) -> None:
    form = written(client, there)

    for answer in (client.send(f"{ADDRESS}/test", form), client.htmx(f"{ADDRESS}/test", form)):
        assert answer.status_code == 200
        assert "It works Nothing is saved yet." in words(read(answer.text), "#tested")
    assert (row(site), site.target) == (None, TargetKind.FOLDER)


def test_htmx_gets_the_fragment_alone(client: Visitor, site: Site, there: LookAlike) -> None:
    there.replies[ME] = error(401, "incorrect_password")

    answer = client.htmx(f"{ADDRESS}/test", written(client, there))

    assert answer.status_code == 422
    assert answer.text.strip().startswith('<div id="tested"')
    assert "Save anyway" in answer.text


def held(client: Visitor, site: Site, there: LookAlike) -> list[Publication]:
    """Two articles that wait because WordPress refused the password that is kept, which is right by now."""
    connected(client, there)
    outage.hold(desk.settings_of(site), CredentialsRefused("WordPress does not take the password."))
    db.session.commit()
    return [desk.approve(site, factories.article(site, is_draft_quality=False)) for _ in range(2)]


def test_a_test_of_what_is_kept_lets_the_queue_go_on(client: Visitor, site: Site, there: LookAlike) -> None:
    waiting = held(client, site, there)
    assert "As of the last test that worked" in words(read(client.get(ADDRESS).text), "#connected h2")

    page = read(client.htmx(f"{ADDRESS}/test", written(client, there, password="", post_status="draft")).text)

    assert "It works 2 articles go out in their order." in words(page, "#tested")
    assert page.select_one("#kept[hx-swap-oob]") is not None
    assert page.select_one("#standing") is None
    assert words(page, "#connected h2") == "Connected to WordPress"
    assert None not in desk.slots(waiting)
    kept = row(site)
    assert kept is not None and kept.post_status is PostStatus.PUBLISH


@pytest.mark.parametrize("changed", [{"username": "bea"}, {"password": "other"}])
def test_a_test_of_anything_else_lets_nothing_go_on(
    client: Visitor, site: Site, there: LookAlike, changed: dict[str, str]
) -> None:
    waiting = held(client, site, there)

    page = read(client.send(f"{ADDRESS}/test", written(client, there) | changed).text)

    assert "It works Nothing is saved yet." in words(page, "#tested")
    assert desk.fresh(waiting[0]).reason is WaitingReason.TARGET_REFUSES_CREDENTIALS


def test_where_nothing_was_held_a_test_moves_nobody(client: Visitor, site: Site, there: LookAlike) -> None:
    connected(client, there)
    first, second = (desk.approve(site, factories.article(site, is_draft_quality=False)) for _ in range(2))
    desk.do(by_hand.hold, first)
    before = desk.slots([second])

    page = read(client.htmx(f"{ADDRESS}/test", written(client, there, password="")).text)

    assert "It is saved like this already." in words(page, "#tested")
    assert desk.slots([second]) == before


@pytest.mark.parametrize(
    ("back", "leads_to_page"), [("queue", "/sites/herbs/queue"), ("connect", ADDRESS), ("//evil.example", ADDRESS)]
)
def test_again_tests_what_is_kept_and_leads_back(
    client: Visitor, site: Site, there: LookAlike, back: str, leads_to_page: str
) -> None:
    waiting = held(client, site, there)
    form = read(client.get("/sites/herbs/queue").text).select_one("#standing form")
    assert form is not None and form["action"] == f"{ADDRESS}/again"

    answer = client.send(f"{ADDRESS}/again", {"back": back})

    assert (answer.status_code, answer.location) == (303, leads_to_page)
    assert "It works. 2 articles go out in their order." in client.get(answer.location).text
    assert None not in desk.slots(waiting)


def test_again_says_what_is_still_in_the_way(client: Visitor, site: Site, there: LookAlike) -> None:
    waiting = held(client, site, there)
    there.replies[ME] = error(401, "incorrect_password")

    answer = client.send(f"{ADDRESS}/again", {"back": "queue"}, follow_redirects=True)

    assert answer.request.path == ADDRESS
    assert "does not take the user name ana with this password" in answer.text
    assert desk.fresh(waiting[0]).reason is WaitingReason.TARGET_REFUSES_CREDENTIALS


def test_while_it_is_paused_a_test_promises_nothing(client: Visitor, site: Site, there: LookAlike) -> None:
    held(client, site, there)
    desk.change(site, paused=True)

    answer = client.send(f"{ADDRESS}/again", follow_redirects=True)

    assert "It works. Publishing is paused for this site." in answer.text


def test_an_address_that_is_offered_can_be_taken(client: Visitor, site: Site, there: LookAlike) -> None:
    there.replies["/old/wp-json/"] = leads_to(f"{there.address}/wp-json/")
    form = written(client, there, address=f"{there.address}/old")

    page = read(client.htmx(f"{ADDRESS}/test", form).text)
    offer = page.select_one("button[name=offered]")
    assert offer is not None and offer["value"] == there.address
    taken = client.htmx(f"{ADDRESS}/test", form | {"offered": there.address})

    assert "It works" in taken.text
    assert read(taken.text).select_one("#address-field input")["value"] == there.address  # type: ignore[index]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("address", "", "This is no address of a web site."),
        ("address", "ftp://a.example", "We cannot publish to ftp addresses."),
        ("address", "https://ana:secret@a.example", "The address holds a user name or a password."),
        ("username", " ", "This is no user name."),
        ("username", "a:b", "This is no user name."),
        ("password", "", "The application password is missing."),
        ("password", "x" * 201, "This password is too long"),
        ("default_category", "a\x00b", "This category is too long, or holds what cannot be typed."),
        ("post_status", "published", "Not a valid choice."),
        ("target", "nowhere", "Not a valid choice."),
    ],
)
@pytest.mark.parametrize("act", ["", "/test", "/anyway"])
def test_bad_input_is_answered_at_its_field(
    client: Visitor, site: Site, there: LookAlike, field: str, value: str, said: str, act: str
) -> None:
    answer = client.send(ADDRESS + act, written(client, there, **{field: value}))

    assert answer.status_code == 422
    assert said in words(read(answer.text), "#error-summary")
    assert there.asked == []
    assert row(site) is None


def test_an_empty_password_keeps_the_one_that_is_there(client: Visitor, site: Site, there: LookAlike) -> None:
    connected(client, there)

    answer = client.send(ADDRESS, written(client, there, password="", post_status="private"))

    assert answer.status_code == 303
    kept = row(site)
    assert kept is not None and kept.password.reveal() == PASSWORD
    assert kept.post_status is PostStatus.PRIVATE


def test_the_password_that_is_kept_is_not_sent_to_another_address(
    client: Visitor, site: Site, there: LookAlike
) -> None:
    connected(client, there)
    with look_alike() as other:
        answer = client.send(f"{ADDRESS}/test", written(client, other, password=""))

    assert answer.status_code == 422
    assert "belongs to another address or user" in answer.text
    assert other.asked == []


def test_what_does_not_work_can_be_saved_and_holds_the_queue(client: Visitor, site: Site, there: LookAlike) -> None:
    waiting = desk.approve(site, factories.article(site, is_draft_quality=False))
    there.replies[INDEX] = error(503, "down")

    answer = client.send(f"{ADDRESS}/anyway", written(client, there), follow_redirects=True)

    assert "articles wait until one does" in answer.text
    assert "saved without a test that worked" in words(read(answer.text), "#standing")
    assert words(read(answer.text), "#connected h2") == "Not connected: no test has worked yet"
    assert desk.fresh(waiting).reason is WaitingReason.TARGET_NOT_CONNECTED
    stopped = read(client.get("/sites/herbs/queue").text).select_one("#standing a")
    assert stopped is not None and stopped["href"] == ADDRESS

    there.replies[INDEX] = LookAlike(there.address).replies[INDEX]
    client.send(ADDRESS, written(client, there, password=""))
    assert desk.fresh(waiting).slot_at is not None


def test_a_password_is_not_saved_for_an_address_where_everybody_could_read_it(
    client: Visitor, site: Site, there: LookAlike, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = written(client, there, address="http://herbs.example")
    monkeypatch.setattr("webapp.publishing.wordpress.diagnosis.addresses_of", lambda *_: ["93.184.216.34"])

    answer = client.send(f"{ADDRESS}/anyway", form)

    assert answer.status_code == 422
    assert "everybody on the way could read the password" in answer.text
    assert row(site) is None


def test_what_is_written_without_a_language_model_waits(client: Visitor, site: Site, there: LookAlike) -> None:
    draft = desk.approve(site)
    assert "until somebody presses Publish now" in words(read(client.get(ADDRESS).text), "#sign-in ~ section #drafts")

    answer = client.send(ADDRESS, written(client, there), follow_redirects=True)

    assert "1 article waits in the queue for Publish now: drafted without a language model." in answer.text
    assert desk.fresh(draft).reason is WaitingReason.DRAFT_QUALITY
    desk.approve(site)
    card = words(read(client.get("/sites/herbs/queue").text), "#waiting-draft_quality .card-head")
    assert "These were drafted without a language model, so they do not go to a real site by themselves." in card


def test_going_back_to_the_folder_needs_no_test_and_keeps_the_rest(
    client: Visitor, site: Site, there: LookAlike
) -> None:
    connected(client, there)
    there.asked.clear()

    answer = client.send(ADDRESS, written(client, there, target="folder", address="", username="", password=""))

    assert answer.status_code == 303
    assert site.target is TargetKind.FOLDER
    assert there.asked == []
    kept = row(site)
    assert kept is not None and kept.password.reveal() == PASSWORD


def test_two_tabs_the_second_is_told(client: Visitor, site: Site, there: LookAlike) -> None:
    first, second = written(client, there), written(client, there, default_category="Notes")
    assert client.send(ADDRESS, first).status_code == 303

    answer = client.send(ADDRESS, second)

    assert answer.status_code == 409
    page = read(answer.text)
    assert "Category differs WordPress's own Notes" in words(page, "#overtaken")
    again = page.select_one("[name=drawn_from]")
    assert again is not None
    assert client.send(ADDRESS, second | {"drawn_from": again["value"]}).status_code == 303
    kept = row(site)
    assert kept is not None and kept.default_category == "Notes"


@pytest.mark.parametrize("act", ["", "/test"])
def test_a_password_that_was_written_into_a_page_drawn_again_is_asked_for_again(
    client: Visitor, site: Site, there: LookAlike, act: str
) -> None:
    connected(client, there)
    second = written(client, there, password="new one", default_category="Notes")
    client.send(ADDRESS, written(client, there, password="", post_status="draft"))

    answer = client.send(ADDRESS, second)

    page = read(answer.text)
    assert answer.status_code == 409
    assert "The password that you wrote is not kept on the page: enter it again." in words(page, "#sign-in")
    drawn = {field["name"]: field["value"] for field in page.select("#connection input[type=hidden]")}
    without = second | drawn | {"password": ""}
    del without["csrf_token"]
    refused = client.send(ADDRESS + act, without)
    assert refused.status_code == 422
    assert "enter it again. To keep the old one, reload the page." in words(read(refused.text), "#error-password")
    kept = row(site)
    assert kept is not None and (kept.password.reveal(), kept.default_category) == (PASSWORD, "")
    assert client.send(ADDRESS, without | {"password": PASSWORD}).status_code == 303


def test_a_page_drawn_again_without_a_password_asks_for_none(client: Visitor, site: Site, there: LookAlike) -> None:
    connected(client, there)

    page = read(client.send(ADDRESS, written(client, there, username=" ", password="")).text)

    assert page.select_one("[name=password_was_written]")["value"] == ""  # type: ignore[index]
    assert page.select_one("#password-again") is None


def test_a_key_that_has_changed_asks_for_the_password(
    app: Flask, client: Visitor, site: Site, there: LookAlike, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected(client, there)
    kept = row(site)
    assert kept is not None
    kept.password = Secret("made with another key")
    db.session.commit()

    assert client.get(ADDRESS).status_code == 200
    answer = client.send(ADDRESS, written(client, there, password=""))

    assert answer.status_code == 422
    assert "SECRET_KEY has changed" in words(read(answer.text), "#error-summary")
    assert client.send(ADDRESS, written(client, there)).status_code == 303


def test_posts_that_are_there_are_listed(client: Visitor, site: Site, there: LookAlike) -> None:
    connected(client, there)
    assert "They were not read yet." in client.get(ADDRESS).text
    there.posts = [post(number, f"Basil <em>{number}</em>") for number in range(1, 61)]
    existing.read_posts(site.id)

    page = read(client.get(ADDRESS).text)

    assert len(page.select("#posts tbody tr")) == 50
    assert page.select_one("#posts a")["href"] == "https://herbs.example/60/"  # type: ignore[index]
    assert "60 posts, read" in page.get_text()


def test_posts_are_read_by_a_worker(
    client: Visitor, site: Site, there: LookAlike, asked_to_read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.send(f"{ADDRESS}/read").status_code == 404
    connected(client, there)

    assert "The posts are being read." in client.send(f"{ADDRESS}/read", follow_redirects=True).text
    assert asked_to_read == [site.id, site.id]
    monkeypatch.setattr(queue, "read_posts", lambda site_id: False)
    assert "Redis does not answer" in client.send(f"{ADDRESS}/read", follow_redirects=True).text


def test_forgetting_asks_first(client: Visitor, site: Site, there: LookAlike) -> None:
    connected(client, there)

    assert "Its password and what was read of its posts are deleted" in client.get(f"{ADDRESS}/forget").text
    assert row(site) is not None
    client.send(f"{ADDRESS}/forget")

    assert (row(site), site.target) == (None, TargetKind.FOLDER)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_only_owners_enter_passwords(app: Flask, client: Visitor, site: Site, there: LookAlike, role: Role) -> None:
    form = written(client, there)
    connected(client, there)
    factories.signed_in(client, factories.member(role, of=site.account).user)

    page = read(client.get(ADDRESS).text)

    assert page.select_one("#connection") is None
    assert there.address in words(page, "#connected")
    for act in ("", "/test", "/anyway", "/forget"):
        assert client.send(ADDRESS + act, form).status_code == 403
