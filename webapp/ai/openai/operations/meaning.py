"""How near search phrases are to each other in meaning, as an endpoint's embeddings have it; and joining by it.

The words of the phrases have made groups of all keywords already, without asking anybody. Meaning joins what words kept
apart, like cheap shoes and low-cost sneakers, among the keywords of one batch.
"""

from collections.abc import Sequence
from itertools import accumulate, combinations, product
from typing import ClassVar

from pydantic import BaseModel

from webapp.ai.functions.clustering import ClusteringRequest, KeywordGroup
from webapp.ai.provider import Operation, Request

SAME_TOPIC = 0.35  # two groups join while their phrases are so near on average
DIGITS = 2  # that are kept: the last ones differ from one machine to the next


class MeaningRequest(Request):
    operation: ClassVar[Operation] = Operation.CLUSTERING
    prompt_version: ClassVar[str] = "1"

    phrases: list[str]


class Nearness(BaseModel):
    """Of each phrase to those before it, from -1 to 1: a row for each, one number longer than the row before it."""

    rows: list[list[float]]


def nearness(vectors: Sequence[Sequence[float]]) -> Nearness:
    """Cosines, after what all the phrases have in common was taken away: it says the niche, and nothing of topics."""
    import numpy as np  # by who asks a model, and not by the pages that show what would be asked

    rows = np.asarray(vectors, dtype=np.float64)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    rows = rows - rows.mean(axis=0)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    near = np.round(rows @ rows.T, DIGITS)
    return Nearness(rows=[[float(one) for one in near[number, :number]] for number in range(len(rows))])


def joined(request: ClusteringRequest, near: Nearness) -> ClusteringRequest:
    """The same with fewer groups: two at a time the nearest join, under the key of the first. None is taken apart."""
    groups = dict(zip([group.key for group in request.groups], _places(request.groups), strict=True))
    while (pair := _nearest(near, groups)) is not None:
        first, second = pair
        groups[first] += groups.pop(second)
    keywords = [keyword for group in request.groups for keyword in group.keywords]
    made = [KeywordGroup(key=key, keywords=[keywords[n] for n in places]) for key, places in groups.items()]
    return request.model_copy(update={"groups": made})


def phrases_of(request: ClusteringRequest) -> list[str]:
    return [keyword.phrase for group in request.groups for keyword in group.keywords]


def _places(groups: Sequence[KeywordGroup]) -> list[list[int]]:
    """Where the phrases of each group are among all."""
    ends = accumulate(len(group.keywords) for group in groups)
    return [list(range(end - len(group.keywords), end)) for group, end in zip(groups, ends, strict=True)]


def _nearest(near: Nearness, groups: dict[str, list[int]]) -> tuple[str, str] | None:
    """The two that are nearest on average; of equals the first. None where none are of one topic."""
    means = {(a, b): _mean(near, groups[a], groups[b]) for a, b in combinations(groups, 2)}
    best = max(means, key=lambda pair: means[pair], default=None)
    return best if best is not None and means[best] >= SAME_TOPIC else None


def _mean(near: Nearness, left: Sequence[int], right: Sequence[int]) -> float:
    found = [near.rows[max(pair)][min(pair)] for pair in product(left, right)]
    return round(sum(found) / len(found), 2 * DIGITS)
