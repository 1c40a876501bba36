"""What the drawn pictures can show, and in which colours, in words: a prompt that names both is drawn so."""

from enum import StrEnum

from webapp.ai.embedded.seeding import chooser


class Scene(StrEnum):
    """What a picture shows, as its prompt and its alt text say it."""

    HILLS = "rolling hills under a low sun"
    LEAVES = "tall leaves in front of a pale sun"
    ARCHES = "rows of round arches"
    VESSELS = "three vessels on a table"
    TILES = "a pattern of quarter circles"
    LAKE = "a sun mirrored in still water"
    STONES = "a stack of smooth stones"
    BRANCH = "a branch with pairs of leaves"
    POTS = "potted plants on a window sill"
    DUNES = "long dunes with a crescent moon"


class Palette(StrEnum):
    """In which colours."""

    CLAY = "clay and sky blue"
    SAGE = "sage green and apricot"
    SLATE = "slate blue and amber"
    CORAL = "coral and plum"
    OCHRE = "ochre and forest green"
    PLUM = "plum and honey"
    TEAL = "teal and sand"
    ROSE = "rose and moss green"
    NIGHT = "night blue and silver"
    CREAM = "cream and cinnamon"


def looks(count: int, *words: str) -> list[tuple[Scene, Palette]]:
    """So many looks, the same for the same words, and no scene or palette twice within the first ten."""
    choices = chooser("looks", *words)
    scenes, palettes = list(Scene), list(Palette)
    choices.shuffle(scenes)
    choices.shuffle(palettes)
    return [(scenes[number % len(scenes)], palettes[number % len(palettes)]) for number in range(count)]


def look_of(prompt: str, caption: str) -> tuple[Scene, Palette]:
    """The look that the prompt names; what it does not name is chosen, the same for the same words."""
    [(scene, palette)] = looks(1, prompt, caption)
    return (
        next((known for known in Scene if known in prompt), scene),
        next((known for known in Palette if known in prompt), palette),
    )
