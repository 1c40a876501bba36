"""Puts the rooms together: settings, extensions, models, pages, commands."""

from flask import Flask

import config


def create_app(settings: config.Settings | None = None) -> Flask:
    """The application. Without settings it reads the environment. Raises config.BadSetting."""
    settings = settings or config.load()
    app = Flask(__name__, template_folder=str(config.ROOT / "templates"), static_folder=str(config.ROOT / "static"))
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
    )
    _connect_database(app, settings)
    _prepare_web(app, settings)
    _register_pages(app)
    return app


def _connect_database(app: Flask, settings: config.Settings) -> None:
    from flask_migrate import Migrate

    from webapp.accounts import models as accounts  # noqa: F401
    from webapp.accounts import switches  # noqa: F401
    from webapp.content import models as content  # noqa: F401
    from webapp.content.imports import models as imports  # noqa: F401
    from webapp.core.db import db, prepare_postgresql, prepare_sqlite
    from webapp.credits import models as credits  # noqa: F401
    from webapp.pipeline import automation, models  # noqa: F401
    from webapp.publishing import models as publishing  # noqa: F401
    from webapp.sites import models as sites  # noqa: F401
    from webapp.sites.ai import models as ai  # noqa: F401

    db.init_app(app)
    Migrate().init_app(app, db, directory=str(config.ROOT / "migrations"), render_as_batch=True)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            prepare_sqlite(db.engine, settings.busy_timeout)
        else:
            prepare_postgresql(db.engine, settings.busy_timeout, settings.lease_ttl)


def _prepare_web(app: Flask, settings: config.Settings) -> None:
    from webapp.web import access, context, errors, headers, health, operator, reading_requests, sign_in

    reading_requests.prepare(app)
    headers.prepare(app)
    sign_in.prepare(app, settings)
    access.prepare(app)
    operator.prepare(app, settings)
    context.prepare(app)
    errors.prepare(app)
    health.prepare(app)


def _register_pages(app: Flask) -> None:
    from webapp.web import (
        articles,
        automation,
        budget,
        calendar,
        clusters,
        connect,
        credits,
        endpoints,
        grouping,
        health,
        home,
        ideas,
        images,
        keyword_imports,
        keywords,
        media,
        metrics,
        operator_credits,
        operator_prompts,
        overview,
        placing,
        prompts,
        published,
        publishing,
        queue,
        runs,
        site_models,
        sites,
        system,
        tasks,
        theme,
        voice,
        welcome,
    )

    for group in (
        articles, automation, budget, calendar, clusters, connect, credits, endpoints, grouping, health, home, ideas,
        images, keyword_imports, keywords, media, metrics, operator_credits, operator_prompts, overview, placing,
        prompts, published,
        publishing, queue, runs, site_models, sites, system, tasks, theme, voice, welcome,
    ):  # fmt: skip
        app.register_blueprint(group.pages)
