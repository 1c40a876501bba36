"""The budget of a site: shown, saved, scaled, reset, refused at the field; and the second of two who save is told."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests import factories
from tests.visitor import Visitor
from webapp.accounts import switches
from webapp.accounts.models import Role
from webapp.accounts.switches import Switch
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.credits import prices
from webapp.credits.models import SiteBudget
from webapp.credits.splits import own_split, set_split
from webapp.pipeline.terms import automation_of
from webapp.sites.models import Site

ADDRESS = "/sites/beans/budget"
OWN: dict[str, str] = {
    "split": "own",
    "clustering": "33.33",
    "idea_generation": "33.33",
    "content_generation": "33.34",
    "image_prompt_extraction": "0",
    "image_generation": "0.00",
}
GLOBAL = OWN | {"split": "global"}
KEPT = [3333, 3333, 3334, 0, 0]


@pytest.fixture
def site(app: Flask, client: Visitor) -> Site:
    member = factories.member(Role.EDITOR)
    factories.signed_in(client, member.user)
    made = factories.site(member.account, slug="beans")
    automation_of(made).max_credits_per_run = 500
    db.session.commit()
    return made


def read(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


def words(page: BeautifulSoup, selector: str = "main") -> str:
    found = page.select_one(selector)
    assert found is not None, f"there is no {selector}"
    return " ".join(found.get_text(" ").split())


def version(page: BeautifulSoup) -> str:
    return str(page.select_one("#budget [name=drawn_from]")["value"])  # type: ignore[index]


def drawn(client: Visitor) -> dict[str, str]:
    """What the page's form carries from being drawn now."""
    return {"drawn_from": version(read(client.get(ADDRESS).text))}


def shares(site: Site) -> list[int] | None:
    own = own_split(db.session.get_one(SiteBudget, site.id, populate_existing=True))
    return None if own is None else list(own.values())


def shown(page: BeautifulSoup) -> list[str]:
    return [str(field["value"]) for field in page.select("#budget input[type=number]")]


def chosen(page: BeautifulSoup) -> str:
    return str(page.select_one("#budget [name=split][checked]")["value"])  # type: ignore[index]


def test_a_new_site_has_the_global_defaults_with_what_they_mean(client: Visitor, site: Site) -> None:
    page = read(client.get(ADDRESS).text)

    assert chosen(page) == "global"
    assert shown(page) == ["15.00", "10.00", "40.00", "5.00", "30.00"]
    assert "A run may spend 500 credits at most: its cap." in words(page, "#default")
    assert [words(row, "th") for row in page.select("#default tbody tr")] == [
        "Clustering", "Idea generation", "Content generation", "Image prompt extraction", "Image generation",
    ]  # fmt: skip
    assert "40.00 % 200" in words(page, "#default tbody")
    assert "of 500 credits: 200" in words(page, "#own tbody")
    assert "Reset" not in words(page)


def test_without_a_cap_the_balance_counts_and_with_none_it_says_so(client: Visitor, site: Site) -> None:
    automation_of(site).max_credits_per_run = 0
    assert "10,000 credits at most: what the account has" in words(read(client.get(ADDRESS).text))

    poor = factories.member(Role.EDITOR, of=factories.account(credits=0))
    factories.site(poor.account, slug="broke")
    factories.signed_in(client, poor.user)
    page = read(client.get("/sites/broke/budget").text)

    assert "The account has no credits" in words(page)
    assert page.select(".too-little:not([hidden])") == []


def test_a_share_that_pays_for_nothing_is_told_and_only_there(client: Visitor, site: Site) -> None:
    automation_of(site).max_credits_per_run = 100

    page = read(client.get(ADDRESS).text)

    told = [tip.get_text() for tip in page.select("#default .too-little")]
    assert told == ["Too little for one cluster: 15 credits."]
    assert len(page.select("#own .too-little:not([hidden])")) == 1


def test_the_price_of_today_decides_what_is_too_little(client: Visitor, site: Site) -> None:
    own = prices.default(Operation.IMAGE_GENERATION)
    own.credits = 151
    db.session.add(own)

    page = read(client.get(ADDRESS).text)
    assert "Too little for one image: 151 credits." in words(page, "#default")

    own.is_active = False
    page = read(client.get(ADDRESS).text)
    assert page.select("#default .too-little") == []


def test_an_article_costs_more_than_a_hundred_words(client: Visitor, site: Site) -> None:
    automation_of(site).max_credits_per_run = 17  # 40 % are 6, an article of 800 words is 8

    assert "Too little for one article: 8 credits." in words(read(client.get(ADDRESS).text), "#default")


def test_the_ring_has_an_arc_for_each_share(client: Visitor, site: Site) -> None:
    page = read(client.get(ADDRESS).text)

    arcs = page.select("#default .arc")
    assert [int(arc["stroke-dashoffset"]) for arc in arcs] == [0, -1500, -2500, -6500, -7000]  # type: ignore[arg-type]
    assert [arc["data-arc"] for arc in arcs] == [operation.value for operation in Operation]


def test_an_own_split_is_saved_exactly(client: Visitor, site: Site) -> None:
    answer = client.send(ADDRESS, OWN | drawn(client))

    assert (answer.status_code, answer.location) == (303, ADDRESS)
    assert shares(site) == KEPT
    page = read(client.get(ADDRESS).text)
    assert chosen(page) == "own"
    assert shown(page) == ["33.33", "33.33", "33.34", "0.00", "0.00"]


def test_choosing_the_global_defaults_looks_at_no_share(client: Visitor, site: Site) -> None:
    client.send(ADDRESS, OWN | drawn(client))

    answer = client.send(ADDRESS, GLOBAL | {"clustering": "lots"} | drawn(client))

    assert answer.status_code == 303
    assert shares(site) is None


def test_reset_goes_back_to_the_global_defaults_and_says_what_was(client: Visitor, site: Site) -> None:
    client.send(ADDRESS, OWN | drawn(client))
    page = read(client.get(ADDRESS).text)
    button = page.select_one(f'form[action="{ADDRESS}/reset"]')
    assert button is not None and "Reset to the global defaults" in button.get_text()

    answer = client.send(f"{ADDRESS}/reset", drawn(client), follow_redirects=True)

    assert shares(site) is None
    assert "Its own split was 33.33 / 33.33 / 33.34 / 0.00 / 0.00 %." in answer.text


@pytest.mark.parametrize(
    ("share", "total"), [("33.32", "99.99"), ("33.34", "100.01"), ("0", "66.67"), ("100", "166.67")]
)
def test_what_is_not_a_hundred_is_refused_with_the_total(client: Visitor, site: Site, share: str, total: str) -> None:
    answer = client.send(ADDRESS, OWN | {"clustering": share} | drawn(client))

    page = read(answer.text)
    assert answer.status_code == 422
    assert f"These add up to {total} %." in words(page, "#error-summary")
    assert f"{total} %" in words(page, "tfoot")
    assert page.select_one("#clustering")["aria-describedby"].endswith("error-shares")  # type: ignore[index,union-attr]
    assert "Scale to 100% and save" in words(page, ".save-bar")
    assert shares(site) is None


@pytest.mark.parametrize(
    "written",
    [
        "-1",
        "-0.01",
        "NaN",
        "nan",
        "Infinity",
        "1e9",
        "1e1",
        "1000000000",
        "100.01",
        "33.333",
        "lots",
        "",
        " ",
        "१५",
    ],
)
@pytest.mark.parametrize("action", ["", "/scale"])
def test_a_bad_share_is_answered_at_its_field(client: Visitor, site: Site, written: str, action: str) -> None:
    answer = client.send(ADDRESS + action, OWN | {"idea_generation": written} | drawn(client))

    page = read(answer.text)
    assert answer.status_code == 422
    said = "Idea generation: give a percentage from 0 to 100 with at most two decimals."
    assert words(page, "#error-idea_generation") == said
    assert words(page, "#error-summary").count(said) == 1
    field = page.select_one("#idea_generation")
    assert field is not None and field["aria-invalid"] == "true" and field["value"] in (written, "100.01")
    assert page.select_one("#clustering").get("aria-invalid") is None  # type: ignore[union-attr]
    assert shown(page)[0] == "33.33"
    assert shares(site) is None


@pytest.mark.parametrize("missing", ["split", "clustering"])
def test_a_form_without_a_part_is_refused(client: Visitor, site: Site, missing: str) -> None:
    fields = {name: value for name, value in OWN.items() if name != missing}

    assert client.send(ADDRESS, fields | drawn(client)).status_code == 422
    assert client.send(ADDRESS, OWN | {"split": "both"} | drawn(client)).status_code == 422
    assert shares(site) is None


def test_scaling_keeps_the_proportions_and_saves(client: Visitor, site: Site) -> None:
    written = OWN | dict.fromkeys(("clustering", "idea_generation", "content_generation"), "1")

    answer = client.send(f"{ADDRESS}/scale", written | {"split": "global"} | drawn(client))

    assert answer.status_code == 303
    assert shares(site) == [3334, 3333, 3333, 0, 0]


def test_nothing_can_be_scaled_to_nothing(client: Visitor, site: Site) -> None:
    written = {"split": "own"} | dict.fromkeys((operation.value for operation in Operation), "0")

    answer = client.send(f"{ADDRESS}/scale", written | drawn(client))

    assert answer.status_code == 422
    assert "All five shares are zero." in words(read(answer.text), "#error-summary")
    assert shares(site) is None


@pytest.mark.parametrize("action", ["", "/scale", "/reset"])
def test_the_second_of_two_who_save_is_told_and_sees_both(client: Visitor, site: Site, action: str) -> None:
    mine = drawn(client)
    theirs = OWN | {"clustering": "30", "idea_generation": "36.66"}
    assert client.send(ADDRESS, theirs | mine).status_code == 303

    answer = client.send(ADDRESS + action, OWN | mine)

    assert answer.status_code == 409
    page = read(answer.text)
    lines = [" ".join(row.get_text(" ").split()) for row in page.select("#overtaken tbody tr")]
    reset = action == "/reset"
    assert lines[0] == ("Which split differs Own split Global defaults" if reset else "Which split Own split Own split")
    assert lines[1] == f"Clustering differs 30.00 % {'the default' if reset else '33.33 %'}"
    assert len(lines) == 6
    assert chosen(page) == ("global" if reset else "own")
    assert shares(site) == [3000, 3666, 3334, 0, 0]

    fields = GLOBAL if reset else OWN
    assert client.send(ADDRESS, fields | {"drawn_from": version(page)}).status_code == 303
    assert shares(site) == (None if reset else KEPT)


def test_who_is_overtaken_again_while_deciding_is_told_again(client: Visitor, site: Site) -> None:
    mine = drawn(client)
    client.send(ADDRESS, OWN | mine)
    decided = read(client.send(ADDRESS, OWN | {"clustering": "30", "idea_generation": "36.66"} | mine).text)
    client.send(f"{ADDRESS}/reset", drawn(client))

    answer = client.send(ADDRESS, OWN | {"drawn_from": version(decided)})

    assert answer.status_code == 409
    assert shares(site) is None


def test_a_refused_form_still_knows_what_it_was_drawn_from(client: Visitor, site: Site) -> None:
    mine = drawn(client)
    client.send(ADDRESS, OWN | mine)

    refused = client.send(ADDRESS, OWN | {"clustering": "1"} | mine)

    assert refused.status_code == 422
    assert {"drawn_from": version(read(refused.text))} == mine


def test_two_who_save_the_same_need_not_decide(client: Visitor, site: Site) -> None:
    mine = drawn(client)

    assert client.send(ADDRESS, OWN | mine).status_code == 303
    assert client.send(ADDRESS, OWN | mine).status_code == 303


def test_a_form_that_names_no_version_saves_nothing_over_others(client: Visitor, site: Site) -> None:
    assert client.send(ADDRESS, OWN).status_code == 409
    assert shares(site) is None


def test_what_operators_change_meanwhile_is_no_conflict(client: Visitor, site: Site) -> None:
    mine = drawn(client)
    own = prices.default(Operation.CLUSTERING)
    own.credits = 11
    db.session.add(own)

    assert client.send(ADDRESS, OWN | mine).status_code == 303


def test_a_viewer_sees_but_does_not_change(client: Visitor, site: Site) -> None:
    set_split(site.id, dict.fromkeys(Operation, 2000))
    factories.signed_in(client, factories.member(Role.VIEWER, of=site.account).user)

    page: Any = read(client.get(ADDRESS).text)

    assert page.select("main form, main input, main button") == []
    assert "20.00 % 100" in words(page, "#own tbody")
    for action in ("", "/scale", "/reset"):
        assert client.send(ADDRESS + action, OWN).status_code == 403
    assert shares(site) == [2000] * 5


def test_where_budgets_are_switched_off_the_page_says_so_and_keeps_them(client: Visitor, site: Site) -> None:
    assert "not enforced" not in client.get(ADDRESS).text
    switches.flip(Switch.BUDGET_ALLOCATION, False, "Olga")
    db.session.commit()

    assert "Budgets are not enforced" in client.get(ADDRESS).text
