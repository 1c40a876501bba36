"""The embedded provider: deterministic drafts, to see the whole line run."""

import importlib
import time

from webapp.ai.provider import OneQuestion, Operation, Reply, Request

# Imported when first used: numpy and Pillow take their time, and most commands need neither.
ANSWERS = {
    Operation.CLUSTERING: "naming",
    Operation.IDEA_GENERATION: "ideas",
    Operation.CONTENT_GENERATION: "article",
    Operation.IMAGE_PROMPT_EXTRACTION: "image_prompts",
    Operation.IMAGE_GENERATION: "pictures",
}


class EmbeddedProvider(OneQuestion):
    """Equal requests get equal answers, byte for byte. `delay` seconds are slept before each, to watch or to test."""

    name = "embedded"
    model = "embedded-1"
    writes_for_publication = False
    can_be_asked_ahead = True

    def __init__(self, delay: float = 0.0):
        self._delay = delay

    def answer(self, request: Request) -> Reply:
        if self._delay:
            time.sleep(self._delay)
        module = importlib.import_module(f"webapp.ai.embedded.{ANSWERS[request.operation]}")
        reply: Reply = module.answer(request)
        return reply
