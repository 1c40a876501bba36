"""What is no file of keywords, by its first bytes; and what people are told."""

import re

from webapp.core.errors import Invalid

SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF file"),
    (b"\xd0\xcf\x11\xe0", "an old or locked Excel workbook"),
    (b"\x1f\x8b", "a compressed file"),
    (b"BZh", "a compressed file"),
    (b"\xfd7zXZ\x00", "a compressed file"),
    (b"\x28\xb5\x2f\xfd", "a compressed file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"SQLite format 3\x00", "a database"),
    (b"PAR1", "a Parquet file"),
    (b"{\\rtf", "a text document (RTF)"),
)
JSON = re.compile(rb"\s*(?:\{\s*[\"}]|\[\s*[\[{\"])")
MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<svg")
SAVE_AS = "Nothing was imported. Save the keywords as “CSV UTF-8” or .xlsx and choose that file."


def refuse_other_formats(head: bytes) -> None:
    """Raises Invalid for a format that is known and holds no rows of keywords."""
    for signature, name in SIGNATURES:
        if head.startswith(signature):
            raise no_list(f"The file is {name}, not a list of keywords.")
    if JSON.match(head):
        raise no_list("The file is JSON, not a list of keywords.")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:9].lower().startswith(MARKUP):
        raise no_list("The file is a web page or an XML document, not a list of keywords.")


def empty() -> Invalid:
    return Invalid("file", "The file is empty.", "Nothing was imported. Choose a file with one keyword a line.")


def nothing_below() -> Invalid:
    return Invalid(
        "file", "There is nothing below the header row.", "Nothing was imported. Choose a file with one keyword a line."
    )


def no_text() -> Invalid:
    return no_list("The file is not a text file, nor one of the formats that can be read.")


def no_list(sentence: str) -> Invalid:
    return Invalid("file", sentence, SAVE_AS)


def damaged(what: str) -> Invalid:
    """A file that breaks off or contradicts itself: what was read of it before stays."""
    return Invalid(
        "file", f"The {what} is damaged and cannot be read to its end.", "Export it again and choose the new file."
    )


def too_large(what: str, most: int) -> Invalid:
    """`most` in bytes."""
    return Invalid(
        "file",
        f"{what} unpacks to more than {most // 1_000_000} MB, which is more than can be read.",
        "Nothing was imported. Save the keywords as “CSV UTF-8”, in several files if need be.",
    )
