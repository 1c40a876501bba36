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
    diagnosis.refuse_plain_http(credentials.address)
    try:
        with Outbound(seconds=SECONDS) as outbound:
            return _Examination(outbound, credentials).whole()
    except httpx.TransportError as error:
        raise diagnosis.not_reached(error, credentials.address) from error


class _Examination:
    def __init__(self, outbound: Outbound, credentials: Credentials):
        self._outbound, self._credentials = outbound, credentials
        self._auth = (credentials.username, credentials.password)

    def whole(self) -> Examined:
        index, seconds_ahead = self._index()
        me = self._me(index)
        may = me.get("capabilities") or {}
        roles = [str(role) for role in me.get("roles") or ()]
        missing = [words for right, words in NEEDED.items() if not may.get(right)]
        if missing:
            raise diagnosis.role_too_low(self._credentials.username, roles, missing)
        return Examined(
            name=diagnosis.plain(index.get("name") or "", 200),
            version=self._version(),
            user=diagnosis.plain(me.get("name") or self._credentials.username, 200),
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
        if POSTS not in (found.get("namespaces") or ()):
            raise diagnosis.interface_is_cut()
        return found, _seconds_ahead(answer)

    def _me(self, index: Json) -> Json:
        answer = self._ask(ME, {"context": "edit"})
        found = diagnosis.json_of(answer)
        if answer.status != 200 or found is None:
            takes_passwords = "application-passwords" in (index.get("authentication") or {})
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
        end = self._outbound.request("GET", self._credentials.address + INDEX, follow_redirects=True)
        return diagnosis.led_on(end)

    def _no_interface(self) -> CannotConnect:
        """There is nothing at the usual place: WordPress tells on each of its pages where its interface is."""
        page = self._outbound.request("GET", self._credentials.address + "/", follow_redirects=True)
        return diagnosis.no_interface(page, self._credentials.address)

    def _version(self) -> str:
        """As the start page tells it. What goes wrong there is no reason not to connect."""
        try:
            page = self._outbound.request("GET", self._credentials.address + "/")
        except httpx.TransportError:
            return ""
        told = GENERATOR.search(page.body)
        return told[1].decode()[:40] if told else ""


def _seconds_ahead(answer: Answer) -> int:
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return 0
    return round((theirs - now()).total_seconds()) if theirs.tzinfo else 0
