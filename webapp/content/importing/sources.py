"""The table of what exports call their columns, in several languages, and which columns tell whose export it is.

All names are as `plain` makes them: small letters and digits with single spaces.
"""

import re
from collections.abc import Callable, Collection

from webapp.content.importing.understanding import Field, Source
from webapp.content.models import Intent
from webapp.content.normal import normal

MEASURE = re.compile(r"\((?:[a-z]{3}|[$€£¥%]|0 ?[-–] ?100)\)")  # “CPC (USD)”, “Difficulty (%)”
APART = re.compile(r"[\W_]+")

NAMES: dict[Field, frozenset[str]] = {
    Field.PHRASE: frozenset(
        {
            *(
                "keyword",
                "keywords",
                "kw",
                "phrase",
                "query",
                "queries",
                "search query",
                "search queries",
                "search term",
            ),
            *("search terms", "top queries", "key phrase", "keyphrase", "keyword phrase", "target keyword", "ph"),
            *("schlüsselwort", "schlüsselwörter", "suchbegriff", "suchbegriffe", "suchanfrage", "suchwort"),
            *("häufigste suchanfragen", "top suchanfragen", "keyword idee", "schlagwort"),
            *("mot clé", "mots clés", "mot cle", "mots cles", "requête", "requêtes les plus fréquentes", "expression"),
            *("principales requêtes", "terme de recherche", "termes de recherche", "requête de recherche"),
            *("palabra clave", "palabras clave", "consulta", "consultas principales", "término de búsqueda"),
            *("consulta de búsqueda", "principales consultas", "frase clave"),
            *("parola chiave", "parole chiave", "query principali", "query di ricerca", "termine di ricerca"),
            *("palavra chave", "palavras chave", "principais consultas", "consultas mais frequentes"),
            *("termo de pesquisa", "termo de busca", "consulta de pesquisa", "principais pesquisas"),
            *("zoekwoord", "zoekwoorden", "zoekterm", "zoektermen", "populairste zoekopdrachten", "zoekopdracht"),
            *("trefwoord", "meest voorkomende zoekopdrachten", "beste zoekopdrachten"),
            *("słowo kluczowe", "słowa kluczowe", "fraza", "frazy", "fraza kluczowa", "zapytanie"),
            *("najczęstsze zapytania", "najpopularniejsze zapytania", "wyszukiwane hasło"),
            *("ключевое слово", "ключевые слова", "поисковый запрос", "nyckelord", "søgeord", "klíčové slovo"),
            *("上位のクエリ", "キーワード", "关键词", "热门查询", "키워드", "인기 검색어", "anahtar kelime"),
        }
    ),
    Field.VOLUME: frozenset(
        {
            *("volume", "search volume", "monthly search volume", "monthly searches", "avg monthly searches"),
            *("average monthly searches", "searches", "monthly volume", "vol", "sv", "avg search volume", "nq"),
            *("suchvolumen", "volumen", "monatliches suchvolumen", "suchvolumen pro monat"),
            *("volume de recherche", "volume de recherches", "volume mensuel", "volume de recherche mensuel"),
            *("volumen de búsqueda", "volumen de búsquedas", "volumen mensual", "búsquedas"),
            *("volume di ricerca", "volume di ricerche", "volume mensile", "ricerche"),
            *("volume de pesquisa", "volume de pesquisas", "volume de busca", "volume de buscas", "volume mensal"),
            *("zoekvolume", "maandelijks zoekvolume", "wolumen", "wolumen wyszukiwań", "liczba wyszukiwań"),
            *("частотность", "検索ボリューム", "搜索量"),
        }
    ),
    Field.DIFFICULTY: frozenset(
        {
            *("difficulty", "kd", "keyword difficulty", "keyword difficulty index", "seo difficulty", "sd", "kdi"),
            *("search difficulty", "organic difficulty"),
            *("schwierigkeit", "keyword schwierigkeit", "schwierigkeitsgrad", "seo schwierigkeit"),
            *("difficulté", "difficulté du mot clé", "difficulté des mots clés", "difficulté seo"),
            *("dificultad", "dificultad de la palabra clave", "dificultad de palabra clave", "dificultad seo"),
            *("difficoltà", "difficoltà della parola chiave", "difficoltà parola chiave", "difficoltà seo"),
            *("dificuldade", "dificuldade da palavra chave", "dificuldade de palavra chave", "dificuldade seo"),
            *("moeilijkheid", "moeilijkheidsgraad", "zoekwoordmoeilijkheid", "moeilijkheidsgraad van zoekwoord"),
            *("trudność", "trudność słowa kluczowego", "trudność frazy", "trudność słów kluczowych", "trudność seo"),
        }
    ),
    Field.CPC: frozenset(
        {
            *("cpc", "cost per click", "avg cpc", "average cpc", "cp", "klickpreis", "kosten pro klick"),
            *("kosten per klik", "coût par clic", "coste por clic", "costo por clic", "costo per clic"),
            *("custo por clique", "koszt kliknięcia", "koszt za kliknięcie", "cpc moyen", "cpc medio"),
        }
    ),
    Field.INTENT: frozenset(
        {
            *("intent", "intents", "search intent", "keyword intents", "keyword intent", "user intent"),
            *("suchintention", "suchabsicht", "intention", "absicht", "intention de recherche", "intentions"),
            *("intención", "intención de búsqueda", "intento", "intento di ricerca", "intenzione"),
            *("intenzione di ricerca", "intenção", "intenção de busca", "intenção de pesquisa", "zoekintentie"),
            *("intentie", "intencja", "intencja wyszukiwania", "intencje"),
        }
    ),
    Field.COUNTRY: frozenset(
        {
            *("country", "country code", "database", "db", "market", "land", "pays", "país", "paese", "kraj"),
            *("datenbank", "base de données", "base de datos", "ländercode"),
        }
    ),
    Field.PARENT: frozenset({"parent keyword", "parent topic", "parent", "parent phrase"}),
    Field.SERP: frozenset(
        {
            *("serp urls", "serp url", "serp addresses", "serp links", "serp", "serp results", "urls", "top urls"),
            *("top 10 urls", "top10 urls", "top 10", "ranking urls", "result urls", "results urls"),
        }
    ),
}
# Words that are the keywords' name only where no column has a better one: some tools count searches under them.
SECOND_BEST_PHRASES = frozenset(
    {
        *("suchanfragen", "requêtes", "requetes", "consultas", "pesquisas", "zoekopdrachten", "zapytania"),
        *("recherches", "term", "terms", "begriff", "begriffe", "terme", "termes", "término", "termine"),
        *("termo", "hasło", "phrases", "expressions"),
    }
)
# Columns that no keyword needs, of which a person might think that one does.
BESIDE = frozenset(
    {
        *("global volume", "traffic potential", "global traffic potential", "trend", "trends", "competition"),
        *("competition indexed value", "competitive density", "serp features", "number of results", "currency"),
        *("cps", "clicks", "first seen", "last update", "three month change", "yoy change", "click potential"),
        *("url", "current url", "previous url", "position", "traffic", "tags", "page", "topic", "seed keyword"),
    }
)

MONTHLY = re.compile(r"monat|mensuel|mensual|mensil|mensais|mensal|maandelijks|miesięczn|\bmies\b|monthly")
SEARCHES = re.compile(r"such|recherch|búsqued|busqued|ricerch|pesquis|\bbusca|zoek|wyszuk|search")
BID = re.compile(r"\bbid|gebot|enchère|\bpujas?\b|offert[ae]|\blances?\b|\bbod\b|\bbiedingen\b|stawk[ai]|oferta")
HIGH = re.compile(
    r"(?:high range|(?:hoher|oberer|hohe) bereich|fourchette haute|plage haute|(?:intervalo|gama|rango) alt[oa]|"
    r"intervalo superior|(?:intervallo|fascia) alt[oa]|faixa (?:superior|alta)|hoog bereik|(?:hoge|hoogste) bereik|"
    r"hoog|(?:górny|wysoki) zakres|górna granica)$"
)
COMPETITION = re.compile(
    r"(?:competition|wettbewerb|concurrence|competencia|concorrenza|concorrência|concurrentie|konkurr?en\w*)"
)
CLICKS = re.compile(
    r"(?:clicks?|klicks?|clics?|cliques?|klikken|kliknięcia|tıklama\w*|kliknutí|клики|クリック数|点击次数|클릭수)"
)
IMPRESSIONS = re.compile(
    r"(?:impressions?|impressionen|impresiones|impressioni|impressões|vertoningen|wyświetlenia|zobrazení|visningar|"
    r"показы|表示回数|展示次数|노출수|görüntüleme\w*|gösterim\w*)"
)
ADDRESS = re.compile(
    r"(?:serp |top |organic )?(?:url|address|result|link|serp)s? ?(\d\d?)(?: url)?|(?:position|pos|top) (\d\d?) url"
)
FLAGS = {intent.value: intent for intent in Intent}

COUNTRIES = frozenset({"country", "land", "pays", "país", "paese", "kraj", "country region"})


def plain(name: str) -> str:
    """A column's name for comparison."""
    return APART.sub(" ", MEASURE.sub("", normal(name[:300]))).strip()


def is_monthly_volume(name: str) -> bool:
    return MONTHLY.search(name) is not None and SEARCHES.search(name) is not None


def is_high_bid(name: str) -> bool:
    return BID.search(name) is not None and HIGH.search(name) is not None


def is_beside(name: str) -> bool:
    return name in BESIDE or COMPETITION.fullmatch(name) is not None


def _planner(names: Collection[str]) -> bool:
    searches = any(is_monthly_volume(name) for name in names)
    return searches and any(BID.search(name) or COMPETITION.search(name) for name in names)


def _search_console(names: Collection[str]) -> bool:
    return any(map(CLICKS.fullmatch, names)) and any(map(IMPRESSIONS.fullmatch, names))


def _at_least(count: int, *telling: str) -> Callable[[Collection[str]], bool]:
    return lambda names: len(set(telling).intersection(names)) >= count


# The first that fits. Each looks at the plain names of all columns.
SIGNATURES: tuple[tuple[Source, Callable[[Collection[str]], bool]], ...] = (
    (Source.SEMRUSH_STRATEGY, _at_least(2, "seed keyword", "page type", "topic", "content references")),
    (Source.AHREFS_SITE, _at_least(2, "current position", "current url", "current organic traffic", "kd")),
    (
        Source.AHREFS_KEYWORDS,
        _at_least(2, "parent keyword", "parent topic", "global volume", "traffic potential", "cps", "first seen"),
    ),
    (Source.PLANNER, _planner),
    (Source.SEARCH_CONSOLE, _search_console),
    (Source.SEMRUSH_API, _at_least(1, "keyword difficulty index")),
    (Source.SEMRUSH_API, _at_least(2, "database", "search volume")),
    (
        Source.SEMRUSH_MAGIC,
        lambda names: (
            "volume" in names and _at_least(1, "competitive density", "number of results", "click potential")(names)
        ),
    ),
    (Source.SEMRUSH_MAGIC, _at_least(4, "intent", "volume", "trend", "keyword difficulty", "cpc", "serp features")),
)


def source_of(names: Collection[str]) -> Source:
    """Whose export has columns with these plain names; `TABLE` where nobody's is known."""
    return next((source for source, fits in SIGNATURES if fits(names)), Source.TABLE)
