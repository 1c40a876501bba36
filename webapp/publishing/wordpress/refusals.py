"""What an answer that is no good one means: whom it concerns, the article or the whole site, and whether it passes."""

import re
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from webapp.core.clock import now
from webapp.core.outbound import Answer
from webapp.publishing.target import CredentialsRefused, OutOfReach, RightsMissing, TargetDown, TargetError
from webapp.publishing.wordpress import diagnosis
from webapp.publishing.wordpress.credentials import Credentials

Json = dict[str, Any]

LEADING_ON = range(300, 400)
BUSY = {  # statuses of a site that takes nothing from anybody for a while
    429: "The site wants to be left alone for a while (429).",
    503: "The site is closed for maintenance, or overloaded (503).",
}
TOO_LARGE = 413
NO_SUCH_PART = "rest_no_route"
WRONG_ARGUMENTS = "rest_invalid_param"
CUT_OFF = "rest_upload_hash_mismatch"  # what arrived of a file is not what was sent
EVERY_POST = (
    "rest_cannot_create",
    "rest_cannot_publish",
    "rest_forbidden_status",
)  # rights without which none goes out
NO_RIGHTS = (*EVERY_POST, "rest_forbidden_context")  # whatever the status is
OF_A_ROLE = ("rest_cannot", "rest_forbidden")  # how codes of missing rights begin
ONE_THING = re.compile(r"/\d+$")  # the end of a path to a post, a picture or a term

# The same code, with the status of a passing error, for a file that is never taken and for a folder that takes none
# today: only the words tell.
NOT_KEPT = ("rest_upload_sideload_error", "rest_upload_unknown_error")
THE_FILE = re.compile(r"file type|too (big|large)|exceeds|file is empty", re.IGNORECASE)
THE_FOLDER = re.compile(r"/|director|folder|disk|space|quota|moved", re.IGNORECASE)
NO_ROOM = ("rest_upload_limited_space", "rest_upload_user_quota_exceeded", "rest_upload_file_error")


class Refusal(TargetError):
    """WordPress said no to a request, in its own words. `data`: what it sent along; `status` is that of HTTP."""

    def __init__(self, sentence: str, *, permanent: bool, retry_after: float, status: int, code: str, data: Json):
        super().__init__(sentence, permanent=permanent, retry_after=retry_after)
        self.status, self.code, self.data = status, code, data


class NotTheirs(TargetError):
    """The user may not do that with this one post, or picture, or term: perhaps with others."""

    def __init__(self, sentence: str):
        super().__init__(sentence, permanent=True)


def problem_of(answer: Answer, path: str, credentials: Credentials, who_are_we: Callable[[], Answer]) -> TargetError:
    """What went wrong with the request to that path. `who_are_we` asks the site so."""
    return _Answer(answer, path, credentials, who_are_we).problem()


def garbled(answer: Answer) -> TargetError:
    return TargetError(
        f"The site answers with status {answer.status}, but not as WordPress does: something before it, or a plugin, "
        "replaced the answer.",
        permanent=False,
    )


def number_in(found: Json) -> int:
    """Of a post, a picture or a term. Raises KeyError, TypeError or ValueError where it has none that can be kept."""
    number = int(found["id"])
    if not 0 < number < 2**63:
        raise ValueError("no number of anything")
    return number


def knows_us(answer: Answer) -> bool:
    """Whether an answer to the question who we are names somebody."""
    return answer.status == 200 and "id" in (diagnosis.json_of(answer) or {})


def is_wordpress(answer: Answer) -> bool:
    """Whether it answers the question who we are as a WordPress that works does, be it with a no."""
    said_no = answer.status in (401, 403) and bool((diagnosis.json_of(answer) or {}).get("code"))
    return said_no or knows_us(answer)


class _Answer:
    def __init__(self, answer: Answer, path: str, credentials: Credentials, who_are_we: Callable[[], Answer]):
        found = diagnosis.json_of(answer) or {}
        self._answer, self._path, self._credentials = answer, path, credentials
        self._who_are_we = who_are_we
        self._status, self._code = answer.status, str(found.get("code") or "")
        self._data: Json = found["data"] if isinstance(found.get("data"), dict) else {}

    def problem(self) -> TargetError:
        return self._of_the_site() or self._of_the_user() or self._of_the_files() or self._of_this_one()

    def _of_the_site(self) -> TargetError | None:
        if self._status in LEADING_ON:
            return OutOfReach(
                "The address leads on to another one, and a password must not be sent along. Connect that one."
            )
        if self._status in BUSY:
            return TargetDown(BUSY[self._status], retry_after=_retry_after(self._answer))
        if self._code == NO_SUCH_PART:
            return TargetDown("WordPress knows no posts or pictures (404): a plugin has switched that part off.")
        if self._status == 403 and not self._code:
            return self._firewall()
        return None

    def _of_the_user(self) -> TargetError | None:
        if self._status == 401 and not self._code.startswith("rest_cannot"):
            return CredentialsRefused(f"WordPress does not take the user name and password{self._words}.")
        if self._status == 401 or (self._is_about_status() and not knows_us(self._who_are_we())):
            return CredentialsRefused(
                f"WordPress does not take the user name and password, or they do not reach it{self._words}."
            )
        if self._code in NO_RIGHTS or self._is_about_status():
            return self._rights_missing()
        if self._status == 403 and ONE_THING.search(self._path):
            return NotTheirs(f"The role of {self._credentials.username} does not allow that{self._words}.")
        if self._status == 403:
            return self._rights_missing() if self._code.startswith(OF_A_ROLE) else self._closed()
        return None

    def _is_about_status(self) -> bool:
        """Who has not signed in, or may see no drafts, is told that there is no such status as “any”."""
        params = self._data.get("params")
        return self._code == WRONG_ARGUMENTS and isinstance(params, dict) and "status" in params

    def _rights_missing(self) -> RightsMissing:
        said = f" WordPress says{self._words}." if self._words else ""
        return RightsMissing(
            f"In WordPress the user {self._credentials.username} may not publish or upload: make it an Author or an "
            f"Editor there under Users, then test the connection again.{said}"
        )

    def _closed(self) -> OutOfReach:
        return OutOfReach(f"Something in that WordPress, such as a plugin, is closed to us (403){self._words}.")

    def _firewall(self) -> TargetError:
        """A 403 that is not WordPress's own. If others pass, it is about what was sent, and only that is refused."""
        if knows_us(self._who_are_we()):
            return TargetError("A firewall before the site refuses this one (403); others pass.", permanent=True)
        return OutOfReach("A firewall before the site refuses us (403). Its host can let us pass.")

    def _of_the_files(self) -> TargetError | None:
        if self._code in NO_ROOM or (self._code in NOT_KEPT and self._is_about_the_folder()):
            return TargetDown(f"WordPress can keep no files at present ({self._status}){self._words}.")
        return None

    def _is_about_the_folder(self) -> bool:
        return not THE_FILE.search(self._words) and THE_FOLDER.search(self._words) is not None

    def _of_this_one(self) -> Refusal:
        return Refusal(
            self._sentence(),
            permanent=self._is_for_good(),
            retry_after=_retry_after(self._answer),
            status=self._status,
            code=self._code,
            data=self._data,
        )

    def _is_for_good(self) -> bool:
        if self._code in NOT_KEPT:
            return THE_FILE.search(self._words) is not None
        return self._status == TOO_LARGE or (bool(self._code) and self._status in (400, 404, 409, 410, 422))

    def _sentence(self) -> str:
        if self._code == CUT_OFF:
            return "A picture was cut off on its way."
        if self._code:
            return f"WordPress refuses it ({self._status}){self._words}."
        if self._status == TOO_LARGE:
            return "The web server before WordPress does not take that much at once (413)."
        if self._status == 404:
            return "There is nothing at /wp-json/ any more (404): the REST interface is switched off, or moved."
        return f"The site is out of order: its web server answers with status {self._status}."

    @property
    def _words(self) -> str:
        return diagnosis.words_of(self._answer, self._credentials)


def _retry_after(answer: Answer) -> float:
    """Seconds; 0 where none are named. They come as a number or as a date."""
    written = answer.headers.get("Retry-After", "").strip()
    if written.isascii() and written.isdigit():
        return float(written)
    try:
        until = parsedate_to_datetime(written)
    except ValueError:
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - now()).total_seconds())
