"""An article goes to a real WordPress as its owner expects it, and again when it has changed."""

import html
from dataclasses import replace
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests import factories
from tests.publishing.wordpress.blog import Blog, article, connect, names, publish, ready
from tests.wordpress.server import WordPress
from webapp.core.secrets import Secret
from webapp.publishing.models import PostStatus
from webapp.publishing.target import CredentialsRefused, TakenOver, TargetError
from webapp.sites.models import Site

pytestmark = pytest.mark.xdist_group("wordpress")


def test_visitors_read_it_with_its_pictures(site: Site, wordpress: WordPress, blog: Blog) -> None:
    post = ready(connect(site, wordpress), article(site))

    published = publish(site, post)

    page = blog.page(published.link)
    shown = BeautifulSoup(page.text, "html.parser")
    assert page.status_code == 200 and post.title in page.text
    stem = names(post)[1].partition(".")[0]
    (picture,) = shown.select(f"figure img[src*='{stem}']")
    assert picture["alt"] == "Basil, “1” & more"
    heading = picture.find_previous(["h2", "h3"])
    assert heading is not None and heading.text == "Light"
    assert blog.page(str(picture["src"])).content == post.pictures[0].data


def test_everything_that_belongs_to_it_is_there(site: Site, wordpress: WordPress, blog: Blog) -> None:
    post = replace(ready(connect(site, wordpress), article(site)), tags=("Herbs & spices",))

    published = publish(site, post)

    found = blog.only(post.title)
    assert (str(found["id"]), found["link"]) == (published.remote_id, published.link)
    assert (found["status"], found["slug"]) == ("publish", post.slug)
    assert found["excerpt"]["raw"] == post.meta_description
    (featured,) = blog.pictures(names(post)[0])
    assert (found["featured_media"], featured["alt_text"]) == (featured["id"], "Basil, “0” & more")
    assert [term["id"] for term in blog.term("tags", "Herbs &amp; spices")] == found["tags"]
    assert published.remark == ""


def test_its_pictures_are_called_as_people_would_call_them(site: Site, wordpress: WordPress, blog: Blog) -> None:
    plain = ready(connect(site, wordpress), article(site))
    assert plain.featured is not None
    post = replace(plain, featured=replace(plain.featured, alt_text=""), slug="Basil-“on”-the-sill" + "-" * 60)

    publish(site, post)

    (featured,), (other,) = (blog.pictures(name) for name in names(post))
    assert featured["source_url"].endswith(f"/basil-on-the-sill-{names(post)[0]}")
    assert html.unescape(featured["title"]["rendered"]) == post.title
    assert html.unescape(other["title"]["rendered"]) == "Basil, “1” & more"


def test_a_picture_within_the_text_is_shown_from_where_it_is_now(site: Site, wordpress: WordPress, blog: Blog) -> None:
    plain = ready(connect(site, wordpress), article(site))
    inside = f'<p>Look:</p><p><img src="/media/{plain.pictures[0].name}" alt="Basil"></p>'
    post = replace(plain, body_html=inside)

    publish(site, post)

    (there,) = blog.pictures(names(post)[1])
    assert f'<img src="{there["source_url"]}" alt="Basil">' in blog.only(post.title)["content"]["raw"]


@pytest.mark.parametrize("user", ["editor", "author"])
@pytest.mark.parametrize(
    "text", ["Use <script>alert(1)</script>", "Body fat <20%", "AT&T & salt &amp; pepper", "<b>bold</b> “é” 🌿 \\o/"]
)
def test_titles_and_excerpts_are_text_and_no_html(
    site: Site, wordpress: WordPress, blog: Blog, text: str, user: str
) -> None:
    plain = ready(connect(site, wordpress, user=user), article(site, pictures=0))
    post = replace(plain, title=f"{text} {plain.slug}", meta_description=f"{text} {plain.slug}")

    published = publish(site, post)

    found = blog.post(published)
    assert [html.unescape(found[part]["raw"]) for part in ("title", "excerpt")] == [post.title, post.meta_description]
    shown = BeautifulSoup(blog.page(published.link).text, "html.parser")
    assert "alert(1)" not in [script.text for script in shown.select("script")]
    assert post.title in [heading.text.strip() for heading in shown.select("h1")]


@pytest.mark.parametrize("user", ["editor", "author"])
def test_no_text_is_carried_out_as_a_shortcode(site: Site, wordpress: WordPress, blog: Blog, user: str) -> None:
    text = "Write [gallery] and [caption]x[/caption], [[gallery]] or [0]"
    plain = ready(connect(site, wordpress, user=user), article(site, pictures=0))
    body = f'<p>{text}</p><p><a href="https://herbs.example/?a[]=1" title="[gallery]">there</a></p>'

    published = publish(site, replace(plain, body_html=body))

    shown = BeautifulSoup(blog.page(published.link).text, "html.parser")
    assert text in [paragraph.text for paragraph in shown.select("p")]
    (link,) = shown.select("a[href^='https://herbs.example']")
    assert (link["href"], link["title"]) == ("https://herbs.example/?a[]=1", "[gallery]")


def test_the_same_article_again_changes_its_post(site: Site, wordpress: WordPress, blog: Blog) -> None:
    post = ready(connect(site, wordpress), article(site))
    first = publish(site, post)

    again = publish(site, replace(post, title=f"{post.title}, revised", meta_description="Revised."))

    assert again == first
    assert blog.called(post.title) == []
    assert blog.only(f"{post.title}, revised")["excerpt"]["raw"] == "Revised."
    assert [len(blog.pictures(name)) for name in names(post)] == [1, 1]


def test_what_the_owner_changed_there_stays(site: Site, wordpress: WordPress, blog: Blog) -> None:
    connect(site, wordpress, default_category="Plants", post_status=PostStatus.DRAFT)
    post = ready(site, article(site, pictures=0))
    number = publish(site, post).remote_id
    own = blog.make("categories", name=f"Mine {number}")["id"]
    blog.make(f"posts/{number}", status="publish", categories=[own], slug=f"mine-{number}")

    publish(site, post)

    found = blog.only(post.title)
    assert (found["status"], found["categories"], found["slug"]) == ("publish", [own], f"mine-{number}")


def test_a_post_that_was_deleted_there_is_made_again(site: Site, wordpress: WordPress, blog: Blog) -> None:
    post = ready(connect(site, wordpress), article(site, pictures=0))
    blog.delete("posts", int(publish(site, post).remote_id))

    again = publish(site, post)

    assert str(blog.only(post.title)["id"]) == again.remote_id


def test_a_picture_that_was_deleted_there_is_sent_again(site: Site, wordpress: WordPress, blog: Blog) -> None:
    post = ready(connect(site, wordpress), article(site))
    publish(site, post)
    for name in names(post):
        blog.delete("media", blog.pictures(name)[0]["id"])

    publish(site, post)

    (featured,) = blog.pictures(names(post)[0])
    assert blog.only(post.title)["featured_media"] == featured["id"]
    assert len(blog.pictures(names(post)[1])) == 1


def test_a_picture_of_two_articles_is_there_once(site: Site, wordpress: WordPress, blog: Blog) -> None:
    connect(site, wordpress)
    first = ready(site, article(site, pictures=1))
    second = replace(ready(site, article(site, pictures=0)), featured=first.featured)

    for post in (first, second):
        publish(site, post)

    (there,) = blog.pictures(names(first)[0])
    assert [blog.only(post.title)["featured_media"] for post in (first, second)] == [there["id"]] * 2


@pytest.mark.parametrize("status", list(PostStatus))
def test_it_gets_the_status_that_the_owner_wants(
    site: Site, wordpress: WordPress, blog: Blog, status: PostStatus
) -> None:
    post = ready(connect(site, wordpress, post_status=status), article(site, pictures=0))

    publish(site, post)

    assert blog.only(post.title)["status"] == status.value


def test_the_default_category_is_made_once_and_found_by_its_name(site: Site, wordpress: WordPress, blog: Blog) -> None:
    connect(site, wordpress, default_category="Herbs  & Spices")
    posts = [ready(site, article(site, pictures=0)) for _ in range(2)]

    for post in posts:
        publish(site, post)

    (category,) = {tuple(blog.only(post.title)["categories"]) for post in posts}
    assert len(category) == 1


def test_an_author_uses_what_is_there_and_is_told_what_is_not(site: Site, wordpress: WordPress, blog: Blog) -> None:
    name = f"Never made {uuid4().hex}"
    connect(site, wordpress, user="author", default_category=name)
    post = replace(ready(site, article(site)), tags=(f"By authors {site.id}",))

    published = publish(site, post)

    found = blog.only(post.title)
    assert found["status"] == "publish" and len(found["tags"]) == 1
    assert blog.term("categories", name) == []
    assert name in published.remark

    there = blog.make("categories", name=name)["id"]
    other = ready(site, article(site, pictures=0))
    assert publish(site, other).remark == ""
    assert blog.only(other.title)["categories"] == [there]


def test_two_articles_never_share_an_address(site: Site, wordpress: WordPress, blog: Blog) -> None:
    other = connect(factories.site(), wordpress)
    connect(site, wordpress)
    mine = ready(site, article(site, pictures=0))
    theirs = replace(ready(other, article(other, pictures=0)), slug=mine.slug)

    links = {publish(site, mine).link, publish(other, theirs).link}

    assert len(links) == 2
    assert blog.only(theirs.title)["slug"] == f"{mine.slug}-2"


def test_an_article_whose_address_somebody_else_has_gets_another(site: Site, wordpress: WordPress, blog: Blog) -> None:
    post = ready(connect(site, wordpress), article(site, pictures=0))
    blog.make("posts", title="Not ours", slug=post.slug, status="publish")

    published = publish(site, post)

    assert post.title in blog.page(published.link).text
    assert blog.only(post.title)["slug"] == f"{post.slug}-2"


def test_whoever_was_taken_over_changes_nothing_any_more(site: Site, wordpress: WordPress, blog: Blog) -> None:
    post = ready(connect(site, wordpress), article(site))

    with pytest.raises(TakenOver):
        publish(site, post, lambda: False)

    assert blog.called(post.title) == []


def test_a_password_that_no_key_opens_holds_the_queue(site: Site, wordpress: WordPress) -> None:
    post = ready(connect(site, wordpress, password=Secret("sealed by nobody")), article(site, pictures=0))

    with pytest.raises(CredentialsRefused, match="SECRET_KEY"):
        publish(site, post)


def test_a_private_address_says_what_the_operator_would_have_to_allow(
    site: Site, wordpress: WordPress, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = ready(connect(site, wordpress), article(site, pictures=0))
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], allow_private_targets=False))

    with pytest.raises(TargetError, match="ALLOW_PRIVATE_TARGETS=1"):
        publish(site, post)
