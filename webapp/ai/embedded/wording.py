"""Letters, cases and lengths: search phrases as words that one can read in a sentence or a title."""

import re
import unicodedata


def words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


SMALL = words_of("a an and as at but by for from in into of on or the to vs with without")
ACRONYMS = {
    word.lower(): word
    for word in words_of("AI CSS CV DIY EU FAQ GPS HTML LED NPK PDF pH SEO TV UK URL USA USB UV VPN WiFi XML")
}
ORDINARY = str.maketrans({"‘": "'", "’": "'", "‚": "'", "‛": "'", "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-"})
MARKS = frozenset("'&%+#./,()°€$£-")
PLAIN_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "þ": "th", "ı": "i"})
STRAY_END = " ,;:./-&("


def plain(phrase: str) -> str:
    """The phrase with ordinary quotes and single spaces, without odd characters that no sentence needs.

    Empty if nothing is left that anybody could read.
    """
    composed = unicodedata.normalize("NFC", phrase).translate(ORDINARY)
    kept = "".join(character if in_word(character) or character in MARKS else " " for character in composed)
    words = " ".join(kept.split())
    return words if any(character.isalnum() for character in words) else ""


def in_word(character: str) -> bool:
    """Whether it is a letter, a digit, or a mark that belongs to the letter before it."""
    return character.isalnum() or unicodedata.category(character).startswith("M")


def title_case(phrase: str) -> str:
    """Words with capitals but for the small ones inside; what has a capital already keeps it."""
    words = plain(phrase).split(" ")
    last = len(words) - 1
    return " ".join(
        ACRONYMS.get(word) or (word if word in SMALL and 0 < number < last else _capital(word))
        for number, word in enumerate(words)
    )


def _capital(word: str) -> str:
    if word != word.lower():
        return word
    first, *others = word.split("-")
    return "-".join([first[:1].upper() + first[1:], *(part if part in SMALL else part.capitalize() for part in others)])


def sentence_case(phrase: str) -> str:
    words = inside(phrase)
    return words[:1].upper() + words[1:]


def inside(phrase: str) -> str:
    """The words as they stand within a sentence."""
    return " ".join(ACRONYMS.get(word, word) for word in plain(phrase).split(" "))


def slug(text: str, longest: int = 80) -> str:
    """Lower-case ASCII words joined by hyphens; something is always left."""
    folded = unicodedata.normalize("NFKD", text.lower().translate(PLAIN_LETTERS)).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", folded.replace("'", "")).strip("-")
    if len(words) > longest:
        words = words[: longest + 1].rpartition("-")[0] or words[:longest]
    return words or "article"


def shortened(text: str, longest: int) -> str:
    """At most so many characters, cut between words."""
    if len(text) <= longest:
        return text
    cut = text[:longest].rpartition(" ")[0] or text[: longest - 1]
    return cut.rstrip(STRAY_END) + "…"
