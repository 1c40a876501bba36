"""Numbers, money, intents and countries as tools and people write them."""

from decimal import Decimal

import pytest

from webapp.content import countries, numbers
from webapp.content.keyword_fields import read_fields, read_what_can_be
from webapp.content.models import Intent
from webapp.core.errors import Invalid


@pytest.mark.parametrize(
    ("written", "searches"),
    [
        ("1300", 1300),
        ("1,300", 1300),
        ("1.300", 1300),
        ("1 300", 1300),
        ("1\u202f300", 1300),
        ("1'300", 1300),
        ("1,234,567", 1_234_567),
        ("1.234.567,00", 1_234_567),
        ("1300.0", 1300),
        ("1.3K", 1300),
        ("1,3k", 1300),
        ("2M", 2_000_000),
        ("1 Tsd.", 1000),
        ("2,5 Mio.", 2_500_000),
        ("10 mil", 10_000),
        ("0", 0),
        ("10 – 100", 50),
        ("10-100", 50),
        ("100 – 1K", 500),
        ("1K – 10K", 5_000),
        ("1 Tsd. – 10 Tsd.", 5_000),
        ("1 mil a 10 mil", 5_000),
        ("1K to 10K", 5_000),
        ("10K – 100K", 50_000),
        ("100K – 1M", 500_000),
        ("0 – 10", 5),
        ("900 – 1,000", 900),
        ("<10", 5),
        ("100+", 100),
        (">1M", 1_000_000),
    ],
)
def test_searches_a_month(written: str, searches: int) -> None:
    assert read_fields("moka", volume=written).volume == searches


@pytest.mark.parametrize(
    "written", ["many", "-5", "12.5", "100 – 10", "1K – many", "1e5", "½", "1,23,4", "9" * 60, "K"]
)
def test_what_is_no_number_of_searches(written: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_fields("moka", volume=written)
    assert refusal.value.field == "volume"


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1.25", "1.25"),
        ("1,25", "1.25"),
        ("0,4", "0.40"),
        ("$1.25", "1.25"),
        ("US$ 1.25", "1.25"),
        ("R$ 1,25", "1.25"),
        ("1,25 €", "1.25"),
        ("1,25 zł", "1.25"),
        ("CHF 1'234.50", "1234.50"),
        ("1.234,50", "1234.50"),
    ],
)
def test_money(written: str, amount: str) -> None:
    assert read_fields("moka", cpc=written).cpc == Decimal(amount).quantize(numbers.CENT)


@pytest.mark.parametrize(("written", "difficulty"), [("35", 35), ("35%", 35), ("85.18", 85), ("35,5 %", 36), ("0", 0)])
def test_difficulty(written: str, difficulty: int) -> None:
    assert read_fields("moka", difficulty=written).difficulty == difficulty


@pytest.mark.parametrize("written", ["", " ", "-", "--", "–", "—", "n/a", "N/A", "null", "#N/A", "#VALUE!"])
def test_blank_and_its_like_are_unknown_and_never_zero(written: str) -> None:
    fields = read_fields("moka", volume=written, difficulty=written, cpc=written, intent=written)

    assert (fields.volume, fields.difficulty, fields.cpc, fields.intent) == (None, None, None, None)


@pytest.mark.parametrize(
    ("written", "intent"),
    [
        ("Informational", Intent.INFORMATIONAL),
        ("Commercial, Informational", Intent.COMMERCIAL),
        ("informational,non-branded,local", Intent.INFORMATIONAL),
        ("Branded,Non-local,Navigational", Intent.NAVIGATIONAL),
        ("Non-branded,Non-local", None),
        ("T", Intent.TRANSACTIONAL),
        ("0", Intent.COMMERCIAL),
        ("1,0", Intent.INFORMATIONAL),
        ("2", Intent.NAVIGATIONAL),
        ("3", Intent.TRANSACTIONAL),
        ("Informativ", Intent.INFORMATIONAL),
        ("kommerziell", Intent.COMMERCIAL),
        ("Transactionnelle", Intent.TRANSACTIONAL),
        ("Navegacional", Intent.NAVIGATIONAL),
        ("Transazionale", Intent.TRANSACTIONAL),
        ("commercieel", Intent.COMMERCIAL),
        ("nawigacyjna", Intent.NAVIGATIONAL),
    ],
)
def test_intents(written: str, intent: Intent | None) -> None:
    assert read_fields("moka", intent=written).intent is intent


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("us", "US"),
        ("UK", "GB"),
        ("mobile-de", "DE"),
        ("United States", "US"),
        ("united kingdom", "GB"),
        ("Deutschland", "DE"),
        ("Royaume-Uni", "GB"),
        ("Polska", "PL"),
        ("deu", "DE"),
        ("NA", "NA"),
        ("zz", None),
        ("Atlantis", None),
        ("", None),
    ],
)
def test_countries(written: str, code: str | None) -> None:
    assert countries.code_of(written) == code


@pytest.mark.parametrize(
    ("phrase", "sentence"),
    [
        ("=HYPERLINK(A1)", "“=HYPERLINK(A1)” is a spreadsheet formula, not a keyword."),
        ("+SUM(A1)", "“+SUM(A1)” is a spreadsheet formula, not a keyword."),
        ("@cmd(1)", "“@cmd(1)” is a spreadsheet formula, not a keyword."),
        ("#REF!", "“#REF!” is an error of a spreadsheet, not a keyword."),
        ("caf\ufffd", "The keyword holds characters that cannot be read."),
        ("moka\npot", "The keyword holds a line break or another control character."),
        ("x" * 100_000, "The keyword is longer than 200 characters."),
        ("", "There is no keyword."),
        ("???", "“???” has no letter and no digit."),
    ],
    ids=lambda value: value[:20].strip().replace("\n", " "),
)
def test_what_is_no_keyword(phrase: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_what_can_be(phrase, {})
    assert refusal.value.sentence == sentence


def test_a_value_that_cannot_be_read_costs_only_itself() -> None:
    written = {"volume": "many", "difficulty": "101", "cpc": "cheap", "intent": "urgent", "country": "Atlantis"}

    fields, unread = read_what_can_be("moka", written | {"parent": "???"})

    assert (fields.phrase, fields.volume, fields.cpc, fields.country, fields.parent) == ("moka", None, None, "", "")
    assert [sentence.split(" “")[0] for sentence in unread] == [
        "The volume",
        "The difficulty",
        "The CPC",
        "The intent",
        "The country",
        "“???” has no letter and no digit. It is left unknown.",
    ]
    assert all(sentence.endswith("It is left unknown.") for sentence in unread)
