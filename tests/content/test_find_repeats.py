import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from webapp.content.alike import must_hold, nearly_the_same, stems_of
from webapp.content.models import ArticleStatus, ExistingPost, IdeaStatus
from webapp.content.repeats import Repeats
from webapp.core.clock import now
from webapp.core.db import db
from webapp.sites.models import Site


def alike(one: str, other: str) -> bool:
    return nearly_the_same(stems_of(one), stems_of(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Monstera Care: A Practical Guide", "Monstera care, explained"),
        ("How to Water Succulents in Winter", "Watering Succulents in Winter: What You Need to Know"),
        ("10 Tips for Repotting Monstera", "Repotting Monstera: 10 Tips"),
        ("Zeitarbeit Tarifvertrag", "Tarifvertrag: Zeitarbeit"),
        ("The Complete Guide", "The complete guide!"),
    ],
    ids=["other frame", "other form", "other order", "another language", "only fluff"],
)
def test_the_same_subject_in_other_words_is_nearly_the_same(one: str, other: str) -> None:
    assert alike(one, other) and alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Monstera Care", "Pothos Care"),
        ("When to Repot Monstera", "How to Repot Monstera"),
        ("Best Running Shoes 2025", "Best Running Shoes 2026"),
        ("Snake Plant Care: Common Mistakes", "Snake Plant Care: A Practical Guide"),
        ("How to Propagate Monstera in Water", "How to Propagate Monstera in Soil"),
        ("Monstera", "Monstera Deliciosa"),
        ("", "Monstera"),
    ],
    ids=["another plant", "another question", "another year", "another side", "another way", "narrower", "nothing"],
)
def test_another_subject_is_not(one: str, other: str) -> None:
    assert not alike(one, other) and not alike(other, one)


SOME = ("aloe", "watering", "Leaves", "moss", "Straße", "größe", "ÜBUNG", "pots", "2026", "soil", "the")
words = st.lists(st.sampled_from(SOME))


@given(words, words)
def test_what_is_nearly_the_same_holds_the_words_that_it_is_looked_for_by(one: list[str], other: list[str]) -> None:
    mine, theirs = " ".join(one), " ".join(other)
    if alike(mine, theirs):
        assert all(any(word in theirs.lower() for word in words) for words in must_hold(mine))


@pytest.fixture
def site(app: Flask) -> Site:
    return factories.site()


def post(site: Site, title: str) -> None:
    db.session.add(ExistingPost(site_id=site.id, remote_id=1, link="l", title=title, slug="s", modified=now()))
    db.session.commit()


def test_it_says_what_is_repeated(site: Site) -> None:
    factories.article(site, ArticleStatus.APPROVED, title="Basil in Winter")
    factories.idea(site, title="Basil Harvest: A Practical Guide", status=IdeaStatus.DISMISSED)
    post(site, "Übungen für Basil & Thyme")

    against = Repeats(site.id).reason_against

    assert against("BASIL in winter, explained") == "Nearly the same as “Basil in Winter” (article)."
    assert against("Harvesting Basil") == "Nearly the same as “Basil Harvest: A Practical Guide” (idea)."
    assert against("übungen für Basil and Thyme") == "Nearly the same as “Übungen für Basil & Thyme” (post)."
    assert against("Basil in Spring") is None


def test_other_sites_do_not_count(site: Site) -> None:
    factories.article(factories.site(), title="Basil in Winter")

    assert Repeats(site.id).reason_against("Basil in Winter") is None


def test_signs_of_the_database_are_letters_like_any_other(site: Site) -> None:
    factories.article(site, title="Basil in Winter")

    assert Repeats(site.id).reason_against("Basil_in % Winter") is not None
    assert Repeats(site.id).reason_against("B_sil in Winter") is None
    assert Repeats(site.id).reason_against("%") is None


def test_what_was_noted_counts_like_an_idea(site: Site) -> None:
    repeats = Repeats(site.id)
    repeats.note("Basil in Winter")

    assert repeats.reason_against("Basil in the winter: a guide") == "Nearly the same as “Basil in Winter” (idea)."
