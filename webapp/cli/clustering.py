"""Keywords of a plain file, grouped without a site."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import IO, Any

import click

from webapp.cli.arguments import InputFile, json_option, name_of


@click.command("cluster")
@click.argument("file", type=InputFile())
@click.option("--level", type=click.Choice(["topic", "page"]), default="topic", show_default=True, help="How fine.")
@json_option
def cluster(file: IO[bytes], level: str, as_json: bool) -> None:
    """Group the keywords of FILE, and print the clusters. Needs no site, and asks nobody.

    FILE holds one keyword a line, or is any export that Pressroom imports. What cannot be read is named on standard
    error, and the others are grouped. A line that repeats a keyword counts for nothing; --json tells of it all the
    same, beside the line that it repeats. A keyword that is alone is told with its nearest cluster.
    """
    from webapp.ai.grouping.grouping import group
    from webapp.ai.grouping.levels import Level
    from webapp.ai.languages import language_of

    lines = _together(_lines(file))
    keywords = [_keyword(first) for first, *_ in lines]
    found = group(keywords, Level(level), tell=lambda step: click.echo(f"{step} ...", err=True))
    language = language_of(keyword.phrase for keyword in keywords) or "en"
    clusters = [
        {
            "name": _name([keywords[number] for number in one.members], language),
            "head": keywords[one.members[0]].phrase,
            "volume": sum(keywords[number].volume or 0 for number in one.members),
            "keywords": [
                told | {"confidence": sure}
                for number, sure in zip(one.members, one.confidence, strict=True)
                for told in _told(lines[number])
            ],
        }
        for one in found.groups
    ]
    unclustered = [
        told | {"nearest": clusters[int(lone.nearest)]["name"]}
        for lone in found.lone
        for told in _told(lines[lone.keyword])
    ]
    if as_json:
        click.echo(json.dumps({"level": level, "clusters": clusters, "unclustered": unclustered}, ensure_ascii=False))
        return
    repeats = {line.number for _, *again in lines for line in again}
    _print(clusters, unclustered, repeats)


def _lines(file: IO[bytes]) -> Iterator[Any]:
    """Those that can be read; the others are named. Raises Invalid where the file holds no keywords."""
    import io

    from webapp.content.importing.reading import lines
    from webapp.content.importing.recognise import recognise

    stream = io.BytesIO(file.read())
    understood = recognise(stream, name_of(file))
    stream.seek(0)
    for note in understood.notes:
        click.echo(note, err=True)
    for line in lines(stream, understood):
        if line.fields is None:
            click.echo(f"line {line.number}: {line.reason}", err=True)
        else:
            yield line


def _together(lines: Iterable[Any]) -> list[list[Any]]:
    """The lines of each keyword, those that repeat it after the first."""
    found: dict[str, list[Any]] = {}
    for line in lines:
        found.setdefault(line.fields.normal, []).append(line)
    return list(found.values())


def _told(lines: Iterable[Any]) -> Iterator[dict[str, Any]]:
    return ({"line": line.number, "keyword": line.fields.phrase} for line in lines)


def _keyword(line: Any) -> Any:
    from webapp.ai.grouping.told import KeywordToGroup

    fields = line.fields
    return KeywordToGroup(fields.phrase, fields.volume, fields.intent and fields.intent.value, tuple(fields.serp))


def _name(keywords: Sequence[Any], language: str) -> str:
    from webapp.ai.embedded.naming import named
    from webapp.ai.functions.clustering import KeywordFact, KeywordGroup

    facts = [KeywordFact(phrase=keyword.phrase, volume=keyword.volume) for keyword in keywords]
    return named(KeywordGroup(key="1", keywords=facts), language).name


def _print(clusters: list[dict[str, Any]], unclustered: list[dict[str, Any]], repeats: Collection[int]) -> None:
    for one in clusters:
        keywords = [keyword for keyword in one["keywords"] if keyword["line"] not in repeats]
        click.echo(f"{one['name']} ({len(keywords)})")
        for keyword in keywords:
            click.echo(f"  {keyword['confidence']:>3} %  {keyword['keyword']}")
    alone = [lone for lone in unclustered if lone["line"] not in repeats]
    for lone in alone:
        click.echo(f"In no cluster: {lone['keyword']} (nearest: {lone['nearest']})")
    click.echo(f"{_counted(len(clusters), 'cluster')}, {_counted(len(alone), 'keyword')} in none.")
    if repeats:
        click.echo(f"{_counted(len(repeats), 'line')} left out that repeated a keyword.")


def _counted(count: int, one: str) -> str:
    return f"{count} {one}" if count == 1 else f"{count} {one}s"
