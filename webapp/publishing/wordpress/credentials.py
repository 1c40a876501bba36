"""How somebody signs in to a WordPress."""

from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus


@dataclass(frozen=True)
class Credentials:
    """`address`: of its start page, without a slash at the end. `password`: an application password."""

    address: str
    username: str
    password: str = field(repr=False)

    def hidden_in(self, text: str) -> str:
        """The text without the password, in whichever form a server may send it back."""
        for form in sorted(self._forms(), key=len, reverse=True):
            text = text.replace(form, "…")
        return text

    def _forms(self) -> set[str]:
        written = {self.password, " ".join(self.password.split()), "".join(self.password.split())} - {""}
        pairs = [f"{self.username}:{password}".encode() for password in written]
        encoded = {encode(pair).decode() for pair in pairs for encode in (b64encode, urlsafe_b64encode)}
        encoded |= {form.rstrip("=") for form in encoded}
        quoted = {quoting(password) for password in written for quoting in (quote, quote_plus)}
        return written | encoded | quoted
