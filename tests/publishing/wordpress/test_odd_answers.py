"""What a real WordPress answers in odd cases, row by row, and what we make of it."""

import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.processes import free_port
from tests.publishing.wordpress.blog import Blog, article, connect, names, png, publish, ready
from tests.wordpress import look_alike
from tests.wordpress.look_alike import ME, PASSWORD, LookAlike, Reply, error, in_json
from tests.wordpress.proxy import Fault, Proxy
from tests.wordpress.server import WordPress
from webapp.core.clock import now
from webapp.core.outbound import Outbound
from webapp.core.secrets import Secret
from webapp.publishing.target import (
    CredentialsRefused,
    OutOfReach,
    Picture,
    Post,
    RightsMissing,
    TargetDown,
    TargetError,
)
from webapp.publishing.wordpress import pictures, target
from webapp.publishing.wordpress.api import Rest
from webapp.publishing.wordpress.credentials import Credentials
from webapp.publishing.wordpress.terms import Taxonomy, term_named
from webapp.sites.models import Site

pytestmark = pytest.mark.xdist_group("wordpress")

POSTS = "/wp-json/wp/v2/posts"


@pytest.fixture
def post(site: Site, wordpress: WordPress) -> Post:
    """Of a site that is connected as an editor."""
    return ready(connect(site, wordpress), article(site))


@pytest.fixture
def rest(private_allowed: None, wordpress: WordPress) -> Iterator[Rest]:
    with Outbound() as outbound:
        yield Rest(Credentials(wordpress.address, "editor", wordpress.passwords["editor"]), outbound, lambda: None)


@contextmanager
def plugin(wordpress: WordPress, code: str) -> Iterator[None]:
    """A plugin that changes what WordPress does."""
    file = wordpress.folder / "wp-content" / "mu-plugins" / f"{free_port()}.php"
    file.write_text(f"<?php {code}")
    try:
        yield
    finally:
        file.unlink()


def refused(site: Site, post: Post, *, permanent: bool) -> str:
    """What is said of one that does not go out."""
    with pytest.raises(TargetError) as problem:
        publish(site, post)
    assert problem.value.permanent is permanent
    assert "<" not in problem.value.sentence
    return problem.value.sentence


def test_a_file_name_that_is_there_already_gives_a_copy(rest: Rest, blog: Blog) -> None:
    data = png()
    name = Picture("any", data, "").file_name

    sent = [rest.upload(name, "image/png", data, alt_text="Basil") for _ in range(2)]

    assert sent[0]["source_url"] != sent[1]["source_url"]
    assert [picture["alt_text"] for picture in blog.pictures(name)] == ["Basil", "Basil"]


def test_a_wrong_type_fails_for_good_although_the_status_is_500(site: Site, post: Post) -> None:
    said = refused(site, replace(post, featured=Picture("x", b"no picture", "Basil")), permanent=True)

    assert "(500)" in said and "“" in said


def test_a_folder_that_no_file_can_be_written_to_fails_no_article(
    site: Site, wordpress: WordPress, post: Post, blog: Blog
) -> None:
    uploads = wordpress.folder / "wp-content" / "uploads"
    uploads.rename(uploads.with_name("away"))
    uploads.write_text("No folder.")
    try:
        with pytest.raises(TargetDown, match=r"keep no files at present .* “Unable to create directory"):
            publish(site, post)
    finally:
        uploads.unlink()
        uploads.with_name("away").rename(uploads)

    publish(site, post)

    assert blog.only(post.title)["status"] == "publish"


@pytest.mark.parametrize(
    "words",
    ["The uploaded file could not be moved to wp-content/uploads/2026/11.", "Failed to write file to disk.",
     "Die hochgeladene Datei konnte nicht nach wp-content/uploads/2026/11 verschoben werden."],
)  # fmt: skip
def test_a_disk_that_is_full_fails_no_article(site: Site, wordpress: WordPress, post: Post, words: str) -> None:
    full = "add_filter('wp_handle_sideload_prefilter', function ($file) { $file['error'] = '%s'; return $file; });"

    with plugin(wordpress, full % words), pytest.raises(TargetDown, match=words.rstrip(".")):
        publish(site, post)


def test_what_nobody_understands_of_an_upload_is_tried_again(site: Site, wordpress: WordPress, post: Post) -> None:
    odd = "add_filter('wp_handle_sideload_prefilter', function ($file) { $file['error'] = 'Ach!'; return $file; });"

    with plugin(wordpress, odd):
        assert "“Ach!”" in refused(site, post, permanent=False)


def test_a_plugin_that_switches_posts_off_fails_no_article(site: Site, wordpress: WordPress, post: Post) -> None:
    off = "add_filter('rest_endpoints', function ($all) { unset($all['/wp/v2/posts']); return $all; });"

    with plugin(wordpress, off), pytest.raises(TargetDown, match="a plugin has switched that part off"):
        publish(site, post)


def test_a_picture_over_the_limits_of_forms_passes(site: Site, post: Post, blog: Blog) -> None:
    large = Picture("large", png() + b"\0" * 9_000_000, "Basil")

    publish(site, replace(post, featured=large))

    assert len(blog.pictures(large.file_name)) == 1


def test_a_term_that_somebody_made_meanwhile_is_used(private_allowed: None, wordpress: WordPress, blog: Blog) -> None:
    name, made = f"Herbs & more {free_port()}", []
    credentials = Credentials(wordpress.address, "editor", wordpress.passwords["editor"])
    with Outbound() as outbound:
        rest = Rest(credentials, outbound, lambda: made.append(blog.make("categories", name=name)["id"]))

        assert term_named(rest, Taxonomy.CATEGORY, name) == made[0]


def test_a_picture_that_is_dropped_silently_is_sent_again(
    site: Site, post: Post, blog: Blog, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang = target.hang

    def and_lose_it(*asked: Any) -> Any:
        hung = hang(*asked)
        blog.delete("media", hung[names(post)[0]].media_id)
        return hung

    monkeypatch.setattr(target, "hang", and_lose_it)
    assert "dropped the featured picture" in refused(site, post, permanent=False)
    monkeypatch.setattr(target, "hang", hang)

    publish(site, post)

    (featured,) = blog.pictures(names(post)[0])
    assert blog.only(post.title)["featured_media"] == featured["id"]


def test_a_category_that_is_dropped_silently_is_noticed(
    site: Site, wordpress: WordPress, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = ready(connect(site, wordpress, default_category="Plants"), article(site, pictures=0))
    monkeypatch.setattr(target, "term_named", lambda *_: 999_999)

    assert "dropped the categories" in refused(site, post, permanent=False)


def test_posts_that_got_the_same_address_are_told_apart(
    site: Site, wordpress: WordPress, post: Post, blog: Blog
) -> None:
    blog.make("posts", title="Not ours", slug=post.slug, status="publish")
    keep_as_it_is = (
        "add_filter('wp_unique_post_slug', function ($slug, $id, $s, $t, $p, $wanted) { return $wanted; }, 9, 6);"
    )

    with plugin(wordpress, keep_as_it_is):
        published = publish(site, post)

    assert blog.only(post.title)["slug"] == f"{post.slug}-{published.remote_id}"
    assert post.title in blog.page(published.link).text


def test_many_at_once_that_want_one_address_all_get_their_own(
    app: Flask, site: Site, wordpress: WordPress, blog: Blog
) -> None:
    slug = f"wanted-by-many-{free_port()}"
    sites = [site, *(factories.site() for _ in range(3))]
    posts = [(one.id, replace(ready(connect(one, wordpress), article(one, pictures=0)), slug=slug)) for one in sites]
    links: list[str] = []

    def work(site_id: int, wanted: Post) -> None:
        with app.app_context():
            links.append(publish(Site(id=site_id), wanted).link)

    workers = [threading.Thread(target=work, args=one) for one in posts]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert len(set(links)) == len(posts)


def test_a_plugin_that_filters_lists_hides_no_post_from_us(
    site: Site, wordpress: WordPress, post: Post, blog: Blog
) -> None:
    """As those for several languages do."""
    other_language = """add_filter('rest_post_query', function ($asked, $request) {
        if ($request['slug']) $asked['post__in'] = [0];
        return $asked;
    }, 10, 2);"""

    with plugin(wordpress, other_language):
        published = publish(site, post)

    assert blog.post(published)["status"] == "publish"


@pytest.mark.parametrize("name", ["Tips & Tricks {}", "A < B {}", 'The "best" herbs {}', "Children's garden {}"])
@pytest.mark.parametrize("user", ["author", "editor"])
def test_a_category_is_found_however_its_name_is_kept(
    site: Site, wordpress: WordPress, blog: Blog, name: str, user: str
) -> None:
    name = name.format(free_port())
    there = blog.make("categories", name=name)["id"]
    connect(site, wordpress, user=user, default_category=name)

    published = publish(site, ready(site, article(site, pictures=0)))

    assert published.remark == ""
    assert blog.post(published)["categories"] == [there]


@pytest.mark.parametrize(("name", "category"), [("<5>", "<5>"), ("   ", "   "), ("x" * 300, "<6>")])
def test_a_tag_or_category_that_cannot_be_is_a_remark(
    site: Site, wordpress: WordPress, blog: Blog, name: str, category: str
) -> None:
    connect(site, wordpress, default_category=category)

    published = publish(site, replace(ready(site, article(site, pictures=0)), tags=(name,)))

    found = blog.post(published)
    assert (found["status"], found["tags"]) == ("publish", [])
    assert "There is no tag" in published.remark and "There is no category" in published.remark


def test_a_tag_that_is_dropped_silently_is_a_remark(
    site: Site, wordpress: WordPress, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "term_named", lambda *_: 999_999)

    assert "dropped its tags" in publish(site, post).remark


def test_a_picture_under_its_old_name_is_still_found(site: Site, wordpress: WordPress, post: Post, rest: Rest) -> None:
    """It was called by its content alone, and its title came from that."""
    assert post.featured is not None
    sent = rest.upload(post.featured.file_name, "image/png", post.featured.data, alt_text="Basil")
    again = rest.upload(post.featured.file_name, "image/png", post.featured.data, alt_text="Basil")

    assert [copy.media_id for copy in pictures.copies(rest, post.featured.file_name)] == [sent["id"], again["id"]]


def test_a_clock_that_is_ahead_of_ours_makes_nothing_wait(site: Site, post: Post, blog: Blog) -> None:
    """We name no date: a date to come would make it wait for a visit."""
    publish(site, replace(post, published_at=now() + timedelta(hours=2)))

    assert blog.only(post.title)["status"] == "publish"


def test_a_wrong_password_holds_the_queue(site: Site, wordpress: WordPress, post: Post) -> None:
    connect(site, wordpress, password=Secret.of("wrong wrong wrong wrong"))

    with pytest.raises(CredentialsRefused) as problem:
        publish(site, post)

    assert "user name and password" in problem.value.sentence
    assert "wrong wrong" not in problem.value.sentence


@pytest.mark.parametrize("user", ["subscriber", "contributor"])
def test_a_role_that_is_too_low_holds_the_queue(site: Site, wordpress: WordPress, blog: Blog, user: str) -> None:
    post = ready(connect(site, wordpress, user=user), article(site, pictures=0))

    with pytest.raises(RightsMissing, match=f"the user {user} may not publish or upload: make it an Author"):
        publish(site, post)

    assert [found["status"] for found in blog.called(post.title)] == (["draft"] if user == "contributor" else [])


def test_who_may_upload_nothing_holds_the_queue(site: Site, wordpress: WordPress, post: Post) -> None:
    no_files = "add_filter('user_has_cap', function ($may) { unset($may['upload_files']); return $may; });"

    with plugin(wordpress, no_files), pytest.raises(RightsMissing, match="may not publish or upload"):
        publish(site, post)


def test_a_wrong_password_holds_the_queue_of_one_that_was_sent_before_too(
    site: Site, wordpress: WordPress, proxy: Proxy
) -> None:
    """Who has not signed in and looks for drafts is told that there is no such status."""
    post = ready(connect(site, wordpress, address=proxy.address), article(site, pictures=0))
    proxy.fail(Fault.ANSWER_LOST, method="POST", path="/posts")
    refused(site, post, permanent=False)
    connect(site, wordpress, address=proxy.address, password=Secret.of("wrong wrong wrong wrong"))

    with pytest.raises(CredentialsRefused):
        publish(site, post)

    connect(site, wordpress, address=proxy.address, user="subscriber")
    with pytest.raises(RightsMissing):
        publish(site, post)


def test_a_draft_that_became_another_users_is_left_and_another_made(
    site: Site, wordpress: WordPress, proxy: Proxy, blog: Blog
) -> None:
    post = ready(connect(site, wordpress, address=proxy.address), article(site, pictures=0))
    proxy.fail(Fault.NOT_PASSED_ON, method="POST", path="/posts/")
    refused(site, post, permanent=False)
    (left,) = blog.called(post.title)
    connect(site, wordpress, address=proxy.address, user="author")

    published = publish(site, post)

    assert f"(number {left['id']}) stays" in published.remark
    assert sorted(found["status"] for found in blog.called(post.title)) == ["draft", "publish"]


@pytest.mark.parametrize("told", [True, False])
def test_a_public_post_of_another_user_fails_its_article_alone(
    site: Site, wordpress: WordPress, proxy: Proxy, blog: Blog, told: bool
) -> None:
    """Whether or not we heard that it is public: another one would be a second."""
    post = ready(connect(site, wordpress, address=proxy.address), article(site, pictures=0))
    if told:
        publish(site, post)
    else:
        proxy.fail(Fault.ANSWER_LOST, method="POST", path="/posts/")
        refused(site, post, permanent=False)
    connect(site, wordpress, address=proxy.address, user="author")

    said = refused(site, post, permanent=True)

    assert f"(number {blog.only(post.title)['id']})" in said and "Make the user an Editor" in said


def test_what_an_author_may_not_write_is_taken_out_and_our_mark_stays(
    site: Site, wordpress: WordPress, blog: Blog
) -> None:
    connect(site, wordpress, user="author")
    post = replace(ready(site, article(site)), body_html="<p>Basil</p><script>alert(1)</script>")

    publish(site, post)

    content = blog.only(post.title)["content"]["raw"]
    assert "<script" not in content
    assert "<!-- pressroom " in content and 'class="wp-image-' in content


def test_one_in_the_trash_is_not_found_and_made_anew(site: Site, post: Post, blog: Blog) -> None:
    number = publish(site, post).remote_id
    blog.client.delete(f"/posts/{number}")

    published = publish(site, post)

    assert blog.page(published.link).status_code == 200
    assert [found["status"] for found in blog.called(post.title)] == ["publish"]


def test_a_site_that_is_down_is_tried_again(site: Site, wordpress: WordPress, post: Post) -> None:
    connect(site, wordpress, address=f"http://127.0.0.1:{free_port()}")

    assert "Nobody answers" in refused(site, post, permanent=False)


def test_a_site_whose_database_is_down_is_tried_again(site: Site, wordpress: WordPress, post: Post) -> None:
    socket = wordpress.folder.parent / "db.sock"
    away = Path(f"{socket}.away")
    socket.rename(away)
    try:
        refused(site, post, permanent=False)
    finally:
        away.rename(socket)

    publish(site, post)


def test_a_site_under_maintenance_is_left_alone_for_as_long_as_it_asks(
    site: Site, wordpress: WordPress, post: Post
) -> None:
    sign = wordpress.folder / ".maintenance"
    sign.write_text("<?php $upgrading = time();")
    try:
        with pytest.raises(TargetError) as problem:
            publish(site, post)
    finally:
        sign.unlink()

    assert (problem.value.permanent, problem.value.retry_after) == (False, 600)


def test_a_plugin_that_writes_into_the_answer_doubles_nothing(
    site: Site, wordpress: WordPress, post: Post, blog: Blog
) -> None:
    with plugin(wordpress, "if ($_SERVER['REQUEST_METHOD'] === 'POST') echo 'Notice: undefined index';"):
        assert "not as WordPress does" in refused(site, post, permanent=False)

    publish(site, post)

    assert blog.only(post.title)["status"] == "publish"


FIREWALL = """
if ({}) {{ http_response_code(403); echo '<html><h1>Forbidden</h1><p>Incident 4711</p></html>'; exit; }}
"""


def test_a_firewall_that_dislikes_one_article_fails_that_one(site: Site, wordpress: WordPress, post: Post) -> None:
    with plugin(wordpress, FIREWALL.format("str_contains(file_get_contents('php://input'), 'drop table')")):
        said = refused(site, replace(post, title=f"{post.title}: drop table"), permanent=True)

    assert "others pass" in said


def test_a_plugin_that_is_closed_to_us_holds_the_queue(site: Site, wordpress: WordPress, post: Post) -> None:
    closed = """add_filter('rest_pre_dispatch', function ($done, $server, $request) {
        return $request->get_method() === 'POST' ? new WP_Error('closed', 'Ask Ana.', ['status' => 403]) : $done;
    }, 10, 3);"""

    with plugin(wordpress, closed), pytest.raises(OutOfReach, match=r"closed to us .403.: “Ask Ana”"):
        publish(site, post)


def test_a_firewall_that_lets_nothing_pass_holds_the_queue(site: Site, wordpress: WordPress, post: Post) -> None:
    with plugin(wordpress, FIREWALL.format("true")), pytest.raises(OutOfReach, match="firewall"):
        publish(site, post)


def test_a_plugin_that_holds_posts_back_is_named(site: Site, wordpress: WordPress, post: Post) -> None:
    hold = """add_filter('wp_insert_post_data', function ($data) {
        if ($data['post_status'] === 'publish') $data['post_status'] = 'pending';
        return $data;
    });"""
    with plugin(wordpress, hold):
        assert "“pending” instead of “publish”" in refused(site, post, permanent=True)


# what a real one cannot be brought to


@pytest.fixture
def elsewhere(site: Site, there: LookAlike, wordpress: WordPress) -> Post:
    """An article of a site that is connected to the look-alike."""
    return ready(connect(site, wordpress, address=there.address, password=Secret.of(PASSWORD)), article(site))


@pytest.mark.parametrize(("written", "seconds"), [("90", 90), ("86400", 86400), ("soon", 0), ("-5", 0)])
def test_how_long_it_wants_to_be_left_alone(
    site: Site, there: LookAlike, elsewhere: Post, written: str, seconds: float
) -> None:
    there.replies[POSTS] = Reply(b"<h1>Too many</h1>", 429, {"Retry-After": written})

    with pytest.raises(TargetError) as problem:
        publish(site, elsewhere)

    assert (problem.value.permanent, problem.value.retry_after) == (False, seconds)


def test_until_when_it_wants_to_be_left_alone(site: Site, there: LookAlike, elsewhere: Post) -> None:
    until = format_datetime(now() + timedelta(hours=3))
    there.replies[POSTS] = Reply(b"", 503, {"Retry-After": until})

    with pytest.raises(TargetError) as problem:
        publish(site, elsewhere)

    assert 3 * 3600 - 60 < problem.value.retry_after <= 3 * 3600


def test_an_address_that_leads_on_gets_no_password(site: Site, there: LookAlike, elsewhere: Post) -> None:
    there.replies[POSTS] = Reply(b"", 301, {"Location": "http://127.0.0.1:1/"})

    with pytest.raises(OutOfReach, match="leads on"):
        publish(site, elsewhere)


IN_BASE_64 = b64encode(f"editor:{PASSWORD}".encode()).decode()


@pytest.mark.parametrize(
    "form",
    [PASSWORD, PASSWORD.replace(" ", ""), PASSWORD.replace(" ", "%20"), PASSWORD.replace(" ", "+"),
     PASSWORD.replace(" ", "&#32;"), f"Basic {IN_BASE_64}", IN_BASE_64.rstrip("=")],
)  # fmt: skip
def test_the_password_is_in_no_error(site: Site, there: LookAlike, elsewhere: Post, form: str) -> None:
    there.replies[POSTS] = in_json({"code": "odd", "message": f"“<b>{form}</b>” is odd"}, 400)

    said = refused(site, elsewhere, permanent=True)

    assert "…” is odd" in said
    assert not any(part in said for part in (*PASSWORD.split(), IN_BASE_64[:10]))


@pytest.mark.parametrize(
    ("reply", "up"),
    [
        (look_alike.me("editor"), True),
        (error(401, "rest_not_logged_in"), True),
        (error(403, "rest_forbidden"), True),
        (error(404, "rest_no_route"), False),
        (error(500, "internal_server_error"), False),
        (in_json({}), False),
        (in_json({"message": "No such page"}, 404), False),
        (in_json({"error": "closed"}, 403), False),
        (Reply(b"<h1>Closed</h1>", 401), False),
    ],
)
def test_whether_it_is_up_is_told_by_its_answer(
    site: Site, there: LookAlike, elsewhere: Post, reply: Reply, up: bool
) -> None:
    """What becomes of an article that meets an answer of which nobody knows whose fault it is."""
    there.replies[POSTS] = Reply(b"<h1>Odd</h1>")
    there.replies[ME] = reply

    with pytest.raises(TargetError) as problem:
        publish(site, elsewhere)

    assert isinstance(problem.value, TargetDown) is not up


@pytest.mark.parametrize(
    "link", ["https://herbs.example/" + "x" * 500, "https://herbs.example/\0", "https://herbs.example/\ud800", "", None]
)
def test_an_address_that_cannot_be_kept_is_put_in_other_words(
    site: Site, wordpress: WordPress, there: LookAlike, link: str | None
) -> None:
    connect(site, wordpress, address=there.address, password=Secret.of(PASSWORD))
    post = replace(ready(site, article(site, pictures=0)), tags=())
    seen = {"id": 7, "status": "publish", "slug": "basil", "categories": [1], "tags": [], "featured_media": 0}
    there.replies |= {POSTS: in_json({"id": 7}, 201), f"{POSTS}/7": in_json(seen | {"link": link})}
    there.replies_to_get[POSTS] = in_json([])

    assert publish(site, post).link == f"{there.address}/?p=7"


def test_a_number_that_no_post_can_have_is_tried_again(site: Site, there: LookAlike, elsewhere: Post) -> None:
    there.replies[POSTS] = in_json({"id": 10**30}, 201)

    assert "lacks" in refused(site, elsewhere, permanent=False)


def test_a_site_that_is_slow_at_each_step_is_left_in_time(
    site: Site, there: LookAlike, elsewhere: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.replies[POSTS] = in_json({"id": 7}, 201)
    clock = iter(range(0, 10_000, 150))
    monkeypatch.setattr("webapp.publishing.wordpress.api.monotonic", lambda: next(clock))

    assert "so slow that we stopped on the way" in refused(site, elsewhere, permanent=False)

    assert [path for path, _ in there.asked] == [POSTS, ME]


def test_an_answer_that_lacks_the_number_of_the_post_is_tried_again(
    site: Site, there: LookAlike, elsewhere: Post
) -> None:
    there.replies[POSTS] = in_json({"status": "draft"}, 201)

    assert "lacks" in refused(site, elsewhere, permanent=False)
