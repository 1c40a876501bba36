"""Keywords of a plain file, grouped without a site."""

import json
from collections.abc import Iterator, Sequence
from typing import IO, Any

import click

from webapp.cli.arguments import InputFile, json_option, name_of


@click.command("cluster")
@click.argument("file", type=InputFile())
@click.option("--level", type=click.Choice(["topic", "page"]), default="topic", show_default=True, help="How fine.")
@json_option
def cluster(file: IO[bytes], level: str, as_json: bool) -> None:
    """Group the keywords of FILE, and print the clusters. Needs no site, and asks nobody.

    FILE holds one keyword a line, or is any export that Pressroom imports. What cannot be read and what comes twice is
    named on standard error, and the others are grouped. A keyword that is alone is told with its nearest cluster.
    """
    from webapp.ai.grouping.grouping import group
    from webapp.ai.grouping.levels import Level
    from webapp.ai.languages import language_of

    lines = list(_lines(file))
    keywords = [_keyword(line) for line in lines]
    found = group(keywords, Level(level), tell=lambda step: click.echo(f"{step} ...", err=True))
    language = language_of(keyword.phrase for keyword in keywords) or "en"
    clusters = [
        {
            "name": _name([keywords[number] for number in one.members], language),
            "head": keywords[one.members[0]].phrase,
            "volume": sum(keywords[number].volume or 0 for number in one.members),
            "keywords": [
                {"line": lines[number].number, "keyword": keywords[number].phrase, "confidence": sure}
                for number, sure in zip(one.members, one.confidence, strict=True)
            ],
        }
        for one in found.groups
    ]
    unclustered = [
        {
            "line": lines[lone.keyword].number,
            "keyword": keywords[lone.keyword].phrase,
            "nearest": clusters[int(lone.nearest)]["name"],
        }
        for lone in found.lone
    ]
    if as_json:
        click.echo(json.dumps({"level": level, "clusters": clusters, "unclustered": unclustered}, ensure_ascii=False))
        return
    _print(clusters, unclustered)


def _lines(file: IO[bytes]) -> Iterator[Any]:
    """Those that can be read and say something new; the others are named. Raises Invalid where none holds a keyword."""
    import io

    from webapp.content.importing.reading import lines
    from webapp.content.importing.recognise import recognise

    stream = io.BytesIO(file.read())
    understood = recognise(stream, name_of(file))
    stream.seek(0)
    for note in understood.notes:
        click.echo(note, err=True)
    first: dict[str, int] = {}
    for line in lines(stream, understood):
        if line.fields is None:
            click.echo(f"line {line.number}: {line.reason}", err=True)
        elif first.setdefault(line.fields.normal, line.number) < line.number:
            click.echo(f"line {line.number}: It is the keyword of line {first[line.fields.normal]} again.", err=True)
        else:
            yield line


def _keyword(line: Any) -> Any:
    from webapp.ai.grouping.told import KeywordToGroup

    fields = line.fields
    return KeywordToGroup(fields.phrase, fields.volume, fields.intent and fields.intent.value, tuple(fields.serp))


def _name(keywords: Sequence[Any], language: str) -> str:
    from webapp.ai.embedded.naming import named
    from webapp.ai.functions.clustering import KeywordFact, KeywordGroup

    facts = [KeywordFact(phrase=keyword.phrase, volume=keyword.volume) for keyword in keywords]
    return named(KeywordGroup(key="1", keywords=facts), language).name


def _print(clusters: list[dict[str, Any]], unclustered: list[dict[str, Any]]) -> None:
    for one in clusters:
        click.echo(f"{one['name']} ({len(one['keywords'])})")
        for keyword in one["keywords"]:
            click.echo(f"  {keyword['confidence']:>3} %  {keyword['keyword']}")
    for lone in unclustered:
        click.echo(f"In no cluster: {lone['keyword']} (nearest: {lone['nearest']})")
    click.echo(f"{_counted(len(clusters), 'cluster')}, {_counted(len(unclustered), 'keyword')} in none.")


def _counted(count: int, one: str) -> str:
    return f"{count} {one}" if count == 1 else f"{count} {one}s"
