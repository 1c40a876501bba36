"""WordPress over its REST interface: each request sent once, and every way to fail in a sentence."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from webapp.core.clock import now
from webapp.core.outbound import Answer, Outbound, PrivateAddress, TooLarge
from webapp.publishing.target import CredentialsRefused, OutOfReach, TargetDown, TargetError
from webapp.publishing.wordpress import diagnosis
from webapp.publishing.wordpress.credentials import Credentials

INTERFACE = "/wp-json/wp/v2"
Json = dict[str, Any]
Params = Mapping[str, str | int]

# What WordPress says with the status of a passing error, and means for good: files of a type, or a size, that it
# never takes.
FOR_GOOD = ("rest_upload_sideload_error", "rest_upload_unknown_error")
CUT_OFF = "rest_upload_hash_mismatch"  # what arrived of a file is not what was sent
NO_RIGHTS = ("rest_forbidden_status", "rest_forbidden_context")  # with a status that says something else
TOO_LARGE = 413
LEADING_ON = range(300, 400)
BUSY = {  # statuses of a site that takes nothing from anybody for a while
    429: "The site wants to be left alone for a while (429).",
    503: "The site is closed for maintenance, or overloaded (503).",
}
SOON = 10.0  # seconds in which a site that is up says who we are


class Refusal(TargetError):
    """WordPress said no to a request, in its own words. `data`: what it sent along; `status` is that of HTTP."""

    def __init__(self, sentence: str, *, permanent: bool, retry_after: float, status: int, code: str, data: Json):
        super().__init__(sentence, permanent=permanent, retry_after=retry_after)
        self.status, self.code, self.data = status, code, data


class RightsRefused(CredentialsRefused):
    """The user who signed in may not do that. `code` is WordPress's."""

    def __init__(self, sentence: str, code: str):
        super().__init__(sentence)
        self.code = code


class Rest:
    """One user's requests. Whatever goes wrong is a TargetError: Refusal, RightsRefused, NeedsOwner, TargetDown
    or, where nobody can know what became of the request, a passing one.

    `before_change` is called before each request that changes something there; what it raises keeps it from being sent.
    """

    def __init__(self, credentials: Credentials, outbound: Outbound, before_change: Callable[[], None]):
        self._credentials, self._outbound = credentials, outbound
        self._before_change = before_change

    def get(self, path: str, **params: str | int) -> Json:
        return self._object(self._ask("GET", path, params=params))

    def list(self, path: str, **params: str | int) -> list[Json]:
        """What is at that path, as far as one page goes."""
        answer = self._ask("GET", path, params=params)
        found = diagnosis.json_list_of(answer)
        if found is None or not all(isinstance(one, dict) for one in found):
            raise _garbled(answer)
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
            if refusal.status not in (404, 410):
                raise

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
        if method != "GET":
            self._before_change()
        typed = {"Accept": "application/json"} | ({"Content-Type": type_} if type_ else {})
        answer = self._send(method, path, params=params, content=content, headers=typed | dict(headers or {}))
        if 200 <= answer.status < 300:
            return answer
        raise self._problem(answer)

    def _send(self, method: str, path: str, **what: Any) -> Answer:
        address = self._credentials.address
        auth = (self._credentials.username, self._credentials.password)
        try:
            return self._outbound.request(method, address + INTERFACE + path, auth=auth, **what)
        except httpx.TransportError as error:
            raise _unreached(error, address) from error

    def _object(self, answer: Answer) -> Json:
        found = diagnosis.json_of(answer)
        if found is None:
            raise _garbled(answer)
        return found

    def _problem(self, answer: Answer) -> TargetError:
        found = diagnosis.json_of(answer) or {}
        code = str(found.get("code") or "")
        if answer.status in LEADING_ON:
            return OutOfReach(
                "The address leads on to another one, and a password must not be sent along. Connect that one."
            )
        if answer.status in BUSY:
            return TargetDown(BUSY[answer.status], retry_after=_retry_after(answer))
        if answer.status == 401 and not code.startswith("rest_cannot"):
            return CredentialsRefused(f"WordPress does not take the user name and password{self._words(answer)}.")
        if code and (answer.status in (401, 403) or code in NO_RIGHTS):
            return self._no_rights(answer, code)
        if answer.status == 403:
            return self._firewall()
        return Refusal(
            self._sentence(answer, code),
            permanent=_is_for_good(answer, code),
            retry_after=_retry_after(answer),
            status=answer.status,
            code=code,
            data=found["data"] if isinstance(found.get("data"), dict) else {},
        )

    def _no_rights(self, answer: Answer, code: str) -> CredentialsRefused:
        if answer.status == 401:  # nobody has signed in: a wrong password, or one that was taken off on the way
            words = self._words(answer)
            return CredentialsRefused(
                f"WordPress does not take the user name and password, or they do not reach it{words}."
            )
        user = self._credentials.username
        return RightsRefused(f"The role of {user} does not allow that{self._words(answer)}.", code)

    def _firewall(self) -> TargetError:
        """A 403 that is not WordPress's own. If others pass, it is about what was sent, and only that is refused."""
        asked = self.who_are_we()
        if asked.status == 200 and diagnosis.json_of(asked) is not None:
            return TargetError("A firewall before the site refuses this one (403); others pass.", permanent=True)
        return OutOfReach("A firewall before the site refuses us (403). Its host can let us pass.")

    def who_are_we(self) -> Answer:
        """The least that can be asked of it, whatever it answers."""
        return self._send("GET", "/users/me", headers={"Accept": "application/json"})

    def _sentence(self, answer: Answer, code: str) -> str:
        if code == CUT_OFF:
            return "A picture was cut off on its way."
        if code:
            return f"WordPress refuses it ({answer.status}){self._words(answer)}."
        if answer.status == TOO_LARGE:
            return "The web server before WordPress does not take that much at once (413)."
        if answer.status == 404:
            return "There is nothing at /wp-json/ any more (404): the REST interface is switched off, or moved."
        return f"The site is out of order: its web server answers with status {answer.status}."

    def _words(self, answer: Answer) -> str:
        return diagnosis.words_of(answer, self._credentials)


def is_up(credentials: Credentials) -> bool:
    """Whether it answers at all, and as WordPress does."""
    try:
        with Outbound(seconds=SOON) as outbound:
            answer = Rest(credentials, outbound, lambda: None).who_are_we()
    except TargetError:
        return False
    return answer.status < 500 and answer.status not in BUSY and diagnosis.json_of(answer) is not None


def _unreached(error: httpx.TransportError, address: str) -> TargetError:
    """Nobody knows whether the request arrived."""
    said = str(diagnosis.not_reached(error, address))
    if isinstance(error, PrivateAddress):
        return OutOfReach(said)
    if isinstance(error, TooLarge):
        return TargetError("WordPress answers with far more than it was asked for.", permanent=False)
    return TargetError(said, permanent=False)


def _garbled(answer: Answer) -> TargetError:
    return TargetError(
        f"The site answers with status {answer.status}, but not as WordPress does: something before it, or a plugin, "
        "replaced the answer.",
        permanent=False,
    )


def _is_for_good(answer: Answer, code: str) -> bool:
    if code in FOR_GOOD or answer.status == TOO_LARGE:
        return True
    return bool(code) and answer.status in (400, 404, 409, 410, 422) and code != "rest_no_route"


def _retry_after(answer: Answer) -> float:
    """Seconds; 0 where none are named. They come as a number or as a date."""
    written = answer.headers.get("Retry-After", "").strip()
    if written.isascii() and written.isdigit():
        return float(written)
    try:
        until = parsedate_to_datetime(written)
    except ValueError:
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - now()).total_seconds())
