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

    images = rows(Image)
    assert {image.file for image in images} == {call.media_file for call in rows(AiCall)} - {None}
    assert names() == {image.file for image in images} | {image.webp for image in images}
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
    image, *others = rows(Image)
    factories.image(factories.article(factories.site()), file=image.file, webp=image.webp)
    read_copy(image.file)

    delete_site(reload(site), by="Ana")

    assert others and names() == {image.file, image.webp}
    assert path_of(image.file).exists()


def test_an_answer_that_was_paid_for_keeps_its_picture_until_its_site_goes(app: Flask) -> None:
    site = illustrated()
    before = {call.media_file for call in rows(AiCall)} - {None}
    change(delete(Image))
    change(delete(Picture).where(Picture.name.not_in(before)))
    db.session.commit()
    delete_site(factories.site(), by="Ana")
    assert names() == before

    delete_site(reload(site), by="Ana")

    assert names() == set()
