"""Drawing one picture from its prompt."""

import math

from webapp.ai.functions.image_generation import ImageRequest
from webapp.ai.openai.operations.work import Work, one_line
from webapp.ai.openai.prompts import Kind, Variable

# By what a model's name begins with: the sizes that it draws. Any other is asked for the size that is wanted.
SIZES = {
    "gpt-image": ((1536, 1024), (1024, 1024), (1024, 1536)),
    "chatgpt-image": ((1536, 1024), (1024, 1024), (1024, 1536)),
    "dall-e-3": ((1792, 1024), (1024, 1024), (1024, 1792)),
    "dall-e-2": ((1024, 1024),),
}

VARIABLES = (  # a model that draws tells data from instructions by nothing, so that marks would only be drawn
    Variable("image.prompt", "What is to be seen.", Kind.GUIDANCE),
    Variable("image.alt_text", "What will be said to those who cannot see it.", Kind.GUIDANCE),
)


def _values(request: ImageRequest) -> dict[str, str]:
    return {"image.prompt": one_line(request.prompt), "image.alt_text": one_line(request.caption)}


def size_for(model: str, request: ImageRequest) -> str:
    """The size to ask for, like 1536x1024: of those that the model draws, the one with the nearest shape."""
    name = model.rpartition("/")[2].casefold()
    known = next((sizes for begins, sizes in SIZES.items() if name.startswith(begins)), None)
    wanted = (request.width, request.height)
    width, height = min(known, key=lambda size: _apart(size, wanted)) if known else wanted
    return f"{width}x{height}"


def _apart(one: tuple[int, int], other: tuple[int, int]) -> float:
    """How different two shapes are, whatever their sizes."""
    return abs(math.log(one[0] / one[1]) - math.log(max(1, other[0]) / max(1, other[1])))


WORK = Work(variables=VARIABLES, values=_values)
