"""A file of each source, as it is written, comes in with the right values and nothing said by hand."""

import io
import json
from decimal import Decimal

import pytest

from tests.content.importing import exports
from tests.content.importing.exports import keywords, read, text, understood, utf16, workbook, zipped
from webapp.content.importing.reading import lines
from webapp.content.importing.recognise import recognise
from webapp.content.importing.understanding import Source
from webapp.content.models import Intent


def test_the_keyword_planner() -> None:
    understanding = understood(exports.planner(), "Keyword Stats 2026-06-09 at 21_25_18.csv")
    first, second = keywords(exports.planner())

    assert (understanding.source, understanding.header_line) == (Source.PLANNER, 3)
    assert (understanding.encoding, understanding.delimiter) == ("utf-16", "\t")
    assert (first.phrase, first.volume, first.cpc) == ("moka pot", 12_100, Decimal("1.55"))
    assert (second.phrase, second.volume, second.cpc) == ("how to use a moka pot", 880, None)
    assert (first.difficulty, second.difficulty) == (None, None)


def test_the_planner_of_a_small_account_in_german() -> None:
    understanding = understood(exports.planner_of_a_small_account())
    first, second = keywords(exports.planner_of_a_small_account())

    assert (understanding.source, understanding.language) == (Source.PLANNER, "de")
    assert (first.phrase, first.volume, first.cpc) == ("espressokocher für induktion", 5_000, Decimal("1.05"))
    assert (second.volume, second.cpc) == (50, None)
    assert (first.difficulty, second.difficulty) == (None, None)
    assert any("range" in note for note in understanding.notes)


@pytest.mark.parametrize(
    ("keyword", "volume", "low", "high", "competition"),
    [
        (
            "Palabra clave",
            "Promedio de búsquedas mensuales",
            "Puja por la parte superior de la página (intervalo bajo)",
            "Puja por la parte superior de la página (intervalo alto)",
            "Competencia",
        ),
        (
            "Mot clé",
            "Nombre moyen de recherches mensuelles",
            "Enchère de haut de page (fourchette basse)",
            "Enchère de haut de page (fourchette haute)",
            "Concurrence",
        ),
        (
            "Parola chiave",
            "Media ricerche mensili",
            "Offerta per la parte superiore della pagina (intervallo basso)",
            "Offerta per la parte superiore della pagina (intervallo alto)",
            "Concorrenza",
        ),
        (
            "Palavra-chave",
            "Média de pesquisas mensais",
            "Lance para a parte superior da página (faixa inferior)",
            "Lance para a parte superior da página (faixa superior)",
            "Concorrência",
        ),
        (
            "Zoekwoord",
            "Gem. maandelijkse zoekopdrachten",
            "Bod bovenaan de pagina (laag bereik)",
            "Bod bovenaan de pagina (hoog bereik)",
            "Concurrentie",
        ),
        (
            "Słowo kluczowe",
            "Śr. mies. liczba wyszukiwań",
            "Stawka za górę strony (dolny zakres)",
            "Stawka za górę strony (górny zakres)",
            "Konkurencja",
        ),
    ],
    ids=["es", "fr", "it", "pt", "nl", "pl"],
)
def test_the_planners_header_in_other_languages(
    keyword: str, volume: str, low: str, high: str, competition: str
) -> None:
    header = [keyword, competition, low, high, volume]
    data = utf16([["Stats"], ["2025"], header, ["moka", "x", "0,40", "1,20", "1.900"]])

    understanding, (fields,) = understood(data), keywords(data)

    assert understanding.source is Source.PLANNER
    assert (fields.phrase, fields.volume, fields.cpc, fields.difficulty) == ("moka", 1_900, Decimal("1.20"), None)


def test_the_planner_in_any_order_without_what_is_optional() -> None:
    data = utf16([["Competition", "Avg. monthly searches", "Keyword"], ["High", "50", "moka pot"]])

    assert understood(data).source is Source.PLANNER
    assert [(fields.phrase, fields.volume) for fields in keywords(data)] == [("moka pot", 50)]


@pytest.mark.parametrize("step", ["0", "50", "500", "5000", "50000", "500000"])
def test_rough_volumes_of_the_planner_are_kept_as_google_writes_them(step: str) -> None:
    rows = [[f"moka pot {at}", step, "Low"] for at in range(6)]
    data = utf16([["Keyword", "Avg. monthly searches", "Competition"], *rows])

    assert {fields.volume for fields in keywords(data)} == {int(step)}
    assert any("rough" in note for note in understood(data).notes)


def test_ahrefs_keywords_explorer() -> None:
    understanding = understood(exports.ahrefs_keywords(), "google_us_moka_matching-terms_2026-05-01_10-00-00.csv")
    first, second = keywords(exports.ahrefs_keywords())

    assert understanding.source is Source.AHREFS_KEYWORDS
    assert (first.phrase, first.volume, first.difficulty, first.cpc) == ("moka pot", 49_000, 35, Decimal("0.70"))
    assert (first.country, first.parent, first.intent) == ("US", "moka pot", Intent.INFORMATIONAL)
    assert (second.volume, second.difficulty, second.cpc) == (300, None, None)
    assert (second.parent, second.intent) == ("moka pot", Intent.COMMERCIAL)
    assert first.serp == ()


def test_ahrefs_keywords_explorer_as_quoted_utf_8() -> None:
    understanding, (fields,) = understood(exports.ahrefs_keywords_2026()), keywords(exports.ahrefs_keywords_2026())

    assert (understanding.source, understanding.encoding, understanding.delimiter) == (
        Source.AHREFS_KEYWORDS,
        "utf-8",
        ",",
    )
    assert (fields.volume, fields.difficulty, fields.cpc) == (0, 0, Decimal("0.12"))
    assert (fields.country, fields.parent, fields.intent) == ("DE", "", Intent.NAVIGATIONAL)


def test_a_global_volume_is_never_the_volume() -> None:
    data = text(
        [["Keyword", "Global volume", "Traffic potential", "Difficulty"], ["moka pot", "153000", "61000", "35"]]
    )

    assert keywords(data)[0].volume is None


def test_ahrefs_site_explorer() -> None:
    first, second = keywords(exports.ahrefs_site())

    assert understood(exports.ahrefs_site()).source is Source.AHREFS_SITE
    assert (first.phrase, first.volume, first.difficulty, first.cpc) == ("moka pot sizes", 1_500, 7, Decimal("0.55"))
    assert (first.country, second.country) == ("US", "GB")
    assert (first.intent, second.intent) == (Intent.INFORMATIONAL, Intent.TRANSACTIONAL)


@pytest.mark.parametrize("data", [exports.semrush_magic(), exports.semrush_magic_workbook()], ids=["csv", "xlsx"])
def test_semrush_keyword_magic(data: bytes) -> None:
    name = "moka-pot_broad-match_us_2026-05-01.csv"
    understanding = understood(data, name)
    first, second = keywords(data, name)

    assert (understanding.source, understanding.country) == (Source.SEMRUSH_MAGIC, "US")
    assert (first.phrase, first.volume, first.difficulty, first.cpc) == ("moka pot", 40_500, 61, Decimal("0.74"))
    assert (first.intent, first.country) == (Intent.COMMERCIAL, "US")
    assert (second.volume, second.difficulty, second.cpc, second.intent) == (0, None, None, None)


def test_semrush_keyword_magic_with_few_columns() -> None:
    data = text([["Keyword", "Volume", "Keyword Difficulty", "Number of Results"], ["moka pot", "90", "", "10"]])

    assert understood(data).source is Source.SEMRUSH_MAGIC
    assert (keywords(data)[0].volume, keywords(data)[0].difficulty) == (90, None)


def test_semrush_strategy_builder_with_cells_of_several_lines() -> None:
    data = exports.semrush_strategy()
    first, second = keywords(data)

    assert understood(data, "coffee_clusters_2026-05-01.csv").source is Source.SEMRUSH_STRATEGY
    assert (first.phrase, first.volume, first.difficulty, first.cpc) == ("moka pot sizes", 1_300, 12, Decimal("0.50"))
    assert (first.country, first.intent, first.parent) == ("US", Intent.INFORMATIONAL, "moka pot size")
    assert (second.country, second.difficulty, second.parent) == ("AU", None, "")
    assert first.serp == (), "these addresses are the page's, not the keyword's"
    assert [line.number for line in read(data)] == [2, 6]


def test_semrush_strategy_builder_without_pages_has_its_topics() -> None:
    header = [name for name in exports.SEMRUSH_STRATEGY if name != "Page"]
    row = ["us", "moka pot sizes", "moka pot", "moka pots", *[""] * (len(header) - 4)]

    assert keywords(text([header, row]))[0].parent == "moka pots"


def test_semrush_api() -> None:
    found = keywords(exports.semrush_api())

    assert understood(exports.semrush_api()).source is Source.SEMRUSH_API
    assert [fields.intent for fields in found] == [
        Intent.COMMERCIAL,
        Intent.NAVIGATIONAL,
        Intent.TRANSACTIONAL,
        Intent.INFORMATIONAL,
    ]
    assert [fields.country for fields in found] == ["US", "GB", "US", "US"]
    assert [fields.difficulty for fields in found] == [61, 55, None, 8]
    assert [fields.volume for fields in found] == [40_500, 90_500, 720, 110]


def test_search_console() -> None:
    understanding = understood(exports.search_console(), "beans.example-Performance-on-Search-2026-05-01.zip")
    found = keywords(exports.search_console())

    assert (understanding.source, understanding.container) == (Source.SEARCH_CONSOLE, "ZIP")
    assert (understanding.sheet, understanding.country) == ("Queries.csv", "GB")
    assert [fields.phrase for fields in found] == ["moka pot", "aeropress"]
    assert {fields.country for fields in found} == {"GB"}
    assert {fields.volume for fields in found} == {None}, "impressions are not search volume"
    assert any("Impressions" in note for note in understanding.notes)


def test_search_console_without_a_filter_of_countries() -> None:
    assert understood(exports.search_console(country=False)).country == ""


def test_search_console_in_german() -> None:
    understanding = understood(exports.search_console_in_german())

    assert (understanding.source, understanding.sheet) == (Source.SEARCH_CONSOLE, "Suchanfragen.csv")
    assert understanding.country == "AT"
    assert keywords(exports.search_console_in_german())[0].phrase == "espressokocher größe"


@pytest.mark.parametrize(
    ("file", "header"),
    [
        ("Requêtes.csv", "Requêtes les plus fréquentes,Clics,Impressions,CTR,Position moyenne"),
        ("Consultas.csv", "Consultas principales,Clics,Impresiones,CTR,Posición"),
        ("Query.csv", "Query principali,Clic,Impressioni,CTR,Posizione"),
        ("Consultas.csv", "Principais consultas,Cliques,Impressões,CTR,Posição"),
        ("Zoekopdrachten.csv", "Populairste zoekopdrachten,Klikken,Vertoningen,CTR,Positie"),
        ("Zapytania.csv", "Najczęstsze zapytania,Kliknięcia,Wyświetlenia,CTR,Pozycja"),
        ("ZapytaД.csv", "Najczęstsze zapytania,Kliknięcia,Wyświetlenia,CTR,Pozycja"),
    ],
    ids=["fr", "es", "it", "pt", "nl", "pl", "a name of another code page"],
)
def test_search_console_in_other_languages(file: str, header: str) -> None:
    data = zipped({"a.csv": text([["x", "y"], ["1", "2"]]), file: f"{header}\nmoka,3,20,15%,4\n".encode()})

    assert understood(data).source is Source.SEARCH_CONSOLE
    assert [fields.phrase for fields in keywords(data)] == ["moka"]


def test_search_console_as_a_workbook() -> None:
    data = workbook(
        {
            "Dates": [["Date", *exports.QUERIES[1:]], ["2026-05-01", 3, 50, 0.06, 4]],
            "Queries": [exports.QUERIES, ["moka pot", 26, 57, 0.4561, 1.2]],
            "Filters": [["Filter", "Value"], ["Country", "Germany"]],
        }
    )

    assert (understood(data).sheet, understood(data).country) == ("Queries", "DE")
    assert [fields.phrase for fields in keywords(data)] == ["moka pot"]


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("moka_broad-match_us_2026-05-01.xlsx", "US"),
        ("moka_all-keywords_uk_2026-05-04.csv", "GB"),
        ("moka_all-keywords_mobile-de_2026-05-04.csv", "DE"),
        ("beans.example-organic.Positions-fr-20230918-2023-09-19T20_48_27Z.csv", "FR"),
        ("google_gb_moka_matching-terms_2026-05-01_10-00-00.csv", "GB"),
        ("coffee_clusters_2026-05-01.csv", ""),
        ("moka_zz_2026-05-01.csv", ""),
    ],
)
def test_the_country_is_in_the_name_of_the_file(name: str, country: str) -> None:
    assert understood("Keyword,Volume\nmoka pot,90\n", name).country == country


def test_a_country_of_a_line_comes_before_that_of_the_file() -> None:
    data = "Keyword,Country\nmoka pot,de\nchemex,\n"

    assert [fields.country for fields in keywords(data, "x_us_2026-05-01.csv")] == ["DE", "US"]


@pytest.mark.parametrize("source", exports.EVERY)
def test_what_was_understood_can_be_kept_as_json(source: str) -> None:
    understanding = understood(exports.EVERY[source]())

    assert type(understanding).from_json(json.loads(json.dumps(understanding.to_json()))) == understanding


@pytest.mark.parametrize("source", exports.EVERY)
def test_reading_goes_on_after_any_line(source: str) -> None:
    data = exports.EVERY[source]()
    whole = read(data)

    for line in whole:
        assert read(data, after=line.number) == [later for later in whole if later.number > line.number]


@pytest.mark.parametrize("source", [name for name in exports.EVERY if name not in exports.PACKED])
def test_a_text_may_come_a_little_at_a_time(source: str) -> None:
    class Trickle(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(7 if size is None or size < 0 else min(size, 7))

    data = exports.EVERY[source]()
    stream = Trickle(data)

    assert list(lines(stream, recognise(stream, "x"))) == read(data, "x")
