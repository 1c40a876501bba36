"""Pictures go with the last site that has them, with its rows or with its paid answers."""

from flask import Flask
from sqlalchemy import delete, select

from tests import factories
from tests.pipeline.engine import reload, rows, site_with_keywords, start, work_to_the_end
from webapp.content.media import path_of, read_copy
from webapp.content.models import Image, Picture
from webapp.core.db import change, db
from webapp.core.settings import settings
from webapp.pipeline.closing import delete_site
from webapp.pipeline.models import AiCall
from webapp.sites.models import Site


def illustrated() -> Site:
    site = site_with_keywords(4)
    work_to_the_end(start(site))
    return reload(site)


def names() -> set[str]:
    found = set(db.session.scalars(select(Picture.name)))
    db.session.commit()
    return found


def test_a_run_keeps_each_picture_in_the_database_and_writes_no_file(app: Flask) -> None:
    illustrated()

    assert names() == {image.file for image in rows(Image)} == {call.media_file for call in rows(AiCall)} - {None}
    assert names() and not settings().media.exists()


def test_they_go_with_their_site_and_so_do_the_copies_of_this_machine(app: Flask) -> None:
    site = illustrated()
    name = min(names())
    read_copy(name)

    delete_site(site, by="Ana")

    assert names() == set()
    assert not path_of(name).exists()


def test_what_another_site_has_too_stays(app: Flask) -> None:
    site = illustrated()
    shared, *others = sorted(names())
    factories.image(factories.article(factories.site()), file=shared)
    read_copy(shared)

    delete_site(reload(site), by="Ana")

    assert others and names() == {shared}
    assert path_of(shared).exists()


def test_an_answer_that_was_paid_for_keeps_its_picture_until_its_site_goes(app: Flask) -> None:
    site = illustrated()
    before = names()
    change(delete(Image))
    db.session.commit()
    delete_site(factories.site(), by="Ana")
    assert names() == before

    delete_site(reload(site), by="Ana")

    assert names() == set()
