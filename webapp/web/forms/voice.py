"""How a site speaks, as people say it."""

from wtforms import StringField, TextAreaField

from webapp.ai.openai.operations.work import Voice
from webapp.sites.ai.voices import checked
from webapp.sites.models import Site
from webapp.web.forms.checks import checked_by
from webapp.web.forms.versioned import Description, VersionedForm


class VoiceForm(VersionedForm):
    general = TextAreaField("In general", [checked_by(checked)])
    audience = TextAreaField("Readers", [checked_by(checked)])
    tone = TextAreaField("Tone", [checked_by(checked)])
    words_to_avoid = TextAreaField("Words to avoid", [checked_by(checked)])
    point_of_view = StringField("Point of view", [checked_by(checked)])

    @classmethod
    def of(cls, site: Site, said: Voice) -> "VoiceForm":
        """The form as it shows what is stored."""
        form = cls(formdata=None, obj=said, general=site.voice)
        form.draw_from(described(site.voice, said))
        return form

    @property
    def wanted_in_general(self) -> str:
        return checked(self.general.data or "")

    @property
    def wanted(self) -> Voice:
        """What was written. Only of a form that is valid."""
        fields = (self.audience, self.tone, self.words_to_avoid, self.point_of_view)
        return Voice(*(checked(field.data or "") for field in fields))

    @property
    def described(self) -> Description:
        return described(self.wanted_in_general, self.wanted)


def described(general: str, said: Voice) -> Description:
    return {
        "In general": general,
        "Readers": said.audience,
        "Tone": said.tone,
        "Words to avoid": said.words_to_avoid,
        "Point of view": said.point_of_view,
    }
