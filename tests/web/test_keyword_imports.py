"""Importing on the pages: a file arrives, is understood, and is imported when somebody says so."""

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from rq import Queue
from sqlalchemy import select
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests import factories
from tests.content.importing.desk import fresh, in_small_batches, keywords, numbered, table
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.content.imports import working
from webapp.content.imports.models import ImportStatus, KeywordImport
from webapp.core.db import db
from webapp.core.redis import connection
from webapp.jobs import queue
from webapp.sites.models import Site
from webapp.web import keyword_imports, large_files

IMPORTS = "/sites/beans/keywords/imports"
NAMELESS = "A,B\n1,2\n3,4\n"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what is shown, not what is stored


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="beans")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file only five lines are done before the answer."""
    in_small_batches(monkeypatch)
    monkeypatch.setattr(keyword_imports, "FIRST_TURN", 0)


def send(client: Visitor, text: str | bytes, name: str = "keywords.csv") -> str:
    """Sends a file. Answers the address of its import."""
    data = text.encode() if isinstance(text, str) else text
    answer = client.send(IMPORTS, {"file": (io.BytesIO(data), name)})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def page(client: Visitor, address: str) -> Tag:
    answer = client.get(address)
    assert answer.status_code == 200
    main = BeautifulSoup(answer.text, "html.parser").select_one("main")
    assert main is not None
    return main


def words(part: Tag | None) -> str:
    assert part is not None
    return part.get_text(" ", strip=True)


def buttons(main: Tag) -> list[str]:
    return [words(button) for button in main.select("form.action button")]


def the_import() -> KeywordImport:
    return fresh(db.session.scalars(select(KeywordImport).order_by(KeywordImport.id.desc())).first())  # type: ignore[arg-type]


def refused_at(answer_text: str, field: str) -> str:
    found = BeautifulSoup(answer_text, "html.parser")
    assert found.select_one(f"[name={field}][aria-invalid=true]")
    return words(found.select_one("#error-summary"))


def test_a_file_is_understood_and_imported_when_somebody_says_so(client: Visitor, site: Site) -> None:
    factories.keyword(site, "chemex")
    address = send(client, table(["moka pot,90", "chemex,10", "???,1", "drip,many"]))

    main = page(client, address)
    assert words(main.select_one("h1")).startswith("keywords.csv")
    assert words(main.select_one(".stats")) == (
        "New 2 keywords There already 1 what is unknown of them is filled in Left out 1 line"
    )
    assert "Nothing is imported yet." in words(main)
    assert "Searches a month" in words(main.select_one("#columns"))
    assert len(keywords(site)) == 1

    client.send(f"{address}/begin")

    assert keywords(site)[1:] == [("moka pot", 90), ("drip", None)]
    assert the_import().status is ImportStatus.IMPORTED
    main = page(client, address)
    assert "What was read is imported." in words(main)
    assert main.select_one("[hx-trigger]") is None


def test_pasted_keywords_go_the_same_way(client: Visitor, site: Site) -> None:
    answer = client.send(IMPORTS, {"text": "moka pot\nchemex\nMOKA pot"})

    assert "Pasted text" in words(page(client, answer.location))
    client.send(f"{answer.location}/begin")
    assert keywords(site) == [("moka pot", None), ("chemex", None)]


@on_sqlite
def test_what_could_not_be_read_is_listed_and_can_be_downloaded(client: Visitor, site: Site) -> None:
    address = send(client, table(["moka pot,many", "???,1", '"=HYPERLINK(1)",1', "chemex,10"]))

    listed = words(page(client, address).select_one("#left-out"))
    assert "The value is unknown" in listed and "The line is left out" in listed
    answer = client.get(f"{address}/lines.csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    lines = answer.text.splitlines()
    assert lines[0] == "Line,What became of it,Why"
    assert [line.split(",")[:2] for line in lines[1:]] == [["2", "imported"], ["3", "left out"], ["4", "left out"]]


@on_sqlite
def test_the_lines_left_out_are_sent_by_a_server_too(app: Flask, client: Visitor, site: Site) -> None:
    """It asks for the lines when the request is over, as a client that runs within the app's context does not."""
    address = send(client, table(["moka pot,90", "???,1"]))
    db.session.commit()
    name = app.config["SESSION_COOKIE_NAME"]
    known = client.get_cookie(name)
    assert known is not None
    environ = EnvironBuilder(path=f"{address}/lines.csv", headers={"Cookie": f"{name}={known.value}"}).get_environ()
    with ThreadPoolExecutor(1) as elsewhere:
        sent, _, _ = elsewhere.submit(run_wsgi_app, app.wsgi_app, environ, True).result()

    assert b"3,left out," in b"".join(sent)


@on_sqlite
@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n\x00\x00", b"PK\x03\x04"], ids=["empty", "picture", "broken"])
def test_what_is_no_file_of_keywords_is_answered_at_the_field(client: Visitor, site: Site, data: bytes) -> None:
    answer = client.send(IMPORTS, {"file": (io.BytesIO(data), "a.csv")})

    assert answer.status_code == 422
    assert "Nothing was imported" in refused_at(answer.text, "file")
    assert db.session.scalar(select(KeywordImport.id)) is None


@on_sqlite
def test_nothing_at_all_is_answered_at_the_field(client: Visitor, site: Site) -> None:
    answer = client.send(IMPORTS, {"text": " \n "})

    assert answer.status_code == 422
    assert "Choose a file, or paste some keywords." in refused_at(answer.text, "file")


@on_sqlite
def test_a_file_and_pasted_keywords_at_once_are_refused_and_the_text_stays(client: Visitor, site: Site) -> None:
    both = {"file": (io.BytesIO(b"moka pot\n"), "keywords.txt"), "text": "chemex"}

    answer = client.send(IMPORTS, both)

    assert answer.status_code == 422
    assert "Send one after the other, and choose the file again" in refused_at(answer.text, "file")
    assert "chemex" in answer.text
    assert keywords(site) == []


@on_sqlite
def test_what_is_pasted_and_holds_none_is_answered_there_and_stays(client: Visitor, site: Site) -> None:
    answer = client.send(IMPORTS, {"text": "<html><body>keywords</body></html>"})

    assert answer.status_code == 422
    refused_at(answer.text, "text")
    assert "&lt;html&gt;" in answer.text


@on_sqlite
def test_a_person_says_which_column_holds_the_keywords(client: Visitor, site: Site) -> None:
    address = send(client, NAMELESS)
    main = page(client, address)
    assert [words(option) for option in main.select("#phrase option")] == ["Choose a column", "A", "B"]
    assert "1 · 3" in words(main.select_one("#columns"))
    assert buttons(main) == []

    wrong = client.send(f"{address}/columns", {"volume": "1"})
    assert wrong.status_code == 422
    refused_at(wrong.text, "phrase")

    assert client.send(f"{address}/columns", {"phrase": "0", "volume": "1"}).status_code == 303
    client.send(f"{address}/begin")
    assert keywords(site) == [("1", 2), ("3", 4)]


@on_sqlite
@pytest.mark.parametrize("columns", [{"phrase": "7"}, {"phrase": "x"}, {"phrase": "0", "volume": "0"}], ids=str)
def test_columns_that_are_not_there_are_refused(client: Visitor, site: Site, columns: dict[str, str]) -> None:
    address = send(client, NAMELESS)

    assert client.send(f"{address}/columns", columns).status_code == 422
    assert the_import().status is ImportStatus.UNMAPPED


def test_what_takes_long_goes_on_without_whoever_waits(client: Visitor, site: Site, slow: None) -> None:
    address = send(client, numbered(12))
    main = page(client, address)
    live = main.select_one("#import[hx-get][data-poll]")
    assert live is not None and live["hx-get"] == f"{address}/live"
    assert "5 lines" in words(main.select_one(".now"))
    assert buttons(main) == ["Import without waiting"]
    assert "Load it again" in words(main)
    waiting = [job.args for job in Queue(queue.UPKEEP, connection=connection()).jobs]
    assert waiting == [(the_import().id,)]

    client.send(f"{address}/begin")
    assert len(keywords(site)) == 5
    assert buttons(page(client, address)) == ["Stop"]

    client.send(f"{address}/stop")
    main = page(client, address)
    assert "Stopped by Ana." in words(main.select_one("#why"))
    assert "5 new keywords are in and stay." in words(main.select_one("#why"))
    assert buttons(main) == ["Go on"]

    client.send(f"{address}/go-on")
    working.work_on(the_import().id, 1e9)
    assert len(keywords(site)) == 12


@on_sqlite
def test_a_poll_answers_only_what_has_changed(client: Visitor, site: Site, slow: None) -> None:
    address = send(client, numbered(12))
    asked = {"HX-Request": "true"}
    first = client.get(f"{address}/live", headers=asked)
    assert first.status_code == 200 and first.text.lstrip().startswith("<section")
    tag = first.headers["ETag"]

    assert client.get(f"{address}/live", headers=asked | {"If-None-Match": tag}).status_code == 304

    working.work_on(the_import().id, 1e9)
    last = client.get(f"{address}/live", headers=asked | {"If-None-Match": tag})
    assert last.status_code == 200
    assert "hx-trigger" not in last.text
    assert client.get(f"{address}/live").location == address


@on_sqlite
def test_dropping_asks_and_leads_to_the_list(client: Visitor, site: Site) -> None:
    address = send(client, numbered(3))
    assert "keywords.csv" in words(page(client, IMPORTS).select_one("#imports"))

    assert "The file is deleted here" in words(page(client, f"{address}/drop"))
    assert client.send(f"{address}/drop").location == IMPORTS

    assert client.get(address).status_code == 404
    assert page(client, IMPORTS).select_one("#imports") is None


@on_sqlite
def test_the_same_file_again_is_said_to_be(client: Visitor, site: Site) -> None:
    first = send(client, numbered(3))
    client.send(f"{first}/begin")

    main = page(client, send(client, numbered(3)))

    assert "The same file was imported before" in words(main)
    assert words(main.select_one(".stats")).startswith("New 0")


@on_sqlite
def test_a_decision_that_comes_too_late_changes_nothing(client: Visitor, site: Site) -> None:
    address = send(client, numbered(3))
    client.send(f"{address}/begin")

    for verb in ("begin", "stop", "go-on", "drop", "columns"):
        assert client.send(f"{address}/{verb}").status_code == 409
    assert the_import().status is ImportStatus.IMPORTED


@on_sqlite
def test_a_file_that_is_too_large_gets_a_page(client: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_files, "LARGEST_FILE", 1_000_000)
    monkeypatch.setattr(large_files, "LARGEST_TEXT", 600_000)

    answer = client.send(IMPORTS, {"file": (io.BytesIO(b"x" * 2_000_000), "a.csv")})

    assert answer.status_code == 413
    assert "The file is larger than 1 MB." in answer.text
    assert "Nothing was imported." in answer.text


@on_sqlite
def test_a_long_text_may_be_pasted(client: Visitor, site: Site) -> None:
    text = "\n".join(f"phrase {number} for somebody" for number in range(40_000))
    assert len(text) > 1_000_000

    assert client.send(IMPORTS, {"text": text}).status_code == 303


@on_sqlite
def test_a_viewer_may_look(app: Flask, client: Visitor) -> None:
    member = factories.member(Role.VIEWER)
    site = factories.site(member.account, slug="beans")
    one = factories.keyword_import(site)
    factories.signed_in(client, member.user)

    main = page(client, f"{IMPORTS}/{one.id}")
    assert buttons(main) == []
    assert page(client, IMPORTS).select_one("form.arrive") is None
    assert client.send(IMPORTS, {"text": "chemex"}).status_code == 403
    assert client.send(f"{IMPORTS}/{one.id}/begin").status_code == 403


@on_sqlite
def test_a_name_cannot_become_markup(client: Visitor, site: Site) -> None:
    address = send(client, "Keyword,<img src=x onerror=alert(1)>\nmoka pot,<b>9\n", "<script>alert(1).csv")

    for shown in (address, IMPORTS):
        text = client.get(shown).text
        assert "<script>alert" not in text and "<img src=x" not in text and "<b>9" not in text
