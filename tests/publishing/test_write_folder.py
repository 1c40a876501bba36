"""A static site in a folder: whole pages, whatever the article holds, that work wherever the folder is."""

import io
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup, Tag
from PIL import Image

from tests.publishing.desk import undisturbed
from webapp.publishing import folder_pages
from webapp.publishing.folder import FolderTarget
from webapp.publishing.folder_pages import Publisher
from webapp.publishing.target import Picture, Post, TargetError

HOSTILE = "<script>alert(1)</script> & \"quotes\" 'and' ]]> \x0b\x00 end"
PUBLISHER = Publisher("Leaf & Sill", "/published/herbs/", "en", ZoneInfo("Europe/Berlin"))
EVENING = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)  # the second of June in Berlin


def picture(colour: str = "green", place: str | None = None, size: tuple[int, int] = (80, 45)) -> Picture:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return Picture("any", file.getvalue(), f"A {colour} field", place)


def post(number: int = 1, **fields: object) -> Post:
    made = Post(
        article_id=number,
        slug=f"basil-{number}",
        title=f"Basil number {number}",
        meta_title=f"Basil {number}",
        meta_description="All about basil.",
        excerpt="Basil wants light.",
        body_html="<p>First</p><h2>Light &amp; air</h2><p>Sun</p><h2>Water</h2><p>Rain</p>",
        published_at=EVENING + timedelta(days=number - 1),
        featured=None,
        pictures=(),
    )
    return replace(made, **fields)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "published" / "herbs"


@pytest.fixture
def target(folder: Path) -> FolderTarget:
    return FolderTarget(folder, PUBLISHER)


def read(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(), "html.parser")


def only(page: BeautifulSoup, selector: str) -> Tag:
    found = page.select(selector)
    assert len(found) == 1, selector
    return found[0]


def words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


def test_an_article_has_its_page_and_the_index_leads_there(target: FolderTarget, folder: Path) -> None:
    published = target.publish(post(featured=picture()), undisturbed)

    assert published.link == "/published/herbs/basil-1/"
    page = read(folder / "basil-1" / "index.html")
    assert words(only(page, "h1")) == "Basil number 1"
    assert only(page, "title").get_text() == "Basil 1 · Leaf & Sill"
    assert only(page, "meta[name=description]")["content"] == "All about basil."
    assert "2 June 2026 · 1 min read" in words(only(page, ".story .facts"))
    assert only(page, "html")["lang"] == "en"
    index = read(folder / "index.html")
    assert words(only(index, "h1")) == "Leaf & Sill"
    assert only(index, "h2 a")["href"] == "basil-1/"


def test_pictures_stand_after_the_headings_that_they_name(target: FolderTarget, folder: Path) -> None:
    pictures = (
        picture("red", "light & air"),
        picture("blue", "Water"),
        picture("white", "Light & Air"),
        picture("black", "No such heading"),
    )
    target.publish(post(featured=picture("green", size=(120, 90)), pictures=pictures), undisturbed)

    story = only(read(folder / "basil-1" / "index.html"), ".story")
    order = [part.get("alt") or words(part) for part in story.select("img, .text h2, .text p")]
    assert order == [
        "A green field",
        *("First", "Light & air", "A red field", "A white field", "Sun"),
        *("Water", "A blue field", "Rain", "A black field"),
    ]
    opening = only(story, ".opening img")
    assert (opening["width"], opening["height"]) == ("120", "90")
    assert all((folder / "basil-1" / str(image["src"])).is_file() for image in story.select("img"))


def test_hostile_words_are_words(target: FolderTarget, folder: Path) -> None:
    target.publish(
        post(
            title=HOSTILE, meta_title=HOSTILE, meta_description=HOSTILE, excerpt=HOSTILE,
            featured=replace(picture(), alt_text='"><script>alert(1)</script>'),
            pictures=(replace(picture("red"), alt_text='" onload="alert(1)'),),
        ), undisturbed)  # fmt: skip
    target.publish(post(2), undisturbed)

    for path in [*folder.glob("*.html"), *folder.glob("basil-*/index.html")]:
        page = read(path)
        assert page.select("script, [onload], [style], style") == []
        assert "alert(1)" in path.read_text()
    for name in ("feed.xml", "sitemap.xml", "icon.svg"):
        ElementTree.parse(folder / name)
    titles = [item.findtext("title") for item in ElementTree.parse(folder / "feed.xml").iter("item")]
    assert titles[1] == HOSTILE.replace("\x0b\x00 ", " ")


def test_every_link_leads_to_a_file_of_the_folder(target: FolderTarget, folder: Path) -> None:
    for number in range(1, 31):
        target.publish(post(number, featured=picture() if number % 2 else None), undisturbed)

    for path in [*folder.glob("*.html"), *folder.glob("basil-*/index.html")]:
        for tag in read(path).select("[href], [src]"):
            address = str(tag.get("href") or tag.get("src"))
            if address.startswith("#"):
                continue
            assert not address.startswith("/") and ":" not in address, address
            found = path.parent / address
            assert (found / "index.html" if address.endswith("/") else found).is_file(), f"{path}: {address}"


def test_the_latest_leads_and_older_ones_are_on_further_pages(target: FolderTarget, folder: Path) -> None:
    count = folder_pages.ON_A_PAGE + 3
    for number in range(1, count + 1):
        target.publish(post(number), undisturbed)

    first, second = read(folder / "index.html"), read(folder / "page-2.html")
    assert words(only(first, ".lead h2")) == f"Basil number {count}"
    titles = [words(title) for title in first.select("h2") + second.select("h2")]
    assert titles == [f"Basil number {number}" for number in range(count, 0, -1)]
    assert only(first, ".pager a")["href"] == "page-2.html"
    assert only(second, ".pager a")["href"] == "index.html"
    assert second.select(".lead") == []


def test_the_same_article_again_replaces_its_page(target: FolderTarget, folder: Path) -> None:
    for number in range(1, 6):
        target.publish(post(number), undisturbed)

    again = target.publish(
        post(1, title="Basil, revised", slug="basil-revised", published_at=EVENING.replace(month=7)), undisturbed
    )

    assert again.link == "/published/herbs/basil-1/"  # where people have found it
    assert words(only(read(folder / "basil-1" / "index.html"), "h1")) == "Basil, revised"
    assert "2 June 2026" in words(only(read(folder / "basil-1" / "index.html"), ".story .facts"))
    assert len(list(folder.glob("basil*"))) == 5
    index = read(folder / "index.html")
    assert [words(title) for title in index.select("h2")][-2:] == ["Basil number 2", "Basil, revised"]
    assert "Basil, revised" in words(only(read(folder / "basil-2" / "index.html"), ".related"))


def test_another_article_with_the_same_slug_has_a_page_of_its_own(target: FolderTarget, folder: Path) -> None:
    links = [target.publish(post(number, slug="basil"), undisturbed).link for number in (1, 2, 3)]

    assert links == [f"/published/herbs/{slug}/" for slug in ("basil", "basil-2", "basil-3")]
    assert words(only(read(folder / "basil" / "index.html"), "h1")) == "Basil number 1"


def test_pages_lead_to_those_that_share_most_words(target: FolderTarget, folder: Path) -> None:
    titles = [
        "Growing basil indoors",
        "Watering ferns",
        "Ferns in winter",
        "Growing basil from seed",
        "Ferns and light",
    ]
    for number, title in enumerate(titles, 1):
        target.publish(post(number, title=title), undisturbed)

    def related(number: int) -> list[str]:
        return [words(title) for title in read(folder / f"basil-{number}" / "index.html").select(".related h3")]

    assert related(4)[0] == "Growing basil indoors"
    assert related(1)[0] == "Growing basil from seed"  # though it came later
    assert set(related(2)[:2]) == {"Ferns in winter", "Ferns and light"}


def test_a_first_article_leads_nowhere_else(target: FolderTarget, folder: Path) -> None:
    target.publish(post(), undisturbed)

    assert read(folder / "basil-1" / "index.html").select(".related") == []


def test_the_feed_tells_readers_what_is_new(target: FolderTarget, folder: Path) -> None:
    target.publish(post(1), undisturbed)
    target.publish(post(2), undisturbed)

    channel = ElementTree.parse(folder / "feed.xml").getroot()[0]
    assert [channel.findtext(name) for name in ("title", "link", "language")] == ["Leaf & Sill", "./", "en"]
    item = next(channel.iter("item"))
    assert [item.findtext(name) for name in ("title", "link", "description")] == [
        "Basil number 2", "basil-2/", "Basil wants light.",
    ]  # fmt: skip
    assert parsedate_to_datetime(str(item.findtext("pubDate"))) == EVENING + timedelta(days=1)
    guids = [item.findtext("guid") for item in channel.iter("item")]
    assert len(set(guids)) == 2 and all(str(guid).startswith("urn:uuid:") for guid in guids)


def test_the_sitemap_names_every_page(target: FolderTarget, folder: Path) -> None:
    target.publish(post(1), undisturbed)
    target.publish(post(2), undisturbed)

    found = [loc.text for loc in ElementTree.parse(folder / "sitemap.xml").findall(".//{*}loc")]
    assert found == ["./", "basil-2/", "basil-1/"]


def half_of_it(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data[: len(data) // 2])
    raise OSError(28, "No space left on device")


def nothing(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(("where", "name", "broken"), [(Path, "write_bytes", half_of_it), (os, "replace", nothing)])
def test_a_visitor_never_sees_half_a_page(
    target: FolderTarget, folder: Path, monkeypatch: pytest.MonkeyPatch, where: object, name: str, broken: object
) -> None:
    target.publish(post(1), undisturbed)
    before = (folder / "basil-1" / "index.html").read_bytes()

    monkeypatch.setattr(where, name, broken)
    with pytest.raises(TargetError, match="No space left on device") as error:
        target.publish(post(1, title="Another title"), undisturbed)

    assert not error.value.permanent
    assert (folder / "basil-1" / "index.html").read_bytes() == before
    assert [name for _, _, names in os.walk(folder) for name in names if name.startswith(".") and name != ".lock"] == []


def test_what_was_broken_off_is_made_whole_by_the_next_try(
    target: FolderTarget, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(FolderTarget, "_write_lists", stopped)
        with pytest.raises(TargetError):
            target.publish(post(1), undisturbed)

    target.publish(post(1), undisturbed)

    assert only(read(folder / "index.html"), "h2 a")["href"] == "basil-1/"


def test_a_folder_that_cannot_be_made_is_a_passing_error(tmp_path: Path) -> None:
    (tmp_path / "published").write_text("not a folder")

    with pytest.raises(TargetError, match="cannot be written") as error:
        FolderTarget(tmp_path / "published" / "herbs", PUBLISHER).publish(post(), undisturbed)
    assert not error.value.permanent


@pytest.mark.parametrize("slug", ["", "../elsewhere", "a/b", ".hidden", "index.html", "UPPER", "-"])
def test_a_slug_that_is_no_address_is_refused_for_good(target: FolderTarget, folder: Path, slug: str) -> None:
    with pytest.raises(TargetError, match="cannot be the address") as error:
        target.publish(post(slug=slug), undisturbed)

    assert error.value.permanent
    assert not folder.exists()


def test_what_is_ours_says_that_it_is_english_on_a_site_that_is_not(folder: Path) -> None:
    target = FolderTarget(folder, replace(PUBLISHER, language="he"))
    target.publish(post(), undisturbed)

    page = read(folder / "basil-1" / "index.html")
    assert (only(page, "html")["lang"], only(page, "html")["dir"]) == ("he", "rtl")
    assert only(page, ".skip")["lang"] == "en"
    assert only(page, ".story time").get_text() == "2026-06-02"


def test_a_picture_of_no_known_kind_is_still_shown(target: FolderTarget, folder: Path) -> None:
    target.publish(post(featured=Picture("any", b"RIFF but not really", "Something", None)), undisturbed)

    shown = only(read(folder / "basil-1" / "index.html"), ".opening img")
    assert (folder / "basil-1" / str(shown["src"])).read_bytes() == b"RIFF but not really"
    assert "width" not in shown.attrs


def test_browsers_get_the_smaller_of_two_files_where_there_are_two(target: FolderTarget, folder: Path) -> None:
    both = [
        replace(picture(colour, place), webp=colour.encode()) for colour, place in (("teal", None), ("red", "Water"))
    ]
    target.publish(post(featured=both[0], pictures=(both[1],)), lambda: True)

    shown = [*read(folder / "basil-1/index.html").select("picture"), *read(folder / "index.html").select("picture")]

    sources = [(one.source["srcset"], one.img["src"]) for one in shown]  # type: ignore[index]
    names = [(one.webp_name, one.file_name) for one in both]
    assert sources == [*names, (f"basil-1/{names[0][0]}", f"basil-1/{names[0][1]}")]
    assert (folder / "basil-1" / str(both[0].webp_name)).read_bytes() == b"teal"
    assert all((folder / "basil-1" / str(name)).exists() for pair in names for name in pair)
