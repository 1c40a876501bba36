"""What was made twice because an answer was lost: drafts that nobody sees, and copies of pictures."""

from collections.abc import Collection

from webapp.publishing.models import WordPressPost
from webapp.publishing.wordpress import pictures
from webapp.publishing.wordpress.api import Rest

UNSEEN = ("draft", "auto-draft")


def drafts_of(rest: Rest, kept: WordPressPost) -> int:
    """Deletes the drafts that bear the article's key and are not its post. Answers how many. Raises TargetError."""
    found = rest.list("/posts", search=kept.key, status="any", per_page=100, _fields="id,status")
    left = [post["id"] for post in found if post["id"] != kept.post_id and post["status"] in UNSEEN]
    for post_id in left:
        rest.delete(f"/posts/{post_id}")
    return len(left)


def copies_of(rest: Rest, name: str, in_use: Collection[int]) -> int:
    """Deletes the picture's copies that no site of ours uses. Answers how many. Raises TargetError."""
    left = [copy.media_id for copy in pictures.copies(rest, name) if copy.media_id not in in_use]
    for media_id in left:
        rest.delete(f"/media/{media_id}")
    return len(left)
