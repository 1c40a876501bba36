"""Files as the tools write them, to the byte: encoding, mark, delimiter, quotes and line ends are said each time."""

import codecs
import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook

from webapp.content.importing.reading import Line, lines
from webapp.content.importing.recognise import recognise
from webapp.content.importing.understanding import Understanding
from webapp.content.keyword_fields import KeywordFields

Rows = Sequence[Sequence[Any]]

MONTHS = [f"Searches: {month} 2025" for month in ("May", "Jun", "Jul")]
PLANNER = [
    *("Keyword", "Currency", "Avg. monthly searches", "Three month change", "YoY change", "Competition"),
    *("Competition (indexed value)", "Top of page bid (low range)", "Top of page bid (high range)"),
    *("Ad impression share", "Organic impression share", "Organic average position", "In account?", "In plan?"),
    *MONTHS,
]
PLANNER_TITLE = [["Keyword Stats 2026-06-09 at 21_25_18"], ["May 1, 2025 - April 30, 2026"]]
AHREFS_KEYWORDS = [
    *("#", "Keyword", "Country", "Difficulty", "Volume", "CPC", "CPS", "Parent Keyword", "Last Update"),
    *("SERP Features", "Global volume", "Traffic potential", "Global traffic potential", "First seen", "Intents"),
]
AHREFS_SITE = [
    *("Keyword", "Country", "Volume", "KD", "CPC", "Previous organic traffic", "Current organic traffic"),
    *("Organic traffic change", "Previous position", "Current position", "Position change", "Current URL"),
    *("Branded", "Local", "Navigational", "Informational", "Commercial", "Transactional"),
]
SEMRUSH_MAGIC = [
    *("Keyword", "Intent", "Volume", "Trend", "Keyword Difficulty", "CPC (USD)", "Competitive Density"),
    *("SERP Features", "Number of Results"),
]
SEMRUSH_STRATEGY = [
    *("Database", "Keyword", "Seed keyword", "Page", "Topic", "Page type", "Tags", "Volume", "Keyword Difficulty"),
    *("CPC (USD)", "Competitive Density", "Number of Results", "Intent", "SERP Features", "Trend", "Click potential"),
    *("Content references", "Competitors"),
]
SEMRUSH_API = ["database", "Keyword", "Search Volume", "Keyword Difficulty Index", "Intent"]
QUERIES = ["Top queries", "Clicks", "Impressions", "CTR", "Position"]

REFERENCES = '"moka.example":"https://moka.example/a"\n"beans.example":"https://beans.example/b"'


def text(rows: Rows, delimiter: str = ",", encoding: str = "utf-8", mark: bytes = b"", end: str = "\n") -> bytes:
    """Quoted only where it must be."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return mark + out.getvalue().encode(encoding)


def utf16(rows: Rows) -> bytes:
    """UTF-16LE with its mark and tabs, as Google and Ahrefs write it."""
    return text(rows, "\t", "utf-16-le", codecs.BOM_UTF16_LE)


def workbook(sheets: Mapping[str, Rows]) -> bytes:
    book = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def planner() -> bytes:
    return utf16(
        [
            *PLANNER_TITLE,
            PLANNER,
            ["", "", "12,100", "0%", "-18%", "", "", "", "", "", "", "", "", "", "9900", "12100", "14800"],
            ["moka pot", "USD", "12100", "0%", "-18%", "High", "100", "0.41", "1.55", "", "", "", "N", "N", "", "", ""],
            ["how to use a moka pot", "USD", "880", "0%", "0%", "Low", "3", "", "", "", "", "", "N", "N", "", "", ""],
        ]
    )


def planner_of_a_small_account() -> bytes:
    """Ranges, decimal commas and a German header in another order."""
    return utf16(
        [
            ["Keyword-Statistiken 2026-06-09 um 21_25_18"],
            ["1. Mai 2025 – 30. April 2026"],
            [
                *("Keyword", "Währung", "Segmentierung", "Wettbewerb", "Wettbewerb (indexierter Wert)"),
                *("Durchschnittl. Suchanfragen pro Monat", "Gebot für obere Positionen (niedriger Bereich)"),
                "Gebot für obere Positionen (hoher Bereich)",
            ],
            ["", "", "Gesamt", "", "", "1 Tsd. – 10 Tsd.", "", ""],
            ["espressokocher für induktion", "EUR", "", "Hoch", "98", "1 Tsd. – 10 Tsd.", "0,21", "1,05"],
            ["wie espressokocher reinigen", "EUR", "", "Gering", "2", "10 – 100", "", ""],
        ]
    )


def ahrefs_keywords() -> bytes:
    return utf16(
        [
            AHREFS_KEYWORDS,
            [
                *("1", "moka pot", "us", "35", "49000", "0.70", "0.85", "moka pot", "2026-05-01 03:12:44"),
                *("Sitelinks,Thumbnail", "153000", "61000", "120000", "2015-09-01"),
                "Informational,Commercial,Non-branded,Non-local",
            ],
            [
                *("2", "moka pot vs aeropress", "us", "", "300", "", "", "moka pot", "2026-04-29 11:00:00", "", "900"),
                *("250", "400", "2019-02-10", "Commercial,Non-branded"),
            ],
        ]
    )


def ahrefs_keywords_2026() -> bytes:
    """UTF-8 with commas, all cells quoted, with the newer columns."""
    header = [*AHREFS_KEYWORDS, "Languages", "SV trend (09-2024 - 08-2026)", "Category"]
    row = [
        *("1", "mokkakanne", "de", "0", "0", "0,12", "", "", "2026-08-01", "", "2000", "10", "20", "2020-01-01"),
        *("Branded,Navigational", "de", "10,20,30", "Food & Drink"),
    ]
    lines = [",".join(f'"{cell}"' for cell in cells) for cells in (header, row)]
    return ("\r\n".join(lines) + "\r\n").encode()


def ahrefs_site() -> bytes:
    return utf16(
        [
            AHREFS_SITE,
            [
                *("moka pot sizes", "US", "1500", "7", "0.55", "10", "25", "15", "9", "4", "5"),
                *("https://beans.example/moka", "false", "false", "false", "true", "true", "false"),
            ],
            [
                *("buy moka pot", "GB", "200", "12", "1.10", "0", "3", "3", "", "18", ""),
                *("https://beans.example/shop", "false", "false", "false", "false", "false", "true"),
            ],
        ]
    )


def semrush_magic() -> bytes:
    return text(
        [
            SEMRUSH_MAGIC,
            [
                *("moka pot", "Commercial, Informational", "40500", "0.54,0.66,1.00", "61", "0.74", "1"),
                *("Image pack, Sitelinks", "1230000"),
            ],
            ["moka pot for two", "", "0", "", "", "", "", "", "0"],
        ],
        mark=codecs.BOM_UTF8,
    )


def semrush_magic_workbook() -> bytes:
    return workbook(
        {
            "Keywords": [
                SEMRUSH_MAGIC,
                ["moka pot", "Commercial, Informational", 40500, "0.54,0.66,1.00", 61, 0.74, 1, "Sitelinks", 1230000],
                ["moka pot for two", None, 0, None, None, None, None, None, 0],
            ]
        }
    )


def semrush_strategy() -> bytes:
    return text(
        [
            SEMRUSH_STRATEGY,
            [
                *("us", "moka pot sizes", "moka pot", "moka pot size", "moka pot", "Sub page", "coffee\nsizes", "1300"),
                *("12", "0.50", "0.8", "1000", "Informational", "People Also Ask", "0.5,1.0", "High"),
                *(REFERENCES, REFERENCES),
            ],
            [
                *("au", "stovetop espresso", "moka pot", "", "stovetop", "", "", "590", "", "", "", "", "Commercial"),
                *("", "", "", "", ""),
            ],
        ]
    )


def semrush_api() -> bytes:
    return text(
        [
            SEMRUSH_API,
            ["us", "moka pot", "40500", "61", "0,1"],
            ["uk", "bialetti", "90500", "55", "2"],
            ["us", "buy moka pot", "720", "", "3"],
            ["us", "what is moka", "110", "8", "1"],
        ],
        ";",
        end="\r\n",
    )


def search_console(country: bool = True) -> bytes:
    filters = [["Filter", "Value"], ["Search type", "Web"], ["Date", "Last 3 months"], ["Country", "United Kingdom"]]
    return zipped(
        {
            "Chart.csv": text([["Date", "Clicks", "Impressions"], ["2026-05-01", "3", "50"]]),
            "Devices.csv": text([["Device", *QUERIES[1:]], ["Desktop", "3", "50", "6%", "4"]]),
            "Queries.csv": text(
                [QUERIES, ["moka pot", "26", "57", "45.61%", "1.2"], ["aeropress", "0", "9", "0%", "55"]]
            ),
            "Filters.csv": text(filters if country else filters[:3]),
        }
    )


def search_console_in_german() -> bytes:
    return zipped(
        {
            "Seiten.csv": text([["Häufigste Seiten", "Klicks"], ["https://beans.example/", "3"]]),
            "Suchanfragen.csv": text(
                [
                    ["Häufigste Suchanfragen", "Klicks", "Impressionen", "Klickrate", "Position"],
                    ["espressokocher größe", "9", "300", "3,0 %", "6,1"],
                ]
            ),
            "Filter.csv": text([["Filter", "Wert"], ["Suchtyp", "Web"], ["Land", "Österreich"]]),
        }
    )


EVERY = {
    "planner": planner,
    "planner of a small account": planner_of_a_small_account,
    "ahrefs keywords": ahrefs_keywords,
    "ahrefs keywords 2026": ahrefs_keywords_2026,
    "ahrefs site": ahrefs_site,
    "semrush magic": semrush_magic,
    "semrush magic workbook": semrush_magic_workbook,
    "semrush strategy": semrush_strategy,
    "semrush api": semrush_api,
    "search console": search_console,
    "search console in german": search_console_in_german,
}
PACKED = ("semrush magic workbook", "search console", "search console in german")


def understood(data: bytes | str, name: str = "keywords.csv") -> Understanding:
    return recognise(io.BytesIO(data.encode() if isinstance(data, str) else data), name)


def read(data: bytes | str, name: str = "keywords.csv", after: int = 0) -> list[Line]:
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    return list(lines(stream, recognise(stream, name), after))


def keywords(data: bytes | str, name: str = "keywords.csv") -> list[KeywordFields]:
    """Of a file all of whose lines can be read."""
    found = read(data, name)
    assert [line.reason for line in found if not line.fields] == []
    return [line.fields for line in found if line.fields]
