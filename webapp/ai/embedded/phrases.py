"""What kind of phrase somebody searches for, and how it is said in a title, as a question, and within a sentence.

All of this knows English. A phrase of another language is a thing: it is shown as it was written.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from webapp.ai.embedded.wording import inside, plain, sentence_case, words_of

QUESTION_WORDS = words_of(
    "how what why when where which who whose can could is are am was were do does did should will would has have"
)
HOW_TO = re.compile(r"^how to (?P<doing>.+)$", re.IGNORECASE)
ASKS_WHAT_TO_DO = re.compile(
    r"^(?P<asked>how|what|when|where|how (?:often|much|many|long|soon|early|late|fast)|which \S+) to (?P<doing>.+)$",
    re.IGNORECASE,
)
YOURS = re.compile(r"\byour\b", re.IGNORECASE)
COMPARES = re.compile(r"\s(?:vs\.?|versus|or|compared to)\s", re.IGNORECASE)
ACTIONS = words_of("buy choose install learn make")
TROUBLES = words_of(
    "breaking crashing curling drooping dropping dying failing falling flickering leaking not peeling problem problems"
    " rotting turning wilting yellowing"
)
BEFORE_A_VERB = words_of("always best easily just never not only properly quickly really safely simply")
DOUBLED = words_of(
    "begin chop clip control cut dig drip format get grab hit jog let mop nap pat pin plan plug pop program put quit"
    " rebut refer repot rip rub run set ship shop shut sip sit skip slip snap spin stir stop strip swim tap tip top"
    " transfer trim wrap win zip"
)


class Shape(StrEnum):
    """What kind of phrase it is."""

    HOW_TO = "how_to"  # how to descale a kettle
    QUESTION = "question"  # why is my kettle loud
    ACTION = "action"  # buy a kettle
    COMPARISON = "comparison"  # kettle vs urn
    CHOICE = "choice"  # best kettle
    TROUBLE = "trouble"  # kettle leaking
    THING = "thing"  # kettle


def is_english(language: str) -> bool:
    return language.split("-")[0] == "en"


def shape_of(phrase: str) -> Shape:
    words = plain(phrase).lower().split(" ")
    if HOW_TO.match(" ".join(words)):
        return Shape.HOW_TO
    if words[0] in QUESTION_WORDS and len(words) > 1:
        return Shape.QUESTION
    if COMPARES.search(" ".join(words)):
        return Shape.COMPARISON
    if words[0] in ("best", "top") and len(words) > 1:
        return Shape.CHOICE
    if words[0] in ACTIONS and len(words) > 1:
        return Shape.ACTION
    return Shape.TROUBLE if TROUBLES.intersection(words[1:]) else Shape.THING


def is_question(phrase: str) -> bool:
    return shape_of(phrase) in (Shape.HOW_TO, Shape.QUESTION)


def asks(phrase: str) -> bool:
    """Whether a question mark belongs to it: "how to descale a kettle" has none."""
    return shape_of(phrase) is Shape.QUESTION and ASKS_WHAT_TO_DO.match(plain(phrase)) is None


def question(phrase: str) -> str:
    """ "how to descale a kettle" as "How do I descale a kettle?", with a capital and its mark."""
    words = plain(phrase)
    found = ASKS_WHAT_TO_DO.match(words)
    if found:
        auxiliary = "do" if HOW_TO.match(words) else "should"
        words = f"{found['asked']} {auxiliary} I {YOURS.sub('my', found['doing'])}"
    return f"{sentence_case(words)}?"


def within_sentence(phrase: str) -> str:
    """The phrase as a thing that one can talk about: "descaling a kettle", "the best kettle"."""
    return _as_thing(phrase) or f"the question “{question(phrase)}”"


def topic_of(phrase: str, others: Sequence[str]) -> str:
    """What a text is about whose keyword is `phrase`: for most questions the first of `others` that is a thing."""
    things = (_as_thing(other) for other in (phrase, *others))
    return next(filter(None, things), within_sentence(phrase))


def _as_thing(phrase: str) -> str:
    """Empty for a question that only an answer could follow."""
    words = inside(phrase)
    match shape_of(words):
        case Shape.HOW_TO | Shape.QUESTION:
            found = ASKS_WHAT_TO_DO.match(words)
            return doing(found["doing"]) if found and found["asked"].lower().startswith(("how", "when")) else ""
        case Shape.ACTION:
            return doing(words)
        case Shape.CHOICE:
            return f"the {words}"
        case _:
            return words


def doing(words: str) -> str:
    """ "descale a kettle" as "descaling a kettle"; adverbs before the verb stay."""
    before, verb, after = [], "", words.split(" ")
    while after and not verb:
        word = after.pop(0)
        if word.lower() in BEFORE_A_VERB and after:
            before.append(word)
        else:
            verb = _gerund(word)
    return " ".join([*before, verb, *after])


def _gerund(verb: str) -> str:
    if verb.lower() in DOUBLED:
        return f"{verb}{verb[-1]}ing"
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) and len(verb) > 2:
        return f"{verb[:-1]}ing"
    return f"{verb}ing"
