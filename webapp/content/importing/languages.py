"""Which language phrases are in, by the small words that people search with. A guess, for a person to see."""

import re
from collections.abc import Iterable

ENOUGH = 3  # signs
CLEARLY = 1.3  # times as many signs as of the next language

WORDS = {
    "en": "the a an how to what is are best for of with in and near me vs can you why when does do your my on from free"
    " online cheap where which who make without",
    "de": "der die das und für mit ohne wie was ist bei im zum zur von ein eine einen selber machen kaufen günstig auf"
    " welche wann warum kosten nach vergleich pflegen gegen bester beste test",
    "fr": "le la les des du pour avec sans comment quel quelle est et une un dans sur pas cher meilleur meilleure au"
    " aux chez acheter prix faire que qui",
    "es": "el la los las para con sin cómo como qué que es y una un del en por mejor mejores comprar barato cuánto"
    " precio cuando hacer",
    "it": "il lo la gli le per con senza come cosa che è e una un di da nel migliore migliori comprare prezzo quanto"
    " quando fare dove della del delle",
    "pt": "o a os as para com sem como que é e uma um do da dos das em no na melhor melhores comprar preço quanto"
    " quando fazer onde",
    "nl": "de het een en voor met zonder hoe wat is van in op beste kopen goedkoop welke wanneer waarom maken bij naar"
    " kosten zelf",
    "pl": "i w na do z dla jak co jest czy bez od najlepszy najlepsze kupić tani cena kiedy gdzie dlaczego jaki jaka"
    " jakie ile",
}
LETTERS = {"de": "äöüß", "fr": "èêçàœ", "es": "ñ¿¡", "it": "ìò", "pt": "ãõ", "pl": "ąęłśżźćń"}
SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("uk", re.compile(r"[іїєґ]", re.IGNORECASE)),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
)
_words = {language: frozenset(words.split()) for language, words in WORDS.items()}


def language_of(phrases: Iterable[str]) -> str:
    """Two letters as in ISO 639; "" where the phrases do not tell."""
    text = "\n".join(phrases).lower()
    for language, script in SCRIPTS:
        if len(script.findall(text)) > 0.2 * len(text):
            return language
    words = re.findall(r"[^\W\d_]+", text)
    signs = {
        language: sum(word in known for word in words) + sum(map(text.count, LETTERS.get(language, "")))
        for language, known in _words.items()
    }
    best, second = sorted(signs, key=lambda language: -signs[language])[:2]
    return best if signs[best] >= ENOUGH and signs[best] >= CLEARLY * signs[second] else ""
