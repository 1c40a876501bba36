"""Looking at a WordPress before anything is published to it: what somebody may do there, or what to mend first."""

import re
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from webapp.core.clock import now
from webapp.core.outbound import Answer, Outbound
from webapp.publishing.wordpress import diagnosis
from webapp.publishing.wordpress.credentials import Credentials
from webapp.publishing.wordpress.diagnosis import CannotConnect

SECONDS = 6.0  # for each answer: somebody waits in front of a page
LONGEST = 200  # characters of a name
INDEX = "/wp-json/"
INDEX_FIELDS = {"_fields": "name,namespaces,authentication"}
ME = "/wp-json/wp/v2/users/me"
POSTS = "wp/v2"  # the part of the interface that knows posts, pictures and categories
NEEDED = {"publish_posts": "publish", "upload_files": "upload pictures"}
GENERATOR = re.compile(rb"""<meta\s+name=["']generator["']\s+content=["']WordPress ([0-9][0-9A-Za-z.\-]*)""")

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Examined:
    """What was found. `seconds_ahead`: of its clock before ours. `version` is empty where the site does not tell."""

    name: str
    version: str
    user: str
    roles: list[str]
    may_make_categories: bool
    seconds_ahead: int
    may_publish: bool = True  # it is not connected without these two
    may_upload: bool = True


def examine(credentials: Credentials) -> Examined:
    """Asks the site about itself and about that user; changes nothing there. Raises CannotConnect."""
    elsewhere = diagnosis.within_the_site(credentials.address)
    if elsewhere is not None:
        raise elsewhere
    diagnosis.refuse_plain_http(credentials.address)
    try:
        with Outbound(seconds=SECONDS) as outbound:
            return _Examination(outbound, credentials).whole()
    except httpx.RequestError as error:
        raise diagnosis.not_reached(error, credentials.address) from error


class _Examination:
    def __init__(self, outbound: Outbound, credentials: Credentials):
        self._outbound, self._credentials = outbound, credentials
        self._auth = (credentials.username, credentials.password)

    def whole(self) -> Examined:
        index, seconds_ahead = self._index()
        me = self._me(index)
        may = _object(me.get("capabilities"))
        roles = [diagnosis.plain(role) for role in _list(me.get("roles"))]
        missing = [words for right, words in NEEDED.items() if not may.get(right)]
        if missing:
            raise diagnosis.role_too_low(self._credentials.username, roles, missing)
        return Examined(
            name=_text(index.get("name")),
            version=self._version(),
            user=_text(me.get("name")) or self._credentials.username,
            roles=roles,
            may_make_categories=bool(may.get("manage_categories")),
            seconds_ahead=seconds_ahead,
        )

    def _index(self) -> tuple[Json, int]:
        """What the REST interface says of itself, and how many seconds the site's clock is ahead of ours."""
        answer = self._ask(INDEX, INDEX_FIELDS)
        if answer.status in diagnosis.REDIRECTS:
            raise self._led_on()
        found = diagnosis.json_of(answer)
        if answer.status == 404 or (answer.status == 200 and found is None):
            raise self._no_interface()
        if answer.status != 200 or found is None:
            raise diagnosis.interface_refuses(answer, self._credentials)
        if POSTS not in _list(found.get("namespaces")):
            raise diagnosis.interface_is_cut()
        return found, _seconds_ahead(answer)

    def _me(self, index: Json) -> Json:
        answer = self._ask(ME, {"context": "edit"})
        found = diagnosis.json_of(answer)
        if answer.status != 200 or found is None:
            takes_passwords = "application-passwords" in _object(index.get("authentication"))
            raise diagnosis.user_refused(answer, self._credentials, takes_passwords, self._arrives_otherwise)
        return found

    def _arrives_otherwise(self) -> bool:
        """Whether the site takes the password where it is sent in the body, not in a header: over XML-RPC.

        The REST interface says the same of a wrong password as of one that was taken off on the way.
        """
        body = xmlrpc.client.dumps(self._auth, "wp.getUsersBlogs").encode()
        answer = self._outbound.request(
            "POST", self._credentials.address + "/xmlrpc.php", content=body, headers={"Content-Type": "text/xml"}
        )
        return answer.status == 200 and b"<params>" in answer.body and b"<fault>" not in answer.body

    def _ask(self, path: str, params: Mapping[str, str]) -> Answer:
        return self._outbound.request("GET", self._credentials.address + path, params=params, auth=self._auth)

    def _led_on(self) -> CannotConnect:
        """Follows without the password, to say where it leads."""
        try:
            return diagnosis.led_on(self._followed(INDEX))
        except httpx.RequestError as error:
            return diagnosis.not_reached_on_the_way(error)

    def _no_interface(self) -> CannotConnect:
        """There is nothing at the usual place: WordPress tells on each of its pages where its interface is."""
        try:
            return diagnosis.no_interface(self._followed("/"), self._credentials.address)
        except httpx.RequestError as error:
            return diagnosis.not_reached_on_the_way(error)

    def _followed(self, path: str) -> Answer:
        return self._outbound.request("GET", self._credentials.address + path, follow_redirects=True)

    def _version(self) -> str:
        """As the start page tells it. What goes wrong there is no reason not to connect."""
        try:
            page = self._outbound.request("GET", self._credentials.address + "/")
        except httpx.RequestError:
            return ""
        told = GENERATOR.search(page.body)
        return told[1].decode()[:40] if told else ""


def _object(value: object) -> Json:
    """PHP writes an object that is empty as a list; anything else that is none holds nothing."""
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[str]:
    """The texts in it. PHP writes a list with gaps as an object."""
    found = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [one for one in found if isinstance(one, str)]


def _text(value: object) -> str:
    return diagnosis.plain(value, LONGEST) if isinstance(value, str) else ""


def _seconds_ahead(answer: Answer) -> int:
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return 0
    return round((theirs - now()).total_seconds()) if theirs.tzinfo else 0
