"""All operations, and all questions that a model is asked in words."""

from webapp.ai.functions.clustering import ClusteringRequest
from webapp.ai.functions.idea_generation import IdeasRequest
from webapp.ai.functions.image_prompt_extraction import ImagePromptsRequest
from webapp.ai.openai.operations import article, clustering, frame, ideas, image, image_prompts, section
from webapp.ai.openai.operations.parts import FrameRequest, SectionRequest
from webapp.ai.openai.operations.work import Work, Writing
from webapp.ai.openai.prompts import Template, Variable
from webapp.ai.provider import Operation, Request

WRITINGS: dict[type[Request], Writing] = {
    ClusteringRequest: clustering.WORK,
    IdeasRequest: ideas.WORK,
    FrameRequest: frame.WORK,
    SectionRequest: section.WORK,
    ImagePromptsRequest: image_prompts.WORK,
}
WORKS: dict[Operation, Work] = {
    Operation.CLUSTERING: clustering.WORK,
    Operation.IDEA_GENERATION: ideas.WORK,
    Operation.CONTENT_GENERATION: article.WORK,
    Operation.IMAGE_PROMPT_EXTRACTION: image_prompts.WORK,
    Operation.IMAGE_GENERATION: image.WORK,
}


def variables_of(operation: Operation) -> tuple[Variable, ...]:
    """What a prompt of this operation may name, its own first."""
    return WORKS[operation].all_variables


def check(operation: Operation, template: Template) -> None:
    """Raises BadTemplate, which says what is wrong and which variables there are."""
    template.check([variable.name for variable in variables_of(operation)])
