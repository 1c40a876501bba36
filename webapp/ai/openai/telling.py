"""What a model is told about a request: for whoever asks it, and for whoever wants to read it before."""

from webapp.ai.functions.image_generation import ImageRequest
from webapp.ai.openai.formats import in_words
from webapp.ai.openai.operations.catalogue import WORKS, WRITINGS
from webapp.ai.openai.operations.parts import subject
from webapp.ai.openai.operations.work import Voice
from webapp.ai.openai.prompts import ABOUT_DATA, Prompt, Template
from webapp.ai.provider import Request


def told(request: Request, template: Template, voice: Voice) -> Prompt:
    """All of it, with what we say ourselves. A model that draws is told one text. Raises BadTemplate."""
    filled = template.rendered(WORKS[request.operation].filled_in(subject(request), voice))
    if isinstance(request, ImageRequest):
        return Prompt("", _joined(filled.system, filled.user))
    writing = WRITINGS[type(request)]
    system = _joined(filled.system, ABOUT_DATA, in_words(writing.draft))
    return Prompt(system, _joined(filled.user, writing.asked(request)))


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
