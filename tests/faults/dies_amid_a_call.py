"""A worker's turn at a run that dies at a point of a call: dies_amid_a_call.py POINT COUNT RUN EPOCH.

It is killed when it comes to that point for the COUNTth time, and ends by itself if it never does.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import config
from webapp import create_app
from webapp.pipeline import calls, runner
from webapp.pipeline.claim import Claim
from webapp.pipeline.paid_work import PaidWork


class Point(StrEnum):
    """The commit points of a call, and the POST between them."""

    BEFORE_HOLD = "before hold"
    AFTER_HOLD = "after hold"
    AFTER_POST = "after post"
    AFTER_REPLY_STORED = "after reply stored"
    AFTER_APPLY = "after apply"


class Death:
    def __init__(self, count: int):
        self._left = count
        self._lock = threading.Lock()

    def comes(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def before(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*told: Any, **more: Any) -> Any:
            self.comes()
            return act(*told, **more)

        return dying

    def after(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*told: Any, **more: Any) -> Any:
            done = act(*told, **more)
            self.comes()
            return done

        return dying


def arrange(point: Point, death: Death) -> None:
    from webapp.ai.openai.provider import OpenAiProvider

    match point:
        case Point.BEFORE_HOLD:
            calls.begin = death.before(calls.begin)
        case Point.AFTER_HOLD:
            Claim.check_before_paying = death.before(Claim.check_before_paying)  # type: ignore[method-assign]
        case Point.AFTER_POST:
            OpenAiProvider.answer = death.after(OpenAiProvider.answer)  # type: ignore[method-assign]
        case Point.AFTER_REPLY_STORED:
            calls.keep_answer = death.after(calls.keep_answer)
        case Point.AFTER_APPLY:
            PaidWork._apply = death.after(PaidWork._apply)  # type: ignore[method-assign]


def main(point: str, count: str, run: str, epoch: str) -> None:
    app = create_app(config.load(os.environ))
    arrange(Point(point), Death(int(count)))
    with app.app_context():
        runner.advance(int(run), int(epoch), worker="mortal", stopping=threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
