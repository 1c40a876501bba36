"""What keeps a site from being connected, in words that its owner can act on."""

import html
import json
import re
import ssl
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from webapp.core.errors import Conflict, Invalid
from webapp.core.guard import PrivateAddress, SlowName, UnknownName, addresses_of, is_public
from webapp.core.outbound import Answer, Packed, TooLarge, checked_address
from webapp.publishing.wordpress.credentials import Credentials

REDIRECTS = (301, 302, 303, 307, 308)
WRONG_PASSWORD = ("incorrect_password", "invalid_application_credentials")
UNKNOWN_USER = ("invalid_username", "invalid_email")
LONGEST_WORDS = 200
BREAK = re.compile(r"<(br|/?p|/?li|/?div)\b[^>]*>", re.IGNORECASE)
ROOT = re.compile(r"""<([^>]+)>\s*;\s*rel=["']https://api\.w\.org/["']""")
PAGE_OF_ITS_OWN = re.compile(r"(/(?:wp-admin|wp-login\.php|wp-json|xmlrpc\.php))(/.*)?$", re.IGNORECASE)
ASK_FOR_REST = "Allow the REST API (/wp-json/) for signed-in users in its security plugin, or ask the host."


class CannotConnect(Conflict):
    """`field`: the one to look at: address, username or password. `offer`: an address that may be meant instead."""

    def __init__(self, field: str, sentence: str, remedy: str, offer: str = ""):
        super().__init__(sentence, remedy)
        self.field, self.offer = field, offer


def refuse_plain_http(address: str) -> None:
    """A password may go unencrypted only within a private network. Raises CannotConnect."""
    parts = urlsplit(address)
    if parts.scheme == "https":
        return
    try:
        found = addresses_of(parts.hostname or "", parts.port or 80)
    except UnknownName as error:
        raise not_reached(error, address) from error
    if any(is_public(one) for one in found):
        raise CannotConnect(
            "address",
            "The address begins with http://, so that everybody on the way could read the password.",
            "Use the https address; if the site has none, its host can set it up, usually for free.",
            offer="https" + address.removeprefix("http"),
        )


def not_reached(error: httpx.RequestError, address: str) -> CannotConnect:
    """Nobody answered, or not for long enough."""
    host, why = _host(address), _tls_problem(error)
    if isinstance(error, PrivateAddress):
        said = f"{host} is within a private network, and this installation publishes only to public addresses."
        return CannotConnect("address", said, "Give the public address; or the operator sets ALLOW_PRIVATE_TARGETS=1.")
    if isinstance(error, SlowName):
        said = f"Nobody says in time where {host} is."
        return CannotConnect("address", said, "Try again; if it stays so, look for a slip in the address.")
    if isinstance(error, UnknownName):
        said = f"There is no site called {host}."
        return CannotConnect("address", said, "Look for a slip in the address. A new name takes hours to be known.")
    if isinstance(why, ssl.SSLCertVerificationError):
        said = f"{host} does not prove that it is {host}: {why.verify_message or 'its certificate is not valid'}."
        return CannotConnect("address", said, "Its host has to renew the certificate. The password was not sent.")
    if why is not None:
        said = f"{host} does not speak https there."
        return CannotConnect(
            "address",
            said,
            "Look for a slip in the address, or ask the host for https. Within a private network, where it has none, "
            "write http:// before the address.",
        )
    if isinstance(error, TooLarge):
        said = f"{host} answers with far more than WordPress would."
        return CannotConnect("address", said, "Give the address of the WordPress site itself.")
    if isinstance(error, Packed):
        said = f"{host} answers in a form that we did not ask for (Content-Encoding)."
        return CannotConnect("address", said, "Its host can have /wp-json/ answer uncompressed, or with gzip.")
    if isinstance(error, httpx.TooManyRedirects):
        said = f"{address} leads on in a circle."
        return CannotConnect("address", said, "Open it in your browser, and give the address where you end up.")
    if isinstance(error, httpx.UnsupportedProtocol):
        said = f"{_short(address)} is no web page."
        return CannotConnect("address", said, "Give the address of the site's start page.")
    if isinstance(error, httpx.TimeoutException):
        said = f"{host} does not answer in time."
        return CannotConnect("address", said, "Try again; then ask its host whether a firewall keeps us out.")
    said = f"Nobody answers at {address}."
    return CannotConnect("address", said, "See whether the site opens in your browser, and try again.")


def not_reached_on_the_way(error: httpx.RequestError) -> CannotConnect:
    """The address leads on, and where it leads nobody answered."""
    problem = not_reached(error, _short(str(error.request.url)))
    return CannotConnect(problem.field, f"The address leads on. {problem.sentence}", problem.remedy)


def within_the_site(address: str) -> CannotConnect | None:
    """Whether the address is that of a page which each WordPress has, and not that of its start page."""
    found = PAGE_OF_ITS_OWN.search(address)
    if found is None:
        return None
    said = f"{found[1]} is a page of WordPress's own, and not the start page of the site."
    return CannotConnect(
        "address", said, "Use the address of the site, if it is yours.", offer=address[: found.start()]
    )


def led_on(end: Answer) -> CannotConnect:
    """The address redirects. `end`: what came in the end."""
    found, address = json_of(end), end.url.partition("/wp-json")[0].rstrip("/")
    if found is not None and "namespaces" in found:
        said = f"The address leads on to {address}, and a password must not be sent along."
        return CannotConnect("address", said, "Use that address, if it is yours.", offer=_as_kept(address))
    said = f"The address leads on to {_short(end.url)}, where no WordPress answers."
    return CannotConnect(
        "address",
        said,
        "Open it in your browser. A page that asks visitors to sign in must let /wp-json/ pass.",
    )


def no_interface(page: Answer, address: str) -> CannotConnect:
    """Nothing at /wp-json/. `page`: the start page, which may tell of another place."""
    told = ROOT.search(page.headers.get("Link", ""))
    root = told[1] if told else ""
    if "rest_route=" in root:
        said = "WordPress is there, but its links are of the kind “Plain”, which hides its REST interface."
        return CannotConnect("address", said, "In WordPress, under Settings → Permalinks, choose any other kind.")
    there = _as_kept(root.partition("/wp-json")[0])
    if there and there != address:
        said = f"WordPress is not at this address, but at {there}."
        return CannotConnect("address", said, "Use that address, if it is yours.", offer=there)
    if told or b"/wp-content/" in page.body or b"/wp-includes/" in page.body:
        said = "WordPress is there, but its REST interface is switched off: there is nothing at /wp-json/."
        return CannotConnect("address", said, ASK_FOR_REST)
    said = f"There is no WordPress at {address}."
    return CannotConnect("address", said, "Give the address of its start page, with its folder if it has one.")


def interface_refuses(answer: Answer, credentials: Credentials) -> CannotConnect:
    """/wp-json/ answers, but not with what it should."""
    if _code(answer) in (*WRONG_PASSWORD, *UNKNOWN_USER):
        return user_refused(answer, credentials, takes_passwords=True, arrives_otherwise=lambda: False)
    if answer.status == 401 and "basic" in answer.headers.get("WWW-Authenticate", "").lower():
        said = "The web server asks for a password of its own before WordPress is reached."
        return CannotConnect("address", said, "Its host can let /wp-json/ pass without it.")
    if answer.status in (401, 403):
        said = f"The REST interface of that WordPress is closed to us{words_of(answer, credentials)}."
        return CannotConnect("address", said, ASK_FOR_REST)
    return _out_of_order(answer, credentials)


def interface_is_cut() -> CannotConnect:
    said = "The REST interface of that WordPress knows no posts: a plugin has switched that part off."
    return CannotConnect("address", said, ASK_FOR_REST)


def user_refused(
    answer: Answer, credentials: Credentials, takes_passwords: bool, arrives_otherwise: Callable[[], bool]
) -> CannotConnect:
    """/users/me does not say who we are. `takes_passwords`: the site says that it takes application passwords;
    `arrives_otherwise`: asks whether the password is right where no header is needed."""
    code, name = _code(answer), credentials.username
    if code in UNKNOWN_USER:
        said = f"That WordPress knows no user {name}."
        return CannotConnect("username", said, "Write the name that you sign in with there, or its email address.")
    if answer.status == 401 and code not in WRONG_PASSWORD:
        if not takes_passwords:
            said = "That WordPress takes no application passwords: a plugin, or lack of https, switched them off."
            return CannotConnect("password", said, "Allow them in its security plugin, or set up https there.")
        if _looks_made_for_applications(credentials.password) and arrives_otherwise():
            said = "The password is right, but the web server there takes it off (the Authorization header)."
            return CannotConnect(
                "password", said, "Its host can let it pass; on Apache with the line “CGIPassAuth On” in .htaccess."
            )
    if answer.status == 401:
        return _wrong_password(credentials)
    if answer.status in (403, 404):
        said = f"That WordPress does not say who signed in{words_of(answer, credentials)}."
        return CannotConnect("username", said, ASK_FOR_REST)
    return _out_of_order(answer, credentials)


def _wrong_password(credentials: Credentials) -> CannotConnect:
    said = f"That WordPress does not take the user name {credentials.username} with this password."
    if not _looks_made_for_applications(credentials.password):
        said += " It is no application password: those have 24 letters and digits."
    return CannotConnect(
        "password",
        said,
        "Make an application password there, under Users → Profile; the one that you sign in with does not do.",
    )


def _looks_made_for_applications(password: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9]{24}", "".join(password.split())) is not None


def role_too_low(user: str, roles: Sequence[str], missing: Sequence[str]) -> CannotConnect:
    what = f"has the role {' and '.join(roles)}" if roles else "has no role"
    said = f"{user} {what} there, and may not {' or '.join(missing)}."
    return CannotConnect(
        "username",
        said,
        "In WordPress, under Users, make it an Author or an Editor; an Editor also makes categories.",
    )


def _as_kept(address: str) -> str:
    """The address as it would be kept; empty where it could not be."""
    try:
        return checked_address(address)
    except Invalid:
        return ""


def json_of(answer: Answer) -> dict[str, Any] | None:
    """The object that the answer is; None if it is none."""
    found = _read(answer)
    return found if isinstance(found, dict) else None


def json_list_of(answer: Answer) -> list[Any] | None:
    """The list that the answer is; None if it is none."""
    found = _read(answer)
    return found if isinstance(found, list) else None


def plain(text: object, longest: int = LONGEST_WORDS) -> str:
    """The text without tags, entities, line breaks and what cannot be shown, cut to that length."""
    return _cut(_bare(str(text)), longest)


def _bare(text: str) -> str:
    bare = html.unescape(re.sub(r"<[^>]*>", "", BREAK.sub(" ", text)))
    return " ".join("".join(one if one.isprintable() else " " for one in bare).split())


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def words_of(answer: Answer, credentials: Credentials) -> str:
    """The server's own, if it has any that a person can read, and never the password with them."""
    message = str((json_of(answer) or {}).get("message") or "")
    said = _cut(credentials.hidden_in(_bare(message)), LONGEST_WORDS).rstrip(".")
    return f": “{said}”" if said else ""


def _read(answer: Answer) -> object:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _out_of_order(answer: Answer, credentials: Credentials) -> CannotConnect:
    if answer.status == 429:
        return CannotConnect("address", "The site wants to be left alone for a while.", "Try again in some minutes.")
    said = f"The site is out of order: it answers with status {answer.status}{words_of(answer, credentials)}."
    return CannotConnect("address", said, "Try again; if it stays so, its host can say why.")


def _code(answer: Answer) -> str:
    return str((json_of(answer) or {}).get("code") or "")


def _host(address: str) -> str:
    return urlsplit(address).hostname or address


def _short(url: str) -> str:
    """Without what may be a token."""
    return url.partition("?")[0][:LONGEST_WORDS]


def _tls_problem(error: BaseException) -> ssl.SSLError | None:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__  # httpcore takes the cause off
    return cause
