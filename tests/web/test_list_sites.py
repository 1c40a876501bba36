"""The account home: which sites are listed, and what is said of each."""

import pytest
from flask import Flask
from sqlalchemy import event

from tests import factories
from webapp.content.models import ArticleStatus, KeywordStatus
from webapp.core.db import db
from webapp.publishing.models import PublicationStatus
from webapp.web import site_list
from webapp.web.site_list import sites_of


def test_each_site_says_what_waits_there(app: Flask) -> None:
    member = factories.member()
    site = factories.site(member.account)
    factories.keywords(site, 3)
    factories.keyword(site, status=KeywordStatus.SKIPPED)
    factories.article(site, ArticleStatus.REVIEW)
    factories.publication(site, PublicationStatus.WAITING)
    factories.publication(site, PublicationStatus.SCHEDULED)
    factories.publication(site, PublicationStatus.PUBLISHED)
    run = factories.run(site)
    (line,) = sites_of(member.user).lines
    assert (line.site, line.run) == (site, run)
    assert (line.new_keywords, line.in_review, line.queued, line.published) == (3, 1, 2, 1)


def test_sites_of_other_accounts_are_not_listed(app: Flask) -> None:
    factories.site()
    member = factories.member()
    assert sites_of(member.user).lines == []
    own = factories.site(member.account)
    assert [line.site for line in sites_of(member.user).lines] == [own]


def test_pages_follow_each_other_without_gap_or_repetition(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_list, "PAGE", 2)
    first, second = factories.account(), factories.account()
    member = factories.member(of=first)
    factories.join(second, member.user, member.role)
    made = [factories.site(account).id for account in (second, first, second, first, first)]
    seen, after = [], 0
    for _ in range(3):
        page = sites_of(member.user, after)
        seen.append([(line.site.account_id, line.site.id) for line in page.lines])
        after = page.next_after or 0
    assert [len(lines) for lines in seen] == [2, 2, 1]
    flat = [line for lines in seen for line in lines]
    assert flat == sorted(flat)
    assert sorted(number for _, number in flat) == sorted(made)
    assert after == 0


def test_many_sites_cost_no_more_queries_than_one(app: Flask) -> None:
    member = factories.member()
    factories.site(member.account)
    one = _queries(member.user)
    for _ in range(8):
        factories.keywords(factories.site(member.account), 2)
    assert _queries(member.user) == one


def _queries(user: object) -> int:
    asked: list[str] = []
    listener = lambda *args: asked.append(args[2])  # noqa: E731
    db.session.expire_all()
    db.session.refresh(user)
    event.listen(db.engine, "before_cursor_execute", listener)
    try:
        for line in sites_of(user).lines:  # type: ignore[arg-type]
            assert line.site.account.name
    finally:
        event.remove(db.engine, "before_cursor_execute", listener)
    db.session.commit()
    return len(asked)
