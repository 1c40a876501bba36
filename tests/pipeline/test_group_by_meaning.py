"""What an endpoint changes about the clusters: its embeddings join groups, its model takes apart and puts together."""

import json
from collections.abc import Iterator, Sequence

import pytest
from flask import Flask

from tests import factories
from tests.ai.openai.scribe import Scribe
from tests.ai.openai.server import Asked, Endpoint, Told, chat, endpoint, error
from tests.pipeline.engine import assert_books_agree, rows, set_limits, start, with_settings, work_to_the_end
from webapp.ai.openai.prompts import default
from webapp.ai.provider import Operation
from webapp.content.models import Cluster, Keyword, KeywordStatus
from webapp.core.db import db
from webapp.pipeline import paid_work, trials
from webapp.pipeline.models import AiCall
from webapp.pipeline.states import RunStatus
from webapp.sites.ai.models import AiConnection
from webapp.sites.models import Site

PHRASES = ("cheap shoes", "low-cost sneakers", "desk lamp")
VECTORS = {"cheap shoes": [1.0, 0.1], "low-cost sneakers": [1.0, 0.0], "desk lamp": [-1.0, 0.0]}
TOKENS = 12


class Embedder(Scribe):
    """Knows how near phrases are, if it was told `vectors`; and changes what `changes` say when it names groups."""

    def __init__(self, vectors: Told | None = None, **changes: Sequence[object]):
        super().__init__()
        self.vectors, self.changes = vectors, changes
        self.compared: list[Asked] = []

    def __call__(self, asked: Asked) -> Told:
        if asked.path.endswith("/embeddings"):
            self.compared.append(asked)
            return self.vectors or embedded(asked)
        told = super().__call__(asked)
        if not self.changes or b"Topic" not in told.bytes:
            return told
        groups = json.loads(json.loads(told.bytes)["choices"][0]["message"]["content"])
        return chat(json.dumps(groups | self.changes))


def embedded(asked: Asked) -> Told:
    found = [{"index": place, "embedding": VECTORS[phrase]} for place, phrase in enumerate(asked.json["input"])]
    return Told({"data": found, "usage": {"prompt_tokens": TOKENS, "total_tokens": TOKENS}})


@pytest.fixture
def there(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setattr(paid_work, "BACKOFF", 0.0)
    with_settings(app, allow_private_targets=True)
    with endpoint() as started:
        yield started


def site_that_asks(there: Endpoint, embedding_model: str = "") -> Site:
    site = factories.site(factories.account(credits=1000))
    for place, phrase in enumerate(PHRASES):
        factories.keyword(site, phrase, volume=100 - place)
    set_limits(site, max_clusters_per_run=1, max_ideas_per_run=1, max_tasks_per_run=1)
    made = AiConnection(
        account_id=site.account_id, name="It", base_url=there.address, text_model="m", is_default=True,
        embedding_model=embedding_model,
    )  # fmt: skip
    db.session.add(made)
    db.session.commit()
    return site


def worked_by(there: Endpoint, embedder: Embedder, embedding_model: str = "") -> None:
    there.answer_by(embedder)
    run = work_to_the_end(start(site_that_asks(there, embedding_model)))
    assert run.status is RunStatus.COMPLETED
    assert_books_agree()


def clusters() -> list[set[str]]:
    """The phrases of each, in the order in which they were made."""
    found = [{keyword.phrase for keyword in cluster.keywords} for cluster in rows(Cluster)]
    db.session.commit()
    return found


def key_of(phrase: str) -> str:
    [keyword] = rows(Keyword, Keyword.phrase == phrase)
    return f"k{keyword.id}"


def test_what_is_near_in_meaning_becomes_one_cluster(there: Endpoint) -> None:
    embedder = Embedder()

    worked_by(there, embedder, embedding_model="small-embedder")

    assert clusters() == [{"cheap shoes", "low-cost sneakers"}, {"desk lamp"}]
    [asked] = embedder.compared
    assert (asked.json["model"], asked.json["input"]) == ("small-embedder", list(PHRASES))


def test_comparing_is_a_call_of_its_own_with_its_model_and_tokens(there: Endpoint) -> None:
    worked_by(there, Embedder(), embedding_model="small-embedder")

    compared, named = rows(AiCall, AiCall.operation == Operation.CLUSTERING)
    assert (compared.step, compared.model, compared.input_tokens) == ("meanings", "openai/small-embedder", TOKENS)
    assert (named.step, named.model) == ("names", "openai/m")
    assert (compared.price > 0, named.price) == (True, 0)


def test_without_a_model_for_meanings_nobody_is_asked(there: Endpoint) -> None:
    embedder = Embedder()

    worked_by(there, embedder)

    assert len(clusters()) == 3
    assert embedder.compared == []


@pytest.mark.parametrize(
    "vectors",
    [
        error(404, "The model does not exist.", code="model_not_found"),
        error(400, "No embeddings here."),
        Told({"data": []}),
        Told({"data": [{"index": 0, "embedding": "text"}] * 3}),
        Told({"data": [{"index": place, "embedding": [0.0] * (place + 1)} for place in range(3)]}),
    ],
    ids=["no such model", "refused", "none", "no numbers", "different lengths"],
)
def test_where_nothing_comes_of_comparing_words_decide(there: Endpoint, vectors: Told) -> None:
    embedder = Embedder(vectors)

    worked_by(there, embedder, embedding_model="small-embedder")

    assert len(clusters()) == 3
    assert len(embedder.compared) == 1


def test_a_model_takes_a_keyword_out_of_its_group_and_says_why(there: Endpoint) -> None:
    embedder = Embedder()
    there.answer_by(embedder)
    site = site_that_asks(there, "small-embedder")
    taken = {"phrases": ["low-cost sneakers"], "name": "Sneakers", "head": "low-cost sneakers", "reason": "Sport."}
    embedder.changes = {"split": [taken | {"key": key_of("cheap shoes")}]}

    work_to_the_end(start(site))

    assert clusters() == [{"cheap shoes"}, {"desk lamp"}, {"low-cost sneakers"}]
    sneakers = rows(Cluster)[2]
    assert (sneakers.name, sneakers.head, sneakers.volume) == ("Sneakers", "low-cost sneakers", 99)
    assert sneakers.reason == f"Taken out of “{rows(Cluster)[0].name}”: Sport."
    assert {keyword.status for keyword in rows(Keyword)} == {KeywordStatus.CLUSTERED}


def test_a_model_puts_groups_together_and_says_why(there: Endpoint) -> None:
    embedder = Embedder()
    there.answer_by(embedder)
    site = site_that_asks(there)
    keys = [key_of("cheap shoes"), key_of("low-cost sneakers")]
    embedder.changes = {"merge": [{"keys": keys, "reason": "Both are shoes."}]}

    work_to_the_end(start(site))

    assert clusters() == [{"cheap shoes", "low-cost sneakers"}, {"desk lamp"}]
    shoes = rows(Cluster)[0]
    assert (shoes.volume, shoes.origin) == (199, keys[0])
    assert (shoes.reason or "").endswith("was put together with it: Both are shoes.")


def test_trying_a_prompt_asks_what_the_prompt_is_for(there: Endpoint) -> None:
    embedder = Embedder()
    there.answer_by(embedder)
    site = site_that_asks(there, "small-embedder")
    template = default(Operation.CLUSTERING)
    trial = trials.prepare(site, Operation.CLUSTERING, template)
    db.session.commit()

    tried = trials.put(trial)

    assert (tried.problem, embedder.compared) == ("", [])
    assert len(tried.result.groups) == 3  # type: ignore[union-attr]
