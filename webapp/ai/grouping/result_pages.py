"""What a search engine takes for one: phrases for which it shows the same addresses."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations

SHARED, OUT_OF = 4, 10
FEWEST = 5  # addresses of a phrase that say anything
EVERYWHERE = 200  # phrases; an address on so many result pages says nothing

Pair = tuple[int, int]


def linked(pages: Sequence[frozenset[str]]) -> list[Pair]:
    """Which two share at least four addresses of ten, by their numbers. An empty set: nobody looked."""
    holders: dict[str, list[int]] = defaultdict(list)
    for number, addresses in enumerate(pages):
        for address in addresses if len(addresses) >= FEWEST else ():
            holders[address].append(number)
    telling = (numbers for numbers in holders.values() if len(numbers) <= EVERYWHERE)
    shared = Counter(pair for numbers in telling for pair in combinations(numbers, 2))
    return sorted(pair for pair, times in shared.items() if _is_enough(times, *(len(pages[n]) for n in pair)))


def _is_enough(shared: int, one: int, other: int) -> bool:
    return OUT_OF * shared >= SHARED * max(one, other)
