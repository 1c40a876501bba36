"""The settings of the app that is running."""

from flask import current_app

from config import Settings


def settings() -> Settings:
    found: Settings = current_app.config["SETTINGS"]
    return found
