"""How a site speaks."""

from webapp.ai.openai.operations.work import Voice
from webapp.core.db import db
from webapp.sites.ai.models import SiteVoice
from webapp.sites.models import Site


def voice_of(site: Site) -> Voice:
    said = db.session.get(SiteVoice, site.id)
    if said is None:
        return Voice()
    return Voice(said.audience, said.tone, said.words_to_avoid, said.point_of_view)
