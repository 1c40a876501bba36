"""An article's pictures in the media library: each there once, found by its content whatever it is called."""

import re
from collections.abc import Sequence

from webapp.publishing.models import WordPressPicture
from webapp.publishing.target import Picture, Post
from webapp.publishing.wordpress.api import Rest
from webapp.publishing.wordpress.hung import Hung
from webapp.publishing.wordpress.journal import Journal
from webapp.publishing.wordpress.markup import escaped
from webapp.publishing.wordpress.refusals import Json, number_in

FIELDS = "id,slug,source_url,author,post"
A_PAGE = 100
MOST_COPIES = 9  # of one picture that are looked for
LONGEST_START = 60  # characters of a file's name before the part that comes from its content


def hang(rest: Rest, journal: Journal, post: Post) -> dict[str, Hung]:
    """All of the post's, by file name: those that are there already, the others sent now. Raises TargetError."""
    by_name = {picture.file_name: picture for picture in all_of(post)}
    sent = journal.ever_sent(list(by_name))
    there = _still_there(rest, {picture.name: picture for picture in sent if picture.address == journal.address})
    may_be_there = {picture.name for picture in sent}
    return {
        name: there[name] if name in there else _found_or_sent(rest, journal, post, picture, name in may_be_there)
        for name, picture in by_name.items()
    }


def all_of(post: Post) -> Sequence[Picture]:
    """The featured one first."""
    return [*([post.featured] if post.featured else []), *post.pictures]


def copies(rest: Rest, name: str) -> list[Hung]:
    """What is in the library under the slug that comes from that name, or that slug and a number: WordPress refuses
    none."""
    stem = name.partition(".")[0]
    slugs = [stem, *(f"{stem}-{number}" for number in range(1, MOST_COPIES + 1))]
    found = rest.list("/media", slug=",".join(slugs), orderby="id", order="asc", per_page=A_PAGE, _fields=FIELDS)
    return [_hung(one) for one in found if one.get("slug") in slugs]


def _still_there(rest: Rest, known: dict[str, WordPressPicture]) -> dict[str, Hung]:
    """Those of the known ones that nobody deleted."""
    ids = {picture.media_id: name for name, picture in known.items() if picture.media_id is not None}
    if not ids:
        return {}
    found = rest.list("/media", include=",".join(map(str, ids)), per_page=A_PAGE, _fields=FIELDS)
    return {ids[hung.media_id]: hung for hung in map(_hung, found) if hung.media_id in ids}


def _found_or_sent(rest: Rest, journal: Journal, post: Post, picture: Picture, may_be_there: bool) -> Hung:
    """One that was sent before may be there although no answer said so. What never was cannot be."""
    name = picture.file_name
    hung = next(iter(copies(rest, name)), None) if may_be_there else None
    if hung is None:
        journal.uploading(name)
        hung = _hung(_sent(rest, post, picture))
    journal.uploaded(name, hung.media_id, hung.link)
    return hung


def _sent(rest: Rest, post: Post, picture: Picture) -> Json:
    """Called as people would call it. Its slug comes from its content, so that it is found again."""
    named = {"title": escaped(picture.alt_text or post.title), "alt_text": picture.alt_text}
    slug = picture.file_name.partition(".")[0]
    return rest.upload(_file_name(post, picture), picture.media_type, picture.data, slug=slug, **named)


def _file_name(post: Post, picture: Picture) -> str:
    start = re.sub(r"[^a-z0-9-]", "", post.slug.lower())[:LONGEST_START].strip("-")
    return f"{start}-{picture.file_name}" if start else picture.file_name


def _hung(media: Json) -> Hung:
    """Raises ValueError where it is none."""
    link = str(media["source_url"])
    if not link.startswith(("http://", "https://")) or not link.isprintable():
        raise ValueError("no address of a picture")
    return Hung(number_in(media), link, int(media.get("author") or 0), is_loose=not media.get("post"))
