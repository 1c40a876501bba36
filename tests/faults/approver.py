"""A process that approves its share of all articles in review, one after the other: the role "3/8" is the third of
eight, who begin together."""

import sys
import time

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from webapp import create_app
from webapp.content.models import Article, ArticleStatus
from webapp.core.db import db
from webapp.core.redis import connection
from webapp.publishing.approval import approve

ARRIVED = "approvers that have arrived"  # in Redis
REFUSED = "approvals that found the database busy"


def main(role: str) -> None:
    lane, lanes = map(int, role.split("/"))
    with create_app().app_context():
        in_review = select(Article.id).where(Article.status == ArticleStatus.REVIEW).order_by(Article.id)
        mine = db.session.scalars(in_review).all()[lane - 1 :: lanes]
        db.session.commit()
        connection().incr(ARRIVED)
        while int(connection().get(ARRIVED)) < lanes:
            time.sleep(0.01)
        for number in mine:
            while not _approves(number, role):
                connection().incr(REFUSED)


def _approves(number: int, role: str) -> bool:
    """As a person does, who tries again when told that the database is busy."""
    try:
        approve(db.session.get_one(Article, number), role)
        db.session.commit()
    except OperationalError:
        db.session.rollback()
        return False
    finally:
        db.session.expunge_all()
    return True


if __name__ == "__main__":
    main(sys.argv[1])
