"""The endpoints of an account."""

from webapp.ai.openai.endpoint import Endpoint
from webapp.sites.ai.models import AiConnection


def endpoint_of(connection: AiConnection) -> Endpoint:
    return Endpoint(connection.base_url, connection.key, connection.sign_in, connection.api_version or None)
