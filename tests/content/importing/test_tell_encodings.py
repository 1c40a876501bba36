"""Texts come in whatever encoding a spreadsheet writes them, with a mark or without."""

import codecs

import pytest

from tests.content.importing.exports import keywords, read, text, understood

PHRASES = {
    "fr": ("cp1252", ["café crème", "cafetière italienne", "comment nettoyer une cafetière", "café à la crème"]),
    "de": ("cp1252", ["tee süß", "kaffee größe", "espressokocher für induktion", "wohnfläche in m²"]),
    "es": ("cp1252", ["cómo hacer café", "cafetera para inducción", "¿qué es una moka?"]),
    "it": ("cp1252", ["caffè", "perché il caffè è buono", "caffè più forte"]),
    "pt": ("cp1252", ["café em grãos", "coração de mãe", "preço do café"]),
    "nl": ("cp1252", ["koffie", "café één", "crème"]),
    "sv": ("cp1252", ["kaffe på svenska", "brygga kaffe hemma så gör du", "smörgås"]),
    "pl": ("cp1250", ["żółta kawa", "kawa łódź", "jak zaparzyć kawę", "świeża kawa"]),
    "ru": ("cp1251", ["купить кофе", "как варить кофе"]),
    "uk": ("cp1251", ["купити каву", "яка їжа"]),
    "el": ("cp1253", ["καφές", "πώς να φτιάξω καφέ"]),
    "tr": ("cp1254", ["kahve nasıl yapılır", "türk kahvesi fiyatı", "şekerli"]),
    "ja": ("cp932", ["コーヒー", "お茶の入れ方", "自転車"]),
    "zh": ("gb18030", ["咖啡机", "怎么做咖啡", "最好的咖啡"]),
    "ko": ("euc_kr", ["커피", "커피 만드는 법"]),
}
UNICODE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]


@pytest.mark.parametrize("language", PHRASES)
def test_a_code_page_is_told_by_the_words_it_makes(language: str) -> None:
    encoding, phrases = PHRASES[language]
    data = text([["Keyword", "Volume"], *([phrase, "9"] for phrase in phrases)], ";", encoding, end="\r\n")

    assert [fields.phrase for fields in keywords(data)] == phrases


@pytest.mark.parametrize("encoding", UNICODE)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_unicode_with_a_mark_and_without(encoding: str, end: str) -> None:
    phrases = [phrase for _, phrases in PHRASES.values() for phrase in phrases]
    data = text([["Keyword", "Volume"], *([phrase, "9"] for phrase in phrases)], "\t", encoding, end=end)

    assert [(fields.phrase, fields.volume) for fields in keywords(data)] == [(phrase, 9) for phrase in phrases]


@pytest.mark.parametrize("phrase", ["café", "naïve", "déjà vu", "Größe", "m² rechner"])
def test_a_single_phrase_of_the_west(phrase: str) -> None:
    assert [fields.phrase for fields in keywords(f"Keyword\n{phrase}".encode("cp1252"))] == [phrase]


def test_utf_8_with_a_broken_character_is_utf_8_all_the_same() -> None:
    data = b"Keyword\n" + "größe\n".encode() * 30 + b"caf\xe9\n"

    assert understood(data).encoding == "utf-8"


def test_characters_that_come_late_still_tell_the_encoding() -> None:
    data = b"Keyword,Volume\n" + b"moka,9\n" * 60_000 + "café,9\n".encode("cp1252")

    assert keywords(data)[-1].phrase == "café"


def test_a_mark_alone_is_no_keyword() -> None:
    assert [fields.phrase for fields in keywords(codecs.BOM_UTF8 + b"moka\n" + codecs.BOM_UTF8 + b"\ntea\n")] == [
        "moka",
        "tea",
    ]


@pytest.mark.parametrize("before", [b"", "größe\n".encode()], ids=["ASCII", "beyond"])
def test_a_stray_zero_costs_its_own_line_only(before: bytes) -> None:
    data = b"Keyword\n" + before + b"moka\0pot\nchemex\n"

    assert understood(data).encoding == "utf-8"
    assert [line.fields is None for line in read(data)][-2:] == [True, False]
