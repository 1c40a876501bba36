"""Equal requests get equal answers, byte for byte, in any process: a stored answer must fit a question put again."""

import hashlib
import os
import subprocess
import sys

import config
from tests.ai import requests
from webapp.ai.embedded.provider import EmbeddedProvider
from webapp.ai.grouping.grouping import group
from webapp.ai.grouping.told import KeywordToGroup

PHRASES = ["snake plant", "snake plant care", "root rot", "how to fix root rot", "🌱", "观叶植物"]
PRINTED = """
from tests.ai.test_answer_the_same_everywhere import fingerprint
print(fingerprint())
"""


def fingerprint() -> str:
    """Of the answers to one request of each operation, and of a grouping."""
    digest = hashlib.sha256(repr(group([KeywordToGroup(phrase, 1) for phrase in PHRASES])).encode())
    for request in requests.one_of_each():
        reply = EmbeddedProvider().answer(request)
        digest.update(reply.text.encode())
        digest.update(reply.media or b"")
    return digest.hexdigest()


def in_another_process(hash_seed: str) -> str:
    environ = os.environ | {"PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, "-c", PRINTED], env=environ, cwd=config.ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_processes_with_different_hash_seeds_answer_the_same() -> None:
    assert {in_another_process("1"), in_another_process("2"), fingerprint()} == {fingerprint()}


def test_requests_that_are_equal_are_written_equally() -> None:
    assert [one.model_dump_json() for one in requests.one_of_each()] == [
        other.model_dump_json() for other in requests.one_of_each()
    ]


def test_another_question_gets_another_answer() -> None:
    provider = EmbeddedProvider()

    assert provider.answer(requests.article("basil")).text != provider.answer(requests.article("mint")).text
    assert provider.answer(requests.picture("a")).media != provider.answer(requests.picture("b")).media
