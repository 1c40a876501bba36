"""rq-dashboard, mounted: what RQ holds, for operators. Who may see it is the pages' matter."""

import functools
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq_dashboard import blueprint
from rq_dashboard.web import setup_rq_connection

from webapp.core.errors import Conflict, NotFound, RedisAway
from webapp.core.redis import AWAY

ADDRESS = "/operator/rq"
View = Callable[..., Any]


def mount(app: Flask, redis_url: str) -> Blueprint:
    """Puts the dashboard under ADDRESS and answers its blueprint, unguarded."""
    app.config["RQ_DASHBOARD_REDIS_URL"] = redis_url
    setup_rq_connection(app)
    app.register_blueprint(blueprint, url_prefix=ADDRESS)
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(f"{blueprint.name}."):
            app.view_functions[endpoint] = _in_our_words(view)
    return blueprint


def _in_our_words(view: View) -> View:
    """Its views let errors through that have an explanation."""

    @functools.wraps(view)
    def explained(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        except NoSuchJobError as error:
            raise NotFound("There is no such job any more.", "Finished jobs are kept for a short time only.") from error
        except InvalidJobOperation as error:
            raise Conflict("That cannot be done with this job.", str(error)) from error
        except AWAY as error:
            raise RedisAway() from error

    return explained
