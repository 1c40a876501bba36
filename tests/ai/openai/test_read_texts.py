"""Models write JSON in many wrappings, and sometimes no JSON."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.ai.openai.reading import found_in, whole_parts
from webapp.ai.provider import BadReply, Finish

GOOD = '{"title": "A {brace} and a [bracket]", "parts": [1, {"b": "c"}]}'
READ = json.loads(GOOD)


@pytest.mark.parametrize(
    "raw",
    [
        GOOD,
        f"\ufeff \n{GOOD}\n",
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}```",
        f"Here you are:\n\n```json\n{GOOD}\n```\nI hope that it helps! [1] {{smile}}",
        f"Sure. {GOOD} Anything else?",
        f"<think>First {{}} then {{\"a\": 1}} … [maybe]</think>\n{GOOD}",
        f"<THINKING>\nhm\n</THINKING>{GOOD}",
        f"An example: {{\"title\": \"x\"}}. And the answer: {GOOD}",
        f"{{broken {GOOD}",
        f"[see below] {GOOD}",
    ],
)  # fmt: skip
def test_the_json_is_found_in_its_wrapping(raw: str) -> None:
    assert found_in(raw, Finish.COMPLETE) == READ


def test_a_whole_answer_counts_although_the_limit_was_reached() -> None:
    assert found_in(GOOD + "\n\nAnd fur", Finish.LENGTH) == READ


@pytest.mark.parametrize(
    ("raw", "finish", "said"),
    [
        ("", Finish.COMPLETE, "the answer is empty"),
        (" \n", Finish.COMPLETE, "the answer is empty"),
        ("", Finish.LENGTH, "cut off"),
        ("", Finish.FILTERED, "withheld"),
        ("I cannot help with that.", Finish.COMPLETE, "holds no JSON; it begins with “I cannot help with that.”"),
        ("word " * 50, Finish.COMPLETE, "holds no JSON"),
        (GOOD[:30], Finish.COMPLETE, "breaks off before its end"),
        (GOOD[:30], Finish.LENGTH, "cut off"),
        ('{"parts": [{"a": 1}, {"a": 2}, {"a"', Finish.LENGTH, "cut off"),
        ('{"parts": [{"a": 1}, {"a": 2}', Finish.COMPLETE, "breaks off before its end"),
        ('{"a": 1,}', Finish.COMPLETE, "broken at character 8"),
        ('{"a": NaN}', Finish.COMPLETE, "NaN, which is no number"),
        ("{'a': 1}", Finish.COMPLETE, "broken at character 1"),
        ("__import__('os').system('true')", Finish.COMPLETE, "holds no JSON"),
        ("{}", Finish.COMPLETE, "holds nothing"),
        ("[]", Finish.COMPLETE, "holds nothing"),
        ("<think>so", Finish.COMPLETE, "only thought"),
        ("<think>so", Finish.LENGTH, "cut off"),
        ("[" * 100_000, Finish.COMPLETE, "deep"),
        ("[" * 200 + "1" + "]" * 200, Finish.COMPLETE, "deep"),
        ("x" * 5_000_001, Finish.COMPLETE, "longer than 5,000,000"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(raw: str, finish: Finish, said: str) -> None:
    with pytest.raises(BadReply, match=said):
        found_in(raw, finish)


@pytest.mark.parametrize("piece", ['{"', "<think>", "</think>", "[", "[1,", '{"a":[', "```json\n", "<", " "])
def test_five_megabytes_of_beginnings_are_given_up_soon(piece: str) -> None:
    written = piece * (4_900_000 // len(piece))

    with pytest.raises(BadReply):
        found_in(written, Finish.COMPLETE)
    assert whole_parts(written) == whole_parts(f"[{written}") == []


def test_what_no_database_stores_is_replaced() -> None:
    assert found_in('{"a": "x\\u0000y\\ud800z"}', Finish.COMPLETE) == {"a": "x\ufffdy\ufffdz"}


def test_our_own_marks_do_not_come_back() -> None:
    assert found_in('{"a": "<data>snake plant</data> & <datalist>"}', Finish.COMPLETE) == {
        "a": "snake plant & <datalist>"
    }


@given(st.text(max_size=200), st.sampled_from(list(Finish)))
def test_whatever_is_written_is_read_or_refused(raw: str, finish: Finish) -> None:
    try:
        found: Any = found_in(raw, finish)
    except BadReply as bad:
        assert str(bad)
    else:
        assert isinstance(found, dict | list)


@given(st.dictionaries(st.text(max_size=9), st.integers() | st.lists(st.text(max_size=9)), min_size=1, max_size=5))
def test_json_that_a_model_would_write_is_read(value: dict[str, Any]) -> None:
    raw = f"Here:\n```json\n{json.dumps(value)}\n```"

    assert set(found_in(raw, Finish.COMPLETE)) <= {name.replace("\0", "\ufffd") for name in value}
