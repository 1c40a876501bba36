"""What every page meets: accessibility, no sideways scroll, room for fingers, little weight, no policy error."""

import gzip
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

import config
from tests import factories
from tests.credits.spending import purchase
from tests.journeys.conftest import PHONE, WIDE, Installation, Open
from tests.pipeline.engine import site_with_keywords
from tests.sites.ai.endpoints import endpoint
from webapp.accounts.models import Account
from webapp.ai.provider import Operation
from webapp.content.imports import arriving
from webapp.content.imports.models import ImportStatus
from webapp.content.media import keep
from webapp.content.models import (
    ArticleStatus,
    ClusterStatus,
    ExistingPost,
    IdeaStatus,
    ImageStatus,
    KeywordStatus,
    TaskStatus,
)
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.redis import connection as redis_connection
from webapp.core.secrets import Secret
from webapp.credits import ledger
from webapp.credits.splits import set_split
from webapp.pipeline import claim, control
from webapp.pipeline.claim import Claim
from webapp.pipeline.models import CallStatus
from webapp.pipeline.terms import automation_of
from webapp.publishing.feed import new_token
from webapp.publishing.models import (
    PostStatus,
    PublicationStatus,
    WaitingReason,
    WordPressConnection,
)
from webapp.publishing.schedule import change_settings
from webapp.publishing.wordpress.connection import Wanted, connect
from webapp.publishing.wordpress.examine import Examined
from webapp.sites.ai.choices import Own, choose
from webapp.sites.ai.models import AiConnection
from webapp.sites.ai.prices import Rates, set_price
from webapp.sites.models import Site

AXE = config.ROOT / ".assets/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOUND_BY_AXE = """async rules => {
    const found = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
    return found.violations;  // what is right as well, element by element, would be many times as much
}"""
LEAST_TARGET = 44  # pixels, on a phone
FIRST_LOAD = 64_000  # bytes on the wire
SCRIPTS = 20_000  # bytes, compressed

PAGES = (
    "/", "/sites/new", "/sites/{full}/", "/sites/{full}/keywords", "/sites/{full}/keywords/add",
    "/sites/{full}/keywords/imports", "/sites/{full}/keywords/imports/{understood}",
    "/sites/{full}/keywords/imports/{unmapped}", "/sites/{full}/keywords/imports/{stopped}",
    "/sites/{full}/keywords/imports/{failed}", "/sites/{full}/keywords/imports/{understood}/drop",
    "/sites/{full}/clusters", "/sites/{full}/clusters/{cluster}",
    "/sites/{full}/ideas", "/sites/{full}/tasks", "/sites/{full}/articles", "/sites/{full}/articles/{article}",
    "/sites/{full}/images", "/sites/{full}/runs", "/sites/{full}/runs/{paused}", "/sites/{full}/runs/{paused}/cancel",
    "/sites/{full}/runs/{cancelled}", "/sites/{full}/runs/{cancelled}/log", "/sites/{full}/automation",
    "/sites/{full}/budget", "/sites/{split}/budget",
    "/sites/{full}/queue", "/sites/{full}/queue/{scheduled}/slot", "/sites/{full}/queue/{published}/slot",
    "/sites/{full}/queue/{scheduled}/publish-now", "/sites/{wordpress}/queue",
    "/sites/{full}/queue/calendar", "/sites/{full}/publishing", "/sites/{full}/connect",
    "/sites/{wordpress}/connect", "/sites/{wordpress}/connect/forget", "/sites/{full}/settings", "/sites/{full}/delete",
    "/sites/{full}/voice", "/sites/{full}/prompts", "/sites/{full}/prompts/clustering",
    "/sites/{full}/prompts/clustering/versions/1", "/sites/{empty}/prompts/content_generation",
    "/operator/prompts", "/operator/prompts/image_generation",
    "/sites/{empty}/", "/sites/{empty}/keywords", "/sites/{empty}/clusters", "/sites/{empty}/ideas",
    "/sites/{empty}/tasks", "/sites/{empty}/articles", "/sites/{empty}/images", "/sites/{empty}/runs",
    "/sites/{empty}/queue", "/sites/nowhere/", "/operator/system", "/operator/system/runs/{paused}/cancel",
    "/operator/system/runs/{held}/take-over", "/operator/system/runs/{cancelled}/take-over",
    "/credits?account={account}", "/credits?account={account}&kind=charge&site={full}",
    "/credits?account={account}&operation=clustering", "/operator/credits", "/operator/credits?q=nobody",
    "/operator/credits/accounts/{account}", "/operator/credits/holds",
    "/sites/{full}/tasks/{task}", "/sites/{full}/tasks/{task}/write", "/sites/{full}/clusters?status=attention",
    "/sites/{full}/clusters/{stuck}", "/sites/{full}/clusters/{stuck}/write", "/sites/{full}/images/{image}",
    "/sites/{full}/images/{image}/drop",
    "/account/ai?account={account}", "/account/ai/new?account={account}&preset=azure-openai", "/account/ai/{endpoint}",
    "/account/ai/{endpoint}/forget", "/sites/{full}/models", "/sites/{full}/keywords?status=unclustered",
    "/sites/{full}/placing?keyword={unclustered}", "/sites/{full}/grouping", "/sites/{empty}/grouping/preview",
)  # fmt: skip


@pytest.fixture(scope="module")
def places(installation: Installation) -> Iterator[dict[str, object]]:
    """What stands in the addresses: a site with rows in every state, one without any, runs that stopped."""
    account = installation.account()
    site = site_with_keywords(20, account=account)
    imports = imports_of(site)
    cluster = factories.cluster(site)
    factories.keyword(site, cluster=cluster, status=KeywordStatus.CLUSTERED, confidence=35)
    factories.keyword(site, cluster=cluster, status=KeywordStatus.CLUSTERED, placed_by_hand=True)
    unclustered = factories.keyword(site, status=KeywordStatus.UNCLUSTERED, nearest_cluster_id=cluster.id)
    factories.idea(site, cluster)
    factories.idea(site, cluster, status=IdeaStatus.DISMISSED, reason="Nearly the same as “Basil” (article).")
    task = factories.task(site, status=TaskStatus.ATTENTION, attention="The answer was no JSON.")
    stuck = factories.cluster(site, status=ClusterStatus.ATTENTION, attention="The answer was no JSON.")
    article = factories.article(site, ArticleStatus.REVIEW)
    picture = keep(b"\x89PNG\r\n\x1a\n", "image/png")
    factories.image(article, file=picture)
    image = factories.image(article, ImageStatus.ATTENTION)
    publications = {status: factories.publication(site, status) for status in PublicationStatus}
    factories.publication(site, PublicationStatus.WAITING, reason=WaitingReason.HELD, held=True)
    factories.publication(site, PublicationStatus.WAITING, reason=WaitingReason.UNSCHEDULED)
    factories.prompt(site, Operation.CLUSTERING)
    new_token(site.id)
    cancelled = control.cancel(factories.run(site), "Ana")
    paused = control.pause(factories.run(site), "Ana")
    factories.call(cancelled)
    answer = {"reply": "<script>alert(1)</script> " * 2000, "problem": "no JSON", "error": ""}
    factories.call(cancelled, CallStatus.ANSWERED, item=f"articles:{task.id}", attempt=2, **answer)
    bought = purchase(cancelled, "articles:2", article_id=article.id)
    ledger.hold(bought, 12)
    ledger.settle(bought, 12, 12)
    db.session.commit()
    refused = endpoint_that_refuses(site)
    held = held_run(account)
    with held.beating(every=1):
        yield {
            "full": site.slug,
            **imports,
            "empty": factories.site(account).slug,
            "split": site_with_own_split(account),
            "wordpress": site_with_wordpress(account),
            "cluster": cluster.id,
            "unclustered": unclustered.id,
            "article": article.id,
            "task": task.id,
            "stuck": stuck.id,
            "image": image.id,
            "scheduled": publications[PublicationStatus.SCHEDULED].id,
            "published": publications[PublicationStatus.PUBLISHED].id,
            "cancelled": cancelled.id,
            "paused": paused.id,
            "held": held.run_id,
            "account": account.id,
            "endpoint": refused.id,
        }


def imports_of(site: Site) -> dict[str, int]:
    """The numbers of imports that wait for somebody, each in its own way."""
    unmapped = arriving.receive(site, io.BytesIO(b"A,B\n1,2\n3,4\n"), "odd.csv", "Ana")
    assert unmapped.status is ImportStatus.UNMAPPED
    left_out = {"bad": 1, "lines": 3, "remarks": 1, "reasons": {"“…” has no letter and no digit.": 1}}
    understood = factories.keyword_import(site, **left_out)
    stopped = factories.keyword_import(site, ImportStatus.STOPPED, problem="Stopped by Ana.")
    failed = factories.keyword_import(site, ImportStatus.FAILED, problem="The ZIP file is damaged.", **left_out)
    return {"unmapped": unmapped.id, "understood": understood.id, "stopped": stopped.id, "failed": failed.id}


def site_with_own_split(account: Account) -> str:
    """The name of one whose run is too small for all but the last of its shares."""
    site = factories.site(account)
    automation_of(site).max_credits_per_run = 10
    set_split(site.id, dict.fromkeys(Operation, 500) | {Operation.IMAGE_GENERATION: 8000})
    db.session.commit()
    return site.slug


def site_with_wordpress(account: Account) -> str:
    """The name of one that is connected, under another key, and whose posts could not be read again."""
    site = factories.site(account)
    found = Examined("Herb notes", "6.8.1", "Ana", ["author"], may_make_categories=False, seconds_ahead=90)
    wanted = Wanted("https://herbs.example", "ana", "abcd efgh", "Notes", PostStatus.DRAFT)
    connect(site, wanted, found)
    connection = db.session.get_one(WordPressConnection, site.id)
    connection.password, connection.posts_problem = Secret("made with another key"), "Nobody answers."
    db.session.add(
        ExistingPost(
            site_id=site.id, remote_id=1, link="https://herbs.example/a/", title="Basil", slug="a", modified=now()
        )
    )
    change_settings(site.id, {"target_problem": WaitingReason.TARGET_REFUSES_CREDENTIALS})
    db.session.commit()
    return site.slug


def endpoint_that_refuses(site: Site) -> AiConnection:
    """One that only this site asks, whose test found a mistake before, with a price."""
    found = {"problems": [{"field": "image_model", "sentence": "It is not there.", "remedy": "Choose another."}]}
    about = {"abilities": found, "tested_at": now(), "refused_at": now(), "refusal": "Wrong key."}
    refused = endpoint(site.account, name="Refused", is_default=False, **about)
    set_price(refused, "gpt-x", now().date(), Rates(input=150_000))
    choose(site, {Operation.CLUSTERING: Own(refused, "gpt-x")})
    db.session.commit()
    return refused


def held_run(account: Account) -> Claim:
    """The claim of a worker that lives and does nothing. A real one may come first: then that of another run."""
    for _ in range(20):
        run = factories.run(factories.site(account))
        taken = claim.claim(run.id, run.epoch, worker="idler", lease=6, lock=redis_connection())
        if taken is not None:
            return taken
    raise AssertionError("the installation's workers were faster every time")


# Contrast follows the colours, and everything else the width: two of the four pairs meet all of them. To visit every
# page is what takes long, so each is visited once on each of them, and met there with all that there is to meet.
def test_no_page_shuts_anybody_out_on_a_wide_screen_in_the_light(open_page: Open, places: dict) -> None:
    page = open_page("/", viewport=WIDE, scheme="light")

    assert not (found := met_everywhere(page, places, barriers)), found


def test_on_a_phone_in_the_dark_no_page_shuts_anybody_out_or_scrolls_sideways_and_fingers_have_room(
    open_page: Open, places: dict
) -> None:
    page = open_page("/", viewport=PHONE, scheme="dark")

    assert not (found := met_everywhere(page, places, barriers, too_small, too_wide_for_320_pixels)), found


def met_everywhere(page: Page, places: dict, *meets: Callable[[Page], list[str]]) -> str:
    """What is found on all pages, as text; "" if nothing is."""
    found = {}
    for address in PAGES:
        page.goto(address.format(**places))
        if problems := [problem for meet in meets for problem in meet(page)]:
            found[address] = problems
    return json.dumps(found, indent=1) if found else ""


def too_small(page: Page) -> list[str]:
    """What a finger would miss."""
    found: list[str] = page.evaluate(SMALL_TARGETS, LEAST_TARGET)
    return found


def too_wide_for_320_pixels(page: Page) -> list[str]:
    """What makes the page scroll sideways there."""
    as_it_was = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 700})
    found: list[str] = page.evaluate(BEYOND_THE_EDGE)
    page.set_viewport_size(as_it_was)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_strangers_see_shuts_nobody_out(open_page: Open, scheme: str) -> None:
    page = open_page("/sign-in", scheme=scheme, stranger=True)
    assert barriers(page) == []

    page.get_by_label("Email address").fill("nobody@example.com")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()

    assert "do not belong together" in page.locator("main").inner_text()
    assert barriers(page) == []


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/sites/{full}/automation", "max_tasks_per_run"),
        ("/sites/{split}/budget", "clustering"),
        ("/sites/{full}/publishing", "queue_limit"),
        ("/sites/{full}/settings", "name"),
        ("/sites/{full}/prompts/clustering", "user"),
        ("/sites/{wordpress}/connect", "username"),
        ("/operator/credits", "clustering_share"),
        ("/account/ai/{endpoint}", "base_url"),
    ],
)
def test_a_refused_form_shuts_nobody_out(open_page: Open, places: dict, address: str, field: str) -> None:
    page = open_page(address.format(**places), javascript=True)
    page.evaluate("name => { document.getElementsByName(name)[0].value = '' }", field)
    page.get_by_role("button", name=re.compile("^Save( changes| and connect)?$")).click()
    page.wait_for_selector("#error-summary")

    assert page.locator(f"[name={field}]").get_attribute("aria-invalid") == "true"
    assert barriers(page) == []


BEYOND_THE_EDGE = """(() => {
    const edge = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= edge) return [];
    return [...document.querySelectorAll("main *")].filter(element => element.getBoundingClientRect().right > edge)
        .map(element => element.outerHTML.slice(0, 100));
})()"""


SMALL_TARGETS = """least => [...document.querySelectorAll("button, input:not([type=hidden]), select, summary, .btn")]
    .map(element => element.matches("[type=checkbox], [type=radio]") ? element.closest("label") || element : element)
    .filter(element => element.checkVisibility() && !element.closest("[role=tooltip], .tip"))
    .map(element => [element, element.getBoundingClientRect()])
    .filter(([element, box]) => box.width && (box.height < least - 0.5 || box.width < least - 0.5))
    .map(([element, box]) => `${element.outerHTML.slice(0, 80)} ${box.width}x${box.height}`)"""


def test_the_first_load_is_light(open_page: Open, places: dict) -> None:
    page = open_page("/sign-in", stranger=True)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    weights: list[int] = []
    session.on("Network.loadingFinished", lambda told: weights.append(int(told["encodedDataLength"])))
    page.goto("/sign-in")
    page.wait_for_load_state("networkidle")

    assert len(weights) >= 5  # the page, its style, its scripts, its font
    assert sum(weights) <= FIRST_LOAD
    scripts = [Path(config.ROOT / "static" / name).read_bytes() for name in ("app.js", "vendor/htmx.min.js")]
    assert sum(len(gzip.compress(script)) for script in scripts) <= SCRIPTS


def test_a_stop_says_why_and_what_next_above_the_fold_of_a_phone(open_page: Open, places: dict) -> None:
    for run, words, step in (
        ("paused", "Paused by Ana", "Resume"),
        ("cancelled", "Cancelled by Ana", "Start a new run"),
    ):
        page = open_page(f"/sites/{places['full']}/runs/{places[run]}", viewport=PHONE)

        why = page.locator("#why")
        assert words in why.inner_text()
        action = page.get_by_role("button", name=step).or_(page.get_by_role("link", name=step)).first
        for part in (why, action):
            box = part.bounding_box()
            assert box is not None and box["y"] + box["height"] <= PHONE["height"]


def barriers(page: Page) -> list[str]:
    """What axe-core finds, a line each."""
    page.evaluate(AXE.read_text())
    violations = page.evaluate(FOUND_BY_AXE, RULES)
    return [
        f"{violation['id']}: {node['html'][:120]} {json.dumps([one['message'] for one in node['any'][:1]])}"
        for violation in violations
        for node in violation["nodes"][:3]
    ]
