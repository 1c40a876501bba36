"""Rows for tests, with sensible defaults. Each function commits, so that no test holds SQLite's write lock."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import uuid4

from flask.testing import FlaskClient

from webapp.accounts.models import Account, Member, Role, User
from webapp.accounts.signup import join, make_operator
from webapp.ai.functions.idea_generation import IdeaKind
from webapp.ai.functions.image_prompt_extraction import ImageRole
from webapp.ai.provider import Operation
from webapp.content.importing.understanding import Field, Source, Understanding
from webapp.content.imports.models import ImportStatus, KeywordImport
from webapp.content.models import (
    Article,
    ArticleStatus,
    Cluster,
    ClusterStatus,
    Idea,
    IdeaStatus,
    Image,
    ImageStatus,
    Intent,
    Keyword,
    KeywordStatus,
    Task,
    TaskStatus,
)
from webapp.core.clock import now
from webapp.core.db import db
from webapp.core.secrets import Secret
from webapp.credits import ledger
from webapp.credits.ledger import Purchase
from webapp.pipeline import control, founding
from webapp.pipeline.models import AiCall, CallStatus, Run, Trigger
from webapp.pipeline.states import StageKey
from webapp.publishing.models import Publication, PublicationStatus, WaitingReason, WordPressConnection
from webapp.sites.ai.models import PromptVersion
from webapp.sites.models import Site

NO_PASSWORD = "nobody can sign in with this"
CREDITS = 10_000

Row = TypeVar("Row")
_numbers = itertools.count(1)


def account(name: str | None = None, *, credits: int = CREDITS) -> Account:
    return _kept(founding.found_account(name or f"Account {next(_numbers)}", credits=credits))


def user(email: str | None = None, *, name: str = "Ana", operator: bool = False) -> User:
    """Somebody without a usable password, because hashing one takes its time: use signed_in()."""
    number = next(_numbers)
    made = User(email=email or f"ana{number}@example.com", name=name, password=NO_PASSWORD, fs_uniquifier=uuid4().hex)
    db.session.add(made)
    db.session.flush()
    if operator:
        make_operator(made)
    return _kept(made)


def member(role: Role = Role.OWNER, *, of: Account | None = None, operator: bool = False) -> Member:
    """A new user's place in an account, a new one unless `of` names it."""
    return _kept(join(of or account(), user(operator=operator), role))


def site(of: Account | None = None, *, slug: str | None = None, name: str | None = None, **fields: Any) -> Site:
    number = next(_numbers)
    made = founding.found_site(of or account(), name or f"Garden {number}", slug or f"garden-{number}")
    for field, value in fields.items():
        setattr(made, field, value)
    return _kept(made)


def keyword(of: Site, phrase: str | None = None, **fields: Any) -> Keyword:
    number = next(_numbers)
    phrase = phrase or f"how to grow basil {number}"
    defaults: dict[str, Any] = {
        "normal": phrase.lower(),
        "volume": 1000 + number,
        "difficulty": number % 100,
        "cpc": Decimal("0.45"),
        "intent": Intent.INFORMATIONAL,
        "country": "US",
        "status": KeywordStatus.NEW,
    }
    return _added(Keyword(site_id=of.id, phrase=phrase, **(defaults | fields)))


def keywords(of: Site, count: int = 10, **fields: Any) -> list[Keyword]:
    """Distinct keywords, the first with the lowest volume."""
    return [keyword(of, **fields) for _ in range(count)]


def keyword_import(of: Site, status: ImportStatus = ImportStatus.UNDERSTOOD, **fields: Any) -> KeywordImport:
    """A file of two lines, understood. Its bytes are not kept: let it arrive where a test reads them."""
    understanding = Understanding(
        source=Source.TABLE,
        container="Text",
        encoding="utf-8",
        delimiter=",",
        sheet=None,
        header_line=1,
        columns={Field.PHRASE: 0, Field.VOLUME: 1},
        names=("Keyword", "Volume"),
        sample=(("moka pot", "90"), ("chemex", "10")),
    )
    counters = {"lines": 2, "new": 1, "duplicates": 1, "expected": 2, "position": 3}
    defaults = {"by": "Ana", "filename": "keywords.csv", "size": 40, "understanding": understanding.to_json()}
    return _added(KeywordImport(site_id=of.id, status=status, **(defaults | counters | fields)))


def cluster(of: Site, **fields: Any) -> Cluster:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "name": f"Growing basil {number}",
        "head": f"basil care {number}",
        "intent": Intent.INFORMATIONAL,
        "volume": 1200,
        "status": ClusterStatus.NEW,
    }
    return _added(Cluster(site_id=of.id, **(defaults | fields)))


def idea(of: Site, within: Cluster | None = None, **fields: Any) -> Idea:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "cluster": within or cluster(of, status=ClusterStatus.EXPANDED),
        "title": f"How to grow basil indoors, part {number}",
        "angle": "For people with one sunny window.",
        "outline": ["Light", "Water", "Harvest"],
        "kind": IdeaKind.PILLAR,
        "target_keyword": "grow basil indoors",
        "intent": Intent.INFORMATIONAL,
        "status": IdeaStatus.NEW,
    }
    return _added(Idea(site_id=of.id, **(defaults | fields)))


def task(of: Site, for_idea: Idea | None = None, **fields: Any) -> Task:
    planned = for_idea or idea(of, status=IdeaStatus.PLANNED)
    defaults: dict[str, Any] = {
        "title": planned.title,
        "brief": "Write for beginners. Say when to water.",
        "target_words": 600,
        "status": TaskStatus.PENDING,
    }
    return _added(Task(site_id=of.id, idea=planned, **(defaults | fields)))


def article(of: Site, status: ArticleStatus = ArticleStatus.REVIEW, **fields: Any) -> Article:
    """An article with all that the checks before approval ask for, but without images."""
    number = next(_numbers)
    title = fields.get("title", f"Basil on the window sill {number}")
    words = fields.get("words", 600)
    defaults: dict[str, Any] = {
        "task": fields.pop("task", None) or task(of, status=TaskStatus.WRITTEN),
        "title": title,
        "slug": f"basil-on-the-window-sill-{number}",
        "meta_title": title[:60],
        "meta_description": "What basil on a window sill needs: light, water and a little patience.",
        "excerpt": "Basil wants light and water.",
        "focus_keyword": "basil window sill",
        "body_html": "<p>" + "basil " * 10 + "</p><h2>Light</h2><p>" + "sun " * (words - 11) + "</p>",
        "words": words,
        "written_by": "embedded",
        "is_draft_quality": True,
        "status": status,
        "prompts_at": None if status is ArticleStatus.DRAFT else now(),
    }
    if status is ArticleStatus.APPROVED:
        defaults |= {"approved_at": now(), "approved_by": "Ana"}
    return _added(Article(site_id=of.id, **(defaults | fields)))


def image(of: Article, status: ImageStatus = ImageStatus.GENERATED, **fields: Any) -> Image:
    """The article's next picture. The file of a generated one is only a name: write it where a test reads it."""
    position = len(of.images)
    defaults: dict[str, Any] = {
        "position": position,
        "role": ImageRole.FEATURED if position == 0 else ImageRole.IN_ARTICLE,
        "prompt": "A pot of basil on a window sill",
        "alt_text": "A pot of basil in the sun",
        "place": None if position == 0 else "Light",
        "status": status,
    }
    if status is ImageStatus.GENERATED:
        defaults |= {"file": f"{uuid4().hex}.png", "media_type": "image/png"}
    if status is ImageStatus.ATTENTION:
        defaults |= {"attention": "The provider did not answer."}
    return _added(Image(site_id=of.site_id, article=of, **(defaults | fields)))


def publication(
    of: Site, status: PublicationStatus = PublicationStatus.SCHEDULED, *, article_: Article | None = None, **fields: Any
) -> Publication:
    """An approved article on its way, with what the table demands in that status. Slots are minutes apart."""
    number = next(_numbers)
    slot = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1, minutes=number)
    of_status: dict[PublicationStatus, dict[str, Any]] = {
        PublicationStatus.WAITING: {"reason": WaitingReason.QUEUE_FULL},
        PublicationStatus.SCHEDULED: {"slot_at": slot},
        PublicationStatus.PUBLISHING: {"slot_at": slot, "owner": "test", "epoch": 1},
        PublicationStatus.PUBLISHED: {
            "slot_at": slot - timedelta(days=2),
            "published_at": slot - timedelta(days=2),
            "link": f"/published/{of.slug}/page-{number}/",
            "remote_id": f"page-{number}",
        },
        PublicationStatus.FAILED: {"error": "The folder is not writable.", "attempts": 5},
    }
    published = article_ or article(of, ArticleStatus.APPROVED)
    values = {"position": number} | of_status[status] | fields
    return _added(Publication(site_id=of.id, article=published, status=status, **values))


def connection(of: Site, **fields: Any) -> WordPressConnection:
    """How a site signs in to a WordPress that nobody has asked yet."""
    defaults: dict[str, Any] = {
        "address": "https://herbs.example", "username": "ana", "password": Secret.of("abcd efgh"),
    }  # fmt: skip
    return _added(WordPressConnection(site_id=of.id, **(defaults | fields)))


def prompt(of: Site | None, operation: Operation = Operation.CLUSTERING, **fields: Any) -> PromptVersion:
    """What somebody wrote for that site, or for all."""
    texts = {"system": "Be brief.", "user": "Name these: {keywords.groups}"}
    site_id = None if of is None else of.id
    said: dict[str, Any] = {"number": 1, "by": "Ana"} | texts | fields
    return _added(PromptVersion(site_id=site_id, operation=operation, **said))


def run(of: Site, *, by: str = "Ana") -> Run:
    """A queued run, as the start button makes it."""
    return control.start(of, by=by, trigger=Trigger.PERSON)


def call(of: Run, status: CallStatus = CallStatus.UNKNOWN, *, item: str = "articles:1", **fields: Any) -> AiCall:
    """A paid question of that run with its hold of 8 credits, asked a while ago."""
    number, asked = next(_numbers), now() - timedelta(hours=2)
    defaults: dict[str, Any] = {
        "key": f"call-{number}",
        "stage": StageKey.ARTICLES,
        "operation": Operation.CONTENT_GENERATION,
        "model": "embedded/embedded",
        "attempt": 1,
        "sends": 2,
        "epoch": of.epoch,
        "price": 8,
        "sent_at": asked,
        "deadline": asked + timedelta(minutes=3),
        "error": "The provider did not answer in time.",
    }
    made = AiCall(site_id=of.site_id, run_id=of.id, item=item, status=status, **(defaults | fields))
    db.session.add(made)
    ledger.hold(Purchase(of.site.account_id, of.site_id, of.id, made.operation, made.item, made.attempt), made.price)
    return _kept(made)


def signed_in(client: FlaskClient, user: User) -> FlaskClient:
    """The client, as a browser in which that user has signed in."""
    with client.session_transaction() as session:
        session.clear()
        session["_user_id"] = user.fs_uniquifier
        session["_fresh"] = True
    return client


def _added(row: Row) -> Row:
    db.session.add(row)
    return _kept(row)


def _kept(row: Row) -> Row:
    db.session.commit()
    return row
