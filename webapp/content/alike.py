"""Whether two titles promise nearly the same article. Pure: words without their endings are compared, not meanings."""

import functools
import re
import unicodedata

from webapp.ai.embedded.stems import stem
from webapp.ai.embedded.wording import words_of

SHARED, OUT_OF = 4, 5  # more than so many of all words of both titles must be in both
WORD = re.compile(r"[^\W_]+")
# What says nothing about the subject. Questions other than "how" and "what" do: when is not why.
FLUFF = words_of(
    "a about an and any are as at be beginner beginners best basics by can closer complete comprehensive definitive do"
    " does easy effective essential essentials everything explained expert for from get guide guides have how i in"
    " introduction into is it its know look matters most my need needs of on or our overview practical quick"
    " really s should simple some step steps t the their these this tip tips to top ultimate up we what with work works"
    " worth you your"
)


@functools.lru_cache(maxsize=50_000)
def stems_of(title: str) -> frozenset[str]:
    """What the title is about. A title of nothing but fluff is about that."""
    words = WORD.findall(unicodedata.normalize("NFKC", title).casefold())
    return frozenset(_root(word) for word in words if word not in FLUFF) or frozenset(words)


def _root(word: str) -> str:
    """With all endings off: "watering" as well as "water"."""
    while (bare := stem(word)) != word:
        word = bare
    return word


def must_hold(title: str) -> list[list[str]]:
    """Of each of these lists a title that is nearly the same holds at least one word as it is written, in any case.

    Only plain letters: no database knows the capitals of all others.
    """
    stems = sorted(stems_of(title))
    missing = max(0, (OUT_OF - SHARED) * (len(stems) - 1) // OUT_OF)  # in the other title, at most
    plain = [stem for stem in stems if stem.isascii() and stem in title.lower()]
    size = missing + 1
    return [plain[start : start + size] for start in range(0, len(plain) - missing, size)]


def nearly_the_same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Figures have to be the same: another year, or another model, is another subject."""
    if _figures(one) != _figures(other):
        return False
    return OUT_OF * len(one & other) > SHARED * len(one | other)


def _figures(stems: frozenset[str]) -> frozenset[str]:
    return frozenset(stem for stem in stems if any(character.isdigit() for character in stem))
