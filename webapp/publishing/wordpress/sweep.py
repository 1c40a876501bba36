"""What was made twice because an answer was lost: drafts that nobody sees, and copies of pictures.

Nothing is touched that anybody may have made something of since.
"""

import re
from collections.abc import Collection

from webapp.publishing.models import WordPressPost
from webapp.publishing.wordpress import finding, pictures
from webapp.publishing.wordpress.api import Rest
from webapp.publishing.wordpress.hung import Hung


def drafts_of(rest: Rest, kept: WordPressPost) -> int:
    """Puts the article's untouched drafts but its post into the trash. Answers how many. Raises TargetError."""
    left = [post_id for post_id in finding.untouched_drafts(rest, kept.key) if post_id != kept.post_id]
    return sum(rest.trash(f"/posts/{post_id}") for post_id in left)


def copies_of(rest: Rest, name: str, in_use: Collection[int]) -> int:
    """Deletes the picture's copies that nobody uses. Answers how many. Raises TargetError.

    For good: the media library has no trash.
    """
    left = [
        copy
        for copy in pictures.copies(rest, name)
        if copy.media_id not in in_use and copy.is_loose and copy.author == rest.my_id() and not _is_shown(rest, copy)
    ]
    for copy in left:
        rest.delete(f"/media/{copy.media_id}")
    return len(left)


def _is_shown(rest: Rest, copy: Hung) -> bool:
    """Whether a post or page shows it, in whichever size."""
    stem = copy.link.rpartition("/")[2].rpartition(".")[0]
    file = re.compile(rf"/{re.escape(stem)}(-\d+x\d+|-scaled)?\.")
    for kind in ("/posts", "/pages"):
        found = rest.list(kind, search=stem, status="any", per_page=100, _fields="content")
        if any(file.search(str(one["content"]["rendered"])) for one in found):
            return True
    return False
