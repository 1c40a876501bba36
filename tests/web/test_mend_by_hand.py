"""What needs attention: its answer to read, another try, and work by hand."""

import io
import json
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from PIL import Image as Drawing
from sqlalchemy import select

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.ai.functions.idea_generation import IdeaKind
from webapp.content.media import read
from webapp.content.models import (
    Article,
    ArticleStatus,
    Cluster,
    ClusterStatus,
    Idea,
    IdeaStatus,
    Image,
    ImageStatus,
    Task,
    TaskStatus,
)
from webapp.core.db import db
from webapp.pipeline import attention
from webapp.pipeline.models import CallStatus
from webapp.sites.models import Site

WHY = "The provider's answer cannot be used: body_html: Field required."
ARTICLE = {
    "title": "Basil in winter",
    "slug": "",
    "meta_title": "",
    "meta_description": "Light, water, patience.",
    "excerpt": "",
    "focus_keyword": "basil winter",
    "body_html": '<h2>Light</h2><p onclick="x()">Six hours.</p><script>alert(1)</script>',
}
FRAME = {
    "title": "Basil in winter",
    "meta_title": "Winter basil",
    "meta_description": "Light, water, patience.",
    "excerpt": "It can be done.",
    "introduction_html": "<p>It is dark.</p>",
    "headings": ["Light"],
    "faq_heading": "Questions",
    "faq": [{"question": "How long?", "answer": "For weeks."}],
}
IDEA = {
    "title": "Basil in winter",
    "angle": "For cold rooms.",
    "outline": "Light\n\n  Water \n",
    "kind": "supporting",
    "target_keyword": "basil winter",
}


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="beans")


@pytest.fixture
def task(site: Site) -> Task:
    return factories.task(site, status=TaskStatus.ATTENTION, attention=WHY)


@pytest.fixture
def cluster(site: Site) -> Cluster:
    return factories.cluster(site, status=ClusterStatus.ATTENTION, attention=WHY)


@pytest.fixture
def image(site: Site) -> Image:
    return factories.image(factories.article(site), ImageStatus.ATTENTION, attention=WHY)


def answered(site: Site, item: str, reply: str, problem: str | None = None) -> None:
    factories.call(factories.run(site), CallStatus.ANSWERED, item=item, reply=reply, problem=problem, error="")


def section(heading: str, says: str) -> str:
    return json.dumps({"heading": heading, "html": f"<p>{says}</p>", "used": []})


def picture(size: tuple[int, int] = (2000, 1000), kind: str = "PNG") -> tuple[io.BytesIO, str]:
    file = io.BytesIO()
    Drawing.new("RGB", size, "teal").save(file, kind)
    file.seek(0)
    return file, f"mine.{kind.lower()}"


def page(client: Visitor, address: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(f"/sites/beans/{address}").text, "html.parser")


# reading


def test_a_stuck_task_shows_why_and_the_raw_answer(client: Visitor, site: Site, task: Task) -> None:
    answered(site, f"articles:{task.id}", "<script>alert(1)</script> {half", problem="it ends in the middle")

    shown = page(client, f"tasks/{task.id}")

    answer = shown.select_one("pre")
    assert answer is not None and answer.get_text() == "<script>alert(1)</script> {half"
    assert not answer.find_all("script")
    assert WHY in shown.get_text() and "it ends in the middle" in shown.get_text()


def test_a_long_answer_says_that_it_is_cut(client: Visitor, site: Site, cluster: Cluster) -> None:
    answered(site, f"ideas:{cluster.id}", "x" * 30_000)

    assert "first 20,000 of 30,000 characters" in page(client, f"clusters/{cluster.id}").get_text()


def test_what_does_not_need_attention_shows_no_answer(client: Visitor, site: Site) -> None:
    task = factories.task(site, status=TaskStatus.WRITTEN)
    answered(site, f"articles:{task.id}", "{}")

    assert not page(client, f"tasks/{task.id}").select("pre")


def test_a_viewer_reads_it_and_finds_no_buttons(client: Visitor, site: Site, task: Task, image: Image) -> None:
    factories.signed_in(client, factories.member(Role.VIEWER, of=site.account).user)

    for address in (f"tasks/{task.id}", f"images/{image.id}"):
        shown = page(client, address)
        assert WHY in shown.get_text()
        assert not shown.select("main form")


# trying again


@pytest.mark.parametrize("group", ["tasks", "clusters", "images"])
def test_those_that_were_chosen_are_tried_again(client: Visitor, site: Site, group: str, request: Any) -> None:
    row = request.getfixturevalue(group.removesuffix("s"))
    box = page(client, f"{group}?status=attention").select_one(f"input[name={group.removesuffix('s')}]")
    assert box is not None and box["form"] == "selected"

    answer = client.send(
        f"/sites/beans/{group}/retry",
        {str(box["name"]): [str(box["value"])], "back": f"/sites/beans/{group}?status=attention"},
    )

    assert (answer.status_code, answer.location) == (303, f"/sites/beans/{group}?status=attention")
    assert row.status in ("pending", "new", "prompted")


def test_choosing_nothing_changes_nothing(client: Visitor, site: Site, task: Task) -> None:
    client.send("/sites/beans/tasks/retry", {"task": ["99999999999999999999", "-1", "x"]})

    assert task.status is TaskStatus.ATTENTION
    assert "none that you chose needs attention" in client.get("/sites/beans/tasks").text


# writing


def test_an_article_written_by_hand_is_a_draft_like_any_other(client: Visitor, site: Site, task: Task) -> None:
    answer = client.send(f"/sites/beans/tasks/{task.id}/write", ARTICLE)

    article = db.session.scalars(select(Article)).one()
    assert answer.location == f"/sites/beans/articles/{article.id}"
    assert (article.status, article.task_id, article.slug) == (ArticleStatus.DRAFT, task.id, "basil-in-winter")
    assert article.body_html == "<h2>Light</h2><p>Six hours.</p>"
    assert (article.meta_title, article.excerpt) == ("Basil in winter", "Light, water, patience.")
    assert (article.words, article.is_draft_quality, article.prompts_at) == (3, False, None)
    assert (task.status, task.attention) == (TaskStatus.WRITTEN, "")
    assert "written by hand" in page(client, f"articles/{article.id}").get_text()


def test_an_address_that_is_taken_gets_a_number(client: Visitor, site: Site, task: Task) -> None:
    factories.article(site, slug="mine")

    client.send(f"/sites/beans/tasks/{task.id}/write", ARTICLE | {"slug": "mine"})

    assert db.session.scalars(select(Article.slug).where(Article.task_id == task.id)).one() == "mine-2"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": " "}, "Write a title"),
        ({"title": "x" * 201}, "201 characters are too many"),
        ({"meta_title": "x" * 61}, "61 characters are too many"),
        ({"meta_description": "x" * 156}, "156 characters are too many"),
        ({"slug": "Not An Address"}, "small letters"),
        ({"body_html": "<script>alert(1)</script>"}, "has no words"),
    ],
    ids=["no title", "long title", "long meta title", "long description", "odd address", "no text"],
)
def test_what_cannot_be_an_article_is_said_at_its_field_and_nothing_is_lost(
    client: Visitor, site: Site, task: Task, wrong: dict[str, str], said: str
) -> None:
    answer = client.send(f"/sites/beans/tasks/{task.id}/write", ARTICLE | {"angle": ""} | wrong)

    shown = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 422
    assert said in shown.select_one(f"#error-{next(iter(wrong))}").get_text()  # type: ignore[union-attr]
    assert shown.select_one("#focus_keyword")["value"] == "basil winter"  # type: ignore[index]
    assert (task.status, db.session.scalar(select(Article.id))) == (TaskStatus.ATTENTION, None)


def test_what_can_be_read_of_the_answer_is_filled_in(client: Visitor, site: Site, task: Task) -> None:
    answered(site, f"articles:{task.id}", '{"title": "Basil", "meta_title": "' + "x" * 70 + '", "csrf_token": "y"}')

    form = page(client, f"tasks/{task.id}/write")

    assert [form.select_one(f"#{name}")["value"] for name in ("title", "meta_title")] == ["Basil", "x" * 70]  # type: ignore[index]
    assert "csrf_token" not in [field["value"] for field in form.select("input[name=csrf_token]")]
    assert not [field for field in form.select("input[name=csrf_token]") if field["value"] == "y"]


def test_good_parts_of_an_article_are_filled_in_and_each_answer_is_shown(
    client: Visitor, site: Site, task: Task
) -> None:
    frame = FRAME | {"headings": ["Light", "Water", "Harvest"]}
    told = [
        ("frame", json.dumps(frame), None),
        ("section 1 of 3", section("Light", "Six hours."), None),
        ("section 2 of 3", section("Water", "Every day."), None),
        ("section 2 again", section("Water", "Twice a week."), None),
        ("section 3 of 3", '{"html": ""}', "it has no text"),
        ("section 3 of 3 mended", "I cannot.", "it holds no JSON"),
    ]
    run = factories.run(site)
    for number, (step, reply, problem) in enumerate(told):
        what = {"step": step, "reply": reply, "problem": problem, "error": "", "attempt": number}
        factories.call(run, CallStatus.ANSWERED, item=f"articles:{task.id}", **what)

    form, shown = page(client, f"tasks/{task.id}/write"), page(client, f"tasks/{task.id}").select("#answer details")

    assert [form.select_one(f"#{name}")["value"] for name in ("title", "meta_title", "meta_description")] == [  # type: ignore[index]
        "Basil in winter",
        "Winter basil",
        "Light, water, patience.",
    ]
    body = form.select_one("#body_html").get_text()  # type: ignore[union-attr]
    assert [one.get_text() for one in BeautifulSoup(body, "html.parser").select("h2, h3, p")] == [
        "It is dark.", "Light", "Six hours.", "Water", "Twice a week.", "Harvest",
        "Questions", "How long?", "For weeks.",
    ]  # fmt: skip
    assert [" ".join(one.summary.get_text().split()) for one in shown] == [  # type: ignore[union-attr]
        "Section 3 of 3 mended Could not be used",
        "Section 3 of 3 Could not be used",
        "Section 2 again Can be used",
        "Section 2 of 3 Can be used",
        "Section 1 of 3 Can be used",
        "Frame Can be used",
    ]


def test_answers_that_were_given_up_are_neither_shown_nor_filled_in(client: Visitor, site: Site, task: Task) -> None:
    answered(site, f"articles:{task.id}", json.dumps(FRAME))
    attention.retry(task)
    task.status = TaskStatus.ATTENTION
    db.session.commit()

    assert page(client, f"tasks/{task.id}/write").select_one("#title")["value"] == task.title  # type: ignore[index]
    assert not page(client, f"tasks/{task.id}").select("pre")


def test_a_task_that_was_written_meanwhile_is_not_written_twice(client: Visitor, site: Site, task: Task) -> None:
    task.status, task.attention = TaskStatus.WRITTEN, ""

    assert client.send(f"/sites/beans/tasks/{task.id}/write", ARTICLE).status_code == 409
    assert db.session.scalar(select(Article.id)) is None


def test_ideas_written_by_hand_free_the_cluster(client: Visitor, site: Site, cluster: Cluster) -> None:
    answer = client.send(f"/sites/beans/clusters/{cluster.id}/write", IDEA)

    idea = db.session.scalars(select(Idea)).one()
    assert answer.location == f"/sites/beans/clusters/{cluster.id}/write"
    assert (idea.title, idea.outline, idea.kind) == ("Basil in winter", ["Light", "Water"], IdeaKind.SUPPORTING)
    assert (idea.status, idea.cluster_id) == (IdeaStatus.NEW, cluster.id)
    assert (cluster.status, cluster.attention) == (ClusterStatus.EXPANDED, "")


def test_a_cluster_takes_more_ideas_but_none_twice(client: Visitor, site: Site, cluster: Cluster) -> None:
    client.send(f"/sites/beans/clusters/{cluster.id}/write", IDEA)

    again = client.send(f"/sites/beans/clusters/{cluster.id}/write", IDEA)
    other = client.send(f"/sites/beans/clusters/{cluster.id}/write", IDEA | {"title": "Basil in spring"})

    assert (again.status_code, other.status_code) == (422, 303)
    assert "has an idea of this title" in again.text
    assert len(db.session.scalars(select(Idea)).all()) == 2


# pictures


def test_a_picture_of_ones_own_takes_the_place(client: Visitor, site: Site, image: Image) -> None:
    answer = client.send(f"/sites/beans/images/{image.id}/upload", {"file": picture()})

    assert answer.location == f"/sites/beans/images/{image.id}"
    assert (image.status, image.media_type, image.attention) == (ImageStatus.GENERATED, "image/png", "")
    for name, kind in ((image.file, "PNG"), (image.webp, "WEBP")):
        shown = Drawing.open(io.BytesIO(read(str(name))))
        assert (shown.format, shown.size) == (kind, (1600, 800))


def test_the_page_offers_both_formats(client: Visitor, site: Site, image: Image) -> None:
    client.send(f"/sites/beans/images/{image.id}/upload", {"file": picture()})

    for address in (f"images/{image.id}", "images", f"articles/{image.article_id}", "articles"):
        source = page(client, address).select_one("main picture source[type='image/webp']")
        assert source is not None
        shown = client.get(str(source["srcset"]))
        assert (shown.status_code, shown.mimetype) == (200, "image/webp")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG, JPEG or WebP"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * (10 * 1024 * 1024), "larger than 10 MB"),
        (None, "Choose the file first"),
    ],
    ids=["svg", "too large", "none"],
)
def test_what_is_no_picture_is_refused(
    client: Visitor, site: Site, image: Image, data: bytes | None, said: str
) -> None:
    file = "" if data is None else (io.BytesIO(data), "mine.png")
    answer = client.send(f"/sites/beans/images/{image.id}/upload", {"file": file})

    assert answer.status_code == 422
    assert said in BeautifulSoup(answer.text, "html.parser").select_one("#error-file").get_text()  # type: ignore[union-attr]
    assert (image.status, image.file) == (ImageStatus.ATTENTION, None)


def test_an_approved_article_gets_no_picture_that_nobody_approved(client: Visitor, site: Site) -> None:
    image = factories.image(factories.article(site, ArticleStatus.APPROVED), ImageStatus.ATTENTION, attention=WHY)

    assert client.send(f"/sites/beans/images/{image.id}/upload", {"file": picture()}).status_code == 409
    assert image.status is ImageStatus.ATTENTION


def test_going_without_a_picture_asks_first(client: Visitor, site: Site, image: Image) -> None:
    article_id = image.article_id
    assert "Go without" in page(client, f"images/{image.id}/drop").get_text()

    answer = client.send(f"/sites/beans/images/{image.id}/drop")

    assert answer.location == f"/sites/beans/articles/{article_id}"
    assert db.session.scalar(select(Image.id)) is None


def test_a_picture_that_is_there_is_not_dropped(client: Visitor, site: Site) -> None:
    image = factories.image(factories.article(site))

    assert client.send(f"/sites/beans/images/{image.id}/drop").status_code == 409
    assert image.status is ImageStatus.GENERATED
