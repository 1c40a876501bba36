"""Turning search phrases into words that one can read in a sentence or a title."""

import re
import unicodedata

SMALL = frozenset(
    [
        "a",
        "an",
        "and",
        "as",
        "at",
        "but",
        "by",
        "for",
        "from",
        "in",
        "into",
        "is",
        "of",
        "on",
        "or",
        "the",
        "to",
        "vs",
        "with",
        "without",
        "your",
    ]
)
QUESTION_WORDS = ("how", "what", "why", "when", "where", "which", "who", "can", "is", "are", "do", "does", "should")


def plain(phrase: str) -> str:
    """The phrase with ordinary quotes and single spaces, without odd characters that no sentence needs."""
    straight = unicodedata.normalize("NFKC", phrase).translate({0x2019: "'", 0x2018: "'", 0x201C: '"', 0x201D: '"'})
    kept = re.sub(r"[^\w\s'&%+#./½¼¾-]", " ", straight)
    return " ".join(kept.split())


def is_question(phrase: str) -> bool:
    return plain(phrase).lower().split(" ")[0] in QUESTION_WORDS


def title_case(phrase: str) -> str:
    """Words with capitals but for the small ones; what has a capital inside keeps it."""
    words = plain(phrase).split(" ")
    return " ".join(_capital(word, is_first=number == 0) for number, word in enumerate(words))


def _capital(word: str, *, is_first: bool) -> str:
    if word != word.lower() or (word in SMALL and not is_first):
        return word
    return word[:1].upper() + word[1:]


def sentence_case(phrase: str) -> str:
    words = plain(phrase)
    return words[:1].upper() + words[1:]


def question(phrase: str) -> str:
    """ "how to descale a kettle" as "How to descale a kettle?"."""
    return sentence_case(phrase).rstrip("?") + "?"


def slug(text: str, longest: int = 80) -> str:
    """Lower-case ASCII words joined by hyphens; something is always left."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_only.replace("'", "")).strip("-")
    return words[:longest].rsplit("-", 1)[0] if len(words) > longest else words or "article"


def shortened(text: str, longest: int) -> str:
    """At most so many characters, cut between words."""
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,;:-") + "…"
