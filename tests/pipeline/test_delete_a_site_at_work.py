"""A site that is deleted while its run has calls out: what comes back is nobody's, and no credits are lost."""

import pytest
from flask import Flask

from tests import factories
from tests.pipeline.engine import (
    assert_books_agree,
    fresh,
    in_background,
    reload,
    rows,
    site_with_keywords,
    start,
    use,
    work_to_the_end,
)
from tests.pipeline.scripted import Gate, ScriptedProvider
from webapp.ai.provider import Operation
from webapp.content.models import Article
from webapp.core.db import db
from webapp.credits import ledger
from webapp.credits.models import EntryKind, LedgerEntry
from webapp.pipeline import control, run_log
from webapp.pipeline.closing import delete_site


def test_the_holds_are_given_back_and_late_answers_are_nobodys(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(Operation.CONTENT_GENERATION)
    use(monkeypatch, ScriptedProvider(gate))
    account = factories.account(credits=5000)
    site = site_with_keywords(account=account)
    run = start(site)
    account_id, run_id = account.id, run.id
    worker = in_background(app, run)
    assert gate.arrived.wait(30)

    delete_site(reload(site), by="Ana", run_seen=fresh(run).id)
    charged = -sum(entry.amount for entry in rows(LedgerEntry, LedgerEntry.kind == EntryKind.CHARGE))
    gate.open()
    worker.finish()

    assert ledger.balance(account_id) == 5000 - charged
    db.session.commit()
    assert not run_log.path_of(run_id).exists()
    assert rows(Article) == []
    assert_books_agree()


def test_a_late_answer_never_lands_in_another_sites_article(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(Operation.CONTENT_GENERATION)
    use(monkeypatch, ScriptedProvider(gate))
    gone = site_with_keywords()
    worker = in_background(app, start(gone))
    assert gate.arrived.wait(30)
    delete_site(reload(gone), by="Ana", run_seen=control.active_run(gone.id).id)  # type: ignore[union-attr]
    other = factories.site()
    factories.keyword(other, "sourdough starter", volume=900)
    gate.open()
    worker.finish()

    work_to_the_end(start(reload(other)))

    assert rows(Article) and all("ourdough" in article.title for article in rows(Article))
