"""Which post in a WordPress is an article's, where no answer has told us, or one at another address has.

Only what is exactly as we made it is taken for ours: whoever copies a post copies our mark with it.
"""

from collections.abc import Mapping
from typing import Any

from webapp.publishing.models import WordPressPost
from webapp.publishing.wordpress.api import Rest
from webapp.publishing.wordpress.markup import mark, reads_as
from webapp.publishing.wordpress.refusals import NotTheirs, Refusal

DRAFTS: Mapping[str, str | int] = {
    "status": "draft",
    "context": "edit",
    "orderby": "id",
    "order": "asc",
    "per_page": 100,
    "_fields": "id,author,title,content",
}


def untouched_drafts(rest: Rest, key: str) -> list[int]:
    """Those that were made for the article with that key, and that nobody has written in since. Raises TargetError."""
    found = rest.list("/posts", search=key, **DRAFTS)
    return [post["id"] for post in found if post["content"]["raw"].strip() == mark(key) and _is_mine(rest, post)]


def draft_of(rest: Rest, kept: WordPressPost, title: str) -> int | None:
    """By its key; where a plugin took that out of the text, by slug and title. Raises TargetError."""
    found = untouched_drafts(rest, kept.key)
    found = found or [
        post["id"]
        for post in rest.list("/posts", slug=kept.slug, **DRAFTS)
        if reads_as(str(post["title"]["raw"]), title) and _is_mine(rest, post)
    ]
    return int(found[0]) if found else None


def known_elsewhere(rest: Rest, other: WordPressPost) -> int | None:
    """The post that is known under another address, if that leads to the same WordPress. Raises TargetError."""
    if other.post_id is None:
        return next(iter(untouched_drafts(rest, other.key)), None)
    if other.key in _text_of(rest, other.post_id):
        return other.post_id
    moved = rest.list("/posts", search=other.key, slug=other.slug, status="any", _fields="id")
    return int(moved[0]["id"]) if moved else None


def _text_of(rest: Rest, post_id: int) -> str:
    """Empty where there is no such post, or we may not read it."""
    for context, kind in (("edit", "raw"), ("view", "rendered")):
        try:
            return str(rest.get(f"/posts/{post_id}", context=context, _fields="content")["content"][kind])
        except NotTheirs:
            continue
        except Refusal as refusal:
            if refusal.status not in (404, 410):
                raise
    return ""


def _is_mine(rest: Rest, post: Mapping[str, Any]) -> bool:
    return bool(post["author"] == rest.my_id())
