"""Five shares that are always the whole: by mouse, by keyboard, by finger, and as a plain form."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import CDPSession, FloatRect, Locator, Page, expect

from tests import factories
from tests.journeys.conftest import PHONE, WIDE, Installation, Open
from tests.journeys.test_meet_the_standards import barriers
from webapp.ai.provider import Operation
from webapp.core.db import db
from webapp.credits.models import WHOLE, SiteBudget
from webapp.credits.splits import own_split, set_split
from webapp.pipeline.terms import automation_of
from webapp.sites.models import Site

NAMES = [operation.value for operation in Operation]
CLUSTERING, IDEAS, ARTICLES, PROMPTS, IMAGES = NAMES
START = {CLUSTERING: 1500, IDEAS: 1000, ARTICLES: 4000, PROMPTS: 500, IMAGES: 3000}
RING = "#own .arc"
ARCS = """arcs => arcs.map(arc => [
    arc.dataset.arc, -arc.getAttribute("stroke-dashoffset"), parseInt(arc.getAttribute("stroke-dasharray")),
])"""

# Notes, once the page has dealt with an input event, whose it was, the five fields, and which of them were pinned.
WATCH = """() => {
    window.seen = [];
    document.addEventListener("input", (event) => {
        const mine = event.target.closest("[data-share]");
        if (mine) window.seen.push([mine.dataset.share, [...document.querySelectorAll("[data-share]")].map(row => [
            row.dataset.share,
            row.querySelector("input[type=number]").value,
            row.querySelector(".pin").getAttribute("aria-pressed") === "true",
        ])]);
    });
}"""


@pytest.fixture
def site(installation: Installation) -> Iterator[Site]:
    """One with an own split and 500 credits a run."""
    made = factories.site(installation.account())
    automation_of(made).max_credits_per_run = 500
    set_split(made.id, {operation: START[operation.value] for operation in Operation})
    db.session.commit()
    yield made
    db.session.commit()


def opened(open_page: Open, site: Site, **options: object) -> Page:
    page = open_page(f"/sites/{site.slug}/budget", **options)
    if options.get("javascript", True):
        page.evaluate(WATCH)
    return page


def row(page: Page, name: str) -> Locator:
    return page.locator(f"[data-share={name}]")


def slider(page: Page, name: str) -> Locator:
    return row(page, name).locator("input[type=range]")


def number(page: Page, name: str) -> Locator:
    return page.locator(f"#{name}")


def pins(page: Page) -> list[str]:
    return [name for name in NAMES if row(page, name).locator(".pin").get_attribute("aria-pressed") == "true"]


def basis_points(written: str) -> int:
    """Of a share as its field has it; an empty one is none."""
    whole, _, rest = written.partition(".")
    return int(whole or 0) * 100 + int(rest.ljust(2, "0") or 0)


def shares(page: Page) -> dict[str, int]:
    return {name: basis_points(number(page, name).input_value()) for name in NAMES}


def check_what_was_seen(page: Page, events: int) -> None:
    """After every input event the fields were the whole, and no pinned one had moved but the one that was set."""
    seen = page.evaluate("window.seen")
    assert len(seen) >= events
    before = START
    for mine, fields in seen:
        now = {name: basis_points(written) for name, written, _ in fields}
        assert sum(now.values()) == WHOLE, now
        assert [name for name, _, pinned in fields if pinned and name != mine and now[name] != before[name]] == []
        before = now


def kept(site: Site) -> dict[str, int] | None:
    own = own_split(db.session.get_one(SiteBudget, site.id, populate_existing=True))
    db.session.commit()
    return None if own is None else {operation.value: share for operation, share in own.items()}


def box(locator: Locator) -> FloatRect:
    locator.scroll_into_view_if_needed()
    found = locator.bounding_box()
    assert found is not None
    return found


def place(page: Page, name: str, share: float) -> tuple[float, float]:
    """Where on the screen a slider stands for that many percent."""
    found, thumb = box(slider(page, name)), 16
    return found["x"] + thumb / 2 + (found["width"] - thumb) * share / 100, found["y"] + found["height"] / 2


def drag(page: Page, name: str, *stops: float) -> None:
    """With the mouse, from where it is over each stop, in percent."""
    page.mouse.move(*place(page, name, shares(page)[name] / 100))
    page.mouse.down()
    for stop in stops:
        page.mouse.move(*place(page, name, stop), steps=6)
    page.mouse.up()


def swipe(page: Page, finger: CDPSession, name: str, *stops: float) -> None:
    x, y = place(page, name, shares(page)[name] / 100)
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for stop in stops:
        there, y = place(page, name, stop)
        for step in range(1, 7):
            at = {"x": x + (there - x) * step / 6, "y": y}
            finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
        x = there
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_by_mouse(open_page: Open, site: Site) -> None:
    page = opened(open_page, site)

    drag(page, ARTICLES, 60)
    after = shares(page)
    assert abs(after[ARTICLES] - 6000) <= 200
    assert pins(page) == [ARTICLES]
    drag(page, IMAGES, 10)

    assert shares(page)[ARTICLES] == after[ARTICLES]
    assert pins(page) == [ARTICLES, IMAGES]
    check_what_was_seen(page, 10)


def test_dragging_back_restores(open_page: Open, site: Site) -> None:
    page = opened(open_page, site)

    drag(page, ARTICLES, 97, 3, 40)

    assert shares(page) == START
    check_what_was_seen(page, 10)


def test_dragging_back_restores_odd_shares_too_also_after_letting_go(open_page: Open, site: Site) -> None:
    odd = {CLUSTERING: 1237, IDEAS: 1263, ARTICLES: 4000, PROMPTS: 501, IMAGES: 2999}
    set_split(site.id, {operation: odd[operation.value] for operation in Operation})
    db.session.commit()
    page = opened(open_page, site)

    slider(page, ARTICLES).focus()
    page.keyboard.press("End")
    assert shares(page) == dict.fromkeys(NAMES, 0) | {ARTICLES: WHOLE}
    number(page, ARTICLES).fill("40")
    number(page, ARTICLES).blur()

    assert shares(page) == odd
    check_what_was_seen(page, 2)


def test_by_keyboard(open_page: Open, site: Site) -> None:
    page = opened(open_page, site)
    page.locator("input[name=split]:checked").focus()
    page.keyboard.press("Tab")
    expect(slider(page, CLUSTERING)).to_be_focused()

    page.keyboard.press("ArrowRight")
    assert shares(page)[CLUSTERING] == 1600
    page.keyboard.press("Home")
    assert shares(page)[CLUSTERING] == 0
    for _ in range(4):
        page.keyboard.press("PageUp")
    assert shares(page)[CLUSTERING] == 4000
    assert pins(page) == [CLUSTERING]

    page.keyboard.press("Tab")
    expect(number(page, CLUSTERING)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert pins(page) == []
    check_what_was_seen(page, 6)


def test_by_finger(open_page: Open, site: Site) -> None:
    page = opened(open_page, site, viewport=PHONE)
    finger = page.context.new_cdp_session(page)
    finger.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    swipe(page, finger, IMAGES, 50)
    assert abs(shares(page)[IMAGES] - 5000) <= 300
    assert pins(page) == [IMAGES]
    first = shares(page)[IMAGES]
    swipe(page, finger, CLUSTERING, 30)

    assert shares(page)[IMAGES] == first
    assert pins(page) == [CLUSTERING, IMAGES]
    check_what_was_seen(page, 4)


def test_by_number_while_it_is_typed(open_page: Open, site: Site) -> None:
    page = opened(open_page, site)
    number(page, CLUSTERING).click()
    page.keyboard.press("Control+A")
    page.keyboard.type("33.337")  # the last digit is one too many
    page.keyboard.press("Tab")
    assert number(page, CLUSTERING).input_value() in ("33.33", "33.34")
    number(page, IDEAS).fill("")
    number(page, IDEAS).blur()
    assert number(page, IDEAS).input_value() == "0.00"

    number(page, ARTICLES).fill("1e9")
    left = WHOLE - shares(page)[CLUSTERING]
    assert shares(page)[ARTICLES] == left
    number(page, ARTICLES).fill("-5")
    assert shares(page)[ARTICLES] == 0
    check_what_was_seen(page, 8)


def test_a_share_has_the_room_that_the_pinned_ones_leave(open_page: Open, site: Site) -> None:
    page = opened(open_page, site)
    number(page, CLUSTERING).fill("30")
    number(page, IDEAS).fill("20")
    number(page, ARTICLES).fill("5")

    slider(page, ARTICLES).focus()
    page.keyboard.press("End")

    assert shares(page) == {CLUSTERING: 3000, IDEAS: 2000, ARTICLES: 5000, PROMPTS: 0, IMAGES: 0}
    assert slider(page, ARTICLES).input_value() == "50"
    check_what_was_seen(page, 4)


def test_with_fewer_than_two_free_the_oldest_pin_lets_go(open_page: Open, site: Site) -> None:
    page = opened(open_page, site)
    for name, share in ((IMAGES, "20"), (CLUSTERING, "20"), (PROMPTS, "10")):
        number(page, name).fill(share)
        number(page, name).blur()
    assert pins(page) == [CLUSTERING, PROMPTS, IMAGES]

    number(page, ARTICLES).fill("30")
    assert shares(page) == {CLUSTERING: 2000, IDEAS: 2000, ARTICLES: 3000, PROMPTS: 1000, IMAGES: 2000}
    number(page, ARTICLES).blur()
    assert pins(page) == [CLUSTERING, ARTICLES, PROMPTS]

    slider(page, IMAGES).focus()  # which is free again, as is the one for ideas
    page.keyboard.press("ArrowRight")
    assert shares(page) == {CLUSTERING: 2000, IDEAS: 1900, ARTICLES: 3000, PROMPTS: 1000, IMAGES: 2100}
    assert pins(page) == [ARTICLES, PROMPTS, IMAGES]
    check_what_was_seen(page, 5)


def test_a_pin_is_seen_set_and_released(open_page: Open, site: Site) -> None:
    page = opened(open_page, site)
    pin = page.get_by_role("button", name="Pin Clustering")
    pin.click()
    expect(pin).to_have_attribute("aria-pressed", "true")

    number(page, ARTICLES).fill("60")
    assert shares(page)[CLUSTERING] == 1500
    pin.click()
    expect(pin).to_have_attribute("aria-pressed", "false")
    number(page, ARTICLES).fill("80")

    assert shares(page)[CLUSTERING] < 1500
    for name in (CLUSTERING, IDEAS, PROMPTS, IMAGES):
        row(page, name).locator(".pin").click()
    assert len(pins(page)) == 3
    check_what_was_seen(page, 2)


def test_the_ring_the_credits_and_the_tips_follow(open_page: Open, site: Site) -> None:
    page = opened(open_page, site)
    tip = row(page, IDEAS).locator(".too-little")
    expect(tip).to_be_hidden()

    number(page, IDEAS).fill("2.99")

    expect(row(page, IDEAS).locator("[data-credits]")).to_have_text("14")
    expect(tip).to_have_text("Too little for one cluster: 15 credits.")
    expect(tip).to_be_visible()
    number(page, IDEAS).fill("50")
    expect(tip).to_be_hidden()
    arcs = page.locator(RING).evaluate_all(ARCS)
    start = 0
    for (name, share), (arc, offset, length) in zip(shares(page).items(), arcs, strict=True):
        assert (arc, offset) == (name, start)
        assert share - 100 <= length <= share
        start += share


def test_one_announcement_for_a_change(open_page: Open, site: Site) -> None:
    page = opened(open_page, site)
    page.evaluate("""() => {
        window.said = [];
        new MutationObserver(() => window.said.push(document.querySelector("[data-say]").textContent))
            .observe(document.querySelector("[data-say]"), {childList: true});
    }""")

    slider(page, CLUSTERING).focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.locator("[data-say]")).to_have_text(re.compile(r"^Clustering 20 %, pinned; Idea generation \d"))

    assert len(page.evaluate("window.said")) == 1


def test_what_is_seen_is_saved_and_discarding_restores(open_page: Open, site: Site) -> None:
    page = opened(open_page, site)
    drag(page, ARTICLES, 60)
    page.get_by_role("button", name="Discard").click()
    expect(number(page, ARTICLES)).to_have_value("40.00")
    assert (shares(page), pins(page)) == (START, [])
    assert slider(page, ARTICLES).input_value() == "40"

    number(page, CLUSTERING).fill("15")  # as it was, written in another way
    number(page, CLUSTERING).blur()
    expect(page.get_by_text("Changes apply from the next run.")).to_be_visible()
    number(page, CLUSTERING).fill("33.33")
    page.get_by_text("Unsaved changes").wait_for()
    wanted = shares(page)
    page.get_by_role("button", name="Save changes").click()

    expect(page.locator("#toasts")).to_contain_text("Budget saved")
    assert shares(page) == wanted == kept(site)


@pytest.mark.parametrize("javascript", [True, False])
def test_from_the_global_defaults_and_back(open_page: Open, site: Site, javascript: bool) -> None:
    page = opened(open_page, site, javascript=javascript)
    page.get_by_role("button", name="Reset to the global defaults").click()
    expect(page.locator("#toasts")).to_contain_text("uses the global defaults")
    assert kept(site) is None
    expect(number(page, CLUSTERING)).to_be_hidden()

    page.get_by_role("radio", name="Own split").check()
    number(page, CLUSTERING).fill("0")
    number(page, IMAGES).fill("45")
    number(page, IMAGES).press("Enter")

    expect(page.locator("#toasts")).to_contain_text("Budget saved")
    own = kept(site)
    assert own is not None and own[IMAGES] == 4500


def test_without_javascript_the_total_is_told_and_scaled(open_page: Open, site: Site) -> None:
    page = opened(open_page, site, javascript=False)
    expect(slider(page, CLUSTERING)).to_be_hidden()
    for name, share in zip(NAMES, ("1", "1", "1", "0", "0"), strict=True):
        number(page, name).fill(share)
    page.get_by_role("button", name="Save changes").click()

    expect(page.locator("#error-summary")).to_contain_text("These add up to 3.00 %.")
    assert kept(site) == START
    page.get_by_role("button", name="Scale to 100% and save").click()

    expect(page.locator("#toasts")).to_contain_text("Budget saved")
    assert kept(site) == {CLUSTERING: 3334, IDEAS: 3333, ARTICLES: 3333, PROMPTS: 0, IMAGES: 0}


@pytest.mark.parametrize("javascript", [True, False])
def test_of_two_tabs_the_second_decides(open_page: Open, site: Site, javascript: bool) -> None:
    page, other = (opened(open_page, site, javascript=javascript) for _ in range(2))
    for tab, share in ((page, "16"), (other, "14")):
        number(tab, CLUSTERING).fill(share)
        if not javascript:
            number(tab, IMAGES).fill(str(45 - int(share)))
        tab.get_by_role("button", name="Save changes").click()

    expect(other.locator("#overtaken")).to_contain_text("Somebody saved these settings after you opened them")
    assert barriers(other) == [] if javascript else True
    saved = kept(site)
    assert saved is not None and saved[CLUSTERING] == 1600
    other.get_by_role("button", name="Save yours over theirs").click()
    expect(other.locator("#toasts")).to_contain_text("Budget saved")
    saved = kept(site)
    assert saved is not None and saved[CLUSTERING] == 1400


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_sliders_shut_nobody_out(open_page: Open, site: Site, viewport: dict, scheme: str) -> None:
    page = opened(open_page, site, viewport=viewport, scheme=scheme)
    number(page, IDEAS).fill("1")  # with a tip and a pin
    number(page, IDEAS).blur()

    assert barriers(page) == []
