"""What people paste into fields, and a page or a database cannot take."""

import unicodedata

UNSHOWABLE = ("Cc", "Cs")  # Unicode's categories of control characters and of half characters


def can_be_shown(text: str) -> bool:
    return all(unicodedata.category(character) not in UNSHOWABLE or character in "\n\t" for character in text)
