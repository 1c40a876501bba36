"""All phrases of a grouping in one place, and the pages and topics that they make."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from webapp.ai.grouping import cuts, intents, result_pages
from webapp.ai.grouping.embedding import Embedding
from webapp.ai.grouping.forms import form_of
from webapp.ai.grouping.rows import Numbers
from webapp.ai.grouping.space import space_of
from webapp.ai.grouping.told import KeywordToGroup, Tell
from webapp.ai.languages import language_of

ENGLISH = ("en", "")  # or unknown
LOOKED_AT = 2000  # phrases, to tell their language


class Phrases:
    """A row for each form, sorted, so that the order of the keywords changes nothing."""

    def __init__(self, keywords: Sequence[KeywordToGroup], embedding: Embedding, tell: Tell):
        self.tell = tell
        written = [form_of(keyword.phrase) for keyword in keywords]
        self.forms = sorted(set(written))
        number = {form: at for at, form in enumerate(self.forms)}
        self.row_of = np.array([number[form] for form in written], dtype=np.int64)
        self.clusters = self._clusters(keywords)
        self.sides = self._sides(keywords)
        tell(f"Placing {len(self.forms)} phrases by what they mean and how they look")
        self.space = space_of(
            self.forms,
            embedding,
            is_english=language_of(self.forms[:: 1 + len(self.forms) // LOOKED_AT]) in ENGLISH,
            linked=result_pages.linked(self._result_pages(keywords)),
        )

    @cached_property
    def pages(self) -> Numbers:
        """The page of each row. A cluster is one, and others join it."""
        self.tell("Joining phrases to pages")
        pages = cuts.pages(self.space, *self._groups(np.arange(len(self.forms))))
        return intents.parted(pages, self.sides, self.clusters >= 0)

    @cached_property
    def topics(self) -> Numbers:
        """The topic of each row: of the pages of what is in no cluster, and of clusters, which others join."""
        return self._topics_and_pillars[0]

    @cached_property
    def pillars(self) -> Numbers:
        return self._topics_and_pillars[1]

    @cached_property
    def _topics_and_pillars(self) -> tuple[Numbers, Numbers]:
        free = np.flatnonzero(self.clusters < 0)
        pages = np.zeros(len(self.forms), dtype=np.int64)
        if len(free):
            self.tell("Joining phrases to pages")
            alone = np.zeros(len(free), dtype=bool)
            pages[free] = cuts.pages(self.space.of(free), np.arange(len(free)), alone)
        self.tell("Joining pages to topics")
        return cuts.topics(self.space, *self._groups(pages))

    def keys_of(self, labels: Numbers) -> dict[int, str]:
        """For each label of the rows in which a cluster is, the key of that."""
        return {
            label: self.keys[cluster]
            for label, cluster in zip(labels.tolist(), self.clusters.tolist(), strict=True)
            if cluster >= 0
        }

    def _clusters(self, keywords: Sequence[KeywordToGroup]) -> Numbers:
        """The number of the cluster that each row is in, of several the first by key; -1 if in none."""
        self.keys = sorted({keyword.cluster for keyword in keywords if keyword.cluster is not None})
        number = {key: at for at, key in enumerate(self.keys)}
        found = np.full(len(self.forms), len(self.keys), dtype=np.int64)
        for row, keyword in zip(self.row_of, keywords, strict=True):
            if keyword.cluster is not None:
                found[row] = min(found[row], number[keyword.cluster])
        return np.where(found < len(self.keys), found, -1)

    def _sides(self, keywords: Sequence[KeywordToGroup]) -> Numbers:
        """Of each row; of several that are known, that of who wants to know."""
        found = np.full(len(self.forms), intents.UNKNOWN, dtype=np.int64)
        for row, keyword in zip(self.row_of, keywords, strict=True):
            side = intents.side_of(keyword.intent)
            if side != intents.UNKNOWN:
                found[row] = side if found[row] == intents.UNKNOWN else min(side, found[row])
        return found

    def _result_pages(self, keywords: Sequence[KeywordToGroup]) -> list[frozenset[str]]:
        found: list[frozenset[str]] = [frozenset()] * len(self.forms)
        for row, keyword in zip(self.row_of, keywords, strict=True):
            found[row] |= frozenset(keyword.serp)
        return found

    def _groups(self, labels: Numbers) -> tuple[Numbers, np.ndarray]:
        """The group of each row before anything joins: its cluster, else by its label; and which are clusters."""
        names = list(zip(self.clusters.tolist(), np.where(self.clusters < 0, labels, -1).tolist(), strict=True))
        number = {name: at for at, name in enumerate(dict.fromkeys(names))}
        start = np.array([number[name] for name in names], dtype=np.int64)
        return start, np.array([cluster >= 0 for cluster, _ in number], dtype=bool)
