"""Reading a provider's reply into the type that an operation promises."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from webapp.ai.provider import BadReply, Reply

Result = TypeVar("Result", bound=BaseModel)


def read(reply: Reply, result: type[Result]) -> Result:
    """The reply as `result`. Raises BadReply with the first thing that is wrong."""
    if reply.problem is not None:
        raise BadReply(reply.problem)
    try:
        return result.model_validate_json(reply.text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole answer"
        raise BadReply(f"{place}: {first['msg']}") from error
