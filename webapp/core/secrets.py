"""Short texts that are kept encrypted: passwords of other sites, keys of other services."""

import base64
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Dialect, Text, inspect, select, update
from sqlalchemy.orm import Mapper
from sqlalchemy.types import TypeDecorator

from webapp.core.db import Base, change, db
from webapp.core.errors import Conflict
from webapp.core.settings import settings

PURPOSE = b"pressroom: secrets in the database"  # so that nothing else is ever derived to the same key


class Unreadable(Conflict):
    """No key that we have opens it."""

    def __init__(self, what: str = "A password that is kept here"):
        super().__init__(
            f"{what} cannot be read: SECRET_KEY has changed.",
            "Enter it again; or the operator gives the key so far as SECRET_KEY_OLD.",
        )


@dataclass(frozen=True)
class Secret:
    """A text that is encrypted for as long as nobody asks for it: what is printed, logged or sent on tells nothing."""

    sealed: str = field(repr=False)

    @classmethod
    def of(cls, text: str) -> "Secret":
        return cls(_keys().encrypt(text.encode()).decode())

    def reveal(self) -> str:
        """The text. Raises Unreadable."""
        try:
            return _keys().decrypt(self.sealed.encode()).decode()
        except InvalidToken:
            raise Unreadable() from None

    def renewed(self) -> "Secret":
        """The same text under the present key. Raises Unreadable."""
        try:
            return Secret(_keys().rotate(self.sealed.encode()).decode())
        except InvalidToken:
            raise Unreadable() from None


class Encrypted(TypeDecorator[Secret]):
    """A column of secrets. `called` names one to people, made with its row: "the password of {0.site.name}"."""

    impl = Text
    cache_ok = True

    def __init__(self, called: str):
        super().__init__()
        self.called = called

    def process_bind_param(self, value: Secret | None, dialect: Dialect) -> str | None:
        return None if value is None else value.sealed

    def process_result_value(self, value: str | None, dialect: Dialect) -> Secret | None:
        return None if value is None else Secret(value)


@dataclass
class Rotation:
    """What became of all secrets. `unreadable`: the names of those that no key opens."""

    renewed: int
    unreadable: list[str]


def rotate() -> Rotation:
    """Encrypts every secret anew with the present key; one that somebody enters meanwhile is left alone. Commits."""
    done = Rotation(0, [])
    for mapper in Base.registry.mappers:
        for attribute in mapper.column_attrs:
            kind = attribute.columns[0].type
            if isinstance(kind, Encrypted):
                _rotate(mapper, attribute.key, kind, done)
    db.session.commit()
    return done


def _rotate(mapper: Mapper[Any], name: str, kind: Encrypted, done: Rotation) -> None:
    column = mapper.attrs[name].columns[0]
    for row in db.session.scalars(select(mapper.class_).where(column.is_not(None))).all():
        secret: Secret = getattr(row, name)
        key = zip(mapper.primary_key, inspect(row).identity, strict=True)
        try:
            renewed = secret.renewed()
        except Unreadable:
            done.unreadable.append(kind.called.format(row))
        else:
            ours = (column == secret, *(part == value for part, value in key))
            done.renewed += change(update(mapper.class_).where(*ours).values({name: renewed}))
    db.session.expire_all()


def _keys() -> MultiFernet:
    """The present key encrypts; it and those before it decrypt."""
    known = (settings().secret_key, *settings().secret_key_old)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in known])


def _derived(key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
