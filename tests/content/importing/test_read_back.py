"""What a writer writes comes back, whatever the phrases, the delimiter, the encoding and the packing."""

import string

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.content.importing.exports import read, text, workbook, zipped
from webapp.content.keyword_fields import KeywordFields, read_phrase
from webapp.core.errors import Invalid

LETTERS = string.ascii_letters + string.digits + " ,;\t|\"'-–’“”äéßñłżčжяあ漢한ע⸺🌱%/&"


def is_phrase(written: str) -> bool:
    try:
        return read_phrase(written) == written
    except Invalid:
        return False


phrases = st.text(LETTERS.replace("\t", ""), min_size=1, max_size=40).filter(is_phrase)
numbers = st.one_of(st.none(), st.integers(0, 10_000_000))
rows = st.lists(
    st.tuples(phrases.filter(lambda phrase: phrase != "Keyword"), numbers, st.one_of(st.none(), st.integers(0, 100))),
    min_size=1,
    max_size=30,
)
few = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])

HEADER = ["Keyword", "Volume", "Difficulty"]


def values(found: list[KeywordFields | None]) -> list[tuple[str, int | None, int | None]]:
    return [(fields.phrase, fields.volume, fields.difficulty) for fields in found if fields]


def cells(written: list[tuple[str, int | None, int | None]]) -> list[list[str]]:
    return [["" if value is None else str(value) for value in row] for row in written]


def back(data: bytes) -> list[tuple[str, int | None, int | None]]:
    return values([line.fields for line in read(data)])


@few
@given(
    rows, st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.sampled_from(["\n", "\r\n"])
)
@example([('5" dripper', 0, None)], ",", "utf-8", "\n")
def test_from_a_text(
    written: list[tuple[str, int | None, int | None]], delimiter: str, encoding: str, end: str
) -> None:
    assert back(text([HEADER, *cells(written)], delimiter, encoding, end=end)) == written


@few
@given(rows)
def test_from_a_zip(written: list[tuple[str, int | None, int | None]]) -> None:
    assert back(zipped({"list.csv": text([HEADER, *cells(written)])})) == written


@settings(few, max_examples=25)
@given(rows)
def test_from_a_workbook(written: list[tuple[str, int | None, int | None]]) -> None:
    assert back(workbook({"List": [HEADER, *written]})) == written


@few
@given(rows, st.permutations([0, 1, 2]))
def test_from_columns_in_any_order(written: list[tuple[str, int | None, int | None]], order: list[int]) -> None:
    shuffled = [[row[at] for at in order] for row in (HEADER, *cells(written))]

    assert back(text(shuffled)) == written
