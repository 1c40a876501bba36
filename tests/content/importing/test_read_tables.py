"""Files of no known tool: tables with names in several languages or none, and plain lists."""

import datetime
import io
import json
from collections.abc import Callable

import pytest

from tests.content.importing.exports import keywords, read, text, understood, workbook, zipped
from webapp.content.importing.reading import lines
from webapp.content.importing.understanding import Field, Source, Understanding, Unrecognised, mapped
from webapp.content.models import Intent
from webapp.core.errors import Invalid


def unrecognised(data: bytes | str) -> Unrecognised:
    with pytest.raises(Unrecognised) as refusal:
        understood(data)
    return refusal.value


@pytest.mark.parametrize(
    "header",
    [
        "Suchbegriff;Suchvolumen;Schwierigkeit;Klickpreis;Suchintention;Land",
        "Mot-clé;Volume de recherche;Difficulté;Coût par clic;Intention de recherche;Pays",
        "Palabra clave;Volumen de búsqueda;Dificultad;Coste por clic;Intención;País",
        "Parola chiave;Volume di ricerca;Difficoltà;Costo per clic;Intento;Paese",
        "Palavra-chave;Volume de pesquisa;Dificuldade;Custo por clique;Intenção;País",
        "Zoekwoord;Zoekvolume;Moeilijkheid;Kosten per klik;Zoekintentie;Land",
        "Słowo kluczowe;Wolumen wyszukiwań;Trudność;Koszt kliknięcia;Intencja;Kraj",
        "keyword;search_volume;keyword_difficulty;cpc;search_intent;country_code",
        "KEYWORD;Search Volume;KD %;CPC (EUR);Intent;Country",
    ],
    ids=["de", "fr", "es", "it", "pt", "nl", "pl", "with underscores", "in capitals"],
)
def test_columns_are_known_by_name(header: str) -> None:
    (fields,) = keywords(f"{header}\nmoka;1.300;35,4;1,25;C;at\n")

    assert (fields.phrase, fields.volume, fields.difficulty, str(fields.cpc)) == ("moka", 1_300, 35, "1.25")
    assert (fields.intent, fields.country) == (Intent.COMMERCIAL, "AT")


@pytest.mark.parametrize("delimiter", ["\t", ";", ",", "|"])
def test_the_delimiter_is_the_one_that_finds_the_columns(delimiter: str) -> None:
    data = text([["Keyword", "Notes", "Volume"], ["moka, pot; big|small", "a", "90"]], delimiter)

    assert understood(data).delimiter == delimiter
    assert [(fields.phrase, fields.volume) for fields in keywords(data)] == [("moka, pot; big|small", 90)]


def test_one_keyword_a_line() -> None:
    understanding = understood('moka pot\n\n  5" dripper\ncoffee, black; hot\n')

    assert (understanding.source, understanding.header_line, understanding.delimiter) == (Source.LINES, 0, None)
    assert [(line.number, line.fields and line.fields.phrase) for line in read('moka\n\n "exact" \na, b\n')] == [
        (1, "moka"),
        (3, '"exact"'),
        (4, "a, b"),
    ]


def test_one_keyword_a_line_below_a_header() -> None:
    assert [fields.phrase for fields in keywords('Keyword\ncoffee, black\n"tea, green"\n')] == [
        "coffee, black",
        "tea, green",
    ]


def test_a_keyword_that_is_called_like_a_column_without_a_name_is_one() -> None:
    assert [fields.phrase for fields in keywords("moka\nColumn 1\n")] == ["moka", "Column 1"]


def test_a_keyword_that_is_called_keyword_is_no_header_far_below() -> None:
    assert [fields.phrase for fields in keywords("moka\nchemex\naeropress\nkettle\nkeyword\nfilter\n")][4] == "keyword"


def test_a_table_without_a_header() -> None:
    data = "moka pot\t90\naeropress filter\t20\nchemex\t\n"
    understanding = understood(data)

    assert understanding.header_line == 0
    assert understanding.names == ("Column 1", "Column 2")
    assert understanding.meanings == ("Keyword", "Searches a month")
    assert [(fields.phrase, fields.volume) for fields in keywords(data)] == [
        ("moka pot", 90),
        ("aeropress filter", 20),
        ("chemex", None),
    ]
    assert any("looks like" in note for note in understanding.notes)


def test_numbers_that_only_count_the_rows_are_no_volumes() -> None:
    assert {fields.volume for fields in keywords("1,moka pot\n2,aeropress filter\n3,chemex\n")} == {None}


def test_without_a_name_the_column_that_looks_like_keywords_is_taken() -> None:
    rows = [["Id", "What people type", "Kind", "Volume"]]
    rows += [[str(at), f"moka pot {word}", "coffee", str(at * 10)] for at, word in enumerate("abcdef", 100)]
    understanding = understood(text(rows))

    assert understanding.columns == {Field.PHRASE: 1, Field.VOLUME: 3}
    assert keywords(text(rows))[0].volume == 1_000


def test_a_column_about_advertisements_is_none_of_keywords() -> None:
    data = "Was;Monatliche Suchanfragen;Konkurrenz\nmoka kaufen;90;hoch\nchemex test;20;niedrig\n"

    assert [(fields.phrase, fields.volume) for fields in keywords(data)] == [("moka kaufen", 90), ("chemex test", 20)]


def test_where_two_columns_look_like_keywords_a_person_says_which() -> None:
    found = unrecognised(
        "Name;Town;Mail\nAna Moss;Lisbon;a@beans.example\nAna Reed;Porto;b@beans.example\n"
    ).understanding

    assert found.names == ("Name", "Town", "Mail")
    assert found.sample[0] == ("Ana Moss", "Lisbon", "a@beans.example")
    assert (found.header_line, found.delimiter, found.columns) == (1, ";", {})


def test_what_a_person_says_of_the_columns_is_read() -> None:
    data = "A;B;C\nmoka pot;coffee pot;90\nchemex;glass jug;20\n"
    found = unrecognised(data).understanding
    kept = Understanding.from_json(json.loads(json.dumps(found.to_json())))

    said = mapped(kept, {Field.PHRASE: 1, Field.VOLUME: 2})

    assert (said.source, said.meanings) == (Source.TABLE, ("", "Keyword", "Searches a month"))
    found_lines = [line.fields for line in lines(io.BytesIO(data.encode()), said) if line.fields]
    assert [(fields.phrase, fields.volume) for fields in found_lines] == [("coffee pot", 90), ("glass jug", 20)]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({Field.VOLUME: 1}, "No column was chosen for the keywords."),
        ({Field.PHRASE: 9}, "There is no column 10."),
        ({Field.PHRASE: -1}, "There is no column 0."),
        ({Field.PHRASE: 0, Field.PARENT: 0}, "One column was chosen for two things."),
    ],
    ids=["no keywords", "beyond", "before", "twice"],
)
def test_what_cannot_be_said_of_the_columns(columns: dict[Field, int], sentence: str) -> None:
    found = unrecognised("A;B;C\nmoka pot;coffee pot;90\nchemex;glass jug;20\n")

    with pytest.raises(Invalid, match=sentence):
        mapped(found, columns)


def test_titles_above_the_header_and_the_hint_of_excel_are_passed_over() -> None:
    understanding = understood("sep=;\nKeyword report;\n\nKeyword;Volume\nmoka pot;9\n")

    assert (understanding.header_line, understanding.delimiter) == (4, ";")


def test_a_header_that_comes_again_where_files_were_joined_is_no_keyword() -> None:
    data = "Keyword,Volume\nmoka pot,90\n\ufeffKeyword,Volume\nchemex,20\n"

    assert [fields.phrase for fields in keywords(data)] == ["moka pot", "chemex"]


def test_addresses_of_the_result_page_in_columns_of_their_own() -> None:
    header = ["Keyword", *(f"URL {place}" for place in (2, 1, 10, 3))]
    row = ["moka pot", "https://b.example/x", "https://a.example/", "https://j.example/", ""]

    assert keywords(text([header, row]))[0].serp == (
        "https://a.example/",
        "https://b.example/x",
        "https://j.example/",
    )


@pytest.mark.parametrize("between", ["|", "\n", ", ", " ", "; "], ids=["bar", "lines", "comma", "space", "semicolon"])
def test_addresses_of_the_result_page_in_one_cell(between: str) -> None:
    addresses = [f"https://shop{place}.example/moka" for place in range(12)]

    assert keywords(text([["Keyword", "SERP URLs"], ["moka", between.join(addresses)]]))[0].serp == tuple(
        addresses[:10]
    )


def test_one_address_beside_a_keyword_is_not_its_result_page() -> None:
    assert keywords("Keyword,URL,Position\nmoka,https://beans.example/,3\n")[0].serp == ()


def test_cells_below_a_header_without_a_name_are_left_out() -> None:
    assert [fields.phrase for fields in keywords("Keyword,Volume,\nmoka,90,a note\n")] == ["moka"]


def test_cells_beyond_the_header_cost_the_line() -> None:
    found = read("Keyword,CPC\nmoka,1,25\nchemex,0.5\n")

    assert [(line.number, line.reason.split(".")[0]) for line in found if not line.fields] == [
        (2, "It has more cells than the header row")
    ]
    assert found[1].fields and found[1].fields.phrase == "chemex"


def test_exact_match_brackets_are_no_json() -> None:
    assert [fields.phrase for fields in keywords("[moka pot]\n[chemex]\n")] == ["[moka pot]", "[chemex]"]


def test_a_parent_topic_of_any_table() -> None:
    assert keywords("Keyword,Parent Topic\nmoka pot size,Moka Pot\n")[0].parent == "Moka Pot"


def test_the_sheet_with_the_keywords_is_found_among_others() -> None:
    data = workbook(
        {"Read me": [["About"], ["This file"]], "List": [["Keyword", "Volume"], ["moka pot", 90]], "Empty": []}
    )

    assert understood(data).sheet == "List"
    assert [(fields.phrase, fields.volume) for fields in keywords(data)] == [("moka pot", 90)]


LISTS = {"a.csv": [["Keyword"], ["moka pot"]], "b.csv": [["Keyword"], ["chemex"]], "notes.csv": [["By Ana"]]}


def packed(lists: dict[str, list[list[str]]]) -> bytes:
    return zipped({name: text(rows) for name, rows in lists.items()})


@pytest.mark.parametrize("pack", [packed, workbook], ids=["zip", "workbook"])
def test_of_several_lists_the_first_is_read_and_the_others_are_named(pack: Callable[[dict], bytes]) -> None:
    data = pack(LISTS)

    assert [fields.phrase for fields in keywords(data)] == ["moka pot"]
    assert understood(data).notes == (
        "Only “a.csv” is read, not “b.csv”: to import those too, save each as a file of its own.",
    )


def test_of_many_lists_some_are_named() -> None:
    data = packed({f"{name}.csv": [["Keyword"], ["moka pot"]] for name in "abcdef"})

    assert "not “b.csv”, “c.csv”, “d.csv” and 2 more:" in understood(data).notes[0]


def test_numbers_yes_and_dates_of_a_workbook_are_read_as_shown() -> None:
    header = ["Keyword", "Volume", "CPC", "KD", "Informational", "Commercial", "Seen"]
    data = workbook({"A": [header, [2024, 1300.0, 0.1 + 0.2, 35.5, False, True, datetime.date(2026, 5, 1)]]})
    (fields,) = keywords(data)

    assert (fields.phrase, fields.volume, str(fields.cpc), fields.difficulty) == ("2024", 1_300, "0.30", 36)
    assert fields.intent is Intent.COMMERCIAL


def test_a_packed_list_is_unpacked() -> None:
    data = zipped({"readme.md": b"# Hi", "__MACOSX/._list.csv": b"\0\0", "list.csv": b"Keyword,Volume\nmoka pot,90\n"})

    assert understood(data).sheet == "list.csv"
    assert [fields.phrase for fields in keywords(data)] == ["moka pot"]


@pytest.mark.parametrize(
    ("phrases", "language"),
    [
        (["how to clean a moka pot", "best moka pot for induction", "what is a moka pot"], "en"),
        (["espressokocher für induktion", "was ist ein espressokocher", "espressokocher reinigen wie oft"], "de"),
        (["comment nettoyer une cafetière italienne", "cafetière pour induction", "quelle cafetière"], "fr"),
        (["cómo limpiar una cafetera", "cafetera para inducción", "mejor cafetera italiana"], "es"),
        (["come pulire la moka", "migliore moka per induzione", "moka da 6 tazze quanto caffè"], "it"),
        (["como limpar a cafeteira", "cafeteira para indução", "melhor café em grãos"], "pt"),
        (["hoe maak je een percolator schoon", "beste percolator voor inductie", "wat is een percolator"], "nl"),
        (["jak czyścić kawiarkę", "najlepsza kawiarka na indukcję", "co to jest kawiarka"], "pl"),
        (["как варить кофе", "купить турку"], "ru"),
        (["コーヒーの淹れ方", "モカポット"], "ja"),
        (["moka", "chemex", "v60"], ""),
    ],
    ids=["en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "ja", "untold"],
)
def test_the_language_is_guessed_from_the_phrases(phrases: list[str], language: str) -> None:
    assert understood("\n".join(phrases)).language == language


def test_a_name_of_a_column_further_down_a_list_is_a_keyword_like_the_others() -> None:
    found = keywords("keyword research\nkeyword\nseo tools\n")

    assert [fields.phrase for fields in found] == ["keyword research", "keyword", "seo tools"]
