"""Undoing the migration that brought pictures into the database makes them files again, for the code of that time."""

from flask_migrate import downgrade, upgrade

from tests import factories
from tests.migrations.conftest import MakeApp
from webapp.content.media import keep, path_of, read
from webapp.core.db import db
from webapp.pipeline import pictures


def test_a_picture_survives_the_way_down_and_up_again(make_app: MakeApp) -> None:
    make_app("pictures")
    upgrade()
    name = keep(b"a picture", "image/png")
    factories.image(factories.article(factories.site()), file=name)

    downgrade(revision="0002")
    assert path_of(name).read_bytes() == b"a picture"

    upgrade()
    assert pictures.gather() == 1
    path_of(name).unlink()
    assert read(name) == b"a picture"
    db.session.rollback()
