"""Errors whose words are meant for people. `web` turns them into pages, `cli` into lines."""


class PressroomError(Exception):
    """Something a person asked for did not happen: what happened, and what to do next."""

    def __init__(self, sentence: str, remedy: str = ""):
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}".strip()


class NotFound(PressroomError):
    """There is no such row, or it belongs to somebody else: the two must not be told apart."""


class Invalid(PressroomError):
    """A value cannot be used. `field` names it."""

    def __init__(self, field: str, sentence: str, remedy: str = ""):
        super().__init__(sentence, remedy)
        self.field = field


class Conflict(PressroomError):
    """The world moved on: what was asked for no longer fits the state."""


class RedisAway(PressroomError):
    """Redis does not answer."""

    def __init__(self) -> None:
        super().__init__(
            "The job queue (Redis) does not answer.",
            "Nothing was lost: queued work starts by itself when it is back.",
        )
