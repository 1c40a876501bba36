"""A provider that asks several questions about each article, as one does that writes it in parts."""

from collections.abc import Sequence
from typing import ClassVar

from tests.pipeline.scripted import ScriptedProvider
from webapp.ai.functions.content_generation import ArticleRequest
from webapp.ai.provider import Operation, Reply, Request, Step

PARTS = 4


class Part(Request):
    """`after`: what was answered before it, so that another answer makes another question."""

    operation: ClassVar[Operation] = Operation.CONTENT_GENERATION
    prompt_version: ClassVar[str] = "1"

    of: ArticleRequest
    number: int
    after: str


class InSteps(ScriptedProvider):
    def next_step(self, request: Request, replies: Sequence[Reply]) -> Step | None:
        if not isinstance(request, ArticleRequest):
            return super().next_step(request, replies)
        if len(replies) == PARTS:
            return None
        after = replies[-1].text if replies else ""
        return Step(Part(of=request, number=len(replies) + 1, after=after), f"part {len(replies) + 1} of {PARTS}")

    def answer(self, request: Request) -> Reply:
        if not isinstance(request, Part):
            return super().answer(request)
        self.note(request)
        return Reply(text=f"{request.number} after {request.after}")

    def assembled(self, request: Request, replies: Sequence[Reply]) -> Reply:
        if not isinstance(request, ArticleRequest):
            return super().assembled(request, replies)
        assert [reply.text[0] for reply in replies] == [str(number) for number in range(1, PARTS + 1)]
        return self.draft(request)
