"""Whatever becomes of a request or its answer, at whichever step: one public post, its pictures right."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from tests.publishing.wordpress.blog import Blog, article, connect, names, publish, ready
from tests.wordpress import proxy as proxy_of_the_tests
from tests.wordpress.proxy import RETRY_AFTER, Fault, Proxy
from tests.wordpress.server import WordPress
from webapp.cli.main import main as pressroom
from webapp.core import outbound
from webapp.core.db import db
from webapp.core.outbound import Outbound
from webapp.publishing.models import WordPressPost
from webapp.publishing.target import CredentialsRefused, Post, TakenOver, TargetError
from webapp.publishing.wordpress import target
from webapp.publishing.wordpress.api import Rest
from webapp.publishing.wordpress.credentials import Credentials
from webapp.publishing.wordpress.markup import mark
from webapp.sites.models import Site

pytestmark = pytest.mark.xdist_group("wordpress")

STEPS = {  # a request of each step: its method, and what its path holds
    "create": ("POST", "/posts"),
    "upload": ("POST", "/media"),
    "find a term": ("GET", "/tags"),
    "make a term": ("POST", "/tags"),
    "put out": ("POST", "/posts/"),
    "read back": ("GET", "/posts?slug"),
}
PASSING = [fault for fault in Fault if fault not in (Fault.SLOW, Fault.NAMELESS, Fault.TOO_LARGE)]
TRIES = 3

# What was answered is all that differs between the faults. A fault at each step is met on both databases below.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def behind(site: Site, wordpress: WordPress, proxy: Proxy) -> Site:
    return connect(site, wordpress, address=proxy.address)


def until_it_is_out(site: Site, post: Post) -> list[TargetError]:
    """Tries it as the publisher would. Answers what went wrong before it went out."""
    problems: list[TargetError] = []
    for _ in range(TRIES):
        try:
            publish(site, post)
        except TargetError as problem:
            assert not problem.permanent, problem
            problems.append(problem)
        else:
            return problems
    raise AssertionError(problems)


def assert_is_out_once(blog: Blog, post: Post) -> None:
    found = blog.only(post.title)  # a draft that was left behind would be a second one
    assert found["status"] == "publish"
    for name in names(post):
        assert len(blog.pictures(name)) == 1
    (featured,) = blog.pictures(names(post)[0])
    assert found["featured_media"] == featured["id"]
    for name, picture in zip(names(post), [post.featured, *post.pictures], strict=True):
        (there,) = blog.pictures(name)
        assert picture is not None and blog.page(there["source_url"]).content == picture.data
    assert found["content"]["raw"].count("<img") == len(post.pictures)


@on_sqlite
@pytest.mark.parametrize("step", list(STEPS))
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_at_any_step_neither_loses_nor_doubles_it(
    behind: Site, proxy: Proxy, blog: Blog, fault: Fault, step: str
) -> None:
    post = replace(ready(behind, article(behind)), tags=(f"Topic {behind.id} of {proxy.address[-5:]} {fault} {step}",))
    method, path = STEPS[step]
    proxy.fail(fault, method=method, path=path)

    (problem,) = until_it_is_out(behind, post)

    assert "<" not in problem.sentence and len(problem.sentence) < 300
    assert problem.retry_after == (RETRY_AFTER if fault is Fault.TOO_MANY else 0)
    assert_is_out_once(blog, post)


@pytest.mark.parametrize("step", list(STEPS))
def test_a_site_that_is_slower_than_we_wait_gets_it_once(
    behind: Site, proxy: Proxy, blog: Blog, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = replace(ready(behind, article(behind)), tags=(f"Slow {proxy.address[-5:]} {step}",))
    monkeypatch.setattr(target, "Outbound", lambda: outbound.Outbound(seconds=1.0))
    monkeypatch.setattr(proxy_of_the_tests, "SLOW", 1.2)
    method, path = STEPS[step]
    proxy.fail(Fault.SLOW, method=method, path=path)

    (problem,) = until_it_is_out(behind, post)

    assert "in time" in problem.sentence
    assert_is_out_once(blog, post)


def test_a_draft_that_was_made_twice_is_swept_away(behind: Site, proxy: Proxy, blog: Blog) -> None:
    """The first creation arrives so late that who looks for it finds nothing yet."""
    post = ready(behind, article(behind, pictures=0))
    proxy.fail(Fault.NOT_PASSED_ON, method="POST", path="/posts")
    with pytest.raises(TargetError):
        publish(behind, post)
    kept = db.session.get_one(WordPressPost, (post.article_id, proxy.address))
    db.session.commit()

    def arrive_late() -> bool:
        if not late:
            late.append(blog.arrive_late(post.title, mark(kept.key)))
        return True

    late: list[object] = []
    publish(behind, post, arrive_late)

    assert late
    assert blog.only(post.title)["status"] == "publish"


def test_a_draft_that_arrives_after_the_sweep_is_tidied_away(
    app: Flask, behind: Site, proxy: Proxy, blog: Blog
) -> None:
    post = ready(behind, article(behind, pictures=0))
    proxy.fail(Fault.NOT_PASSED_ON, method="POST", path="/posts")
    until_it_is_out(behind, post)
    kept = db.session.get_one(WordPressPost, (post.article_id, proxy.address))
    db.session.commit()
    blog.arrive_late(post.title, mark(kept.key))

    done = app.test_cli_runner().invoke(pressroom, ["wordpress", "tidy", behind.slug])

    assert "Drafts put into the trash: 1." in done.output
    assert blog.only(post.title)["status"] == "publish"


def test_a_copy_that_the_owner_made_of_it_is_neither_swept_away_nor_taken_for_it(
    app: Flask, behind: Site, proxy: Proxy, blog: Blog
) -> None:
    """Whoever copies a post copies our mark with it."""
    post = ready(behind, article(behind, pictures=0))
    proxy.fail(Fault.NOT_PASSED_ON, method="POST", path="/posts")
    until_it_is_out(behind, post)
    ours = blog.only(post.title)
    copies = [
        blog.arrive_late(f"A better one {ours['id']}", ours["content"]["raw"] + "<p>By its owner.</p>"),
        blog.make("posts", title=f"Another {ours['id']}", content=ours["content"]["raw"], status="publish"),
    ]

    done = app.test_cli_runner().invoke(pressroom, ["wordpress", "tidy", behind.slug])
    blog.delete("posts", ours["id"])
    again = publish(behind, post)

    assert "Drafts put into the trash: 0." in done.output
    assert again.remote_id not in {str(number) for number in (ours["id"], *(copy["id"] for copy in copies))}
    assert [blog.only(copy["title"]["raw"])["status"] for copy in copies] == ["draft", "publish"]


def test_a_draft_that_somebody_has_written_in_is_not_swept_away(
    app: Flask, behind: Site, proxy: Proxy, blog: Blog
) -> None:
    post = ready(behind, article(behind, pictures=0))
    proxy.fail(Fault.NOT_PASSED_ON, method="POST", path="/posts")
    until_it_is_out(behind, post)
    kept = db.session.get_one(WordPressPost, (post.article_id, proxy.address))
    db.session.commit()
    blog.arrive_late("Two days of work", mark(kept.key) + "<p>Two days of work.</p>")
    blog.make("posts", title="Somebody else's", content=mark(kept.key), status="draft")

    done = app.test_cli_runner().invoke(pressroom, ["wordpress", "tidy", behind.slug])

    assert "Drafts put into the trash: 0." in done.output


@pytest.mark.parametrize("use", ["nothing", "a text", "another user's"])
def test_a_copy_of_a_picture_is_swept_away_unless_somebody_uses_it(
    behind: Site, wordpress: WordPress, proxy: Proxy, blog: Blog, use: str
) -> None:
    post = ready(behind, article(behind, pictures=1))
    proxy.fail(Fault.NOT_PASSED_ON, method="POST", path="/media")
    with pytest.raises(TargetError):
        publish(behind, post)
    sender = "admin" if use == "another user's" else "editor"

    def arrive_late() -> bool:
        if not late and any(asked.method == "POST" and "/media" in asked.path for asked in proxy.passed):
            late.append(send(wordpress, sender, post))
            if use == "a text":
                blog.make("posts", title="Shows it", content=f'<img src="{late[0]["source_url"]}">', status="draft")
        return True

    late: list[dict[str, Any]] = []
    proxy.passed.clear()
    publish(behind, post, arrive_late)

    assert late
    assert len(blog.pictures(names(post)[0])) == (1 if use == "nothing" else 2)


def send(wordpress: WordPress, user: str, post: Post) -> dict[str, Any]:
    """The featured picture once more."""
    assert post.featured is not None
    stem = post.featured.file_name.partition(".")[0]
    with Outbound() as outbound:
        rest = Rest(Credentials(wordpress.address, user, wordpress.passwords[user]), outbound, lambda: None)
        return rest.upload(f"basil-{stem}.png", "image/png", post.featured.data, slug=stem)


@pytest.mark.parametrize("lost", ["after it was put out", "after the draft", "nothing"])
def test_an_address_that_is_written_another_way_makes_no_second_post(
    behind: Site, wordpress: WordPress, proxy: Proxy, blog: Blog, lost: str
) -> None:
    post = ready(behind, article(behind))
    if lost == "after it was put out":
        proxy.fail(Fault.ANSWER_LOST, method="POST", path="/posts/")
    elif lost == "after the draft":
        proxy.fail(Fault.ANSWER_LOST, method="POST", path="/posts")
    if lost != "nothing":
        with pytest.raises(TargetError):
            publish(behind, post)
    else:
        publish(behind, post)
    connect(behind, wordpress, address=proxy.address.replace("127.0.0.1", "localhost"))

    publish(behind, post)
    publish(connect(behind, wordpress), post)

    assert_is_out_once(blog, post)


def test_another_wordpress_gets_a_post_of_its_own(behind: Site, wordpress: WordPress, proxy: Proxy, blog: Blog) -> None:
    """A post with the same number stands there, and is none of ours."""
    post = ready(behind, article(behind, pictures=0))
    other = blog.make("posts", title="Not ours", status="publish")
    db.session.add(WordPressPost(article_id=post.article_id, address="https://elsewhere.example", slug=post.slug,
                                 key="0" * 32, creates=1, post_id=other["id"]))  # fmt: skip
    db.session.commit()

    published = publish(behind, post)

    assert int(published.remote_id) != other["id"]
    assert blog.post(published)["status"] == "publish"
    assert other["id"] in [found["id"] for found in blog.called("Not ours")]


def test_without_our_mark_it_is_found_by_slug_and_title(behind: Site, proxy: Proxy, blog: Blog) -> None:
    post = ready(behind, article(behind, pictures=0))
    proxy.fail(Fault.ANSWER_LOST, method="POST", path="/posts")
    with pytest.raises(TargetError):
        publish(behind, post)
    blog.make(f"posts/{blog.only(post.title)['id']}", content="A plugin took out all comments.")

    publish(behind, post)

    assert blog.only(post.title)["status"] == "publish"


def test_who_wakes_after_being_taken_over_does_not_put_it_out_again(behind: Site, proxy: Proxy, blog: Blog) -> None:
    """Frozen between two steps, while somebody else published it and the owner changed it."""
    post = ready(behind, article(behind))
    asked: list[int] = []

    def taken_over_after_the_draft() -> bool:
        asked.append(len(proxy.passed))
        if len(asked) == 1:
            return True
        if len(asked) == 2:
            publish(behind, post)
            blog.make(f"posts/{blog.only(post.title)['id']}", title=post.title, excerpt="The owner's own")
        return False

    with pytest.raises(TakenOver):
        publish(behind, post, taken_over_after_the_draft)

    assert blog.only(post.title)["excerpt"]["raw"] == "The owner's own"
    assert_is_out_once(blog, post)


def test_a_password_that_is_taken_off_on_the_way_holds_the_queue(behind: Site, proxy: Proxy, blog: Blog) -> None:
    post = ready(behind, article(behind))
    proxy.fail(Fault.NAMELESS, method="POST", path="/posts")

    with pytest.raises(CredentialsRefused):
        publish(behind, post)
    publish(behind, post)

    assert_is_out_once(blog, post)


def test_a_picture_that_the_web_server_finds_too_large_fails_it_for_good(behind: Site, proxy: Proxy) -> None:
    post = ready(behind, article(behind))
    proxy.fail(Fault.TOO_LARGE, method="POST", path="/media")

    with pytest.raises(TargetError, match="413") as refused:
        publish(behind, post)

    assert refused.value.permanent


def test_two_at_once_make_one_post(behind: Site, proxy: Proxy, blog: Blog) -> None:
    """The second begins while the first waits for the answer to its first step."""
    post = ready(behind, article(behind, pictures=0))
    begun: list[str] = []

    def meanwhile() -> bool:
        if not begun:
            begun.append("by the second")
            publish(behind, post)
        return True

    publish(behind, post, meanwhile)

    assert blog.only(post.title)["status"] == "publish"
