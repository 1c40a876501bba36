"""How somebody signs in to a WordPress."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Credentials:
    """`address`: of its start page, without a slash at the end. `password`: an application password."""

    address: str
    username: str
    password: str = field(repr=False)
