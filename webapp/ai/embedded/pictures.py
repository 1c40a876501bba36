"""Drawing a picture with Pillow: an abstract composition whose colours and shapes follow from the prompt."""

import io
import math
import random

from PIL import Image, ImageDraw

from webapp.ai.embedded.seeding import chooser
from webapp.ai.functions.image_generation import ImageRequest
from webapp.ai.provider import Reply

FINER = 2  # drawn larger and scaled down, for smooth edges

PALETTES = (  # ground, then from far to near
    ("#f6efe3", "#e9c9a3", "#d08c60", "#8f5a3c", "#4b3226"),
    ("#eef3ee", "#c7dccb", "#8fb996", "#4f7f63", "#24483a"),
    ("#eef1f6", "#c3d0e4", "#8aa3c8", "#4c6a97", "#263a5c"),
    ("#fbf0ea", "#f2c6b4", "#e08e79", "#b4565b", "#6b2f42"),
    ("#f7f4ea", "#e6d9a8", "#c9b35b", "#8c8040", "#4b4a2b"),
    ("#f1eef6", "#d3c7e6", "#a48fc8", "#6d5697", "#3c2f5c"),
    ("#ecf4f5", "#bfdde0", "#7fb5bb", "#3f7f88", "#1f4a52"),
    ("#f8f1ee", "#e3cfc4", "#bc9a89", "#7d6257", "#40332e"),
)


def answer(request: ImageRequest) -> Reply:
    choices = chooser("picture", request.prompt, request.caption)
    size = (request.width * FINER, request.height * FINER)
    palette = choices.choice(PALETTES)
    image = _ground(size, palette, choices)
    choices.choice(COMPOSITIONS)(ImageDraw.Draw(image), size, palette, choices)
    small = image.resize((request.width, request.height), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.quantize(128, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return Reply(text="{}", media=file.getvalue())


def _ground(size: tuple[int, int], palette: tuple[str, ...], choices: random.Random) -> Image.Image:
    """The palest colour, with a soft sun somewhere in the upper half."""
    width, height = size
    image = Image.new("RGB", size, palette[0])
    sun = choices.uniform(0.12, 0.2) * height
    x, y = choices.uniform(0.2, 0.8) * width, choices.uniform(0.22, 0.42) * height
    draw = ImageDraw.Draw(image)
    draw.ellipse(
        (x - sun * 1.5, y - sun * 1.5, x + sun * 1.5, y + sun * 1.5), fill=_between(palette[0], palette[1], 0.45)
    )
    draw.ellipse((x - sun, y - sun, x + sun, y + sun), fill=palette[1])
    return image


def _hills(draw: ImageDraw.ImageDraw, size: tuple[int, int], palette: tuple[str, ...], choices: random.Random) -> None:
    width, height = size
    for layer, colour in enumerate(_steps(palette[1:], 5)):
        base = height * (0.45 + 0.12 * layer)
        waves = [
            (choices.uniform(0.6, 2.2), choices.uniform(0, math.tau), choices.uniform(0.02, 0.07) * height)
            for _ in range(3)
        ]
        ridge = [
            (x, base + sum(tall * math.sin(math.tau * often * x / width + shift) for often, shift, tall in waves))
            for x in range(0, width + 16, 16)
        ]
        draw.polygon([*ridge, (width, height), (0, height)], fill=colour)


def _leaves(draw: ImageDraw.ImageDraw, size: tuple[int, int], palette: tuple[str, ...], choices: random.Random) -> None:
    width, height = size
    for colour in _steps(palette[1:], 9):
        x, angle = choices.uniform(0.05, 0.95) * width, choices.uniform(-0.6, 0.6)
        length, broad = choices.uniform(0.5, 0.95) * height, choices.uniform(0.07, 0.14) * height
        tip = (x + length * math.sin(angle), height - length * math.cos(angle))
        draw.polygon(_leaf((x, height * 1.02), tip, broad), fill=colour)
        draw.line([(x, height * 1.02), tip], fill=_between(colour, palette[0], 0.35), width=4 * FINER)


def _leaf(foot: tuple[float, float], tip: tuple[float, float], broad: float) -> list[tuple[float, float]]:
    (x0, y0), (x1, y1) = foot, tip
    long = math.hypot(x1 - x0, y1 - y0)
    across = (-(y1 - y0) / long, (x1 - x0) / long)
    along = [step / 24 for step in range(25)]
    there = [_beside(foot, tip, across, broad, part) for part in along]
    back = [_beside(foot, tip, across, -broad, part) for part in reversed(along)]
    return there + back


def _beside(
    foot: tuple[float, float], tip: tuple[float, float], across: tuple[float, float], broad: float, part: float
) -> tuple[float, float]:
    away = broad * math.sin(math.pi * part**0.8)
    return (
        foot[0] + (tip[0] - foot[0]) * part + across[0] * away,
        foot[1] + (tip[1] - foot[1]) * part + across[1] * away,
    )


def _arcs(draw: ImageDraw.ImageDraw, size: tuple[int, int], palette: tuple[str, ...], choices: random.Random) -> None:
    width, height = size
    for x in (choices.uniform(0.1, 0.35), choices.uniform(0.5, 0.65), choices.uniform(0.8, 0.95)):
        radius = choices.uniform(0.4, 0.75) * height
        for colour in _steps(palette[1:], 5):
            draw.ellipse((x * width - radius, height - radius, x * width + radius, height + radius), fill=colour)
            radius *= 0.76


def _still_life(
    draw: ImageDraw.ImageDraw, size: tuple[int, int], palette: tuple[str, ...], choices: random.Random
) -> None:
    """A table with vessels on it."""
    width, height = size
    table = height * 0.78
    draw.rectangle((0, table, width, height), fill=palette[2])
    draw.rectangle((0, table, width, table + 6 * FINER), fill=palette[3])
    places = [0.2, 0.4, 0.6, 0.8]
    choices.shuffle(places)
    for place, colour in zip(sorted(places[:3]), choices.sample(_steps(palette[2:], 4), 3), strict=True):
        tall, broad = choices.uniform(0.2, 0.42) * height, choices.uniform(0.07, 0.12) * width
        x = place * width
        draw.ellipse((x - broad * 1.1, table - 10 * FINER, x + broad * 1.3, table + 26 * FINER), fill=palette[3])
        draw.rounded_rectangle((x - broad, table - tall, x + broad, table + 8 * FINER), radius=broad * 0.6, fill=colour)
        neck = broad * choices.uniform(0.35, 0.6)
        draw.rounded_rectangle(
            (x - neck, table - tall * 1.22, x + neck, table - tall * 0.8), radius=neck * 0.3, fill=colour
        )
        shine = _between(colour, "#ffffff", 0.25)
        draw.rounded_rectangle(
            (x - broad * 0.7, table - tall * 0.86, x - broad * 0.5, table - tall * 0.3), radius=broad * 0.1, fill=shine
        )


COMPOSITIONS = (_hills, _leaves, _arcs, _still_life)


def _steps(palette: tuple[str, ...], count: int) -> list[str]:
    """So many colours along the palette, first to last."""
    if count == 1:
        return [palette[0]]
    places = [number * (len(palette) - 1) / (count - 1) for number in range(count)]
    return [
        _between(palette[int(place)], palette[min(int(place) + 1, len(palette) - 1)], place % 1) for place in places
    ]


def _between(one: str, other: str, part: float) -> str:
    first, second = _rgb(one), _rgb(other)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(first, second, strict=True))


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
