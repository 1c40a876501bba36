"""The addresses of the app: Werkzeug compiles code for each of them, again for every app, a tenth of a second."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.routing import Rule

Key = tuple[str, str | None, str, bool]


def compile_each_once(patch: pytest.MonkeyPatch) -> None:
    """Lets the rules of all apps of this process share that code. It takes its rule as an argument, so it may."""
    compiled: dict[Key, Callable[..., Any]] = {}
    compile_builder = Rule._compile_builder

    def compiled_builder(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        key = (rule.rule, rule.subdomain, repr(rule.defaults), append_unknown)
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    patch.setattr(Rule, "_compile_builder", compiled_builder)
