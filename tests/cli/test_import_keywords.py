"""`pressroom import-keywords SITE FILE`."""

from pathlib import Path

import pytest
from flask import Flask

from tests import factories
from tests.cli.conftest import Pressroom
from tests.content.importing.exports import workbook
from tests.pipeline.engine import rows
from webapp.content.imports.models import ImportStatus, KeywordImport
from webapp.content.models import Keyword
from webapp.sites.models import Site

FILE = "Keyword,Volume\nbasil care,1200\nBasil  Care,900\n???,20\nmint care,30\n"


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def test_broken_lines_are_named_and_the_rest_is_imported(site: Site, pressroom: Pressroom, tmp_path: Path) -> None:
    file = tmp_path / "keywords.csv"
    file.write_text(FILE)

    said = pressroom("import-keywords", site.slug, str(file))

    assert said.code == 0
    assert said.out == "2 new, 1 already there, 1 not understood.\n"
    assert said.err.startswith("line 4: ")
    assert [keyword.phrase for keyword in rows(Keyword)] == ["basil care", "mint care"]


def test_what_a_file_holds_besides_is_said(site: Site, pressroom: Pressroom, tmp_path: Path) -> None:
    file = tmp_path / "two.xlsx"
    file.write_bytes(workbook({"Pots": [["Keyword"], ["basil pot"]], "Soil": [["Keyword"], ["basil soil"]]}))

    for command in (["import-keywords", site.slug], ["cluster"]):
        assert "Only “Pots” is read, not “Soil”" in pressroom(*command, str(file)).err


def test_it_reads_from_a_pipe_too(site: Site, pressroom: Pressroom) -> None:
    assert "2 new" in pressroom("import-keywords", site.slug, "-", given=FILE).out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a PNG picture"),
        (b"PK\x03\x04", "The ZIP file is damaged"),
        (bytes(range(256)), "not a text file"),
    ],
)
def test_a_file_of_another_kind_is_refused_as_a_whole(
    site: Site, pressroom: Pressroom, tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "keywords.csv"
    file.write_bytes(content)

    said = pressroom("import-keywords", site.slug, str(file))

    assert said.code == 1
    assert words in said.err
    assert rows(Keyword) == []


@pytest.mark.parametrize(("path", "words"), [("nowhere.csv", "No such file"), ("/", "Is a directory")])
def test_a_file_that_cannot_be_read_is_named(site: Site, pressroom: Pressroom, path: str, words: str) -> None:
    said = pressroom("import-keywords", site.slug, path)

    assert said.code == 2
    assert f"'FILE': {path!r}: {words}" in said.err
    assert "Give the path of a file" in said.err


def test_a_program_gets_the_figures(site: Site, pressroom: Pressroom, tmp_path: Path) -> None:
    factories.keyword(site, "mint care", volume=None)
    file = tmp_path / "keywords.csv"
    file.write_text(FILE)

    told = pressroom("import-keywords", site.slug, str(file), "--json").json

    assert told.pop("seconds") >= 0
    assert told == {
        "import_id": rows(KeywordImport)[0].id,
        "source": "table",
        "lines": 4,
        "new": 1,
        "duplicates": 2,
        "filled_in": 1,
        "left_out": 1,
    }


def test_an_import_by_a_command_stands_among_the_others(site: Site, pressroom: Pressroom) -> None:
    pressroom("import-keywords", site.slug, "-", given=FILE)

    (done,) = rows(KeywordImport)
    assert (done.by, done.status) == ("the command line", ImportStatus.IMPORTED)


def test_a_table_without_a_column_of_keywords_is_for_a_person_to_look_at(site: Site, pressroom: Pressroom) -> None:
    said = pressroom("import-keywords", site.slug, "-", given="A,B\n1,2\n3,4\n")

    assert said.code == 1
    assert "No column of the file can be told to hold keywords." in said.err
    assert rows(KeywordImport) == rows(Keyword) == []
