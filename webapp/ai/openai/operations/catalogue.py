"""All operations, by name."""

from webapp.ai.openai.operations import article, clustering, ideas, image, image_prompts
from webapp.ai.openai.operations.work import Work, Writing
from webapp.ai.openai.prompts import Template, Variable
from webapp.ai.provider import Operation

WRITINGS: dict[Operation, Writing] = {
    Operation.CLUSTERING: clustering.WORK,
    Operation.IDEA_GENERATION: ideas.WORK,
    Operation.CONTENT_GENERATION: article.WORK,
    Operation.IMAGE_PROMPT_EXTRACTION: image_prompts.WORK,
}
WORKS: dict[Operation, Work] = {**WRITINGS, Operation.IMAGE_GENERATION: image.WORK}


def variables_of(operation: Operation) -> tuple[Variable, ...]:
    """What a prompt of this operation may name, its own first."""
    return WORKS[operation].all_variables


def check(operation: Operation, template: Template) -> None:
    """Raises BadTemplate, which says what is wrong and which variables there are."""
    template.check([variable.name for variable in variables_of(operation)])
