"""From what a model wrote to the JSON within it. What is found is only read, never run, and never without bounds."""

import json
import re
from typing import Any, NoReturn

from webapp.ai.openai.answers import MOST_TEXT
from webapp.ai.provider import BadReply, Finish

MOST_LOOKS = 4 * MOST_TEXT  # characters: so many are gone through in search of JSON, some of them again and again
LONGEST_QUOTE = 60
DEEPEST = 60
THOUGHT = re.compile(r"</(?:think|thinking|reasoning)>", re.IGNORECASE)
THINKING = re.compile(r"\s*<(?:think|thinking|reasoning)>", re.IGNORECASE)
BEGINNING = re.compile(r"[{\[]")
NEXT_PART = re.compile(r"[\s,]*\{")
MARKS = re.compile(r"</?data>", re.IGNORECASE)  # of ours, which some models repeat
NOT_SHOWN = re.compile("[\0\ud800-\udfff]")


def found_in(raw: str, finish: Finish) -> Any:
    """The largest JSON object or list in the text, clean. Raises BadReply, which says what was there instead."""
    if len(raw) > MOST_TEXT:
        raise BadReply(f"the answer is longer than {MOST_TEXT:,} characters")
    text = _after_thoughts(raw)
    if THINKING.match(text):
        raise BadReply(_cut(finish) or "the model only thought, and never answered")
    found = _largest(text)
    if found is None:
        raise BadReply(_why_not(text, finish))
    return _clean(found, 0)


def whole_parts(raw: str) -> list[Any]:
    """The objects, clean, that the first list in the text holds whole, however it goes on. Raises BadReply."""
    text = _after_thoughts(raw[:MOST_TEXT])
    decoder = json.JSONDecoder(parse_constant=_refuse)
    bracket = text.find("[")
    parts, position = [], bracket + 1 if bracket >= 0 else len(text)
    while begins := NEXT_PART.match(text, position):
        try:
            part, position = decoder.raw_decode(text, begins.end() - 1)
        except (ValueError, RecursionError):
            break
        parts.append(_clean(part, 0))
    return parts


def _after_thoughts(raw: str) -> str:
    """What a model wrote when it had thought."""
    text = raw.lstrip("\ufeff")
    return text[max((thought.end() for thought in THOUGHT.finditer(text)), default=0) :]


def _largest(text: str) -> Any:
    """None where there is none."""
    decoder = json.JSONDecoder(parse_constant=_refuse)
    best, longest, position, looked = None, 0, 0, 0
    while looked < MOST_LOOKS and (begins := BEGINNING.search(text, position)):
        start = begins.start()
        try:
            value, position = decoder.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            if _breaks_off(error, text):
                break  # what else there is are parts of it
            position = start + 1
            looked += len(text) - start
            continue
        if position - start > longest and value:
            best, longest = value, position - start
    return best


def _why_not(text: str, finish: Finish) -> str:
    if finish is Finish.FILTERED:
        return "the provider withheld the answer: its filter objects to it"
    if not text.strip():
        return _cut(finish) or "the answer is empty"
    if cut := _cut(finish):
        return cut
    begins = BEGINNING.search(text)
    if begins is None:
        words = " ".join(text.split())
        quote = words if len(words) <= LONGEST_QUOTE else f"{words[:LONGEST_QUOTE]}…"
        return f"the answer holds no JSON; it begins with “{quote}”"
    return _broken(text[begins.start() :])


def _broken(text: str) -> str:
    try:
        json.JSONDecoder(parse_constant=_refuse).raw_decode(text)
    except json.JSONDecodeError as error:
        if _breaks_off(error, text):
            return "the JSON of the answer breaks off before its end"
        return f"the JSON of the answer is broken at character {error.pos}: {error.msg}"
    except RecursionError:
        return "the JSON of the answer goes too deep"
    except ValueError as error:
        return str(error)
    return "the JSON of the answer holds nothing"


def _breaks_off(error: Exception, text: str) -> bool:
    """Whether nothing is wrong with the JSON but that its end is missing."""
    return isinstance(error, json.JSONDecodeError) and (
        error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
    )


def _cut(finish: Finish) -> str:
    return "the answer was cut off: it reached the most that it may be long" if finish is Finish.LENGTH else ""


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"the JSON of the answer holds {constant}, which is no number")


def _clean(found: Any, depth: int) -> Any:
    """Without what no database stores, nobody can read, or we have put into the question."""
    if depth > DEEPEST:
        raise BadReply("the JSON of the answer goes too deep")
    if isinstance(found, str):
        return MARKS.sub("", NOT_SHOWN.sub("\N{REPLACEMENT CHARACTER}", found))
    if isinstance(found, list):
        return [_clean(one, depth + 1) for one in found]
    if isinstance(found, dict):
        return {_clean(name, depth + 1): _clean(value, depth + 1) for name, value in found.items()}
    return found
