"""Proposing the pictures of an article: one above it, some after its headings."""

from webapp.ai.embedded.wording import plain, sentence_case
from webapp.ai.functions.image_prompt_extraction import ImagePrompt, ImagePromptsRequest, ImagePromptsResult, ImageRole
from webapp.ai.provider import Reply


def answer(request: ImagePromptsRequest) -> Reply:
    topic = plain(request.focus_keyword) or plain(request.title) or "the topic"
    images = [
        ImagePrompt(
            role=ImageRole.FEATURED,
            prompt=f"Calm editorial illustration of {topic}",
            alt_text=f"Illustration: {topic}",
        ),
        *(_inside(topic, heading) for heading in _spread(request.headings, request.in_article)),
    ]
    return Reply(text=ImagePromptsResult(images=images).model_dump_json())


def _inside(topic: str, heading: str) -> ImagePrompt:
    about = sentence_case(heading)
    return ImagePrompt(
        role=ImageRole.IN_ARTICLE,
        prompt=f"Quiet abstract illustration of {topic}: {about}",
        alt_text=f"Illustration: {about}"[:300],
        place=heading,
    )


def _spread(headings: list[str], count: int) -> list[str]:
    """So many headings, evenly apart, the first and the last section left without."""
    inner = headings[1:-1] or headings
    if count <= 0 or not inner:
        return []
    step = max(1, len(inner) // count)
    return inner[::step][:count]
