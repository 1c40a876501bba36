"""How finely keywords are grouped."""

from enum import StrEnum


class Level(StrEnum):
    """A pillar holds topics, and a topic holds pages: keywords that one page can answer."""

    PILLAR = "pillar"
    TOPIC = "topic"
    PAGE = "page"
