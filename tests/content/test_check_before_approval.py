from typing import Any

import pytest
from flask import Flask

from tests import factories
from webapp.content.checks import blocking_problems, off_length
from webapp.content.models import ArticleStatus
from webapp.sites.models import Site


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def test_a_sound_article_has_no_problem(site: Site) -> None:
    assert blocking_problems(factories.article(site)) == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"title": "  "}, "It has no title."),
        ({"body_html": "<p> </p><h2></h2>"}, "It has no text."),
        ({"meta_description": ""}, "It has no meta description."),
        ({"words": 299}, "It has 299 words, fewer than half of the 600 asked for."),
        ({"status": ArticleStatus.DRAFT}, "Its pictures are still to come."),
    ],
)
def test_what_is_missing_is_said(site: Site, fields: dict[str, Any], problem: str) -> None:
    article = factories.article(site)
    for name, value in fields.items():
        setattr(article, name, value)

    assert blocking_problems(article) == [problem]


@pytest.mark.parametrize(("words", "is_told"), [(680, False), (679, True), (920, False), (921, True)])
def test_a_length_that_nobody_asked_for_is_told(words: int, is_told: bool) -> None:
    said = off_length(words, 800)

    assert bool(said) is is_told
    assert not said or said.startswith(f"It has {words} words where 800 were asked for.")


def test_half_of_the_words_are_enough(site: Site) -> None:
    assert blocking_problems(factories.article(site, words=300)) == []


def test_an_article_without_a_task_may_be_of_any_length(site: Site) -> None:
    article = factories.article(site, words=20)
    article.task = None

    assert blocking_problems(article) == []


def test_two_approved_articles_cannot_have_the_same_title(site: Site) -> None:
    approved = factories.article(site, ArticleStatus.APPROVED, title="Moka Pot")
    factories.article(factories.site(), ArticleStatus.APPROVED, title="chemex")
    factories.article(site, ArticleStatus.REJECTED, title="Chemex")

    assert blocking_problems(approved) == []
    assert blocking_problems(factories.article(site, title="Chemex")) == []
    assert blocking_problems(factories.article(site, title="moka pot")) == [
        f"Another approved article has the same title (number {approved.id})."
    ]
