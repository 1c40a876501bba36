"""Pictures are in the database, once each; this machine's files are copies."""

import errno
import hashlib
import os
import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from webapp.content.media import BrokenCopy, keep, path_of, read, read_copy, take_in
from webapp.content.models import Picture
from webapp.core.db import db
from webapp.core.errors import NotFound
from webapp.core.settings import settings

PICTURE = b"\x89PNG\r\n\x1a\n a picture"


def kept() -> str:
    name = keep(PICTURE, "image/png")
    db.session.commit()
    return name


def count() -> int:
    found = db.session.scalar(select(func.count()).select_from(Picture)) or 0
    db.session.commit()
    return found


def test_a_picture_is_named_by_its_content(app: Flask) -> None:
    name = kept()

    assert name == hashlib.sha256(PICTURE).hexdigest() + ".png"
    assert read(name) == PICTURE
    assert not settings().media.exists()  # who only works needs no copy


def test_the_same_picture_is_kept_once(app: Flask) -> None:
    assert kept() == kept()
    assert count() == 1


def test_a_picture_is_kept_with_what_it_belongs_to_or_not_at_all(app: Flask) -> None:
    name = keep(PICTURE, "image/png")
    db.session.rollback()

    with pytest.raises(NotFound):
        read(name)


def test_two_that_keep_the_same_picture_at_once_both_succeed(app: Flask) -> None:
    names: list[str] = []
    begun = threading.Event()

    def keep_it_too() -> None:
        with app.app_context():
            begun.set()
            names.append(kept())

    other = threading.Thread(target=keep_it_too)
    names.append(keep(PICTURE, "image/png"))
    other.start()
    assert begun.wait(30)
    other.join(0.2)  # it waits for us here, on PostgreSQL at the row and on SQLite at the whole database
    db.session.commit()
    other.join(30)

    assert names == [names[0]] * 2
    assert count() == 1


def test_a_copy_is_made_where_the_picture_is_shown_and_heals_itself(app: Flask) -> None:
    name = kept()

    assert read_copy(name) == PICTURE
    assert path_of(name).read_bytes() == PICTURE

    path_of(name).unlink()
    settings().media.rmdir()
    assert read_copy(name) == PICTURE
    assert os.listdir(settings().media) == [name]


@pytest.mark.parametrize("broken", [b"", PICTURE[:5]])
def test_a_broken_copy_is_made_anew(app: Flask, broken: bytes) -> None:
    name = kept()
    settings().media.mkdir()
    path_of(name).write_bytes(broken)

    assert read_copy(name) == PICTURE
    assert path_of(name).read_bytes() == PICTURE


def test_a_broken_file_alone_is_no_picture(app: Flask) -> None:
    name = hashlib.sha256(PICTURE).hexdigest() + ".png"
    settings().media.mkdir()
    path_of(name).write_bytes(PICTURE[:5])

    for look in (read, read_copy):
        with pytest.raises(NotFound):
            look(name)
    with pytest.raises(BrokenCopy):
        take_in(name)


def test_a_copy_spares_the_database(app: Flask) -> None:
    name = kept()
    read_copy(name)
    db.session.query(Picture).delete()
    db.session.commit()

    assert read_copy(name) == PICTURE


def test_a_full_disk_takes_no_copy_and_no_half_of_one_and_the_picture_is_there(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = kept()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    assert read_copy(name) == PICTURE
    assert os.listdir(settings().media) == []


def test_a_folder_that_cannot_be_made_is_in_nobodys_way(app: Flask) -> None:
    name = kept()
    settings().media.write_bytes(b"")

    assert read_copy(name) == PICTURE


def test_what_is_only_a_file_of_this_machine_is_shown_and_can_be_taken_in(app: Flask) -> None:
    name = hashlib.sha256(PICTURE).hexdigest() + ".png"
    assert not take_in(name)
    settings().media.mkdir(parents=True)
    path_of(name).write_bytes(PICTURE)
    assert read(name) == read_copy(name) == PICTURE

    assert take_in(name)
    db.session.commit()
    path_of(name).unlink()

    assert read(name) == PICTURE
    assert db.session.scalar(select(Picture.media_type)) == "image/png"


def test_only_what_has_a_name_for_its_type_is_kept(app: Flask) -> None:
    with pytest.raises(ValueError, match="image/tiff"):
        keep(PICTURE, "image/tiff")


@pytest.mark.parametrize("name", ["../secret_key", "a/b.png", ".png", "a.svg", ""])
def test_a_name_cannot_lead_out_of_the_folder(app: Flask, name: str) -> None:
    with pytest.raises(NotFound):
        path_of(name)
