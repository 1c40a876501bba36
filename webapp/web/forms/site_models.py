"""What a site asks for each operation."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

from webapp.ai.provider import Operation
from webapp.core.errors import Invalid
from webapp.sites.ai.choices import Own
from webapp.sites.ai.models import AiConnection, ModelChoice
from webapp.web.forms.checks import checked_by, refuse
from webapp.web.forms.endpoints import read_model
from webapp.web.forms.versioned import Description, VersionedForm

EMBEDDED_WORDS = "the embedded provider"


class Who(StrEnum):
    """Who is asked, where it is no connection by its number."""

    DEFAULT = "default"
    EMBEDDED = "embedded"


def who_field(operation: Operation) -> SelectField:
    return SelectField(operation.label)


def model_field(operation: Operation) -> StringField:
    return StringField(f"Model for {operation.label.lower()}", [checked_by(read_model)])


class SiteModelsForm(VersionedForm):
    """A choice for each operation: who is asked, named as the operation, and which model there."""

    clustering = who_field(Operation.CLUSTERING)
    idea_generation = who_field(Operation.IDEA_GENERATION)
    content_generation = who_field(Operation.CONTENT_GENERATION)
    image_prompt_extraction = who_field(Operation.IMAGE_PROMPT_EXTRACTION)
    image_generation = who_field(Operation.IMAGE_GENERATION)
    clustering_model = model_field(Operation.CLUSTERING)
    idea_generation_model = model_field(Operation.IDEA_GENERATION)
    content_generation_model = model_field(Operation.CONTENT_GENERATION)
    image_prompt_extraction_model = model_field(Operation.IMAGE_PROMPT_EXTRACTION)
    image_generation_model = model_field(Operation.IMAGE_GENERATION)

    def offer(self, connections: Sequence[AiConnection], defaults: Mapping[Operation, str]) -> None:
        """`defaults`: what the account's default is, in words."""
        self._connections = {str(one.id): one for one in connections}
        for operation in Operation:
            self[operation.value].choices = [
                SelectChoice(Who.DEFAULT.value, f"The account's default ({defaults[operation]})"),
                SelectChoice(Who.EMBEDDED.value, EMBEDDED_WORDS.capitalize()),
                *(SelectChoice(number, one.name) for number, one in self._connections.items()),
            ]

    def show(self, own: Mapping[Operation, ModelChoice | None]) -> None:
        for operation, choice in own.items():
            self[operation.value].data = _who(choice)
            self.model_of(operation).data = choice.model if choice else ""

    def model_of(self, operation: Operation) -> StringField:
        return self[f"{operation.value}_model"]

    def own(self) -> dict[Operation, Own | None]:
        """What was chosen, None for the account's default. Only of a form that is valid."""
        return {operation: self._own(operation) for operation in Operation}

    def fits(self) -> bool:
        """Whether each connection that was chosen has a model, and each model a connection. If not, says where."""
        for operation, own in self.own().items():
            problem = self._problem(operation, own)
            if problem is not None:
                refuse(self, problem)
        return not self.errors

    def _problem(self, operation: Operation, own: Own | None) -> Invalid | None:
        field = self.model_of(operation)
        if own is not None and own.connection is not None:
            said = f"{own.connection.name} has no model of its own for this."
            return None if own.model else Invalid(field.name, said, "Write which one it is.")
        if not read_model(field.data or ""):
            return None
        said = f"A model is named, but {_words(own)} is chosen."
        return Invalid(field.name, said, "Choose the endpoint that has it, or empty the field.")

    def _own(self, operation: Operation) -> Own | None:
        who = self[operation.value].data
        if who == Who.DEFAULT.value:
            return None
        connection = self._connections.get(who)
        if connection is None:
            return Own()
        return Own(connection, read_model(self.model_of(operation).data or "") or connection.model_for(operation))


def described(own: Mapping[Operation, ModelChoice | Own | None]) -> Description:
    """As people read it."""
    return {operation.label: _words(one) for operation, one in own.items()}


def _who(choice: ModelChoice | None) -> str:
    if choice is None:
        return Who.DEFAULT.value
    return Who.EMBEDDED.value if choice.connection_id is None else str(choice.connection_id)


def _words(one: ModelChoice | Own | None) -> str:
    if one is None:
        return "the account's default"
    return f"{one.model} at {one.connection.name}" if one.connection else EMBEDDED_WORDS
