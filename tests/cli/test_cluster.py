"""`pressroom cluster FILE`."""

from pathlib import Path

from tests.cli.conftest import Pressroom

PHRASES = ["fungus gnats", "fungus gnat traps", "best grow lights", "grow lights", "accounting software"]


def test_a_plain_file_is_grouped_without_a_site(pressroom: Pressroom, tmp_path: Path) -> None:
    file = tmp_path / "keywords.txt"
    file.write_text("\n".join(PHRASES))

    said = pressroom("cluster", str(file), "--json").json

    found = [{keyword["keyword"] for keyword in cluster["keywords"]} for cluster in said["clusters"]]
    assert sorted(found, key=sorted) == [{"best grow lights", "grow lights"}, {"fungus gnat traps", "fungus gnats"}]
    [lone] = said["unclustered"]
    assert lone["keyword"] == "accounting software" and lone["nearest"] in {one["name"] for one in said["clusters"]}


def test_each_keyword_names_its_line(pressroom: Pressroom, tmp_path: Path) -> None:
    file = tmp_path / "keywords.txt"
    file.write_text("\n".join(PHRASES))

    said = pressroom("cluster", str(file), "--json").json

    lines = {keyword["line"]: keyword["keyword"] for cluster in said["clusters"] for keyword in cluster["keywords"]}
    lines |= {lone["line"]: lone["keyword"] for lone in said["unclustered"]}
    assert lines == dict(enumerate(PHRASES, 1))


def test_what_comes_twice_is_one_keyword_and_each_of_its_lines_is_told(pressroom: Pressroom, tmp_path: Path) -> None:
    file = tmp_path / "keywords.txt"
    file.write_text("\n".join([*PHRASES, "Accounting  Software", "Grow lights"]))

    said, plain = pressroom("cluster", str(file), "--json").json, pressroom("cluster", str(file)).out

    assert [(lone["keyword"], lone["line"]) for lone in said["unclustered"]] == [
        ("accounting software", 5),
        ("Accounting  Software", 6),
    ]
    assert [3, 4, 7] in [sorted(keyword["line"] for keyword in one["keywords"]) for one in said["clusters"]]
    assert "(2)" in plain and "(3)" not in plain
    assert plain.endswith("1 keyword in none.\n2 lines left out that repeated a keyword.\n")


def test_of_an_export_the_volumes_choose_the_head(pressroom: Pressroom, tmp_path: Path) -> None:
    file = tmp_path / "keywords.csv"
    file.write_text("Keyword,Volume\ngrow lights,10\nbest grow lights,900\n")

    [one] = pressroom("cluster", str(file), "--json").json["clusters"]

    assert (one["head"], one["volume"]) == ("best grow lights", 910)


def test_people_read_it_as_text_and_what_it_does_meanwhile(pressroom: Pressroom) -> None:
    said = pressroom("cluster", "-", "--level", "page", given="\n".join(PHRASES))

    assert said.code == 0, said.result.output
    assert "fungus gnats" in said.out and said.out.splitlines()[-1].endswith(" in none.")
    assert "Joining phrases to pages" in said.err


def test_what_is_no_file_of_keywords_is_said(pressroom: Pressroom, tmp_path: Path) -> None:
    file = tmp_path / "picture.jpg"
    file.write_bytes(b"\xff\xd8\xff\xe0" + bytes(200))

    said = pressroom("cluster", str(file))

    assert said.code == 1 and said.out == ""
