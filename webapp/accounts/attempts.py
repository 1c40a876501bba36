"""How often somebody may try to sign in."""

import hashlib

from webapp.core.redis import AWAY, connection

TRIES = 10
WITHIN = 15 * 60  # seconds


def may_try(address: str, email: str) -> bool:
    """Counts a try from this address at this email. While Redis is away everybody may: nobody is locked out by that."""
    key = _key(address, email)
    try:
        with connection().pipeline() as pipe:
            pipe.set(key, 0, ex=WITHIN, nx=True)
            pipe.incr(key)
            tries = pipe.execute()[1]
    except AWAY:
        return True
    return int(tries) <= TRIES


def succeeded(address: str, email: str) -> None:
    """Forgets the tries: whoever mistyped nine times and then knew the password starts afresh."""
    try:
        connection().delete(_key(address, email))
    except AWAY:
        return


def _key(address: str, email: str) -> str:
    who = hashlib.sha256(f"{address}\n{email}".encode()).hexdigest()[:32]
    return f"pressroom:sign-in:{who}"
