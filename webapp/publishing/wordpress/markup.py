"""An article as WordPress keeps it: the text with its pictures, and the mark that we find it by. Pure."""

import html
import re
from collections.abc import Mapping

from markupsafe import Markup

from webapp.content.placing import placed
from webapp.publishing.target import Picture, Post
from webapp.publishing.wordpress.hung import Hung

SOURCE = re.compile(r'(<img\b[^>]*?\bsrc=")([^"]*)(")')


def mark(key: str) -> str:
    """Nobody sees it, and a search for the key finds it in any status."""
    return f"<!-- pressroom {key} -->"


def escaped(text: str) -> str:
    """Plain text for a title or an excerpt: WordPress takes both for HTML."""
    return html.escape(text, quote=False)


def reads_as(raw: str, text: str) -> bool:
    """Whether WordPress's `raw` is that plain text, as we send it today or as we did before it was escaped."""
    return raw == text or html.unescape(raw) == text


def content_of(post: Post, hung: Mapping[str, Hung], key: str) -> str:
    """`hung`: the post's pictures by their file names.

    In one line: WordPress takes a line's end within a paragraph for a break. No text of it is a shortcode, which
    WordPress would carry out.
    """
    pieces = placed(post.body_html, [picture.place for picture in post.pictures])
    body = "".join(
        text + "".join(_figure(post.pictures[number], hung) for number in numbers) for text, numbers in pieces
    )
    return _rewritten(" ".join(body.split("\n")), post, hung).replace("[", "&#91;") + mark(key)


def _figure(picture: Picture, hung: Mapping[str, Hung]) -> str:
    there = hung[picture.file_name]
    figure = Markup('<figure class="wp-block-image"><img src="{}" alt="{}" class="wp-image-{}" /></figure>')
    return str(figure.format(there.link, picture.alt_text, there.media_id))


def _rewritten(body: str, post: Post, hung: Mapping[str, Hung]) -> str:
    """Pictures that stand in the text itself are shown from where they are now."""
    ours = [*post.pictures, *([post.featured] if post.featured else ())]
    links = {picture.name: hung[picture.file_name].link for picture in ours}

    def source(found: re.Match[str]) -> str:
        link = links.get(found[2].rpartition("/")[2])
        return found[0] if link is None else f"{found[1]}{Markup.escape(link)}{found[3]}"

    return SOURCE.sub(source, body)
