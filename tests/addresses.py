"""The addresses of the app: Werkzeug compiles each again for every app, and code for it, a tenth of a second in all."""

from typing import Any

import pytest
from werkzeug.routing import Rule

MADE = ("_parts", "_trace", "_converters", "arguments", "_build", "_build_unknown")


def compile_each_once(patch: pytest.MonkeyPatch) -> None:
    """Lets the rules of all apps of this process share what was made of their address. Nobody changes it afterwards."""
    compiled: dict[object, dict[str, Any]] = {}
    compile_rule = Rule.compile

    def compile_once(rule: Rule) -> None:
        key = _what_it_depends_on(rule)
        if key not in compiled:
            compile_rule(rule)
            compiled[key] = {name: vars(rule)[name] for name in MADE}
        vars(rule).update(compiled[key])

    patch.setattr(Rule, "compile", compile_once)


def _what_it_depends_on(rule: Rule) -> object:
    converters = frozenset(rule.map.converters.items())
    return rule.rule, rule.host, rule.subdomain, rule.is_leaf, rule.merge_slashes, repr(rule.defaults), converters
