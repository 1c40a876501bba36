"""A picture where it is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Hung:
    """A picture in the library. `link` is the address of its file; `is_loose`: no post has it as its own."""

    media_id: int
    link: str
    author: int = 0
    is_loose: bool = True
