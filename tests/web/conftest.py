import pytest
from flask import Flask

from tests.visitor import Visitor


@pytest.fixture
def client(app: Flask) -> Visitor:
    app.test_client_class = Visitor
    return app.test_client()
