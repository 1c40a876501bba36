"""Undoing the migration that brought pictures into the database makes them files again, for the code of that time."""

import pytest
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
    assert pictures.gather().taken == 1
    path_of(name).unlink()
    assert read(name) == b"a picture"
    db.session.rollback()


PICTURE = b"\x89PNG the whole picture"


def test_half_a_file_is_not_taken_for_the_picture(make_app: MakeApp) -> None:
    make_app("half")
    upgrade()
    name = keep(PICTURE, "image/png")
    factories.image(factories.article(factories.site()), file=name)
    downgrade(revision="0002")
    path_of(name).write_bytes(PICTURE[:4])

    upgrade()

    assert pictures.gather().refused == [f"{path_of(name)}: the file is broken"]
    keep(PICTURE, "image/png")  # a run pays for it again
    db.session.commit()
    assert read(name) == PICTURE
    db.session.rollback()


@pytest.mark.parametrize("bad", ["Old Photo.PNG", "cafe.png"], ids=["no name of ours", "cannot be read"])
def test_one_file_that_cannot_be_taken_in_is_named_and_stops_no_other(make_app: MakeApp, bad: str) -> None:
    make_app("bad")
    upgrade()
    article = factories.article(factories.site())
    factories.image(article, file=bad)
    name = keep(PICTURE, "image/png")
    factories.image(article, file=name)
    downgrade(revision="0002")
    if bad == "cafe.png":
        path_of(bad).symlink_to(bad)  # round and round

    upgrade()
    found = pictures.gather()

    assert found.taken == 1
    assert len(found.refused) == 1 and bad in found.refused[0]
    assert read(name) == PICTURE
    db.session.rollback()
