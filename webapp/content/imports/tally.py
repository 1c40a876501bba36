"""What some lines of a file come to, when it is looked through and when it is brought in. The caller commits."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from sqlalchemy import delete, select

from webapp.content.adding import add_keywords
from webapp.content.importing.reading import Line
from webapp.content.imports.models import LineRemark, SeenPhrase
from webapp.content.keyword_fields import KeywordFields
from webapp.content.models import Keyword
from webapp.core.db import change, db, insert_if_absent

MOST_KEPT = 100_000  # remarks about lines, to be downloaded
MOST_KINDS = 30  # of sentences that are told apart
OTHERWISE = "Something else."
SEEN_AT_ONCE = 20_000  # that one transaction deletes


@dataclass(frozen=True)
class Tally:
    """Of some lines: keywords that are new to the site, and those of the others in which something was filled in."""

    new: int
    filled_in: int = 0


def look_through(site_id: int, import_id: int, some: Collection[KeywordFields]) -> Tally:
    """What is new neither to the site nor to this look-through is a duplicate."""
    marks = {_mark(fields.normal): fields.normal for fields in some}
    if not marks:
        return Tally(0)
    rows = [{"import_id": import_id, "hash": mark} for mark in marks]
    seen_first = insert_if_absent(SeenPhrase, ["import_id", "hash"]).returning(SeenPhrase.hash)
    first = {marks[mark] for mark in db.session.scalars(seen_first, rows)}
    there = db.session.scalars(select(Keyword.normal).where(Keyword.site_id == site_id, Keyword.normal.in_(first)))
    return Tally(len(first - set(there)))


def bring_in(site_id: int, import_id: int, some: Collection[KeywordFields]) -> Tally:
    added = add_keywords(site_id, some)
    return Tally(added.new, added.filled_in)


def forget_what_was_seen(import_id: int) -> None:
    """Commits after some of it."""
    some = select(SeenPhrase.hash).where(SeenPhrase.import_id == import_id).limit(SEEN_AT_ONCE)
    while change(delete(SeenPhrase).where(SeenPhrase.import_id == import_id, SeenPhrase.hash.in_(some))):
        db.session.commit()
    db.session.commit()


def keep_remarks(import_id: int, remarked: Sequence[Line], room: int) -> None:
    """Of the first of these lines, as many as there is `room` for. Some may be kept since the look-through."""
    rows = [
        {
            "import_id": import_id,
            "number": line.number,
            "is_left_out": line.fields is None,
            "text": " ".join((*line.unread, line.reason)).strip(),
        }
        for line in remarked[: max(0, room)]
    ]
    if rows:
        db.session.execute(insert_if_absent(LineRemark, ["import_id", "number"]), rows)


def with_more(counts: Mapping[str, int], sentences: Iterable[str]) -> dict[str, int]:
    """The counts and those of the sentences, which are alike whatever it is that they quote."""
    more = dict(counts)
    for sentence in sentences:
        kind = re.sub(r"“[^”]*”", "“…”", sentence)
        kind = kind if kind in more or len(more) < MOST_KINDS else OTHERWISE
        more[kind] = more.get(kind, 0) + 1
    return more


def _mark(normal: str) -> int:
    return int.from_bytes(blake2b(normal.encode(), digest_size=8).digest(), signed=True)
