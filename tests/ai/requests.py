"""Requests of every operation, ordinary and odd ones."""

from typing import Any

from hypothesis import strategies as st

from webapp.ai.functions.clustering import ClusteringRequest, KeywordFact, KeywordGroup
from webapp.ai.functions.content_generation import ArticleRequest
from webapp.ai.functions.idea_generation import IdeasRequest
from webapp.ai.functions.image_generation import ImageRequest
from webapp.ai.functions.image_prompt_extraction import ImagePromptsRequest
from webapp.ai.openai.operations.parts import FrameRequest, SectionRequest
from webapp.ai.provider import Request

ODD_PHRASES = (
    "x" * 300,
    "very long " * 30,
    "<script>alert(1)</script>",
    "<b>bold</b> & \"quoted\" 'words' {topic}",
    "wie oft orchideen gießen",
    "jak pěstovat rajčata",
    "观叶植物 养护",
    "観葉植物の育て方",
    "นิยายรัก ออนไลน์",
    "मनी प्लांट की देखभाल",
    "כמה להשקות סחלבים",
    "كم مرة أسقي الصبار",
    "🌱",
    "🌱 ideas",
    "how to",
    "how",
    "best",
    "50%",
    "?",
    " ",
    "",
    "a\u0000b",
    "c++",
    "d\u200de",
)
phrases = st.one_of(st.sampled_from(ODD_PHRASES), st.text(max_size=80))
languages = st.sampled_from(["en", "en-GB", "de", "ja", "ar", "th"])


def fact(phrase: str, volume: int | None = 100, intent: str | None = "informational") -> KeywordFact:
    return KeywordFact(phrase=phrase, volume=volume, intent=intent)


def naming(*groups: list[str], language: str = "en") -> ClusteringRequest:
    return ClusteringRequest(
        groups=[
            KeywordGroup(key=f"k{number}", keywords=[fact(phrase, 1000 - place) for place, phrase in enumerate(group)])
            for number, group in enumerate(groups)
        ],
        language=language,
    )


def ideas(head: str = "snake plant", *others: str, **fields: Any) -> IdeasRequest:
    keywords = [fact(phrase) for phrase in (head, *others)]
    return IdeasRequest(**({"cluster": head.title(), "head": head, "keywords": keywords, "intent": None} | fields))


def article(target: str = "snake plant care", **fields: Any) -> ArticleRequest:
    defaults: dict[str, Any] = {
        "title": "Snake Plant Care: A Practical Guide",
        "angle": "For beginners.",
        "outline": [
            "Where to start",
            "Snake plant light requirements",
            "Step by step",
            "What usually goes wrong",
            "In short",
        ],
        "target_keyword": target,
        "keywords": ["snake plant", "snake plant care", "snake plant light requirements"],
        "questions": ["how often to water a snake plant", "are snake plants toxic to cats"],
        "target_words": 800,
    }
    return ArticleRequest(**(defaults | fields))


def frame(**fields: Any) -> FrameRequest:
    return FrameRequest(article=article(**fields))


def section(heading: str = "Light", **fields: Any) -> SectionRequest:
    asked = {"article": article(), "heading": heading, "number": 1, "count": 2, "words": 100}
    return SectionRequest(**(asked | fields))


def picture_prompts(**fields: Any) -> ImagePromptsRequest:
    defaults: dict[str, Any] = {
        "title": "Snake Plant Care",
        "focus_keyword": "snake plant care",
        "headings": ["Where to start", "Light", "Water", "In short", "Frequently asked questions"],
    }
    return ImagePromptsRequest(**(defaults | fields))


def picture(prompt: str = "A calm picture", **fields: Any) -> ImageRequest:
    return ImageRequest(prompt=prompt, caption="A caption", **fields)


def one_of_each() -> list[Request]:
    return [
        naming(["snake plant", "snake plant care"], ["how to repot a plant"]),
        ideas("snake plant", "how often to water a snake plant", "snake plant care"),
        article(),
        picture_prompts(),
        picture("rolling hills under a low sun", width=320, height=180),
    ]
