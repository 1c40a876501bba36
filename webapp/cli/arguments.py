"""What several commands take as an argument."""

import json
from pathlib import PurePath
from typing import IO, Any

import click

STANDARD_INPUT = "standard input"
BY = "the command line"  # who did it, in the records


class InputFile(click.File):
    """A file to read, as bytes; `-` is standard input."""

    def __init__(self) -> None:
        super().__init__("rb")

    def fail(self, message: str, *where: Any) -> Any:
        super().fail(
            f"{message.rstrip('.')}. Give the path of a file that you may read, or - for standard input.", *where
        )


def name_of(file: IO[bytes]) -> str:
    """Its name without folders, as it may tell what it holds."""
    name = str(getattr(file, "name", STANDARD_INPUT))
    return STANDARD_INPUT if name.startswith("<") else PurePath(name).name


class SiteName(click.ParamType):
    """A site's short name, as in its address."""

    name = "site"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Any:
        """A name that no site can have is not asked of the database."""
        from webapp.sites.creation import SLUG

        if not SLUG.fullmatch(value):
            self.fail(
                f"{value!r} is no site's short name: those hold small letters, digits and hyphens.", param, context
            )
        return value


def site_named(slug: str) -> Any:
    """Raises NotFound, naming the sites that there are."""
    from sqlalchemy import select

    from webapp.core.db import db
    from webapp.core.errors import NotFound
    from webapp.sites.models import Site

    site = db.session.scalar(select(Site).where(Site.slug == slug))
    if site is None:
        known = ", ".join(db.session.scalars(select(Site.slug).order_by(Site.slug).limit(10)))
        remedy = f"Sites here: {known}." if known else "There is none yet: `pressroom demo` makes one."
        raise NotFound(f"There is no site {slug!r}.", remedy)
    return site


def read_json(file: IO[bytes], option: str) -> Any:
    """What the file holds. Raises BadParameter naming the option."""
    try:
        return json.load(file)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"{file.name!r} holds no JSON: {error}.", param_hint=option) from error


site_argument = click.argument("site", type=SiteName())
json_option = click.option("--json", "as_json", is_flag=True, help="Print it as JSON, for a program.")
