"""What scenes are drawn on: a surface, its colours, a source of choices, and the few shapes that scenes share."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import ImageDraw

Point = tuple[float, float]


@dataclass(frozen=True)
class Colours:
    """The background, four tones from far to near, and one colour that stands out."""

    ground: str
    tones: tuple[str, str, str, str]
    accent: str

    @property
    def pale(self) -> str:
        """Between the background and the farthest tone."""
        return blend(self.ground, self.tones[0], 0.5)

    def steps(self, count: int) -> list[str]:
        """So many colours along the tones, the farthest first."""
        places = [number * (len(self.tones) - 1) / max(1, count - 1) for number in range(count)]
        following = (*self.tones, self.tones[-1])
        return [blend(following[int(place)], following[int(place) + 1], place % 1) for place in places]


@dataclass(frozen=True)
class Canvas:
    draw: ImageDraw.ImageDraw
    width: int
    height: int
    colours: Colours
    choices: random.Random

    def disc(self, centre: Point, radius: float, fill: str) -> None:
        (x, y), r = centre, max(1.0, radius)
        self.draw.ellipse((x - r, y - r, x + r, y + r), fill=fill)

    def sun(self, y: float, colour: str) -> Point:
        """A disc in a halo, somewhere across at the height `y`. Answers its centre."""
        radius = self.choices.uniform(0.11, 0.17) * self.height
        centre = self.choices.uniform(0.22, 0.78) * self.width, y
        self.disc(centre, radius * 1.5, blend(self.colours.ground, colour, 0.22))
        self.disc(centre, radius, colour)
        return centre

    def wave(self, base: float, tall: float, longest: float = 2.2) -> list[Point]:
        """A smooth line across, around the height `base`, up to `tall` above or below it."""
        waves = [(self.choices.uniform(0.4, longest), self.choices.uniform(0, math.tau)) for _ in range(3)]
        return [
            (x, base + sum(tall / 3 * math.sin(math.tau * often * x / self.width + shift) for often, shift in waves))
            for x in range(0, self.width + 16, 16)
        ]

    def fill_below(self, line: Sequence[Point], colour: str) -> None:
        self.draw.polygon([*line, (line[-1][0], self.height), (line[0][0], self.height)], fill=colour)

    def leaf(self, foot: Point, tip: Point, broad: float, colour: str, *, vein: bool = True) -> None:
        """A pointed leaf from `foot` to `tip`, `broad` at most to either side."""
        (x0, y0), (x1, y1) = foot, tip
        long = max(1.0, math.hypot(x1 - x0, y1 - y0))
        across = -(y1 - y0) / long, (x1 - x0) / long
        parts = [step / 24 for step in range(25)]
        there = [_beside(foot, tip, across, broad, part) for part in parts]
        back = [_beside(foot, tip, across, -broad, part) for part in reversed(parts)]
        self.draw.polygon(there + back, fill=colour)
        if vein:
            self.draw.line([foot, tip], fill=blend(colour, self.colours.ground, 0.35), width=max(1, self.height // 280))


def _beside(foot: Point, tip: Point, across: Point, broad: float, part: float) -> Point:
    away = broad * math.sin(math.pi * part**0.8)
    return foot[0] + (tip[0] - foot[0]) * part + across[0] * away, foot[1] + (tip[1] - foot[1]) * part + across[
        1
    ] * away


def blend(one: str, other: str, part: float) -> str:
    """The colour at that part of the way from one to the other."""
    first, second = _rgb(one), _rgb(other)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(first, second, strict=True))


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
