"""Runs with a real model, from the server that tests/ai/openai/models has."""

from tests.ai.openai.models.conftest import llama, pytest_ignore_collect  # noqa: F401
