"""Ways to group phrases: ours, and what others use. Each takes phrases, and answers a label for each."""

from collections.abc import Callable, Sequence

import numpy as np

from webapp.ai.grouping.embedding import Embedding, WordVectors
from webapp.ai.grouping.grouping import group
from webapp.ai.grouping.levels import Level
from webapp.ai.grouping.minilm import MiniLM, sentence_rows
from webapp.ai.grouping.told import KeywordToGroup

Way = Callable[[Sequence[str]], np.ndarray]

COMMUNITY = 0.75  # cosine; the threshold of a script in common use, with clusters of two at least
ALIKE = 0.80  # cosine of TF-IDF vectors; the one of another
SMALLEST_TOPIC = 10  # as the recipe has it
SEED = 42


def ours(embedding: Embedding, level: Level = Level.TOPIC) -> Way:
    """A keyword in no cluster is one by itself."""

    def way(phrases: Sequence[str]) -> np.ndarray:
        found = group([KeywordToGroup(phrase) for phrase in phrases], level, embedding)
        labels = -1 - np.arange(len(phrases))
        for number, one in enumerate(found.groups):
            labels[list(one.members)] = number
        return labels

    return way


def bertopic_recipe(phrases: Sequence[str]) -> np.ndarray:
    """MiniLM, UMAP to five dimensions, HDBSCAN; what it leaves over goes to the nearest topic, which it offers."""
    from sklearn.cluster import HDBSCAN
    from umap import UMAP

    rows = sentence_rows(phrases)
    placed = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=SEED).fit_transform(rows)
    labels = HDBSCAN(min_cluster_size=SMALLEST_TOPIC, cluster_selection_method="eom", copy=True).fit_predict(placed)
    return _with_the_rest(rows, labels)


def _with_the_rest(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    topics = np.unique(labels[labels >= 0])
    if not len(topics):
        return labels
    middles = np.array([rows[labels == topic].mean(axis=0) for topic in topics])
    return np.where(labels >= 0, labels, topics[np.argmax(rows @ middles.T, axis=1)])


def community_detection(phrases: Sequence[str]) -> np.ndarray:
    """The largest set of phrases near one of them, then the next largest of what is left; MiniLM."""
    rows = sentence_rows(phrases)
    near = [np.flatnonzero(row >= COMMUNITY) for row in rows @ rows.T]
    labels = -1 - np.arange(len(phrases))
    for number, members in enumerate(sorted(near, key=len, reverse=True)):
        free = members[labels[members] < 0]
        if len(free) > 1:
            labels[free] = number
    return labels


def tf_idf(phrases: Sequence[str]) -> np.ndarray:
    """Runs of three letters, and phrases that are alike enough are put together."""
    from scipy.sparse.csgraph import connected_components
    from sklearn.feature_extraction.text import TfidfVectorizer

    rows = TfidfVectorizer(analyzer="char", ngram_range=(3, 3)).fit_transform(phrases)
    return connected_components(rows @ rows.T >= ALIKE, directed=False)[1]


def k_means(phrases: Sequence[str]) -> np.ndarray:
    """MiniLM, and the number of clusters with the best silhouette."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    rows = sentence_rows(phrases)
    numbers = sorted({int(number) for number in np.geomspace(5, len(phrases) / 3, 12)})
    tried = [KMeans(number, n_init=1, random_state=SEED).fit_predict(rows) for number in numbers]
    return max(tried, key=lambda labels: silhouette_score(rows, labels, sample_size=2000, random_state=SEED))


WAYS: dict[str, Way] = {
    "ours, WordLlama": ours(WordVectors()),
    "ours, MiniLM": ours(MiniLM()),
    "BERTopic's recipe": bertopic_recipe,
    "community detection": community_detection,
    "TF-IDF": tf_idf,
    "k-means with silhouette": k_means,
}
