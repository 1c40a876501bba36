"""WordPress over its REST interface: each request sent once, and every way to fail in a sentence."""

import hashlib
import json
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

import httpx

from webapp.core.guard import PrivateAddress
from webapp.core.outbound import Answer, Outbound, TooLarge
from webapp.publishing.target import OutOfReach, TargetError
from webapp.publishing.wordpress import diagnosis, refusals
from webapp.publishing.wordpress.credentials import Credentials
from webapp.publishing.wordpress.refusals import Json, Refusal

INTERFACE = "/wp-json/wp/v2"
Params = Mapping[str, str | int]

GONE = (404, 410)
NO_TRASH = 501
PATIENCE = 240.0  # seconds for all the requests of one article, or of one reading of posts
TOO_SLOW = "The site is so slow that we stopped on the way."
SOON = 10.0  # seconds in which a site that is up says who we are


class Rest:
    """One user's requests. Whatever goes wrong is a TargetError: Refusal, NotTheirs, NeedsOwner, TargetDown or, where
    nobody can know what became of the request, a passing one.

    `before_change` is called before each request that changes something there; what it raises keeps it from being sent.
    After `seconds` no further request is begun.
    """

    def __init__(
        self,
        credentials: Credentials,
        outbound: Outbound,
        before_change: Callable[[], None],
        seconds: float = PATIENCE,
    ):
        self._credentials, self._outbound = credentials, outbound
        self._before_change = before_change
        self._my_id: int | None = None
        self._ends = monotonic() + seconds

    def get(self, path: str, **params: str | int) -> Json:
        return self._object(self._ask("GET", path, params=params))

    def list(self, path: str, **params: str | int) -> list[Json]:
        """What is at that path, as far as one page goes."""
        answer = self._ask("GET", path, params=params)
        found = diagnosis.json_list_of(answer)
        if found is None or not all(isinstance(one, dict) for one in found):
            raise refusals.garbled(answer)
        return found

    def post(self, path: str, body: Json) -> Json:
        return self._object(self._ask("POST", path, content=json.dumps(body).encode(), type_="application/json"))

    def upload(self, name: str, media_type: str, data: bytes, **fields: str) -> Json:
        """A file, with its sum, so that one that arrives in part is not kept. `fields`: alt_text and the like."""
        named = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-MD5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        }
        sent = self._ask("POST", "/media", params=fields, content=data, type_=media_type, headers=named)
        return self._object(sent)

    def delete(self, path: str) -> None:
        """For good, not into the trash. What is not there is deleted."""
        try:
            self._ask("DELETE", path, params={"force": "true"})
        except Refusal as refusal:
            if refusal.status not in GONE:
                raise

    def trash(self, path: str) -> bool:
        """Into the trash. Answers whether it was put there: some have none."""
        try:
            self._ask("DELETE", path)
        except Refusal as refusal:
            if refusal.status not in (*GONE, NO_TRASH):
                raise
            return False
        return True

    def my_id(self) -> int:
        """The user's number there."""
        if self._my_id is None:
            self._my_id = int(self.get("/users/me", _fields="id")["id"])
        return self._my_id

    def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        content: bytes | None = None,
        type_: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer to it, if it is a good one."""
        if monotonic() >= self._ends:
            raise TargetError(TOO_SLOW, permanent=False)
        if method != "GET":
            self._before_change()
        typed = {"Accept": "application/json"} | ({"Content-Type": type_} if type_ else {})
        answer = self._send(method, path, params=params, content=content, headers=typed | dict(headers or {}))
        if 200 <= answer.status < 300:
            return answer
        raise refusals.problem_of(answer, path, self._credentials, self.who_are_we)

    def _send(self, method: str, path: str, **what: Any) -> Answer:
        address = self._credentials.address
        auth = (self._credentials.username, self._credentials.password)
        try:
            return self._outbound.request(method, address + INTERFACE + path, auth=auth, **what)
        except httpx.RequestError as error:
            raise _unreached(error, address) from error

    def _object(self, answer: Answer) -> Json:
        found = diagnosis.json_of(answer)
        if found is None:
            raise refusals.garbled(answer)
        return found

    def who_are_we(self) -> Answer:
        """The least that can be asked of it, whatever it answers."""
        return self._send("GET", "/users/me", headers={"Accept": "application/json"})


def is_up(credentials: Credentials) -> bool:
    """Whether it answers at all, and as WordPress does."""
    try:
        with Outbound(seconds=SOON) as outbound:
            answer = Rest(credentials, outbound, lambda: None).who_are_we()
    except TargetError:
        return False
    return refusals.is_wordpress(answer)


def _unreached(error: httpx.RequestError, address: str) -> TargetError:
    """Nobody knows whether the request arrived."""
    said = str(diagnosis.not_reached(error, address))
    if isinstance(error, PrivateAddress):
        return OutOfReach(said)
    if isinstance(error, TooLarge):
        return TargetError("WordPress answers with far more than it was asked for.", permanent=False)
    return TargetError(said, permanent=False)
