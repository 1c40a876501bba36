"""What an endpoint's form is about, for whoever may see and change it."""

from dataclasses import dataclass

from flask import request, url_for

from webapp.accounts.models import Account, Role
from webapp.sites.ai.models import AiConnection
from webapp.web.access import account_or_404, endpoint_or_404


@dataclass(frozen=True)
class Subject:
    """What a form is about: a connection that is kept, or None, one that is to be added to the account."""

    account: Account
    connection: AiConnection | None

    @property
    def id(self) -> int | None:
        return self.connection.id if self.connection else None

    def url(self, verb: str = "") -> str:
        if self.connection is None:
            return url_for(f"endpoints.{verb or 'save'}_new", account=self.account.id)
        return url_for(f"endpoints.{verb or 'save'}", connection_id=self.connection.id)


def new_one() -> Subject:
    return Subject(account_or_404(request.args.get("account"), Role.OWNER), None)


def kept_one(connection_id: int) -> Subject:
    connection = endpoint_or_404(connection_id, Role.OWNER)
    return Subject(connection.account, connection)


def again(subject: Subject) -> AiConnection | None:
    """The connection as it is now: testing took a while."""
    return None if subject.id is None else endpoint_or_404(subject.id, Role.OWNER)
