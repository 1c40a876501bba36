"""The form of a phrase that is compared, as against the form that somebody wrote."""

import unicodedata

STRAIGHT = str.maketrans("‘’‚‛′“”„‟″«»", '\'\'\'\'\'"""""""')


def normal(phrase: str) -> str:
    """`phrase` for comparison: compatible characters unified, case folded, quotes straight, spaces collapsed.

    Applying it twice changes nothing. It may be longer than what was written.
    """
    if phrase.isascii():
        return " ".join(phrase.lower().split())
    unified = unicodedata.normalize("NFKC", phrase.translate(STRAIGHT))
    folded = unicodedata.normalize("NFKC", unified.casefold()).translate(STRAIGHT)
    return " ".join(folded.split())
