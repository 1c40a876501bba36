"""worker.py in a process that dies over one answer, as it would if that one took all memory."""

import os
import signal
import sys
from typing import Any

import worker
from webapp.ai.provider import Reply
from webapp.pipeline.stages.articles import Articles

POISON = os.environ["POISON"]  # words of the answer that kills

apply = Articles.apply


def apply_or_die(stage: Any, site: Any, item: Any, reply: Reply, provider: Any) -> Any:
    if POISON in reply.text:
        os.kill(os.getpid(), signal.SIGKILL)
    return apply(stage, site, item, reply, provider)


Articles.apply = apply_or_die  # type: ignore[method-assign]
worker.main(sys.argv[1])
