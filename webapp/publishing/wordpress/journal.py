"""What is known of our posts and pictures in a WordPress: written before each request that makes one, and after its
answer, so that whoever goes on looks for what may be there. Every function commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from webapp.content.models import Article
from webapp.core.clock import now
from webapp.core.db import change, db, reading
from webapp.publishing.models import WordPressPicture, WordPressPost

CLAIMS = 20  # tries to get an address of one's own


@dataclass(frozen=True)
class Journal:
    """Of one site, in the WordPress at one address."""

    site_id: int
    address: str

    def post_of(self, article_id: int, slug: str) -> WordPressPost:
        """The article's, with a slug that no other article of ours gets there: its own, or one with a number."""
        for _ in range(CLAIMS):
            with reading():
                kept = db.session.get(WordPressPost, (article_id, self.address), populate_existing=True)
                free = self._free(slug) if kept is None else ""
                db.session.commit()
            db.session.expunge_all()
            if kept is not None:
                return kept
            self._claim(article_id, free)
        raise RuntimeError(f"no slug like {slug} could be claimed at {self.address}")

    def elsewhere(self, article_id: int) -> list[WordPressPost]:
        """What is known of it at other addresses, where it was sent to: they may lead to the same WordPress."""
        ours = (WordPressPost.article_id == article_id, WordPressPost.address != self.address)
        with reading():
            found = list(db.session.scalars(select(WordPressPost).where(*ours, WordPressPost.creates > 0)))
            db.session.commit()
        db.session.expunge_all()
        return found

    def carry_over(self, other: WordPressPost, post_id: int) -> WordPressPost:
        """What is known of it at another address holds for this one from now on, and the post has that number."""
        change(
            delete(WordPressPost).where(
                WordPressPost.article_id == other.article_id, WordPressPost.address == other.address
            )
        )
        ours = (WordPressPost.article_id == other.article_id, WordPressPost.address == self.address)
        known = {"key": other.key, "creates": other.creates, "put_out_at": other.put_out_at, "post_id": post_id}
        change(update(WordPressPost).where(*ours).values(**known))
        db.session.commit()
        return self._known(other.article_id)

    def creating(self, article_id: int) -> None:
        """It is about to be sent; nobody may ever know what came of it."""
        self._write(article_id, creates=WordPressPost.creates + 1)

    def created(self, article_id: int, post_id: int) -> int:
        """The post has that number, unless somebody found another first. Answers the one that counts."""
        ours = (WordPressPost.article_id == article_id, WordPressPost.address == self.address)
        change(update(WordPressPost).where(*ours, WordPressPost.post_id.is_(None)).values(post_id=post_id))
        kept = db.session.scalar(select(WordPressPost.post_id).where(*ours))
        db.session.commit()
        return post_id if kept is None else kept

    def put_out(self, article_id: int) -> WordPressPost:
        """It stands there as it should. Answers what is known of it now."""
        self._write(article_id, put_out_at=now())
        return self._known(article_id)

    def gone(self, article_id: int) -> None:
        """Somebody deleted the post."""
        self._write(article_id, post_id=None, put_out_at=None)

    def pictures(self, names: Sequence[str]) -> dict[str, WordPressPicture]:
        """Those of them that were sent before, by name."""
        return {picture.name: picture for picture in self.ever_sent(names) if picture.address == self.address}

    def ever_sent(self, names: Sequence[str]) -> list[WordPressPicture]:
        """Those of them that the site has sent to any address: another may lead to the same library."""
        ours = (WordPressPicture.site_id == self.site_id, WordPressPicture.name.in_(names))
        with reading():
            found = list(
                db.session.scalars(select(WordPressPicture).where(*ours).execution_options(populate_existing=True))
            )
            db.session.commit()
        db.session.expunge_all()
        return found

    def uploading(self, name: str) -> None:
        """It is about to be sent."""
        picture = db.session.get(WordPressPicture, (self.site_id, self.address, name), populate_existing=True)
        if picture is None:
            picture = WordPressPicture(**self._key(name), uploads=0)
            db.session.add(picture)
        picture.uploads += 1
        picture.media_id = picture.link = None
        db.session.commit()
        db.session.expunge_all()

    def uploaded(self, name: str, media_id: int, link: str) -> None:
        """It is there."""
        known = {"media_id": media_id, "link": link}
        if not change(update(WordPressPicture).where(*self._of_picture(name)).values(**known)):
            db.session.add(WordPressPicture(**self._key(name), uploads=0, **known))  # it was sent to another address
        db.session.commit()
        db.session.expunge_all()

    def swept(self, name: str) -> None:
        """There are no copies of it any more: what looks like one later on was made by somebody else."""
        change(update(WordPressPicture).where(*self._of_picture(name)).values(uploads=1))
        db.session.commit()

    def in_use(self, name: str) -> set[int]:
        """The numbers under which sites of ours have that picture there."""
        with reading():
            found = db.session.scalars(
                select(WordPressPicture.media_id).where(
                    WordPressPicture.address == self.address,
                    WordPressPicture.name == name,
                    WordPressPicture.media_id.is_not(None),
                )
            )
            in_use = {number for number in found if number is not None}
            db.session.commit()
        return in_use

    def sent_more_than_once(self) -> list[WordPressPost]:
        """Posts of which there may be another, left behind as a draft."""
        wanted = (
            select(WordPressPost)
            .join(Article, Article.id == WordPressPost.article_id)
            .where(
                Article.site_id == self.site_id,
                WordPressPost.address == self.address,
                WordPressPost.creates > 1,
                WordPressPost.post_id.is_not(None),
            )
            .order_by(WordPressPost.article_id)
        )
        with reading():
            found = list(db.session.scalars(wanted))
            db.session.commit()
        db.session.expunge_all()
        return found

    def _key(self, name: str) -> dict[str, Any]:
        return {"site_id": self.site_id, "address": self.address, "name": name}

    def _of_picture(self, name: str) -> list[ColumnElement[bool]]:
        return [getattr(WordPressPicture, column) == value for column, value in self._key(name).items()]

    def _known(self, article_id: int) -> WordPressPost:
        with reading():
            kept = db.session.get_one(WordPressPost, (article_id, self.address), populate_existing=True)
            db.session.commit()
        db.session.expunge_all()
        return kept

    def _claim(self, article_id: int, slug: str) -> None:
        """Unless somebody else was quicker."""
        db.session.add(WordPressPost(article_id=article_id, address=self.address, slug=slug, key=uuid4().hex))
        try:
            db.session.commit()
        except IntegrityError:
            db.session.rollback()
        db.session.expunge_all()

    def _free(self, slug: str) -> str:
        numbered = (slug if number == 1 else f"{slug}-{number}" for number in count(1))
        return next(candidate for candidate in numbered if not self._is_claimed(candidate))

    def _is_claimed(self, slug: str) -> bool:
        claims = select(func.count()).where(WordPressPost.address == self.address, WordPressPost.slug == slug)
        return bool(db.session.scalar(claims))

    def _write(self, article_id: int, **values: object) -> None:
        ours = (WordPressPost.article_id == article_id, WordPressPost.address == self.address)
        change(update(WordPressPost).where(*ours).values(**values))
        db.session.commit()
