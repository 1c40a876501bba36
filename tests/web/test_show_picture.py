"""Pictures are for the members of their site's account."""

from pathlib import Path

import pytest

from config import Settings
from tests import factories
from tests.visitor import Visitor
from webapp.content.media import keep, path_of
from webapp.content.models import Image
from webapp.core.db import db
from webapp.sites.models import Site

PICTURE = b"\x89PNG\r\n\x1a\n a picture"


@pytest.fixture
def image(client: Visitor) -> Image:
    """A picture that some worker has made, on whatever machine."""
    name = keep(PICTURE, "image/png")
    return factories.image(factories.article(factories.site()), file=name)


@pytest.fixture
def address(image: Image, client: Visitor) -> str:
    """Its address; a member of its account is signed in."""
    site = db.session.get_one(Site, image.site_id)
    factories.signed_in(client, factories.member(of=site.account).user)
    return f"/sites/{site.slug}/media/{image.file}"


def test_a_member_sees_the_pictures_of_the_site(client: Visitor, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PICTURE, "image/png")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Cache-Control"].startswith("private")

    again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")

    factories.signed_in(client, factories.member().user)
    assert client.get(address).status_code == 404


def test_it_is_there_again_when_the_folder_of_copies_is_gone(
    client: Visitor, address: str, image: Image, settings: Settings
) -> None:
    client.get(address)
    copy = path_of(str(image.file))
    copy.unlink()
    settings.media.rmdir()

    assert client.get(address).data == PICTURE
    assert copy.read_bytes() == PICTURE


def test_a_folder_that_takes_no_copies_hides_no_picture(client: Visitor, address: str, settings: Settings) -> None:
    settings.media.write_bytes(b"")

    assert client.get(address).data == PICTURE


def test_what_an_older_version_kept_as_a_file_is_shown(client: Visitor, address: str, image: Image) -> None:
    lone = factories.image(image.article)
    _write(path_of(str(lone.file)), b"an old picture")

    assert client.get(address.replace(str(image.file), str(lone.file))).data == b"an old picture"


def test_one_that_is_nowhere_is_not_found(client: Visitor, address: str, image: Image) -> None:
    lost = factories.image(image.article)

    assert client.get(address.replace(str(image.file), str(lost.file))).status_code == 404


def test_a_picture_of_another_site_is_not_shown(client: Visitor, image: Image) -> None:
    member = factories.member()
    own = factories.site(member.account)
    factories.signed_in(client, member.user)
    for file in (image.file, "..%2fsecret_key", "missing.png", "%00"):
        assert client.get(f"/sites/{own.slug}/media/{file}").status_code == 404


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
