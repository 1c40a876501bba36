"""Words without their endings, so that "watering" and "waters" are one. It knows English."""


def stem(word: str) -> str:
    for ending in ("ing", "ers", "ies", "er", "es", "ed", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            bare = word[: -len(ending)]
            return bare[:-1] if bare[-1] == bare[-2] and bare[-1] not in "lsz" else bare  # repotting, repot
    return word
