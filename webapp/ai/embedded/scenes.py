"""The scenes that pictures show, one function each. Sizes are parts of the canvas, so any format works."""

import math
from collections.abc import Callable

from webapp.ai.embedded.canvas import Canvas, Point, blend
from webapp.ai.embedded.look import Scene


def _hills(on: Canvas) -> None:
    on.sun(on.choices.uniform(0.24, 0.36) * on.height, on.colours.accent)
    for layer, colour in enumerate(on.colours.steps(5)):
        on.fill_below(on.wave(on.height * (0.44 + 0.12 * layer), 0.14 * on.height), colour)


def _leaves(on: Canvas) -> None:
    on.disc(
        (on.choices.uniform(0.3, 0.7) * on.width, 0.45 * on.height),
        on.choices.uniform(0.24, 0.32) * on.height,
        blend(on.colours.ground, on.colours.accent, 0.45),
    )
    places = [(number + on.choices.uniform(0.1, 0.9)) / 11 for number in range(11)]
    on.choices.shuffle(places)
    for place, colour in zip(places, on.colours.steps(11), strict=True):
        foot = place * on.width, on.height * 1.03
        long, lean = on.choices.uniform(0.45, 0.95) * on.height, on.choices.uniform(-0.5, 0.5)
        tip = foot[0] + long * math.sin(lean), foot[1] - long * math.cos(lean)
        on.leaf(foot, tip, on.choices.uniform(0.06, 0.12) * on.height, colour)


def _arches(on: Canvas) -> None:
    """Three rows, the nearest with the largest."""
    on.sun(0.2 * on.height, on.colours.accent)
    for row, count in enumerate((7, 5, 3)):
        base = on.height * (0.5 + 0.27 * row)
        step = on.width / count
        shift = on.choices.uniform(-0.5, 0.5) * step
        for number in range(-1, count + 2):
            colours = on.colours.steps(4) if on.choices.random() < 0.75 else [on.colours.accent, *on.colours.steps(3)]
            for ring, colour in enumerate(colours):
                radius = step * 0.48 * (1 - 0.22 * ring)
                x = shift + number * step
                on.draw.pieslice((x - radius, base - radius, x + radius, base + radius), 180, 360, fill=colour)
        if base < on.height:
            on.draw.rectangle((0, base, on.width, on.height), fill=on.colours.pale)


def _vessels(on: Canvas) -> None:
    on.disc(
        (on.choices.uniform(0.3, 0.7) * on.width, 0.36 * on.height),
        0.26 * on.height,
        blend(on.colours.ground, on.colours.accent, 0.3),
    )
    table = on.height * 0.78
    on.draw.rectangle((0, table, on.width, on.height), fill=on.colours.tones[0])
    on.draw.rectangle((0, table, on.width, table + on.height * 0.012), fill=on.colours.tones[1])
    colours = [on.colours.accent, on.colours.tones[1], on.colours.tones[2], on.colours.tones[3]]
    on.choices.shuffle(colours)
    for place, colour in zip((0.24, 0.5, 0.76), colours, strict=False):
        _vessel(on, (place + on.choices.uniform(-0.05, 0.05)) * on.width, table, colour)


def _vessel(on: Canvas, x: float, foot: float, colour: str) -> None:
    """A bottle, a bowl or a jar."""
    tall, broad = on.choices.uniform(0.24, 0.46) * on.height, on.choices.uniform(0.1, 0.15) * on.height
    foot += on.height * 0.04
    on.draw.ellipse(
        (x - broad, foot - broad * 0.16, x + broad * 1.6, foot + broad * 0.2),
        fill=blend(on.colours.tones[0], on.colours.tones[1], 0.6),
    )
    if on.choices.random() < 0.3:
        wide = broad * 1.5
        on.draw.pieslice((x - wide, foot - wide * 2, x + wide, foot), 0, 180, fill=colour)
        return
    on.draw.rounded_rectangle((x - broad, foot - tall, x + broad, foot), radius=broad * 0.6, fill=colour)
    neck = broad * on.choices.uniform(0.3, 0.65)
    on.draw.rounded_rectangle((x - neck, foot - tall * 1.25, x + neck, foot - tall * 0.8), neck * 0.25, fill=colour)
    shine = blend(colour, "#ffffff", 0.25)
    on.draw.rounded_rectangle(
        (x - broad * 0.7, foot - tall * 0.84, x - broad * 0.52, foot - tall * 0.3), broad * 0.09, fill=shine
    )


def _tiles(on: Canvas) -> None:
    size = max(2.0, on.height / 4)
    colours = [*on.colours.tones, on.colours.accent, on.colours.pale]
    for row in range(math.ceil(on.height / size)):
        for column in range(math.ceil(on.width / size)):
            x, y = column * size, row * size
            ground, first, second = on.choices.sample(colours, 3)
            on.draw.rectangle((x, y, x + size, y + size), fill=ground)
            turn = on.choices.randrange(4)
            corner = x + size * (turn in (1, 2)), y + size * (turn in (2, 3))
            for radius, colour in ((size, first), (size * 0.5, second)):
                box = (corner[0] - radius, corner[1] - radius, corner[0] + radius, corner[1] + radius)
                on.draw.pieslice(box, 90 * turn, 90 * turn + 90, fill=colour)


def _lake(on: Canvas) -> None:
    horizon, radius = on.height * 0.56, on.choices.uniform(0.17, 0.23) * on.height
    x = on.choices.uniform(0.3, 0.7) * on.width
    on.disc((x, horizon), radius * 1.5, blend(on.colours.ground, on.colours.accent, 0.2))
    on.disc((x, horizon), radius, on.colours.accent)
    for layer, colour in enumerate(on.colours.steps(4)[1:3]):
        on.fill_below(on.wave(horizon - on.height * (0.1 - 0.06 * layer), 0.12 * on.height, 1.4), colour)
    on.draw.rectangle((0, horizon, on.width, on.height), fill=on.colours.tones[3])
    stripes = 9
    for number in range(stripes):
        y = horizon + on.height * 0.44 * (number + 0.7) / stripes
        half = radius * on.choices.uniform(0.5, 1.2) * (1 - number / (stripes + 3))
        colour = blend(on.colours.accent, on.colours.tones[3], number / (stripes + 2))
        thick = on.height * 0.013
        shift = on.choices.uniform(-0.15, 0.15) * radius
        on.draw.rounded_rectangle((x - half + shift, y - thick, x + half + shift, y + thick), thick, fill=colour)


def _stones(on: Canvas) -> None:
    on.sun(on.choices.uniform(0.24, 0.4) * on.height, on.colours.accent)
    ground = on.height * 0.84
    on.fill_below(on.wave(on.height * 0.66, 0.08 * on.height), on.colours.tones[0])
    on.fill_below(on.wave(ground, 0.03 * on.height), on.colours.tones[1])
    x, y = on.choices.uniform(0.35, 0.65) * on.width, ground + on.height * 0.05
    broad, colours = on.height * 0.3, on.colours.steps(6)[2:]
    for number in range(5):
        thick = on.choices.uniform(0.05, 0.075) * on.height
        x += on.choices.uniform(-0.1, 0.1) * broad
        on.draw.rounded_rectangle((x - broad, y - 2 * thick, x + broad, y), thick, fill=colours[(number * 3) % 4])
        y -= 2 * thick
        broad *= on.choices.uniform(0.68, 0.82)


def _branch(on: Canvas) -> None:
    on.disc((0.5 * on.width, 0.5 * on.height), 0.4 * on.height, on.colours.pale)
    lift = on.choices.uniform(0.55, 0.7)
    start, end = (0.08 * on.width, 0.9 * on.height), (0.92 * on.width, (0.9 - lift) * on.height)
    bend = on.choices.uniform(-0.22, 0.22) * on.height
    pairs = 9

    def at(part: float) -> Point:
        y = start[1] + (end[1] - start[1]) * part + bend * math.sin(math.pi * part)
        return start[0] + (end[0] - start[0]) * part, y

    stem = [at(step / 40) for step in range(41)]
    on.draw.line(stem, fill=on.colours.tones[3], width=max(1, on.height // 110), joint="curve")
    for number in range(1, pairs + 1):
        foot, ahead = at(number / (pairs + 0.5)), at(number / (pairs + 0.5) + 0.02)
        along = math.atan2(ahead[1] - foot[1], ahead[0] - foot[0])
        long = on.height * (0.3 - 0.016 * number)
        for side in (-1, 1):
            turned = along + side * on.choices.uniform(0.75, 1.05)
            colour = on.choices.choice([*on.colours.tones[1:], on.colours.accent])
            tip = foot[0] + long * math.cos(turned), foot[1] + long * math.sin(turned)
            on.leaf(foot, tip, long * 0.2, colour)


def _pots(on: Canvas) -> None:
    """A window with its frame, and on the sill three pots."""
    sill = on.height * 0.82
    frame = on.height * 0.03
    on.draw.rectangle((0.12 * on.width, 0, 0.88 * on.width, sill), fill=on.colours.pale)
    on.disc((on.choices.uniform(0.25, 0.75) * on.width, 0.3 * on.height), 0.13 * on.height, on.colours.accent)
    lighter = blend(on.colours.ground, on.colours.tones[1], 0.35)
    for x in (0.12, 0.5, 0.88):
        on.draw.rectangle((x * on.width - frame / 2, 0, x * on.width + frame / 2, sill), fill=lighter)
    on.draw.rectangle((0, sill, on.width, on.height), fill=on.colours.tones[1])
    on.draw.rectangle((0, sill, on.width, sill + frame / 2), fill=on.colours.tones[2])
    for place in (0.26, 0.5, 0.74):
        _pot(on, (place + on.choices.uniform(-0.03, 0.03)) * on.width, sill)


def _pot(on: Canvas, x: float, foot: float) -> None:
    tall, broad = on.choices.uniform(0.14, 0.2) * on.height, on.choices.uniform(0.09, 0.12) * on.height
    foot += on.height * 0.05
    leaves, spread = on.choices.randrange(5, 10), on.choices.uniform(0.5, 1.2)
    for number in range(leaves):
        lean = spread * (2 * number / (leaves - 1) - 1)
        long = on.choices.uniform(0.24, 0.44) * on.height
        tip = x + long * math.sin(lean), foot - tall - long * math.cos(lean)
        colour = on.choices.choice(on.colours.tones[1:])
        on.leaf((x, foot - tall), tip, long * on.choices.uniform(0.1, 0.17), colour)
    colour = on.choices.choice([on.colours.accent, on.colours.tones[3]])
    narrow = broad * 0.7
    on.draw.polygon(
        [(x - broad, foot - tall), (x + broad, foot - tall), (x + narrow, foot), (x - narrow, foot)], colour
    )
    rim = tall * 0.16
    on.draw.rectangle(
        (x - broad * 1.08, foot - tall - rim, x + broad * 1.08, foot - tall + rim), fill=blend(colour, "#000000", 0.12)
    )


def _dunes(on: Canvas) -> None:
    radius = on.choices.uniform(0.1, 0.14) * on.height
    x, y = on.choices.uniform(0.2, 0.8) * on.width, on.choices.uniform(0.2, 0.3) * on.height
    on.disc((x, y), radius, on.colours.accent)
    on.disc((x + radius * 0.45, y - radius * 0.2), radius * 0.85, on.colours.ground)
    for layer, colour in enumerate(on.colours.steps(4)):
        crest = on.choices.uniform(0.15, 0.85) * on.width
        base = on.height * (0.5 + 0.13 * layer)
        top = base - on.choices.uniform(0.06, 0.14) * on.height
        left = [(crest * part, base + (top - base) * _eased(part)) for part in (step / 30 for step in range(31))]
        right = [
            (crest + (on.width - crest) * part, top + (base - top) * _eased(part))
            for part in (step / 30 for step in range(31))
        ]
        on.fill_below(left + right, colour)
        shade = blend(colour, on.colours.tones[3], 0.22)
        foot = (crest + on.width * 0.12, on.height)
        on.draw.polygon([*right, (on.width, on.height), foot, (crest, top)], fill=shade)


def _eased(part: float) -> float:
    return part * part * (3 - 2 * part)


SCENES: dict[Scene, Callable[[Canvas], None]] = {
    Scene.HILLS: _hills,
    Scene.LEAVES: _leaves,
    Scene.ARCHES: _arches,
    Scene.VESSELS: _vessels,
    Scene.TILES: _tiles,
    Scene.LAKE: _lake,
    Scene.STONES: _stones,
    Scene.BRANCH: _branch,
    Scene.POTS: _pots,
    Scene.DUNES: _dunes,
}
