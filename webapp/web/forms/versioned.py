"""Two tabs, or two people, with the same settings: the second to save is told, sees both versions, and decides.

A page describes its settings as people read them: {"Clustering": "15.00 %"}. That description is what versions are
made of and what is shown side by side.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from flask_wtf import FlaskForm
from wtforms import HiddenField

Description = Mapping[str, str]  # the name of a setting → its value


@dataclass(frozen=True)
class Line:
    """One setting in both versions."""

    name: str
    theirs: str
    yours: str

    @property
    def differs(self) -> bool:
        return self.theirs != self.yours


class VersionedForm(FlaskForm):
    """A form of settings that carries what it was drawn from."""

    drawn_from = HiddenField()

    def draw_from(self, stored: Description) -> None:
        """From now on the form answers for having seen these."""
        self.drawn_from.data = version_of(stored)

    def overtaken_by(self, stored: Description, wanted: Description) -> list[Line]:
        """Both versions, if somebody saved something else since the form was drawn; no line if it may be saved.

        Read `stored` under the lock under which you then save.
        """
        if self.drawn_from.data == version_of(stored) or stored == wanted:
            return []
        return [Line(name, theirs, wanted[name]) for name, theirs in stored.items()]


def version_of(stored: Description) -> str:
    """Names a state of the settings: the same values have the same version."""
    return hashlib.sha256(json.dumps(dict(stored), sort_keys=True).encode()).hexdigest()[:16]
