"""Files that are larger than what a form usually sends, and how large is too large."""

from flask import request

from webapp.core.errors import PressroomError

LARGEST_FILE = 250_000_000  # bytes
LARGEST_TEXT = 10_000_000  # that is pasted
AROUND_IT = 100_000  # what a form has besides
READ_AWAY = 4 * LARGEST_FILE  # most that is read of what is too large: a browser shows no answer before it has sent all
AT_ONCE = 1_000_000


class TooLarge(PressroomError):
    """A file that is larger than what can be taken."""

    def __init__(self) -> None:
        super().__init__(
            f"The file is larger than {LARGEST_FILE // 1_000_000} MB.",
            "Nothing was imported. Go back and send it in several parts: a phrase that comes twice is imported once.",
        )


def let_large_files_in() -> None:
    """For this request, before its form is read. Raises TooLarge."""
    request.max_content_length = LARGEST_FILE + LARGEST_TEXT + AROUND_IT
    request.max_form_memory_size = LARGEST_TEXT
    if (request.content_length or 0) > request.max_content_length:
        _read_away(min(request.content_length or 0, READ_AWAY))
        raise TooLarge


def _read_away(missing: int) -> None:
    sent = request.environ["wsgi.input"]
    while missing > 0 and (part := sent.read(min(AT_ONCE, missing))):
        missing -= len(part)
