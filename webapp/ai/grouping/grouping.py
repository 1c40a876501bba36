"""Keywords into clusters: new ones among themselves, or into clusters that are there already.

The result depends on what the keywords are, not on their order. What is in a cluster stays there.
"""

from collections.abc import Sequence

import numpy as np

from webapp.ai.grouping.embedding import Embedding
from webapp.ai.grouping.heads import in_order
from webapp.ai.grouping.levels import Level
from webapp.ai.grouping.minilm import best_embedding
from webapp.ai.grouping.phrases import Phrases
from webapp.ai.grouping.rows import NOTHING, Numbers, means, unit
from webapp.ai.grouping.told import Group, Grouping, KeywordToGroup, Lone, Tell, to_nobody

AT_ONCE = 1024  # keywords


def group(
    keywords: Sequence[KeywordToGroup],
    level: Level = Level.TOPIC,
    embedding: Embedding | None = None,
    tell: Tell = to_nobody,
) -> Grouping:
    """Groups the keywords that are in no cluster, as topics or as pages."""
    if not keywords:
        return Grouping((), ())
    return _Groups(keywords, Phrases(keywords, embedding or best_embedding(), tell), level).grouping()


def preview(keywords: Sequence[KeywordToGroup], embedding: Embedding | None = None) -> dict[Level, int]:
    """How many clusters each level makes of the keywords."""
    if not keywords:
        return dict.fromkeys(Level, 0)
    phrases = Phrases(keywords, embedding or best_embedding(), to_nobody)
    made = {level: len(_Groups(keywords, phrases, level).grouping().groups) for level in (Level.TOPIC, Level.PAGE)}
    return {Level.PILLAR: int(phrases.pillars.max()) + 1, **made}


class _Groups:
    """Topics or pages with the keywords in them.

    A keyword that is alone in its topic is in no group, unless all are alone: then each is a topic of its own.
    """

    def __init__(self, keywords: Sequence[KeywordToGroup], phrases: Phrases, level: Level):
        self.keywords = keywords
        labels = phrases.topics if level is Level.TOPIC else phrases.pages
        self.label = labels[phrases.row_of]
        self.row = unit(phrases.space.drawn)[phrases.row_of]
        self.middle = means(self.row, self.label)
        self.cluster = phrases.keys_of(labels)
        self.is_free = np.array([keyword.cluster is None for keyword in keywords], dtype=bool)
        topic = phrases.topics[phrases.row_of]
        alone = (np.bincount(topic) == 1)[topic] & self.is_free
        self.is_lone = np.zeros_like(alone) if alone.all() else alone

    def grouping(self) -> Grouping:
        own, other, to_other = self._nearness()
        confidence = np.round(100 * own / np.maximum(own + to_other, NOTHING)).astype(int)
        groups = sorted(self._members().items(), key=self._rank)
        number = {label: at for at, (label, _) in enumerate(groups)}
        return Grouping(
            [Group(made, tuple(confidence[list(made)].tolist()), self.cluster.get(label)) for label, made in groups],
            [
                Lone(keyword, self.cluster.get(int(other[keyword]), number.get(int(other[keyword]), 0)))
                for keyword in np.flatnonzero(self.is_lone).tolist()
            ],
        )

    def _members(self) -> dict[int, tuple[int, ...]]:
        """The keywords of each label that are in no cluster and not lone, in order."""
        phrases = [keyword.phrase for keyword in self.keywords]
        volumes = [keyword.volume for keyword in self.keywords]
        closeness = (self.row * unit(self.middle)[self.label]).sum(axis=1)
        found: dict[int, list[int]] = {}
        for keyword in np.flatnonzero(self.is_free & ~self.is_lone).tolist():
            found.setdefault(int(self.label[keyword]), []).append(keyword)
        return {label: in_order(members, phrases, volumes, closeness) for label, members in found.items()}

    def _rank(self, named: tuple[int, tuple[int, ...]]) -> tuple[int, str]:
        _, members = named
        return -sum(self.keywords[n].volume or 0 for n in members), self.keywords[members[0]].phrase

    def _nearness(self) -> tuple[np.ndarray, Numbers, np.ndarray]:
        """How near each keyword is to the others of its label; which other label is nearest to it, and how near."""
        middles, sizes = unit(self.middle), np.bincount(self.label)
        others = sizes[self.label][:, None] * self.middle[self.label] - self.row
        own = np.where(sizes[self.label] > 1, (unit(others) * self.row).sum(axis=1), 1)
        other, to_other = np.zeros_like(self.label), np.zeros(len(self.label), dtype=np.float32)
        has_no_group = self.label[self.is_lone]
        for start in range(0, len(self.row), AT_ONCE):
            these = slice(start, start + AT_ONCE)
            likeness = self.row[these] @ middles.T
            likeness[:, has_no_group] = -1
            likeness[np.arange(len(likeness)), self.label[these]] = -1
            other[these], to_other[these] = likeness.argmax(axis=1), likeness.max(axis=1)
        return np.maximum(own, 0), other, np.maximum(to_other, 0)
