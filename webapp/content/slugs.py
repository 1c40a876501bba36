"""Addresses of articles: each once on its site."""

import re

from sqlalchemy import select

from webapp.content.models import Article
from webapp.core.db import db

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST = 120
LONGEST_BEFORE_NUMBER = 110


def free_slug(site_id: int, wanted: str) -> str:
    """`wanted`, with a number where another article of the site has it."""
    slug, number = wanted, 1
    while db.session.scalar(select(Article.id).where(Article.site_id == site_id, Article.slug == slug)) is not None:
        number += 1
        slug = f"{wanted[:LONGEST_BEFORE_NUMBER]}-{number}"
    return slug
