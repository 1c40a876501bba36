"""How a site speaks: what is said of it is saved, and reaches the models."""

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests import factories
from tests.sites.ai.endpoints import endpoint
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.ai.openai.operations.work import Voice
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.sites.ai.choices import Own, choose
from webapp.sites.ai.voices import change_voice, voice_of
from webapp.sites.models import Site

WRITTEN = {
    "general": "Short sentences.\r\nNo exclamation marks.",
    "audience": "Beginners with one window",
    "tone": "Warm",
    "words_to_avoid": "ultimate, hack",
    "point_of_view": "We, to you",
}


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


@pytest.fixture
def editor(client: Visitor, site: Site) -> Visitor:
    factories.signed_in(client, factories.member(Role.EDITOR, of=site.account).user)
    return client


def at(site: Site) -> str:
    return f"/sites/{site.slug}/voice"


def opened(client: Visitor, site: Site) -> dict[str, str]:
    """What the form carries along when it is opened."""
    found = BeautifulSoup(client.get(at(site)).text, "html.parser").select_one("#voice [name=drawn_from]")
    assert found is not None
    return {"drawn_from": str(found["value"])}


def stored(site: Site) -> tuple[str, Voice]:
    found = site.voice, voice_of(site)
    db.session.commit()
    return found


def test_what_is_said_is_saved_and_told_to_models(editor: Visitor, site: Site) -> None:
    answer = editor.send(at(site), WRITTEN | opened(editor, site))

    assert (answer.status_code, answer.location) == (303, at(site))
    assert stored(site) == (
        "Short sentences.\nNo exclamation marks.",
        Voice("Beginners with one window", "Warm", "ultimate, hack", "We, to you"),
    )
    told = BeautifulSoup(editor.get(at(site)).text, "html.parser").select_one("#read pre")
    assert told is not None and "Readers: Beginners with one window" in told.get_text()
    prompt = editor.get(f"/sites/{site.slug}/prompts/content_generation").text
    assert "Words to avoid: ultimate, hack" in prompt


def test_whoever_was_overtaken_sees_both(editor: Visitor, site: Site) -> None:
    before = opened(editor, site)
    change_voice(site, "Ours.", Voice(tone="Dry"))
    db.session.commit()

    answer = editor.send(at(site), WRITTEN | before)
    assert answer.status_code == 409
    overtaken = BeautifulSoup(answer.text, "html.parser").select_one("#overtaken")
    assert overtaken is not None and "Dry" in overtaken.get_text() and "Warm" in overtaken.get_text()
    assert stored(site) == ("Ours.", Voice(tone="Dry"))


@pytest.mark.parametrize("field", list(WRITTEN))
@pytest.mark.parametrize("value", ["x" * 2001, "a\x00b"], ids=["long", "control"])
def test_one_bad_value_saves_nothing(editor: Visitor, site: Site, field: str, value: str) -> None:
    answer = editor.send(at(site), WRITTEN | opened(editor, site) | {field: value})

    assert answer.status_code == 422
    assert BeautifulSoup(answer.text, "html.parser").select_one(f"[name={field}][aria-invalid=true]")
    assert stored(site) == ("", Voice())


def test_spaces_that_do_not_break_are_written_in_french(editor: Visitor, site: Site) -> None:
    editor.send(at(site), opened(editor, site) | {"tone": "Chaleureux\u00a0!"})

    assert stored(site)[1].tone == "Chaleureux\u00a0!"


def test_a_viewer_sees_but_does_not_change(client: Visitor, site: Site) -> None:
    factories.signed_in(client, factories.member(Role.VIEWER, of=site.account).user)

    assert client.get(at(site)).status_code == 200
    assert client.send(at(site), WRITTEN).status_code == 403


def test_who_does_not_read_it_is_said_only_where_nobody_else_writes(editor: Visitor, site: Site) -> None:
    said = "does not read it"
    assert said in editor.get(at(site)).text

    endpoint(site.account)
    assert said not in editor.get(at(site)).text

    choose(site, {Operation.CONTENT_GENERATION: Own()})
    db.session.commit()
    assert said in editor.get(at(site)).text
