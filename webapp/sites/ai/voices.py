"""How a site speaks."""

from webapp.ai.openai.operations.work import Voice
from webapp.core.db import db
from webapp.core.errors import Invalid
from webapp.sites.ai.models import SiteVoice
from webapp.sites.ai.showing import can_be_shown
from webapp.sites.models import Site

LONGEST = 2000  # characters of each thing that is said


def voice_of(site: Site) -> Voice:
    said = db.session.get(SiteVoice, site.id, populate_existing=True)
    if said is None:
        return Voice()
    return Voice(said.audience, said.tone, said.words_to_avoid, said.point_of_view)


def lock_voice(site: Site) -> Voice:
    """What is said of it now, besides `site.voice`; nobody else changes either until the transaction ends."""
    db.session.refresh(site, with_for_update=True)
    return voice_of(site)


def change_voice(site: Site, general: str, said: Voice) -> None:
    """`general`: what `site.voice` says. The caller commits. Raises Invalid."""
    site.voice = checked(general)
    voice = SiteVoice(
        site_id=site.id,
        audience=checked(said.audience),
        tone=checked(said.tone),
        words_to_avoid=checked(said.words_to_avoid),
        point_of_view=checked(said.point_of_view),
    )
    db.session.merge(voice)


def checked(written: str) -> str:
    """As it is kept. Raises Invalid."""
    text = written.strip().replace("\r\n", "\n")
    if not can_be_shown(text):
        raise Invalid("voice", "This holds characters that cannot be shown.", "Type it instead of pasting it.")
    if len(text) > LONGEST:
        raise Invalid("voice", f"This is longer than {LONGEST:,} characters.", "Keep what matters most.")
    return text
