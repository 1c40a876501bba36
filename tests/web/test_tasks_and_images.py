import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests import factories
from tests.visitor import Visitor
from webapp.accounts.models import Role
from webapp.content.models import ArticleStatus, ImageStatus, TaskStatus
from webapp.sites.models import Site


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    return factories.site(member.account, slug="beans")


@pytest.mark.parametrize("group", ["tasks", "images"])
def test_empty_lists_teach(client: Visitor, site: Site, group: str) -> None:
    assert f"No {group} yet" in client.get(f"/sites/beans/{group}").text


def test_a_task_shows_its_brief_and_leads_to_its_article(client: Visitor, site: Site) -> None:
    task = factories.task(site, brief="Say when to water.", status=TaskStatus.WRITTEN)
    article = factories.article(site, task=task)

    page = BeautifulSoup(client.get("/sites/beans/tasks").text, "html.parser")

    assert "Say when to water." in page.get_text()
    assert page.select_one(f"a[href='/sites/beans/articles/{article.id}']")


def test_a_task_that_needs_attention_says_why_and_is_tried_again(client: Visitor, site: Site) -> None:
    task = factories.task(site, status=TaskStatus.ATTENTION, attention="The answer was no JSON.")

    assert "The answer was no JSON." in client.get("/sites/beans/tasks?status=attention").text
    answer = client.send(f"/sites/beans/tasks/{task.id}/retry", {"back": "/sites/beans/tasks?status=attention"})

    assert answer.location == "/sites/beans/tasks?status=attention"
    assert task.status is TaskStatus.PENDING


def test_htmx_gets_the_task_back(client: Visitor, site: Site) -> None:
    task = factories.task(site, status=TaskStatus.ATTENTION, attention="The answer was no JSON.")

    fragment = BeautifulSoup(client.htmx(f"/sites/beans/tasks/{task.id}/retry").text, "html.parser")

    assert [root["id"] for root in fragment.find_all(recursive=False)] == [f"task-{task.id}"]
    assert "The answer was no JSON." not in fragment.get_text()


def test_the_gallery_shows_pictures_with_their_alternative_texts(client: Visitor, site: Site) -> None:
    article = factories.article(site)
    image = factories.image(article, alt_text="Basil in the sun")
    factories.image(article, ImageStatus.PROMPTED, prompt="A watering can")

    page = BeautifulSoup(client.get("/sites/beans/images").text, "html.parser")

    pictures = page.select("li[id^=image-] img")
    assert [(picture["alt"], picture["src"]) for picture in pictures] == [
        ("Basil in the sun", f"/sites/beans/media/{image.file}")
    ]
    assert "A watering can" in page.get_text()


def test_the_gallery_can_show_one_article(client: Visitor, site: Site) -> None:
    image, other = (factories.image(factories.article(site)) for _ in range(2))

    page = BeautifulSoup(client.get(f"/sites/beans/images?article={image.article_id}").text, "html.parser")

    assert page.select_one(f"#image-{image.id}") and not page.select_one(f"#image-{other.id}")


def test_an_image_that_needs_attention_says_why_and_is_tried_again(client: Visitor, site: Site) -> None:
    image = factories.image(factories.article(site), ImageStatus.ATTENTION, attention="No answer in time.")

    assert "No answer in time." in client.get("/sites/beans/images").text
    client.send(f"/sites/beans/images/{image.id}/retry")

    assert image.status is ImageStatus.PROMPTED
    assert image.article.status is ArticleStatus.DRAFT


def test_htmx_gets_the_image_back(client: Visitor, site: Site) -> None:
    image = factories.image(factories.article(site), ImageStatus.ATTENTION)

    fragment = BeautifulSoup(client.htmx(f"/sites/beans/images/{image.id}/retry").text, "html.parser")

    assert [root["id"] for root in fragment.find_all(recursive=False)] == [f"image-{image.id}"]


def test_the_picture_of_an_approved_article_stays(client: Visitor, site: Site) -> None:
    image = factories.image(factories.article(site, ArticleStatus.APPROVED), ImageStatus.ATTENTION)

    answer = client.send(f"/sites/beans/images/{image.id}/retry")

    assert answer.status_code == 409
    assert (image.status, image.article.status) == (ImageStatus.ATTENTION, ArticleStatus.APPROVED)
