"""`pressroom demo`: the account, the site and the keywords that a newcomer starts with."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from webapp.accounts.models import Account, Role
from webapp.accounts.signup import first_owner
from webapp.content.grouping import grouped
from webapp.content.models import Keyword, KeywordStatus
from webapp.core.db import db
from webapp.credits import ledger
from webapp.pipeline.automation import Automation
from webapp.pipeline.demo import CREDITS, SLUG, THERE_ALREADY, found_demo
from webapp.publishing.models import PublishingSettings
from webapp.sites.models import Site


def demo_site() -> Site:
    return db.session.scalars(select(Site).where(Site.slug == SLUG)).one()


def counted(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_the_demo_has_a_site_credits_and_keywords_of_all_intents(app: Flask) -> None:
    said = found_demo()

    site = demo_site()
    keywords = db.session.scalars(select(Keyword).where(Keyword.site_id == site.id)).all()
    assert ledger.balance(site.account_id) == CREDITS
    assert ledger.verify().ok
    assert db.session.get(Automation, site.id) and db.session.get(PublishingSettings, site.id)
    assert 140 <= len(keywords) <= 170
    assert f"{len(keywords)} keywords" in said
    assert {keyword.status for keyword in keywords} == {KeywordStatus.NEW}
    assert {keyword.intent for keyword in keywords} >= {"informational", "commercial", "transactional", "navigational"}


def test_the_file_is_as_people_export_them_and_the_report_says_what_was_left_out(app: Flask) -> None:
    said = found_demo()

    phrases = {keyword.phrase for keyword in db.session.scalars(select(Keyword))}
    odd = "".join(sorted({character for phrase in phrases for character in phrase if ord(character) > 127}))
    assert set(odd) >= set("“”’–éè🌱")
    assert "repeat others" in said and "cannot be read (lines " in said
    assert "Monstera Care" not in phrases and "monstera care" in phrases


@pytest.mark.parametrize("topic", ["fungus gnat", "root rot", "fiddle leaf fig", "terrarium", "calathea", "fertilize"])
def test_its_keywords_fall_into_topics(app: Flask, topic: str) -> None:
    found_demo()
    keywords = db.session.scalars(select(Keyword).order_by(Keyword.id)).all()
    groups = grouped(demo_site(), keywords).groups

    about = [sum(topic in keyword.phrase for keyword in group.keywords) for group in groups]
    assert max(about) > 0.7 * sum(topic in keyword.phrase for keyword in keywords)
    assert 25 <= len(groups) <= 45


def test_a_second_call_changes_nothing_and_says_so(app: Flask) -> None:
    found_demo()
    before = counted(Account), counted(Site), counted(Keyword), ledger.balance(demo_site().account_id)

    assert found_demo() == THERE_ALREADY

    assert (counted(Account), counted(Site), counted(Keyword), ledger.balance(demo_site().account_id)) == before


def test_of_several_at_once_one_makes_it(app: Flask) -> None:
    together = Barrier(4)

    def call(_: int) -> str:
        with app.app_context():
            together.wait()
            return found_demo()

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(call, range(4)))

    assert said.count(THERE_ALREADY) == 3
    assert counted(Account) == counted(Site) == 1


def test_the_first_owner_takes_it_over(app: Flask) -> None:
    found_demo()

    owner = first_owner(email="ana@example.com", name="Ana", password="three green window sills")

    assert [(member.account.name, member.role) for member in owner.memberships] == [("Demo", Role.OWNER)]


def test_made_later_it_belongs_to_the_operators(app: Flask) -> None:
    operator = factories.user(operator=True)
    factories.user()

    found_demo()

    account = db.session.get_one(Account, demo_site().account_id)
    assert [(member.user_id, member.role) for member in account.members] == [(operator.id, Role.OWNER)]
