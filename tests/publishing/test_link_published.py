"""Links between articles lead to where readers find them, and nowhere else."""

import pytest
from flask import Flask

from tests import factories
from webapp.content.models import Article, ExistingPost
from webapp.core.clock import now
from webapp.core.db import db
from webapp.publishing.destinations import post_of
from webapp.publishing.links import addresses_for
from webapp.publishing.models import PostStatus, PublicationStatus, WordPressConnection, WordPressPost
from webapp.sites.models import Site, TargetKind

PUBLISHED = PublicationStatus.PUBLISHED
THERE = "https://herbs.example"


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site(slug="herbs")


def linking_to(site: Site, *ids: str) -> Article:
    body = "".join(f'<p>Read <a href="pressroom:{id}">this</a>.</p>' for id in ids)
    return factories.article(site, body_html=body)


def published(site: Site, link: str, status: PublicationStatus = PUBLISHED, **fields: object) -> Article:
    return factories.publication(site, status, link=link, **fields).article


def in_wordpress(site: Site, article: Article, address: str = THERE, *, is_out: bool = True) -> None:
    made = WordPressPost(
        article_id=article.id,
        address=address,
        slug=article.slug,
        key=f"key-{article.id}-{len(address)}",
        put_out_at=now() if is_out else None,
    )
    db.session.add(made)
    db.session.commit()


def body_of(article: Article) -> str:
    body = post_of(article).body_html
    db.session.commit()
    return body


def test_pages_of_a_folder_lead_to_one_another_wherever_it_is_copied_to(site: Site) -> None:
    there = published(site, "/published/herbs/basil-care/")
    article = linking_to(site, f"a{there.id}")

    assert addresses_for(article) == {f"a{there.id}": "/published/herbs/basil-care/"}
    assert body_of(article) == '<p>Read <a href="../basil-care/">this</a>.</p>'


@pytest.mark.parametrize(
    "status",
    [PublicationStatus.WAITING, PublicationStatus.SCHEDULED, PublicationStatus.FAILED],
)
def test_what_is_not_out_is_named_and_not_linked(site: Site, status: PublicationStatus) -> None:
    waiting = published(site, "/published/herbs/basil-care/", status)

    assert body_of(linking_to(site, f"a{waiting.id}")) == "<p>Read this.</p>"


def test_what_is_gone_or_another_sites_is_named_and_not_linked(site: Site) -> None:
    theirs = published(factories.site(slug="other"), "/published/other/x/")

    assert body_of(linking_to(site, f"a{theirs.id}", "a999999", "p7")) == "<p>Read this.</p>" * 3


def test_what_went_elsewhere_before_is_not_linked(site: Site) -> None:
    in_folder, there = published(site, "/published/herbs/basil-care/"), published(site, f"{THERE}/thyme/")
    in_wordpress(site, there)
    article = linking_to(site, f"a{in_folder.id}", f"a{there.id}")

    assert list(addresses_for(article)) == [f"a{in_folder.id}"]
    factories.connection(site, address=THERE)
    site.target = TargetKind.WORDPRESS
    db.session.commit()
    assert addresses_for(article) == {f"a{there.id}": f"{THERE}/thyme/"}
    assert body_of(article) == f'<p>Read this.</p><p>Read <a href="{THERE}/thyme/">this</a>.</p>'


@pytest.fixture
def in_the_blog(site: Site) -> Article:
    site.target = TargetKind.WORDPRESS
    factories.connection(site, address=THERE)
    return published(site, f"{THERE}/?p=44")


def test_what_only_its_owner_sees_in_the_wordpress_is_not_linked(site: Site, in_the_blog: Article) -> None:
    in_wordpress(site, in_the_blog)
    article = linking_to(site, f"a{in_the_blog.id}")
    assert body_of(article) != "<p>Read this.</p>"

    connection = db.session.get(WordPressConnection, site.id)
    assert connection is not None
    connection.post_status = PostStatus.DRAFT
    db.session.commit()

    assert body_of(article) == "<p>Read this.</p>"


def test_what_another_wordpress_has_is_not_linked(site: Site, in_the_blog: Article) -> None:
    in_wordpress(site, in_the_blog, "https://old.example")
    in_wordpress(site, in_the_blog, is_out=False)

    assert body_of(linking_to(site, f"a{in_the_blog.id}")) == "<p>Read this.</p>"


def test_posts_that_were_there_before_are_linked(site: Site) -> None:
    db.session.add(
        ExistingPost(site_id=site.id, remote_id=7, link=f"{THERE}/hello/?a&b", title="Hello", slug="x", modified=now())
    )
    db.session.commit()

    assert body_of(linking_to(site, "p7")) == f'<p>Read <a href="{THERE}/hello/?a&amp;b">this</a>.</p>'


def test_what_was_published_stays_as_it_is_when_what_it_links_to_goes(site: Site) -> None:
    there = published(site, "/published/herbs/basil-care/")
    post = post_of(linking_to(site, f"a{there.id}"))
    db.session.delete(there)
    db.session.commit()

    assert "../basil-care/" in post.body_html
