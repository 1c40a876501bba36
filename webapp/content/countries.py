"""Countries as keyword tools write them: by code, by name, by database."""

from functools import cache
from importlib import resources

OTHER_CODES = {
    "UK": "GB",
    "EN": "GB",
    "USA": "US",
    "GBR": "GB",
    "DEU": "DE",
    "FRA": "FR",
    "ESP": "ES",
    "ITA": "IT",
    "PRT": "PT",
    "NLD": "NL",
    "POL": "PL",
    "AUT": "AT",
    "CHE": "CH",
    "BRA": "BR",
    "CAN": "CA",
    "AUS": "AU",
}
OTHER_NAMES = {
    "US": "united states of america, vereinigte staaten, vereinigte staaten von amerika, états-unis, estados unidos,"
    " stati uniti, verenigde staten, stany zjednoczone",
    "GB": "united kingdom, great britain, vereinigtes königreich, großbritannien, royaume-uni, reino unido,"
    " regno unito, verenigd koninkrijk, wielka brytania",
    "DE": "deutschland, allemagne, alemania, germania, alemanha, duitsland, niemcy",
    "AT": "österreich, autriche, áustria, oostenrijk",
    "CH": "schweiz, suisse, suiza, svizzera, suíça, zwitserland, szwajcaria",
    "FR": "frankreich, francia, frança, frankrijk, francja",
    "ES": "spanien, espagne, españa, spagna, espanha, spanje, hiszpania",
    "IT": "italien, italie, italia, itália, italië, włochy",
    "PT": "portogallo, portugalia",
    "BR": "brasilien, brésil, brasil, brasile, brazilië, brazylia",
    "NL": "niederlande, pays-bas, países bajos, paesi bassi, países baixos, nederland, holandia, the netherlands",
    "BE": "belgien, belgique, bélgica, belgio, belgië, belgia",
    "PL": "polen, pologne, polonia, polônia, polónia, polska",
    "CA": "kanada, canadá",
    "MX": "mexiko, mexique, méxico, messico, meksyk",
    "AU": "australien, australie, australië",
    "IE": "irland, irlande, irlanda, ierland, irlandia",
    "IN": "indien, inde, indie, índia",
    "CZ": "czechia, tschechien, tchéquie, chequia, cechia, tsjechië, czechy",
    "DK": "dänemark, danemark, dinamarca, danimarca, denemarken, dania",
    "SE": "schweden, suède, suecia, svezia, suécia, zweden, szwecja",
    "NO": "norwegen, norvège, noruega, norvegia, noorwegen, norwegia",
    "KR": "south korea, südkorea",
    "ZA": "südafrika",
    "AE": "united arab emirates",
    "TR": "türkiye, türkei",
    "HK": "hong kong",
}


def code_of(written: str) -> str | None:
    """Two letters as in ISO 3166, from a code (`us`, `UK`, `mobile-us`) or a name. None if it is no country."""
    text = " ".join(written.split()).removeprefix("mobile-")[:100]
    code = OTHER_CODES.get(text.upper(), text.upper())
    return code if code in _codes() else _names().get(text.casefold())


@cache
def _english() -> dict[str, str]:
    """The name of each code, from the table that comes with the time zones."""
    table = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8")
    return dict(line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))


@cache
def _codes() -> frozenset[str]:
    return frozenset(_english())


@cache
def _names() -> dict[str, str]:
    english = {name.casefold(): code for code, name in _english().items()}
    other = {name.strip(): code for code, names in OTHER_NAMES.items() for name in names.split(",")}
    return english | other
