"""An article's pictures in the media library: each there once, named by its content."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from webapp.publishing.models import WordPressPicture
from webapp.publishing.target import Picture
from webapp.publishing.wordpress.api import Rest
from webapp.publishing.wordpress.journal import Journal
from webapp.publishing.wordpress.refusals import Json

FIELDS = "id,slug,source_url"
A_PAGE = 100


@dataclass(frozen=True)
class Hung:
    """A picture in the library. `link` is the address of its file."""

    media_id: int
    link: str


def hang(rest: Rest, journal: Journal, pictures: Sequence[Picture]) -> dict[str, Hung]:
    """All of them, by file name: those that are there already, the others sent now. Raises TargetError."""
    by_name = {picture.file_name: picture for picture in pictures}
    known = journal.pictures(list(by_name))
    there = _still_there(rest, known)
    return {
        name: there[name] if name in there else _found_or_sent(rest, journal, picture, known.get(name))
        for name, picture in by_name.items()
    }


def copies(rest: Rest, name: str) -> list[Hung]:
    """What is in the library under that name, or that name and a number: WordPress refuses none."""
    stem = name.partition(".")[0]
    same = re.compile(rf"{stem}(-\d+)?")
    found = rest.list("/media", search=stem, orderby="id", order="asc", per_page=A_PAGE, _fields=FIELDS)
    return [_hung(one) for one in found if same.fullmatch(str(one.get("slug")))]


def _still_there(rest: Rest, known: dict[str, WordPressPicture]) -> dict[str, Hung]:
    """Those of the known ones that nobody deleted."""
    ids = {picture.media_id: name for name, picture in known.items() if picture.media_id is not None}
    if not ids:
        return {}
    found = rest.list("/media", include=",".join(map(str, ids)), per_page=A_PAGE, _fields=FIELDS)
    return {ids[hung.media_id]: hung for hung in map(_hung, found) if hung.media_id in ids}


def _found_or_sent(rest: Rest, journal: Journal, picture: Picture, known: WordPressPicture | None) -> Hung:
    """One that was sent before may be there although no answer said so. What never was cannot be."""
    name = picture.file_name
    hung = next(iter(copies(rest, name)), None) if known is not None else None
    if hung is None:
        journal.uploading(name)
        hung = _hung(rest.upload(name, picture.media_type, picture.data, alt_text=picture.alt_text))
    journal.uploaded(name, hung.media_id, hung.link)
    return hung


def _hung(media: Json) -> Hung:
    return Hung(int(media["id"]), str(media["source_url"]))
