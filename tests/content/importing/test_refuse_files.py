"""What holds no keywords gets its own sentence, costs little to find out, and raises nothing else."""

import codecs
import io
import resource
import zipfile

import pytest
from openpyxl import Workbook

from tests.content.importing.exports import read, text, understood, utf16, workbook, zipped
from webapp.content.importing import archives, workbooks
from webapp.content.importing.understanding import Unrecognised
from webapp.core.errors import Invalid

SHEET = "xl/worksheets/sheet1.xml"
MEGABYTE = 1_000_000


def refused(data: bytes) -> str:
    with pytest.raises(Invalid) as refusal:
        understood(data)
    assert not isinstance(refusal.value, Unrecognised)
    assert refusal.value.field == "file"
    assert refusal.value.remedy
    return refusal.value.sentence


def with_part(name: str, data: bytes) -> bytes:
    """A workbook one of whose parts is another."""
    with zipfile.ZipFile(io.BytesIO(workbook({"A": [["Keyword"], ["moka"]]}))) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    return zipped(files | {name: data})


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b" \r\n\t\n", "The file is empty."),
        (codecs.BOM_UTF8, "The file is empty."),
        (codecs.BOM_UTF16_LE + "\r\n".encode("utf-16-le"), "The file is empty."),
        (zipped({"Queries.csv": b"\n"}), "The file is empty."),
        (workbook({"A": []}), "The file is empty."),
        (b"Keyword,Volume\n", "There is nothing below the header row."),
        (
            utf16([["Keyword Stats"], ["2025"], ["Keyword", "Avg. monthly searches"], ["", ""]]),
            "There is nothing below",
        ),
        (zipped({"Queries.csv": b"Top queries,Clicks,Impressions\n"}), "There is nothing below the header row."),
        (
            zipped({"Devices.csv": b"Device,Clicks\nDesktop,3\nMobile,9\n", "Queries.csv": b"Top queries,Clicks\n"}),
            "There is nothing below the header row.",
        ),
        (workbook({"A": [["Keyword", "Volume"]]}), "There is nothing below the header row."),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "The file is a JPEG picture"),
        (b"\x89PNG\r\n\x1a\n\0\0", "The file is a PNG picture"),
        (b"%PDF-1.7\n%\xe2\xe3", "The file is a PDF file"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "The file is a program"),
        (b"MZ\x00\x01" + bytes(range(256)) * 8, "The file is not a text file"),
        (b"\x7fELF\x02\x01", "The file is a program"),
        (b"\x1f\x8b\x08\x00rest", "The file is a compressed file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "The file is an old or locked Excel workbook"),
        (b"\0\x01\x02\x03", "The file is not a text file"),
        (bytes(range(1, 256)) * 40, "The file is not a text file"),
        (b"<!DOCTYPE html><html><body>Sign in</body>", "The file is a web page"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><a/>', "The file is a web page"),
        (b'[{"keyword": "moka"}]', "The file is JSON"),
        (b'{\n  "keywords": ["moka"]\n}', "The file is JSON"),
        (b"{\\rtf1\\ansi Keyword}", "The file is a text document"),
        (b"x" * 200_000, "The file is not a text file"),
        (b"PK\x03\x04rest", "The ZIP file is damaged"),
        (zipped({"photo.jpg": b"\xff\xd8\xff"}), "The ZIP file holds no CSV file."),
        (zipped({}), "The ZIP file holds no CSV file."),
        (zipped({"a.csv": b"Keyword\nmoka\n"})[:-40], "The ZIP file is damaged"),
        (zipped({"word/document.xml": b"<a/>"}), "The file is a Word document"),
        (zipped({"mimetype": b"x", "content.xml": b"<a/>"}), "The file is an OpenDocument file"),
        (workbook({"A": [["Keyword"], ["moka"]]})[:-60], "The ZIP file is damaged"),
        (with_part("xl/workbook.xml", b"<workbook"), "The Excel workbook is damaged"),
        (with_part(SHEET, b"<worksheet><sheetData><row><c"), "The Excel workbook is damaged"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value[:40],
)
def test_each_has_its_sentence(data: bytes, sentence: str) -> None:
    assert refused(data).startswith(sentence)


def test_a_locked_zip_says_so() -> None:
    data = bytearray(zipped({"a.csv": b"Keyword\nmoka\n"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1

    assert refused(bytes(data)) == "The ZIP file is locked with a password."


def test_a_zip_bomb_is_refused_unread() -> None:
    data = bytearray(zipped({"bomb.csv": b"0" * 1000}))
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = (archives.MOST_TEXT + 1).to_bytes(4, "little")

    assert "unpacks to more than" in refused(bytes(data))


def test_a_zip_that_lies_about_its_size_is_read_no_further_than_it_says() -> None:
    data = bytearray(zipped({"a.csv": b"Keyword\n" + b"moka pot\n" * 100_000}))
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = (26).to_bytes(4, "little")

    with pytest.raises(Invalid, match="The ZIP file is damaged"):
        read(bytes(data))


def test_a_zip_with_a_list_too_long_to_hold_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number in range(30_000):
            archive.writestr(f"{number:050}.csv", b"")

    assert refused(out.getvalue()) == "The ZIP file holds more files than can be looked through."


@pytest.mark.parametrize(
    "part",
    [SHEET, "xl/sharedStrings.xml", "xl/styles.xml", "xl/theme/theme1.xml"],
    ids=["sheet", "strings", "styles", "theme"],
)
def test_a_workbook_that_is_a_bomb_is_refused_unread(part: str) -> None:
    bomb = with_part(part, b"<x>" + b" " * (workbooks.MOST_PART + MEGABYTE))

    assert "unpacks to more than" in refused(bomb)


def test_entities_that_grow_are_not_grown() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha" * 50}">' for n in range(9))
    sheet = f"<!DOCTYPE x [{entities}]><worksheet><sheetData><row><c>&e8;</c></row></sheetData></worksheet>"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert refused(with_part(SHEET, sheet.encode())) == "The Excel workbook is damaged and cannot be read to its end."
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB


def test_a_row_far_down_does_not_make_a_million_lines() -> None:
    book = Workbook()
    book.active["A1"], book.active["A2"], book.active["A1048576"] = "Keyword", "moka", "chemex"
    out = io.BytesIO()
    book.save(out)

    assert [(line.number, line.fields and line.fields.phrase) for line in read(out.getvalue())] == [
        (2, "moka"),
        (1_048_576, "chemex"),
    ]


def test_a_text_that_turns_out_broken_costs_only_those_lines() -> None:
    data = "Keyword,Volume\ncafé,9\n".encode() + b"moka,9\n" * 50_000 + b"th\xe9,9\n" + b"tea,9\n"
    found = read(data)

    assert [(line.number, line.reason) for line in found if not line.fields] == [
        (50_003, "The keyword holds characters that cannot be read. Save the file as “CSV UTF-8”."),
    ]
    assert found[-1].fields and found[-1].fields.phrase == "tea"


def test_a_line_without_an_end_costs_only_itself() -> None:
    data = text([["Keyword", "Volume"], ["moka", "9"], ["x" * 150_000, "9"], ["tea", "9"]])
    found = read(data)

    assert [(line.number, line.reason) for line in found if not line.fields] == [
        (3, "The line is longer than 100000 characters.")
    ]
    assert [line.fields.phrase for line in found if line.fields] == ["moka", "tea"]
