"""A small web server that answers as a WordPress in any state does: for what a real one cannot be brought to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

INDEX, ME, POSTS, HOME, XMLRPC = "/wp-json/", "/wp-json/wp/v2/users/me", "/wp-json/wp/v2/posts", "/", "/xmlrpc.php"
PASSWORD = "abcd efgh ijkl mnop qrst uvwx"
MANY = {"publish_posts": True, "upload_files": True, "manage_categories": True}
API = '<{}>; rel="https://api.w.org/"'


@dataclass(frozen=True)
class Reply:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def in_json(value: object, status: int = 200) -> Reply:
    return Reply(json.dumps(value).encode(), status, {"Content-Type": "application/json"})


def error(status: int, code: str, message: str = "Sorry.") -> Reply:
    return in_json({"code": code, "message": message, "data": {"status": status}}, status)


def leads_to(address: str) -> Reply:
    return Reply(status=301, headers={"Location": address})


def me(*roles: str, may: dict[str, bool] = MANY) -> Reply:
    return in_json({"id": 1, "name": "Ana", "roles": list(roles), "capabilities": may})


def post(number: int, title: str = "Basil", modified: str = "2026-05-01T10:00:00") -> dict[str, Any]:
    link = f"https://herbs.example/{number}/"
    return {"id": number, "link": link, "slug": f"s{number}", "title": {"rendered": title}, "modified_gmt": modified}


class LookAlike:
    """`replies`: what is answered at which path, else 404; `replies_to_get`: where that differs for GET. `posts`: what
    there is of them, a page at a time."""

    def __init__(self, address: str):
        self.address = address
        self.asked: list[tuple[str, str | None]] = []  # paths, each with the Authorization that came along
        self.posts: list[dict[str, Any]] = []
        self.replies_to_get: dict[str, Reply] = {}
        self.replies: dict[str, Reply] = {
            INDEX: in_json(
                {"name": "Herb notes", "namespaces": ["wp/v2"], "authentication": {"application-passwords": {}}}
            ),
            ME: me("editor"),
            HOME: Reply(b'<meta name="generator" content="WordPress 6.8.1" />'),
        }

    def answer(self, path: str, arguments: dict[str, str], authorization: str | None) -> Reply:
        self.asked.append((path, authorization))
        if path == POSTS and POSTS not in self.replies:
            return self._page(int(arguments["page"]), int(arguments["per_page"]))
        return self.replies.get(path, Reply(b"<h1>Not found</h1>", 404))

    def _page(self, page: int, length: int) -> Reply:
        some = self.posts[(page - 1) * length : page * length]
        return in_json(some) if some or page == 1 else error(400, "rest_post_invalid_page_number")


@contextmanager
def look_alike() -> Iterator[LookAlike]:
    """One that is well, until its replies are changed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {}))
    server.daemon_threads = True
    site = LookAlike(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass.site = site  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    site: LookAlike

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        arguments = dict(one.split("=", 1) for one in parts.query.split("&") if one)
        reply = self.site.answer(parts.path, arguments, self.headers.get("Authorization"))
        if self.command == "GET":
            reply = self.site.replies_to_get.get(parts.path, reply)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        with suppress(OSError):  # the caller has had enough
            self.end_headers()
            self.wfile.write(reply.body)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        """The tests say what went wrong."""
