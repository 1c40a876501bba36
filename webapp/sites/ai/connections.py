"""The endpoints of an account: adding one, changing it, what a test of it found, forgetting it. The caller commits."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from webapp.accounts.models import Account, AccountEvent
from webapp.ai.openai.endpoint import Endpoint, SignIn
from webapp.core.clock import now
from webapp.core.db import change, db
from webapp.core.errors import Invalid
from webapp.core.secrets import Secret
from webapp.sites.ai.models import AiConnection, ModelChoice, ModelPrice

if TYPE_CHECKING:
    from webapp.ai.openai.examine import Abilities


@dataclass(frozen=True)
class Wanted:
    """A connection as somebody wants it. `key` is empty where the one that is kept shall stay, if `needs_key`."""

    name: str
    preset: str
    base_url: str
    sign_in: SignIn
    api_version: str
    key: str
    needs_key: bool
    text_model: str
    image_model: str
    embedding_model: str
    at_a_time: int


def endpoint_of(connection: AiConnection) -> Endpoint:
    return Endpoint(connection.base_url, connection.key, connection.sign_in, connection.api_version or None)


def endpoint_for(wanted: Wanted, kept: AiConnection | None) -> Endpoint:
    """With the key that was written, the one that is kept, or none.

    The kept one goes to no other address than it was entered for. Raises Invalid.
    """
    return Endpoint(wanted.base_url, _key_for(wanted, kept), wanted.sign_in, wanted.api_version or None)


def connections_of(account_id: int) -> list[AiConnection]:
    """By name, the default first."""
    of_account = select(AiConnection).where(AiConnection.account_id == account_id)
    return list(db.session.scalars(of_account.order_by(AiConnection.is_default.desc(), AiConnection.name)))


def lock(account_id: int) -> None:
    """Who else wants to change the endpoints of the account waits for the caller's commit."""
    db.session.execute(select(Account.id).where(Account.id == account_id).with_for_update())


def check_name(account_id: int, name: str, id: int | None) -> None:
    """Raises Invalid where another endpoint of the account has it; `id` is the one that may."""
    same = select(AiConnection.id).where(AiConnection.account_id == account_id, AiConnection.name == name)
    if db.session.scalar(same) not in (None, id):
        raise Invalid("name", f"There is an endpoint called {name} already.", "Choose another name.")


def add(account_id: int, wanted: Wanted, found: "Abilities | None", by: str) -> AiConnection:
    """The first of an account is what its sites ask from then on. Raises Invalid."""
    lock(account_id)
    endpoint = endpoint_for(wanted, None)
    check_name(account_id, wanted.name, None)
    connection = AiConnection(account_id=account_id, is_default=not connections_of(account_id))
    _write(connection, wanted, endpoint)
    _note(connection, found)
    db.session.add(connection)
    _record(account_id, by, f"Added the endpoint {wanted.name}.")
    db.session.flush()
    return connection


def save(connection: AiConnection, wanted: Wanted, found: "Abilities | None", by: str) -> None:
    """What a test found before is forgotten where something else is asked now. Raises Invalid."""
    lock(connection.account_id)
    endpoint = endpoint_for(wanted, connection)
    check_name(connection.account_id, wanted.name, connection.id)
    is_another = asks_otherwise(connection, wanted)
    _write(connection, wanted, endpoint)
    if is_another or found is not None:
        _note(connection, found)
    _record(connection.account_id, by, f"Changed the endpoint {wanted.name}.")


def asks_otherwise(connection: AiConnection, wanted: Wanted) -> bool:
    """Whether a test of the one says nothing of the other."""
    return (
        bool(wanted.key)
        or wanted.needs_key != (connection.key is not None)
        or any(
            getattr(connection, name) != getattr(wanted, name)
            for name in ("base_url", "sign_in", "api_version", "text_model", "image_model", "embedding_model")
        )
    )


def tested(connection: AiConnection, found: "Abilities") -> None:
    """Keeps what a test of it found. One whose key was taken is asked by runs again."""
    _note(connection, found)


def make_default(connection: AiConnection, by: str) -> None:
    """From now on sites without a choice of their own ask this one."""
    lock(connection.account_id)
    of_account = AiConnection.account_id == connection.account_id
    change(update(AiConnection).where(of_account, AiConnection.is_default).values(is_default=False))
    change(update(AiConnection).where(AiConnection.id == connection.id).values(is_default=True))
    _record(connection.account_id, by, f"Made {connection.name} the endpoint that sites ask by default.")


def forget(connection: AiConnection, by: str) -> None:
    """Deletes it with its key and its prices. Sites that chose it ask the account's default again, if there is one."""
    lock(connection.account_id)
    for kind in (ModelChoice, ModelPrice):
        db.session.execute(delete(kind).where(kind.connection_id == connection.id))
    db.session.delete(connection)
    _record(connection.account_id, by, f"Forgot the endpoint {connection.name}, with its key and its prices.")
    db.session.flush()


def shows_the_key_taken(found: "Abilities") -> bool:
    """Whether something was done for the key. A list of models proves nothing: some give it to everybody."""
    return found.writes or found.pictures is not None or found.embedding_length is not None


def _key_for(wanted: Wanted, kept: AiConnection | None) -> Secret | None:
    if wanted.key:
        return Secret.of(wanted.key)
    if not wanted.needs_key:
        return None
    if kept is None or kept.key is None:
        raise Invalid("key", "The key is missing.", "Paste it, or say that this endpoint asks for none.")
    if kept.base_url != wanted.base_url:
        raise Invalid("key", "The key that is kept belongs to another address.", "Enter the key of this one.")
    return kept.key


def _write(connection: AiConnection, wanted: Wanted, endpoint: Endpoint) -> None:
    connection.name, connection.preset, connection.at_a_time = wanted.name, wanted.preset, wanted.at_a_time
    connection.text_model, connection.image_model = wanted.text_model, wanted.image_model
    connection.embedding_model = wanted.embedding_model
    if connection.base_url != endpoint.base_url or connection.key != endpoint.key:
        connection.refused_at, connection.refusal = None, ""
    if connection.key != endpoint.key:
        connection.key_set_at = now() if endpoint.key else None
    connection.base_url, connection.key = endpoint.base_url, endpoint.key
    connection.sign_in, connection.api_version = endpoint.sign_in, endpoint.api_version or ""


def _note(connection: AiConnection, found: "Abilities | None") -> None:
    connection.abilities = json.loads(found.to_json()) if found else None
    connection.tested_at = now() if found else None
    if found is not None and shows_the_key_taken(found):
        connection.refused_at, connection.refusal = None, ""


def _record(account_id: int, by: str, text: str) -> None:
    db.session.add(AccountEvent(account_id=account_id, by=by, text=text))
