"""The database itself keeps to the enums, and to what rows must add up to."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Column, Enum, Table, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from tests import factories
from webapp.accounts.switches import Switch, SwitchSetting
from webapp.ai.provider import Operation
from webapp.content.imports.models import KeywordImport
from webapp.content.models import ExistingPost, ImageStatus
from webapp.core.db import change, db
from webapp.core.secrets import Secret
from webapp.credits import ledger, prices
from webapp.credits.models import SiteBudget
from webapp.pipeline.automation import Automation, SkippedRun
from webapp.pipeline.models import AiCall, CallStatus, Run, RunEvent, RunItem
from webapp.pipeline.states import StageKey, StopReason
from webapp.publishing.models import PublicationStatus, WordPressConnection
from webapp.sites.ai.models import AiConnection, ModelChoice, PromptVersion

ENUMS = [
    pytest.param(table, column, id=f"{table.name}.{column.name}")
    for table in db.metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, Enum)
]
ALSO = {"publication.status": ", reason = NULL"}  # so that nothing but the enum can object


def one_row_of_everything() -> None:
    member = factories.member()
    site = factories.site(member.account)
    factories.keyword(site)
    article = factories.article(site)
    factories.image(article, ImageStatus.PROMPTED)
    factories.publication(site, PublicationStatus.WAITING)
    run = factories.run(site)
    now = datetime.now(UTC)
    db.session.add_all(
        [
            prices.default(Operation.CLUSTERING),
            RunItem(run_id=run.id, stage=StageKey.CLUSTERS, row=1),
            AiCall(
                key="k", site_id=site.id, run_id=run.id, stage=StageKey.CLUSTERS, item="clusters:1", attempt=1, epoch=0,
                operation=Operation.CLUSTERING, model="m", status=CallStatus.SENT, price=1, deadline=now,
            ),
            SkippedRun(site_id=site.id, scheduled_for=now, why="a run is active", run_id=run.id),
            SwitchSetting(name=Switch.NEW_SCHEDULING, value=False, by="Ana"),
            WordPressConnection(site_id=site.id, address="https://a.example", username="a", password=Secret.of("b")),
            AiConnection(account_id=site.account_id, name="It", base_url="https://a.example/v1"),
            ModelChoice(site_id=site.id, operation=Operation.CLUSTERING),
            PromptVersion(operation=Operation.CLUSTERING, number=1, by="Ana"),
            KeywordImport(site_id=site.id, by="Ana", filename="keywords.csv"),
            ExistingPost(site_id=site.id, remote_id=1, link="l", title="t", slug="s", modified=now),
        ]
    )  # fmt: skip
    ledger.hold(
        ledger.Purchase(site.account_id, site.id, run.id, Operation.CLUSTERING, item="clusters:1", attempt=1), 1
    )
    db.session.commit()


@pytest.mark.parametrize(("table", "column"), ENUMS)
def test_a_value_outside_an_enum_is_refused(app: Flask, table: Table, column: "Column[object]") -> None:
    one_row_of_everything()
    assert db.session.execute(select(column.table)).first() is not None

    with pytest.raises(IntegrityError) as refused:
        also = ALSO.get(f"{table.name}.{column.name}", "")
        db.session.execute(text(f'UPDATE "{table.name}" SET "{column.name}" = :value{also}'), {"value": "made_up"})

    assert f"ck_{table.name}_{column.type.name}" in str(refused.value.orig)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("table", "column"), ENUMS)
def test_every_value_of_an_enum_has_room(table: Table, column: "Column[object]") -> None:
    kind = column.type
    assert isinstance(kind, Enum)
    assert kind.create_constraint and not kind.native_enum
    assert max(map(len, kind.enums)) <= 40


@pytest.mark.parametrize(
    "shares",
    [
        {"clustering": 1501},
        {"clustering": 1499},
        {"clustering": 0},
        {"clustering": -1000, "idea_generation": 3500},
    ],
)
def test_five_shares_that_are_not_the_whole_are_refused(app: Flask, shares: dict[str, int]) -> None:
    site = factories.site()

    with pytest.raises(IntegrityError, match="ck_site_budget_"):
        change(update(SiteBudget).where(SiteBudget.site_id == site.id).values(**shares))


def test_other_shares_that_are_the_whole_are_kept(app: Flask) -> None:
    site = factories.site()

    shares = {"clustering": 0, "idea_generation": 1, "content_generation": 9999}
    rest = {"image_prompt_extraction": 0, "image_generation": 0}
    assert change(update(SiteBudget).where(SiteBudget.site_id == site.id).values(shares | rest)) == 1


def test_a_site_has_one_active_run(app: Flask) -> None:
    run = factories.run(factories.site())
    row = db.session.execute(select(Run.__table__).where(Run.id == run.id)).mappings().one()

    def again(number: int, status: str, owner: str | None = None) -> None:
        other = dict(row) | {"id": number, "status": status, "owner": owner, "start_token": None}
        with db.session.begin_nested():
            db.session.execute(insert(Run.__table__).values(other))

    for number, (status, owner) in enumerate([("queued", None), ("running", "somebody"), ("paused", None)], 100):
        with pytest.raises(IntegrityError):
            again(number, status, owner)
    for number, status in enumerate(["completed", "failed", "cancelled", "completed"], 200):
        again(number, status)


@pytest.mark.parametrize(("status", "owner"), [("running", None), ("queued", "somebody")])
def test_a_run_has_an_owner_exactly_while_it_runs(app: Flask, status: str, owner: str | None) -> None:
    run = factories.run(factories.site())

    with pytest.raises(IntegrityError, match="owner_while_running"):
        db.session.execute(
            text("UPDATE run SET status = :status, owner = :owner WHERE id = :id"),
            {"status": status, "owner": owner, "id": run.id},
        )


def test_one_run_starts_for_one_scheduled_time(app: Flask) -> None:
    site = factories.site()
    first = factories.run(site)
    when = datetime.now(UTC) + timedelta(hours=1)
    change(update(Run).where(Run.id == first.id).values(status="cancelled", automation_id=site.id, scheduled_for=when))
    db.session.commit()
    second = factories.run(site)

    with pytest.raises(IntegrityError):
        change(update(Run).where(Run.id == second.id).values(automation_id=site.id, scheduled_for=when))


def test_deleting_a_site_takes_along_what_hangs_from_it_and_leaves_the_ledger(app: Flask) -> None:
    one_row_of_everything()
    spent = ledger.verify().entries

    db.session.execute(text("DELETE FROM site"))
    db.session.commit()

    left = {
        table.name: found
        for table in db.metadata.sorted_tables
        if (found := db.session.execute(text(f'SELECT count(*) FROM "{table.name}"')).scalar_one())
    }
    assert left.keys() == {
        "account", "user", "member", "credit_balance", "ledger_entry", "operation_cost", "switch", "ai_connection",
        "prompt_version",
    }  # fmt: skip
    assert ledger.verify().ok and ledger.verify().entries == spent


def test_stop_reasons_of_the_code_are_those_of_the_database(app: Flask) -> None:
    run = factories.run(factories.site())

    for reason in StopReason:
        assert change(update(Run).where(Run.id == run.id).values(stop_reason=reason)) == 1
    assert db.session.scalar(select(RunEvent.id).limit(1)) is not None
    assert db.session.scalar(select(Automation.site_id)) == run.site_id
