"""Ten thousand damaged files over all sources: whatever they hold, people get lines, reasons or a sentence."""

import io
import random
import zipfile

import pytest

from tests.content.importing import exports
from webapp.content.importing.reading import lines
from webapp.content.importing.recognise import recognise
from webapp.content.importing.understanding import Field, Understanding, Unrecognised, mapped
from webapp.content.keyword_fields import CONTROL
from webapp.core.errors import Invalid

FILES = 10_000
SEEDS = range(20)

ODD = [
    *(b"\0", b'"', b"\n", b"\r\n", b"\t", b";", b",", b"\xff\xfe", b"\xef\xbb\xbf", b"\xe9", b"\xd8\x00", b"\x00\xd8"),
    *(b"PK\x03\x04", b"=cmd()", b"keyword", b"9" * 40, b"\xe2\x80\xa8", b"\x1a", b"1K - ", b"%", b"https://a.example/"),
]


@pytest.fixture(scope="module")
def sources() -> list[bytes]:
    return [make() for make in exports.EVERY.values()]


def flipped(data: bytes, chance: random.Random, sources: list[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(data: bytes, chance: random.Random, sources: list[bytes]) -> bytes:
    start, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return chance.choice((data[:start], data[start:], data[:start] + data[end:]))


def inserted(data: bytes, chance: random.Random, sources: list[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(ODD) * chance.choice((1, 1, 2, 300)) + data[at:]


def swapped(data: bytes, chance: random.Random, sources: list[bytes]) -> bytes:
    """Two cells, two lines or two bytes change places."""
    parts = data.split(mark := chance.choice((b"\t\0", b",", b";", b"\n", b"\n\0")))
    first, second = chance.randrange(len(parts)), chance.randrange(len(parts))
    parts[first], parts[second] = parts[second], parts[first]
    return mark.join(parts)


def repeated(data: bytes, chance: random.Random, sources: list[bytes]) -> bytes:
    start = chance.randrange(len(data))
    part = data[start : start + chance.randint(1, 60)]
    return data[:start] + part * chance.choice((2, 3, 50)) + data[start:]


def joined(data: bytes, chance: random.Random, sources: list[bytes]) -> bytes:
    return data + chance.choice(sources)


def damaged_within(data: bytes, chance: random.Random, sources: list[bytes]) -> bytes:
    """A packed file whose outside stays whole; any other is damaged as it is."""
    if data not in sources or not data.startswith(b"PK"):
        return flipped(data, chance, sources)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    victim = chance.choice([name for name, held in files.items() if held])
    files[victim] = chance.choice((flipped, cut, inserted, swapped, repeated))(files[victim], chance, sources)
    return exports.zipped(files, zipfile.ZIP_STORED)


MUTATIONS = (flipped, cut, inserted, swapped, repeated, joined, damaged_within)


@pytest.mark.filterwarnings("ignore")  # openpyxl warns of much that is odd in a workbook
@pytest.mark.parametrize("seed", SEEDS)
def test_a_damaged_file_is_read_line_by_line_or_refused(seed: int, sources: list[bytes]) -> None:
    chance = random.Random(seed)
    for _ in range(FILES // len(SEEDS)):
        data = chance.choice(sources)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            data = chance.choice(MUTATIONS)(data, chance, sources) or b" "
        look_through(data)


def assert_shown(understanding: Understanding) -> None:
    """A page can show it and a database keep it."""
    cells = [*understanding.names, *(cell for row in understanding.sample for cell in row)]
    assert cells
    assert not CONTROL.search("".join(cells))


def look_through(data: bytes) -> None:
    stream = io.BytesIO(data)
    try:
        understanding = recognise(stream, "moka_us_2026-05-01.csv")
    except Unrecognised as found:
        assert_shown(found.understanding)
        understanding = mapped(found, {Field.PHRASE: len(found.understanding.names) - 1})
    except Invalid as refusal:
        assert (refusal.field, bool(refusal.sentence), bool(refusal.remedy)) == ("file", True, True)
        return
    assert_shown(understanding)
    assert len(understanding.meanings) == len(understanding.names) > understanding.columns[Field.PHRASE]
    before = understanding.header_line
    try:
        for line in lines(stream, understanding):
            assert line.number > before
            assert (line.fields is None) == bool(line.reason)
            assert line.fields is None or line.fields.phrase
            assert not CONTROL.search("".join((line.reason, *line.unread, *(line.fields.serp if line.fields else ()))))
            before = line.number
    except Invalid as refusal:
        assert refusal.field == "file"
