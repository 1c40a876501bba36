import codecs
import io
from dataclasses import dataclass
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from webapp.content.imports.at_once import import_at_once
from webapp.content.imports.queries import all_remarks
from webapp.content.imports.working import BATCH
from webapp.content.models import Intent, Keyword
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.sites.models import Site


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


@dataclass(frozen=True)
class Report:
    """What became of the lines: `bad` were left out, of `unread` some value is unknown; number and reason of each."""

    new: int
    duplicates: int
    lines: int
    bad: list[tuple[int, str]]
    unread: list[tuple[int, str]]


def imported(site: Site, text: str | bytes) -> Report:
    return reported(site, io.BytesIO(text.encode() if isinstance(text, str) else text))


def reported(site: Site, stream: io.BytesIO) -> Report:
    done = import_at_once(site, stream, "keywords.csv", "Ana")
    remarks = list(all_remarks(done.id))
    bad = [(number, text) for number, is_left_out, text in remarks if is_left_out]
    unread = [(number, text) for number, is_left_out, text in remarks if not is_left_out]
    return Report(done.new, done.duplicates, done.lines, bad, unread)


def refused(site: Site, text: str | bytes) -> str:
    with pytest.raises(Invalid) as refusal:
        imported(site, text)
    assert refusal.value.field == "file"
    assert stored(site) == []
    return str(refusal.value)


def stored(site: Site) -> list[Keyword]:
    return list(db.session.scalars(select(Keyword).where(Keyword.site_id == site.id).order_by(Keyword.id)))


def phrases(site: Site) -> list[str]:
    return [keyword.phrase for keyword in stored(site)]


def test_every_column_is_read(site: Site) -> None:
    report = imported(site, "Keyword,Volume,Difficulty,CPC,Intent,Country\n French press ,1300,35,1.25,Commercial,us\n")

    assert (report.new, report.duplicates, report.bad) == (1, 0, [])
    keyword = stored(site)[0]
    assert (keyword.phrase, keyword.normal) == ("French press", "french press")
    assert (keyword.volume, keyword.difficulty, keyword.cpc) == (1300, 35, Decimal("1.25"))
    assert (keyword.intent, keyword.country, keyword.status) == (Intent.COMMERCIAL, "US", "new")


@pytest.mark.parametrize(
    "header",
    [
        "keyword;search volume;kd;cpc",
        "KEYWORD\tSearch Volume\tKD %\tCPC (USD)",
        "Query,Avg. monthly searches,Keyword difficulty,CPC",
    ],
)
def test_columns_are_found_by_name_in_several_spellings_and_delimiters(site: Site, header: str) -> None:
    delimiter = next(character for character in ";\t," if character in header)
    imported(site, header + "\n" + delimiter.join(["moka pot", "90", "12", "0.5"]))

    keyword = stored(site)[0]
    assert (keyword.volume, keyword.difficulty, keyword.cpc) == (90, 12, Decimal("0.50"))


def test_columns_may_come_in_any_order_beside_others(site: Site) -> None:
    imported(site, "Volume,Trend,Keyword\n90,up,moka pot\n")

    assert (stored(site)[0].phrase, stored(site)[0].volume) == ("moka pot", 90)


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + "Keyword,Volume\ncafé,9\n".encode(),
        "Keyword\tVolume\ncafé\t9\n".encode("utf-16"),
        codecs.BOM_UTF16_BE + "Keyword\tVolume\ncafé\t9\n".encode("utf-16-be"),
        "Keyword,Volume\r\ncafé,9\r\n".encode(),
        "Keyword,Volume\rcafé,9".encode(),
    ],
)
def test_encodings_and_line_ends_that_spreadsheets_write(site: Site, data: bytes) -> None:
    imported(site, data)

    assert phrases(site) == ["café"]
    assert stored(site)[0].volume == 9


def test_lines_above_the_header_are_passed_over(site: Site) -> None:
    report = imported(site, "sep=;\nKeyword report;\nKeyword;Volume\n???;9\n")

    assert report.bad[0][0] == 4


def test_blank_means_unknown_and_never_zero(site: Site) -> None:
    imported(site, "Keyword,Volume,Difficulty,CPC,Intent,Country\nmoka pot,,-,n/a,,\nzero,0,0,0,,\n")

    unknown, zero = stored(site)
    assert (unknown.volume, unknown.difficulty, unknown.cpc, unknown.intent) == (None, None, None, None)
    assert unknown.country == ""
    assert (zero.volume, zero.difficulty, zero.cpc) == (0, 0, Decimal(0))


@pytest.mark.parametrize("written", ["12,400", "12.400", "12 400", "12\u202f400", "12'400", "12400.0"])
def test_thousands_may_be_separated(site: Site, written: str) -> None:
    imported(site, f'Keyword;Volume\nmoka pot;"{written}"\n')

    assert stored(site)[0].volume == 12_400


@pytest.mark.parametrize(
    ("written", "amount"), [("$1.25", "1.25"), ("1,25 €", "1.25"), ("USD 1,234.50", "1234.50"), ("3", "3.00")]
)
def test_amounts_may_carry_a_currency(site: Site, written: str, amount: str) -> None:
    imported(site, f'Keyword;CPC\nmoka pot;"{written}"\n')

    assert stored(site)[0].cpc == Decimal(amount)


@pytest.mark.parametrize(
    ("written", "intent"),
    [("I", Intent.INFORMATIONAL), ("comm", Intent.COMMERCIAL), ("Transactional, Commercial", Intent.TRANSACTIONAL)],
)
def test_intents_are_known_by_their_first_letters(site: Site, written: str, intent: Intent) -> None:
    imported(site, f'Keyword;Intent\nmoka pot;"{written}"\n')

    assert stored(site)[0].intent is intent


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (";90;;;;", "There is no keyword."),
        ("=HYPERLINK(A1);90;;;;", "“=HYPERLINK(A1)” is a spreadsheet formula"),
        ("x" * 201 + ";;;;;", "longer than 200 characters"),
        ("ﬃ" * 100 + ";;;;;", "longer than 200 characters"),
        ("???;;;;;", "“???” has no letter and no digit."),
        ("moka\x07pot;;;;;", "control character"),
        ('"moka;90;;;;', "A quotation mark is opened and not closed"),
        ("moka pot;90;;;;;surplus", "It has more cells than the header row."),
    ],
)
def test_a_broken_line_is_reported_with_its_number_and_the_rest_is_imported(site: Site, line: str, reason: str) -> None:
    report = imported(site, f"Keyword;Volume;KD;CPC;Intent;Country\nfirst;1;;;;\n{line}\nlast;2;;;;\n")

    assert phrases(site) == ["first", "last"]
    assert [number for number, _ in report.bad] == [3]
    assert reason in report.bad[0][1]
    assert (report.new, report.duplicates) == (2, 0)


def test_a_cell_may_run_over_several_lines_and_lines_are_still_counted(site: Site) -> None:
    report = imported(site, 'Keyword,Notes,Volume\nmoka pot,"one\ntwo",90\n???,,10\n')

    assert phrases(site) == ["moka pot"]
    assert stored(site)[0].volume == 90
    assert report.bad[0][0] == 4


def test_a_stray_quotation_mark_inside_a_phrase_is_part_of_it(site: Site) -> None:
    imported(site, 'Keyword,Volume\n5" dripper,90\nchemex,10\n')

    assert phrases(site) == ['5" dripper', "chemex"]


def test_blank_lines_are_nothing(site: Site) -> None:
    report = imported(site, "Keyword,Volume\n\nmoka pot,90\n,\n\n")

    assert report.lines == 1


def test_importing_again_adds_nothing_and_changes_nothing(site: Site) -> None:
    imported(site, "Keyword,Volume\nMoka Pot,90\nchemex,10\n")

    report = imported(site, "Keyword,Volume\nmoka  pot,7\nchemex,10\nchemex,10\n")

    assert (report.new, report.duplicates) == (0, 3)
    assert [keyword.volume for keyword in stored(site)] == [90, 10]


def test_the_same_phrase_may_belong_to_two_sites(site: Site) -> None:
    other = factories.site()
    imported(site, "Keyword\nmoka pot\n")

    assert imported(other, "Keyword\nmoka pot\n").new == 1


def test_more_lines_than_a_batch_are_all_imported(site: Site) -> None:
    lines = [f"phrase {number % (BATCH + 200)},{number}" for number in range(2 * BATCH + 300)]

    report = imported(site, "Keyword,Volume\n" + "\n".join(lines))

    assert (report.new, report.duplicates) == (BATCH + 200, BATCH + 100)
    assert len(stored(site)) == BATCH + 200


def test_a_file_is_read_in_pieces_wherever_they_are_cut(site: Site) -> None:
    class Trickle(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(7)

    report = reported(site, Trickle("Keyword,Volume\r\ncafé crème,90\r\nчай,10\r\n".encode()))

    assert report.bad == []
    assert phrases(site) == ["café crème", "чай"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\n \n", "The file is empty."),
        (b"Keyword,Volume\n", "There is nothing below the header row."),
        (b"PK\x03\x04rest", "The ZIP file is damaged"),
        (b"\xd0\xcf\x11\xe0rest", "The file is an old or locked Excel workbook"),
        (b"\x00\x01\x02\x03", "The file is not a text file"),
        (b"\x89PNG\r\n\x1a\n", "The file is a PNG picture"),
    ],
)
def test_what_is_no_keyword_file_gets_a_sentence(site: Site, data: bytes, sentence: str) -> None:
    assert sentence in refused(site, data)


def test_a_value_that_cannot_be_read_is_left_unknown_and_said(site: Site) -> None:
    report = imported(site, "Keyword,Volume,KD\nmoka pot,many,12\n")

    assert (stored(site)[0].volume, stored(site)[0].difficulty) == (None, 12)
    assert report.unread == [(2, "The volume “many” is not a number of searches. It is left unknown.")]
