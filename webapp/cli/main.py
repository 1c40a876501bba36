"""The commands together, one file per group. Each calls one function, and imports what it needs when it is called."""

from typing import Any

import click
from flask import Flask
from flask.cli import ScriptInfo

from webapp.cli import (
    clustering,
    estimate,
    installation,
    keywords,
    ledger,
    queue,
    runs,
    secrets,
    slots,
    users,
    wordpress,
)
from webapp.cli.problems import explained


class Commands(click.Group):
    """Whatever goes wrong reaches the person as a sentence, with exit code 1."""

    def invoke(self, context: click.Context) -> Any:
        with explained():
            return super().invoke(context)


def _create_app() -> Flask:
    from webapp import create_app

    return create_app()


@click.group(cls=Commands, context_settings={"max_content_width": 100})
@click.pass_context
def main(context: click.Context) -> None:
    """Pressroom turns keywords into published articles."""
    context.obj = ScriptInfo(create_app=_create_app)


for command in (
    clustering.cluster,
    runs.run, runs.pause, runs.resume, runs.cancel, keywords.import_keywords, queue.queue, slots.slots,
    estimate.estimate,
    installation.doctor, installation.upgrade, installation.demo, ledger.ledger, secrets.secrets,
    users.user, wordpress.wordpress,
):  # fmt: skip
    main.add_command(command)
