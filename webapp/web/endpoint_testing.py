"""Testing what an endpoint's form says, and whether what was found is in the way of saving it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from webapp.core.db import db
from webapp.core.errors import Conflict, Invalid
from webapp.sites.ai import connections
from webapp.sites.ai.connections import asks_otherwise
from webapp.sites.ai.models import AiConnection
from webapp.web import endpoint_page
from webapp.web.endpoint_page import Found
from webapp.web.endpoint_showing import models_written
from webapp.web.endpoint_subject import Subject, again
from webapp.web.forms.checks import refuse
from webapp.web.forms.endpoints import EndpointForm
from webapp.web.proof import Tried, proof_of, proven

if TYPE_CHECKING:
    from webapp.ai.openai.examine import Abilities

TESTS_AT_A_TIME = 3  # threads of a web process that may wait for an endpoint

_places = threading.BoundedSemaphore(TESTS_AT_A_TIME)


@dataclass(frozen=True)
class Judged:
    """Whether a connection may be saved, and what a test found of it; None: nothing that is not known already."""

    found: "Abilities | None"
    is_in_the_way: bool = False


def what_to_test(subject: Subject, form: EndpointForm) -> Tried | None:
    """What is to be tested. None: the form says what is wrong.

    Ends the transaction: nobody shall wait for the database while we wait for an endpoint.
    """
    try:
        if form.validate():
            connections.check_name(subject.account.id, form.wanted().name, subject.id)
            return Tried.of(form.wanted(), subject.connection)
    except Invalid as error:
        refuse(form, error)
    except Conflict as unreadable:
        refuse(form, Invalid("key", unreadable.sentence, unreadable.remedy))
    finally:
        db.session.commit()
    return None


def examined(tried: Tried, form: EndpointForm) -> "Abilities":
    from webapp.ai.openai.examine import examine  # it takes half a second, which other pages need not wait

    with _place():
        found = examine(tried.endpoint, *tried.models)
    return found if form.names_a_scheme else _told_by_which(found)


@contextmanager
def _place() -> Iterator[None]:
    """Raises Conflict where so many threads wait for endpoints that pages would wait for them."""
    if not _places.acquire(blocking=False):
        raise Conflict("Other endpoints are being tested right now. Nothing was saved.", "Try again in a minute.")
    try:
        yield
    finally:
        _places.release()


def _told_by_which(found: "Abilities") -> "Abilities":
    """Whoever wrote no scheme may not know that there are two."""
    told = "It was asked by https, as no http:// was written."
    problems = [
        replace(problem, sentence=f"{problem.sentence} {told}") if problem.offer.startswith("http://") else problem
        for problem in found.problems
    ]
    return replace(found, problems=problems)


def noted(subject: Subject, form: EndpointForm, tried: Tried, found: "Abilities") -> Found:
    connection = again(subject)
    is_kept = connection is not None and not asks_otherwise(connection, form.wanted())
    if connection is not None and is_kept:
        connections.tested(connection, found)
    models, has_key = models_written(form), tried.endpoint.key is not None
    shown = endpoint_page.shown(found, connection, models, has_key, proof=proof_of(tried, found), is_kept=is_kept)
    db.session.commit()
    return shown


def tested_lately_or_now(subject: Subject, form: EndpointForm, tried: Tried) -> Judged:
    connection = subject.connection
    if connection is not None and not asks_otherwise(connection, form.wanted()) and _works(connection):
        return Judged(None)
    known = proven(form.proof.data or "", tried)
    found = known if known is not None and not known.problems else examined(tried, form)
    return Judged(found, is_in_the_way=bool(found.problems))


def as_far_as_known(subject: Subject, form: EndpointForm, tried: Tried) -> Judged:
    """Untested, but for whether the key may be sent there at all."""
    from webapp.ai.openai.examine import Abilities, key_in_the_open

    problem = key_in_the_open(tried.endpoint)
    if problem is not None:
        return Judged(Abilities(problems=[problem]), is_in_the_way=True)
    return Judged(proven(form.proof.data or "", tried))


def _works(connection: AiConnection) -> bool:
    found = endpoint_page.kept(connection)
    return found is not None and not found.problems and connection.refused_at is None
