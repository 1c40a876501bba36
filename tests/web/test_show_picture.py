"""Pictures are for the members of their site's account."""

from config import Settings
from tests import factories
from tests.visitor import Visitor


def test_a_member_sees_the_pictures_of_the_site(client: Visitor, settings: Settings) -> None:
    site = factories.site()
    image = factories.image(factories.article(site))
    settings.media.mkdir(parents=True, exist_ok=True)
    (settings.media / str(image.file)).write_bytes(b"a picture")
    address = f"/sites/{site.slug}/media/{image.file}"
    factories.signed_in(client, factories.member(of=site.account).user)
    answer = client.get(address)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, b"a picture", "image/png")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Cache-Control"].startswith("private")

    factories.signed_in(client, factories.member().user)
    assert client.get(address).status_code == 404


def test_a_file_of_another_site_is_not_served(client: Visitor, settings: Settings) -> None:
    image = factories.image(factories.article(factories.site()))
    settings.media.mkdir(parents=True, exist_ok=True)
    (settings.media / str(image.file)).write_bytes(b"a picture")
    member = factories.member()
    own = factories.site(member.account)
    factories.signed_in(client, member.user)
    for file in (image.file, "..%2fsecret_key", "missing.png", "%00"):
        assert client.get(f"/sites/{own.slug}/media/{file}").status_code == 404
