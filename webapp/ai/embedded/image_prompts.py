"""Proposing the pictures of an article: one above it, some after its headings."""

from webapp.ai.embedded.look import Palette, Scene, looks
from webapp.ai.embedded.wording import plain, shortened
from webapp.ai.functions.image_prompt_extraction import ImagePrompt, ImagePromptsRequest, ImagePromptsResult, ImageRole
from webapp.ai.provider import Reply

LONGEST_SUBJECT = 120
LONGEST_PLACE = 300


def answer(request: ImagePromptsRequest) -> Reply:
    subject = plain(request.focus_keyword) or plain(request.title) or "the topic"
    places = [None, *_spread(request.headings, request.in_article)]
    chosen = looks(len(places), request.title, request.focus_keyword)
    images = [_picture(subject, place, *look) for place, look in zip(places, chosen, strict=True)]
    return Reply(text=ImagePromptsResult(images=images).model_dump_json())


def _picture(subject: str, place: str | None, scene: Scene, palette: Palette) -> ImagePrompt:
    about = shortened(plain(place or "") or subject, LONGEST_SUBJECT)
    return ImagePrompt(
        role=ImageRole.FEATURED if place is None else ImageRole.IN_ARTICLE,
        prompt=f"A calm, flat illustration for “{about}”: {scene}, in {palette}.",
        alt_text=f"Illustration for “{about}”: {scene}, in {palette}.",
        place=place,
    )


def _spread(headings: list[str], count: int) -> list[str]:
    """So many headings, evenly apart, the first and the last section left without."""
    inner = [heading for heading in headings[1:-1] or headings if len(heading) <= LONGEST_PLACE]
    if count <= 0 or not inner:
        return []
    step = max(1, len(inner) // count)
    return inner[::step][:count]
