"""Links within a site: articles name what they link to by id, and code finds the addresses when they are shown.

An article may link to an article of its site ("a12") and to a post that its WordPress has ("p345").
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from sqlalchemy import select

from webapp.ai.functions.content_generation import LinkChoice
from webapp.content.alike import stems_of
from webapp.content.models import Article, ArticleStatus, ExistingPost
from webapp.content.normal import normal
from webapp.content.sanitise import LINK_START
from webapp.core.db import db

MOST_CHOICES = 30
MOST_LOOKED_AT = 5000  # of each kind, the newest
ARTICLE, POST = "a", "p"
LINK = re.compile(rf'<a href="{LINK_START}([{ARTICLE}{POST}])([0-9]+)">(.*?)</a>', re.DOTALL)
LARGEST = 2**31 - 1


def choices(site_id: int, about: str) -> list[LinkChoice]:
    """What an article about that may link to, the most fitting first. The same rows always give the same."""
    wanted = stems_of(about)
    found = [(-len(wanted & stems), len(stems), choice) for choice, stems in _there(site_id) if wanted & stems]
    found.sort(key=lambda one: one[:2])
    return [choice for _, _, choice in found[:MOST_CHOICES]]


def linked_articles(html: str) -> set[int]:
    """The numbers of the articles that the text links to."""
    return {int(number) for kind, number in _targets(html) if kind == ARTICLE and int(number) <= LARGEST}


def addresses_of_posts(site_id: int, html: str) -> dict[str, str]:
    """By id, where the posts are that the text links to, as far as the site has them."""
    numbers = [int(number) for kind, number in _targets(html) if kind == POST and len(number) < 19]
    wanted = select(ExistingPost).where(ExistingPost.site_id == site_id, ExistingPost.remote_id.in_(numbers))
    return {f"{POST}{post.remote_id}": post.link for post in db.session.scalars(wanted)}


def resolved(html: str, addresses: Mapping[str, str]) -> str:
    """Sanitised HTML with these addresses, by id, in its links. A link to what has none becomes its words. Pure."""

    def resolve(found: re.Match[str]) -> str:
        address = addresses.get(found[1] + found[2])
        return found[3] if address is None else f'<a href="{escape(address)}">{found[3]}</a>'

    return LINK.sub(resolve, html)


def _targets(html: str) -> Iterable[tuple[str, str]]:
    return ((found[1], found[2]) for found in LINK.finditer(html))


def _there(site_id: int) -> Sequence[tuple[LinkChoice, frozenset[str]]]:
    """All that may be linked to, with what it is about. A post of an article's title is taken for the article."""
    articles = db.session.execute(
        select(Article.id, Article.title, Article.focus_keyword)
        .where(Article.site_id == site_id, Article.status == ArticleStatus.APPROVED)
        .order_by(Article.id.desc())
        .limit(MOST_LOOKED_AT)
    ).all()
    posts = db.session.execute(
        select(ExistingPost.remote_id, ExistingPost.title)
        .where(ExistingPost.site_id == site_id)
        .order_by(ExistingPost.remote_id.desc())
        .limit(MOST_LOOKED_AT)
    ).all()
    titles = {normal(title) for _, title, _ in articles}
    return [
        *((_choice(ARTICLE, id, title), stems_of(f"{title} {focus}")) for id, title, focus in articles),
        *((_choice(POST, id, title), stems_of(title)) for id, title in posts if normal(title) not in titles),
    ]


def _choice(kind: str, number: int, title: str) -> LinkChoice:
    return LinkChoice(id=f"{kind}{number}", title=title)
