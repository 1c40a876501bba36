import errno
import hashlib
import os

import pytest
from flask import Flask

from webapp.content.media import keep, path_of
from webapp.core.errors import NotFound
from webapp.core.settings import settings

PICTURE = b"\x89PNG\r\n\x1a\n a picture"


def test_a_picture_is_named_by_its_content(app: Flask) -> None:
    name = keep(PICTURE, "image/png")

    assert name == hashlib.sha256(PICTURE).hexdigest() + ".png"
    assert path_of(name).read_bytes() == PICTURE


def test_the_same_picture_is_kept_once(app: Flask) -> None:
    name = keep(PICTURE, "image/png")
    written_at = path_of(name).stat().st_mtime_ns

    assert keep(PICTURE, "image/png") == name
    assert path_of(name).stat().st_mtime_ns == written_at
    assert os.listdir(settings().media) == [name]


def test_a_full_disk_leaves_no_half_written_picture(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        keep(PICTURE, "image/png")

    assert os.listdir(settings().media) == []


def test_only_pictures_that_browsers_show_are_kept(app: Flask) -> None:
    with pytest.raises(ValueError, match="image/tiff"):
        keep(PICTURE, "image/tiff")


@pytest.mark.parametrize("name", ["../secret_key", "a/b.png", ".png", "a.svg", ""])
def test_a_name_cannot_lead_out_of_the_folder(app: Flask, name: str) -> None:
    with pytest.raises(NotFound):
        path_of(name)
