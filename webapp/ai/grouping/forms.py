"""Phrases as they are compared: letters, digits and what belongs to names, all else a space."""

import re
import unicodedata

from webapp.ai.embedded.wording import ORDINARY, in_word

WITHIN_NAMES = frozenset("+#.&-")  # c++, c#, asp.net, h&m, wi-fi
POSSESSIVE = re.compile(r"'s\b")
LOOSE_MARK = re.compile(r"(?<!\S)[.&-]+|[.&-]+(?!\S)")


def form_of(phrase: str) -> str:
    """One form for all ways to write the same words. Of a phrase without words, the phrase."""
    folded = unicodedata.normalize("NFKC", phrase).translate(ORDINARY).casefold()
    whole = POSSESSIVE.sub("s", folded).replace("'", "")
    kept = "".join(letter if in_word(letter) or letter in WITHIN_NAMES else " " for letter in whole)
    return " ".join(LOOSE_MARK.sub(" ", kept).split()) or folded.strip()
