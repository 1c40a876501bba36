"""An endpoint of the tests' own that answers every question of a run, and knows which answer it gave to what."""

import base64
import hashlib
import io
import json
import threading
from dataclasses import dataclass
from typing import Any

from PIL import Image

from tests.ai.openai.server import Asked, Told, chat

WORDS = (
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath",
    "inlet", "jetty", "kelp", "lagoon", "meadow", "north", "oasis", "prairie",
)  # fmt: skip


@dataclass(frozen=True)
class Post:
    """One question that came. `number` is what its answer reports as tokens of the input, so that it is known again."""

    number: int
    question: str


class Scribe:
    def __init__(self) -> None:
        self.posts: list[Post] = []
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Told:
        if asked.method != "POST":
            return Told({"data": []})
        with self._lock:
            post = Post(len(self.posts) + 1, fingerprint(asked))
            self.posts.append(post)
        if asked.path.endswith("/images/generations"):
            drawn = base64.b64encode(png()).decode()
            return Told({"data": [{"b64_json": drawn}], "usage": {"input_tokens": post.number, "output_tokens": 7}})
        usage = {"prompt_tokens": post.number, "completion_tokens": 7, "total_tokens": post.number + 7}
        return chat(json.dumps(answer_to(asked, post.number)), usage=usage)

    def asked(self, number: int) -> str:
        """The question that this answer was given to."""
        return self.posts[number - 1].question

    def times(self, question: str) -> list[int]:
        """The numbers of all the times that it was put."""
        return [post.number for post in self.posts if post.question == question]


def fingerprint(asked: Asked) -> str:
    return hashlib.sha256(json.dumps(asked.json, sort_keys=True).encode()).hexdigest()


def answer_to(asked: Asked, number: int) -> dict[str, Any]:
    """One that fits the form that is asked for."""
    fields = set(asked.json["response_format"]["json_schema"]["schema"]["properties"])
    told = asked.json["messages"][-1]["content"]
    if "groups" in fields:
        keys = [line.removeprefix("key: ") for line in told.splitlines() if line.startswith("key: ")]
        return {"groups": [{"key": key, "name": f"Topic {key} {number}", "head": "", "intent": None} for key in keys]}
    if "ideas" in fields:
        return {"ideas": [idea(number, part, kind) for part, kind in ((1, "pillar"), (2, "supporting"))]}
    if "introduction_html" in fields:
        return {
            "title": f"Article {number}", "meta_title": "Care", "meta_description": "How.", "excerpt": "All.",
            "introduction_html": text(60), "headings": [], "faq_heading": "", "faq": [],
        }  # fmt: skip
    if "html" in fields:
        wanted = int(told.rpartition("in full: about ")[2].split()[0])
        return {"html": text(wanted), "links": []}
    return {
        "featured": {"prompt": f"Plant {number}.", "alt_text": "A plant"},
        "in_article": [{"prompt": f"Lamp {number}.", "alt_text": "A lamp", "place": "Light"}],
    }


def idea(number: int, part: int, kind: str) -> dict[str, Any]:
    """Whose title is not nearly that of another."""
    title = " ".join(WORDS[(number * 7 + part * 3 + step * 5) % len(WORDS)] for step in range(4))
    return {
        "title": f"{title} {number}{part}", "angle": "For all.", "outline": ["Light", "Water"], "kind": kind,
        "target_keyword": "", "intent": "informational",
    }  # fmt: skip


def text(words: int) -> str:
    return f"<p>{' '.join(['word'] * words)}.</p>"


def png() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (64, 36), "teal").save(made, "PNG")
    return made.getvalue()
