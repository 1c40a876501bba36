"""Which encoding a text is in. Unicode says so or shows it; an old code page is told by the words that it makes."""

import codecs
import re
import unicodedata
from itertools import pairwise

from charset_normalizer import from_bytes

from webapp.content.importing import refusals

UNREADABLE = "\ufffd"
ODD = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f]")  # control characters that no text needs
LOOKED_AT = 262_144  # bytes that are looked through for them
FEW_ODD, RARELY_ODD = 3, 0.01  # of them in a text, by number or by share
FEW_ZEROS = 0.1  # of the bytes
BROKEN = 0.1  # of the characters beyond ASCII, in what is UTF-8 all the same
MOST_GUESSED = 20_000  # bytes that a guess looks at: it is slow

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What spreadsheets write where they do not write Unicode. Of those that fit as well, the first.
CODE_PAGES = [
    *("cp1252", "cp1254", "cp1250", "cp1251", "cp1253", "cp1257"),
    *("cp932", "euc_kr", "gb18030", "big5", "mac_roman"),
]
WORD = re.compile(r"[^\W\d_]+")
UNLIKELY = re.compile(
    r"[^\W\d_](?:[¹£¥¿¡¯¬¶¼½¾¦§±µ]|[²³](?=[^\W\d_]))"  # a sign after a letter
    r"|[þðÞÐ]|[À-ÿ]{3}|[\uff61-\uff9f]|[\x80-\x9f\ufffd]"
)
OTHER_SCRIPT = re.compile(r"[\u0370-\u1dff\u1f00-\uffff]")
HANGUL, HANJA = re.compile(r"[\uac00-\ud7af]"), re.compile(r"[\u4e00-\u9fff]")


def encoding_of(head: bytes) -> str:
    """The codec of a text that begins with `head`. Raises Invalid if it is no text."""
    encoding = _marked(head) or (_bytewise(head) if _has_few_zeros(head) else _without_mark(head))
    text = head[:LOOKED_AT].decode(encoding, "replace")
    if len(ODD.findall(text)) > max(FEW_ODD, RARELY_ODD * len(text)):
        raise refusals.no_text()
    return encoding


def _marked(head: bytes) -> str | None:
    return next((encoding for mark, encoding in MARKS if head.startswith(mark)), None)


def _has_few_zeros(head: bytes) -> bool:
    """A stray one is damage. Of UTF-16 nearly every second byte is one, or the rest is no UTF-8."""
    if head.count(b"\0") > FEW_ZEROS * len(head):
        return False
    return b"\0" not in head or _is_utf_8(head)


def _is_utf_8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # which may end amid a character
    except UnicodeDecodeError:
        return False
    return True


def _without_mark(head: bytes) -> str:
    """UTF-16 that does not say so. Raises Invalid if the zeros do not look like that."""
    even = head[: len(head) // 2 * 2]
    little, big = even.decode("utf-16-le", "replace"), even.decode("utf-16-be", "replace")
    encoding, text = ("utf-16-le", little) if _ascii(little) >= _ascii(big) else ("utf-16-be", big)
    if "\0" in text or _ascii(text) == 0 or any(unicodedata.category(each) in ("Cn", "Co") for each in text[:2000]):
        raise refusals.no_text()
    return encoding


def _ascii(text: str) -> int:
    return sum(" " <= character < "\x7f" or character in "\t\r\n" for character in text)


def _bytewise(head: bytes) -> str:
    """UTF-8, even with a few broken characters; else what it looks like."""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(head, final=len(head) < LOOKED_AT)
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    if text.count(UNREADABLE) <= BROKEN * beyond_ascii:
        return "utf-8"
    telling = b"\n".join(line for line in head.split(b"\n") if not line.isascii())[:MOST_GUESSED]
    return _code_page(telling)


def _code_page(telling: bytes) -> str:
    """Of those that the library finds possible, the one that makes the likeliest words of it.

    The library knows prose; of some short phrases it finds several code pages equally likely, and names any of them.
    """
    found = from_bytes(telling, cp_isolation=CODE_PAGES)
    possible = {encoding for match in found for encoding in match.could_be_from_charset} | {CODE_PAGES[0]}
    return min(
        (encoding for encoding in CODE_PAGES if encoding in possible),
        key=lambda encoding: _oddities(telling.decode(encoding, "replace")),
    )


def _oddities(text: str) -> int:
    """How often it has what no language has: scripts mixed in a word, capitals within, signs for letters."""
    words = WORD.findall(text)
    odd = len(UNLIKELY.findall(text)) + sum(_mixes_scripts(word) + _changes_case(word) for word in words)
    return odd + (len(HANJA.findall(text)) if HANGUL.search(text) else 0)


def _mixes_scripts(word: str) -> bool:
    return any(letter < "\x80" for letter in word) and OTHER_SCRIPT.search(word) is not None


def _changes_case(word: str) -> bool:
    return any(first.islower() and second.isupper() for first, second in pairwise(word))
