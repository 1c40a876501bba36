"""Drawing a picture with Pillow: a flat composition whose scene and colours follow from the prompt."""

import io

from PIL import Image, ImageDraw

from webapp.ai.embedded.canvas import Canvas, Colours
from webapp.ai.embedded.look import Palette, look_of
from webapp.ai.embedded.scenes import SCENES
from webapp.ai.embedded.seeding import chooser
from webapp.ai.functions.image_generation import ImageRequest
from webapp.ai.provider import Reply

FINER = 2  # drawn larger and scaled down, for smooth edges
MOST_COLOURS = 256  # more than a scene has with the edges between its few, so that none is lost

COLOURS: dict[Palette, Colours] = {
    Palette.CLAY: Colours("#eaf0f2", ("#e3c0a4", "#cb8c66", "#995a40", "#4b2e26"), "#79adc6"),
    Palette.SAGE: Colours("#f4f3ea", ("#cbd8c2", "#9cb893", "#628869", "#2e4e42"), "#f1a678"),
    Palette.SLATE: Colours("#eef1f5", ("#c4d0df", "#8fa5c2", "#546f96", "#28395a"), "#eeae48"),
    Palette.CORAL: Colours("#fbf0ea", ("#f5c3ad", "#e58a74", "#a24f64", "#4f274a"), "#8b4a78"),
    Palette.OCHRE: Colours("#f8f3e3", ("#ead8a0", "#d2b056", "#7c8347", "#2e4937"), "#c7822d"),
    Palette.PLUM: Colours("#f3eff6", ("#d6c6e1", "#a98bc0", "#6e4e8e", "#372954"), "#efb74d"),
    Palette.TEAL: Colours("#f3f1e8", ("#bddad7", "#78b2b2", "#3a7e84", "#1c454f"), "#e1c088"),
    Palette.ROSE: Colours("#f9f1f0", ("#edcdca", "#d7999b", "#7d8e61", "#3b5037"), "#c76c7c"),
    Palette.NIGHT: Colours("#1d2842", ("#4a5d87", "#384a70", "#28365a", "#131b30"), "#dde4ee"),
    Palette.CREAM: Colours("#f8f0e3", ("#edd8bb", "#d4a97e", "#a46944", "#593725"), "#b8622e"),
}


def answer(request: ImageRequest) -> Reply:
    scene, palette = look_of(request.prompt, request.caption)
    colours = COLOURS[palette]
    image = Image.new("RGB", (request.width * FINER, request.height * FINER), colours.ground)
    SCENES[scene](Canvas(ImageDraw.Draw(image), *image.size, colours, chooser(request.prompt, request.caption)))
    small = image.reduce(FINER)  # sharper filters ring around flat colours, and take ten times as long
    flat = small.quantize(MOST_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    file = io.BytesIO()
    flat.save(file, "PNG", optimize=True)
    return Reply(text="{}", media=file.getvalue())
