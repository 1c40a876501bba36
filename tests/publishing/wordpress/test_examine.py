"""What is found at a WordPress before it is connected, and each thing that can be in the way, in words."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from flask import Flask

from tests.processes import free_port
from tests.wordpress import look_alike
from tests.wordpress.look_alike import API, HOME, INDEX, ME, PASSWORD, XMLRPC, LookAlike, Reply, error, in_json
from tests.wordpress.proxy import Fault, Proxy, proxy_before
from tests.wordpress.server import WordPress
from webapp.publishing.wordpress.credentials import Credentials
from webapp.publishing.wordpress.diagnosis import CannotConnect
from webapp.publishing.wordpress.examine import Examined, examine

Site = LookAlike


def resolve_to(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def self_signed(folder: Path) -> Path:
    """A certificate for this machine, with its key, that nobody vouches for."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    (folder / "here.pem").write_bytes(pem)
    return folder / "here.pem"


@contextmanager
def serving_tls(certificate: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def look(site: Site | WordPress | Proxy | str, user: str = "ana", password: str = PASSWORD) -> Examined:
    return examine(Credentials(site if isinstance(site, str) else site.address, user, password))


def refused(site: Site | WordPress | Proxy | str, user: str = "ana", password: str = PASSWORD) -> CannotConnect:
    with pytest.raises(CannotConnect) as told:
        look(site, user, password)
    assert password not in str(told.value)
    assert told.value.remedy
    return told.value


# A real WordPress.


@pytest.fixture
def real(wordpress: WordPress, private_allowed: None) -> WordPress:
    return wordpress


@pytest.fixture
def proxy(real: WordPress) -> Iterator[Proxy]:
    with proxy_before(real.address) as before:
        yield before


@pytest.mark.xdist_group("wordpress")
@pytest.mark.parametrize(
    ("user", "role", "makes_categories"),
    [("admin", "administrator", True), ("editor", "editor", True), ("author", "author", False)],
)
def test_who_may_publish_is_told_what_else_they_may(
    real: WordPress, user: str, role: str, makes_categories: bool
) -> None:
    found = look(real, user, real.passwords[user])

    assert (found.name, found.user, found.roles) == ("Garden notes", user, [role])
    assert found.version[0].isdecimal() and "." in found.version
    assert (found.may_publish, found.may_upload, found.may_make_categories) == (True, True, makes_categories)
    assert abs(found.seconds_ahead) <= 2


@pytest.mark.xdist_group("wordpress")
@pytest.mark.parametrize("user", ["contributor", "subscriber"])
def test_a_role_that_is_too_low_is_named_with_what_it_may_not(real: WordPress, user: str) -> None:
    told = refused(real, user, real.passwords[user])

    assert told.field == "username"
    assert told.sentence == f"{user} has the role {user} there, and may not publish or upload pictures."
    assert "make it an Author or an Editor" in told.remedy


@pytest.mark.xdist_group("wordpress")
@pytest.mark.parametrize(("user", "password"), [("admin", "x" * 24), ("nobody", "x" * 24)])
def test_a_wrong_password_is_told_from_one_that_did_not_arrive(real: WordPress, user: str, password: str) -> None:
    told = refused(real, user, password)

    assert told.field == "password"
    assert told.sentence == f"That WordPress does not take the user name {user} with this password."


@pytest.mark.xdist_group("wordpress")
def test_the_password_of_the_sign_in_page_is_told_from_an_application_password(real: WordPress) -> None:
    assert "It is no application password" in refused(real, "admin", "green lantern").sentence


@pytest.mark.xdist_group("wordpress")
def test_a_host_that_takes_the_header_off_is_told_from_a_wrong_password(real: WordPress, proxy: Proxy) -> None:
    proxy.fail(Fault.NAMELESS, path="/wp-json/", times=2)

    told = refused(proxy, "admin", real.passwords["admin"])

    assert told.sentence.startswith("The password is right, but the web server there takes it off")
    assert "CGIPassAuth On" in told.remedy


@pytest.mark.xdist_group("wordpress")
def test_an_address_within_the_site_leads_to_the_sites_own(real: WordPress) -> None:
    told = refused(f"{real.address}/notes/basil", "admin", real.passwords["admin"])

    assert told.offer == real.address


@pytest.mark.xdist_group("wordpress")
@pytest.mark.parametrize("fault", [Fault.BAD_GATEWAY, Fault.ERROR_AFTERWARDS, Fault.GATEWAY_TIMEOUT])
def test_a_site_that_is_out_of_order_says_so_without_its_page(real: WordPress, proxy: Proxy, fault: Fault) -> None:
    proxy.fail(fault, path="/wp-json/")

    told = refused(proxy, "admin", real.passwords["admin"])

    assert told.sentence.startswith("The site is out of order: it answers with status 50")
    assert "<" not in str(told)


@pytest.mark.xdist_group("wordpress")
def test_a_site_that_hangs_up_or_wants_to_be_left_alone(real: WordPress, proxy: Proxy) -> None:
    proxy.fail(Fault.NOT_PASSED_ON, path="/wp-json/")
    assert refused(proxy, "admin", real.passwords["admin"]).sentence.startswith("Nobody answers at")

    proxy.fail(Fault.TOO_MANY, path="/wp-json/")
    assert "left alone" in refused(proxy, "admin", real.passwords["admin"]).sentence


# What a real one cannot be brought to.


def test_what_the_site_does_not_tell_is_no_hindrance(there: Site) -> None:
    there.replies[HOME] = Reply(b"", 500)
    there.replies[ME] = look_alike.me("author", may={"publish_posts": True, "upload_files": True})

    found = look(there)

    assert found == Examined("Herb notes", "", "Ana", ["author"], False, seconds_ahead=found.seconds_ahead)


def test_the_password_goes_where_it_is_needed_only(there: Site) -> None:
    look(there)

    assert {path for path, authorization in there.asked if authorization} == {INDEX, ME}


def test_a_clock_that_is_wrong_is_seen(there: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BaseHTTPRequestHandler, "date_time_string", lambda self, *_: "Wed, 01 Jan 2020 00:00:00 GMT")

    assert look(there).seconds_ahead < -3600


@pytest.mark.parametrize(
    ("path", "reply", "field", "said"),
    [
        (INDEX, error(401, "rest_disabled", "REST is <b>off</b>."), "address", "is closed to us: “REST is off”."),
        (INDEX, error(403, "rest_forbidden", f"No, {PASSWORD}!"), "address", "is closed to us: “No, …!”."),
        (INDEX, Reply(b"<h1>Forbidden</h1>", 403), "address", "The REST interface of that WordPress is closed to us."),
        (INDEX, Reply(b"", 401, {"WWW-Authenticate": "Basic"}), "address", "asks for a password of its own"),
        (INDEX, error(401, "incorrect_password"), "password", "does not take the user name ana with this password"),
        (INDEX, in_json({"name": "x", "namespaces": ["oembed/1.0"]}), "address", "knows no posts"),
        (INDEX, in_json({"message": "Error establishing a database connection"}, 500), "address", "a database"),
        (ME, error(401, "incorrect_password"), "password", "does not take the user name ana with this password"),
        (ME, error(401, "rest_not_logged_in"), "password", "does not take the user name ana with this password"),
        (ME, error(401, "invalid_username"), "username", "That WordPress knows no user ana."),
        (ME, error(403, "forbidden", "Users are hidden"), "username", "does not say who signed in: “Users are hidden”"),
        (ME, error(404, "rest_no_route"), "username", "does not say who signed in"),
        (ME, Reply(b"<html>", 200), "address", "The site is out of order: it answers with status 200."),
    ],
)
def test_each_refusal_has_its_words(there: Site, path: str, reply: Reply, field: str, said: str) -> None:
    there.replies[path] = reply

    told = refused(there)

    assert told.field == field
    assert said in told.sentence


def test_somebody_without_a_role_is_told_so(there: Site) -> None:
    there.replies[ME] = look_alike.me(may={})

    assert refused(there).sentence == "ana has no role there, and may not publish or upload pictures."


def test_a_site_that_takes_no_application_passwords_says_so(there: Site) -> None:
    there.replies[INDEX] = in_json({"name": "x", "namespaces": ["wp/v2"], "authentication": []})
    there.replies[ME] = error(401, "rest_not_logged_in")

    assert "takes no application passwords" in refused(there).sentence


def test_a_right_password_is_not_called_wrong_because_of_a_header(there: Site) -> None:
    there.replies[ME] = error(401, "rest_not_logged_in")
    there.replies[XMLRPC] = Reply(b"<methodResponse><params></params></methodResponse>")

    assert refused(there).sentence.startswith("The password is right")


@pytest.mark.parametrize(
    ("home", "said", "offer"),
    [
        (Reply(b"<h1>Flowers</h1>"), "There is no WordPress at", ""),
        (Reply(b"<link href='/wp-content/x.css'>"), "its REST interface is switched off", ""),
        (Reply(headers={"Link": API.format("{}/wp-json/")}), "its REST interface is switched off", ""),
        (Reply(headers={"Link": API.format("{}/index.php?rest_route=/")}), "links are of the kind “Plain”", ""),
        (Reply(headers={"Link": API.format("{}/blog/wp-json/")}), "not at this address, but at", "{}/blog"),
        (Reply(headers={"Link": API.format("http://[bad/wp-json/")}), "its REST interface is switched off", ""),
    ],
)
@pytest.mark.parametrize("status", [200, 404])
def test_where_there_is_no_interface_the_start_page_is_looked_at(
    there: Site, home: Reply, said: str, offer: str, status: int
) -> None:
    there.replies[INDEX] = Reply(b"<html>", status)
    there.replies[HOME] = Reply(
        home.body, 200, {name: value.format(there.address) for name, value in home.headers.items()}
    )

    told = refused(there)

    assert said in told.sentence
    assert told.offer == offer.format(there.address)


def test_an_address_that_leads_on_offers_where_it_ends_and_does_not_send_the_password_there(there: Site) -> None:
    there.replies["/old/wp-json/"] = leads = look_alike.leads_to(f"{there.address}/wp-json/")
    assert leads.status == 301

    told = refused(f"{there.address}/old")

    assert told.offer == there.address
    assert [path for path, authorization in there.asked if authorization] == ["/old/wp-json/"]


@pytest.mark.parametrize("page", ["/wp-admin", "/wp-admin/edit.php", "/wp-login.php", "/wp-json/wp/v2", "/xmlrpc.php"])
def test_a_page_of_wordpresss_own_offers_the_site_and_gets_no_password(there: Site, page: str) -> None:
    told = refused(f"{there.address}/blog{page}")

    assert "not the start page of the site" in told.sentence
    assert told.offer == f"{there.address}/blog"
    assert there.asked == []


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("/wp-json/", "leads on in a circle"),
        ("gopher://herbs.example/", "The address leads on. gopher://herbs.example/ is no web page."),
        ("http://nobody.invalid/", "The address leads on. There is no site called nobody.invalid."),
        ("http://127.0.0.1:1/", "Nobody answers at http://127.0.0.1:1/."),
        ("http://[::1", ""),  # no address at all: whatever is said, it is said in words
    ],
)
@pytest.mark.parametrize("path", [INDEX, HOME])
def test_a_redirect_that_leads_nowhere_is_told_of_where_it_leads(
    there: Site, location: str, said: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo

    def nobody(host: str, *rest: int, **more: int) -> object:
        if host.endswith(".invalid"):
            raise socket.gaierror(-2, "Name or service not known")
        return resolve(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    there.replies[INDEX] = Reply(b"", 404)
    there.replies[path] = look_alike.leads_to(location if location != "/wp-json/" else path)

    assert said in refused(there).sentence


@pytest.mark.parametrize("odd", [5, "all", [], ["x", None, {}], {"0": "editor"}, None, True])
@pytest.mark.parametrize("field", ["roles", "capabilities", "name", "namespaces", "authentication"])
def test_what_is_of_an_odd_kind_breaks_nothing(there: Site, field: str, odd: object) -> None:
    index = {"name": "Herb notes", "namespaces": ["wp/v2"], "authentication": {}}
    person = {"id": 1, "name": "Ana", "roles": ["editor"], "capabilities": look_alike.MANY}
    there.replies[INDEX] = in_json({**index, field: odd})
    there.replies[ME] = in_json({**person, field: odd})
    if field == "authentication":
        there.replies[ME] = error(401, "rest_not_logged_in")

    try:
        found = look(there)
    except CannotConnect as told:
        assert field in ("capabilities", "namespaces", "authentication"), told
    else:
        assert found.roles in ([], ["x"], ["editor"])


def test_an_address_that_leads_to_a_sign_in_page_offers_nothing(there: Site) -> None:
    there.replies[INDEX] = look_alike.leads_to(f"{there.address}/wp-login.php?token=secret")
    there.replies["/wp-login.php"] = Reply(b"Sign in")

    told = refused(there)

    assert told.sentence == f"The address leads on to {there.address}/wp-login.php, where no WordPress answers."
    assert told.offer == ""


def test_this_machine_is_refused_unless_the_operator_allows_it(app: Flask) -> None:
    with look_alike.look_alike() as site:
        told = refused(site)

    assert "within a private network" in told.sentence
    assert "ALLOW_PRIVATE_TARGETS=1" in told.remedy
    assert site.asked == []


def test_a_password_does_not_go_unencrypted_through_the_internet(
    private_allowed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, "93.184.216.34")

    told = refused("http://herbs.example/blog")

    assert "everybody on the way could read the password" in told.sentence
    assert told.offer == "https://herbs.example/blog"


def test_a_name_that_nobody_has(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)

    for scheme in ("https", "http"):
        assert refused(f"{scheme}://herbs.example").sentence == "There is no site called herbs.example."


def test_a_name_that_nobody_explains_in_time(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr("webapp.publishing.wordpress.examine.SECONDS", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait(20) and [])
    try:
        assert refused("https://herbs.example").sentence == "Nobody says in time where herbs.example is."
    finally:
        ended.set()


def test_where_nobody_listens(private_allowed: None) -> None:
    address = f"http://127.0.0.1:{free_port()}"

    assert refused(address).sentence == f"Nobody answers at {address}."


def test_a_site_that_does_not_answer_in_time(there: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr("webapp.publishing.wordpress.examine.SECONDS", 0.2)
    monkeypatch.setattr(there, "answer", lambda *_: Reply(status=200 if ended.wait(5) else 500))
    try:
        assert refused(there).sentence == "127.0.0.1 does not answer in time."
    finally:
        ended.set()


def test_a_certificate_that_proves_nothing(private_allowed: None, tmp_path: Path) -> None:
    with serving_tls(self_signed(tmp_path)) as address:
        told = refused(address)

    assert told.sentence.startswith("127.0.0.1 does not prove that it is 127.0.0.1: self-signed certificate")
    assert "The password was not sent" in told.remedy


def test_https_where_there_is_none(there: Site) -> None:
    told = refused(there.address.replace("http:", "https:"))

    assert told.sentence == "127.0.0.1 does not speak https there."
    assert "write http:// before the address" in told.remedy
