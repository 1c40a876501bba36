"""One keyword with its figures."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import StringField

from webapp.content.keyword_fields import KeywordFields, read_fields
from webapp.core.errors import Invalid
from webapp.web.forms.checks import refuse


class KeywordForm(FlaskForm):
    phrase = StringField("Keyword")
    volume = StringField("Searches a month")
    difficulty = StringField("Difficulty")
    cpc = StringField("CPC")
    intent = StringField("Intent")
    country = StringField("Country")
    fields: KeywordFields

    def validate(self, extra_validators: Any = None) -> bool:
        """Afterwards `fields` holds what was understood."""
        if not super().validate(extra_validators):
            return False
        written = {name: self[name].data or "" for name in KeywordFields.WRITTEN}
        try:
            self.fields = read_fields(**written)
        except Invalid as error:
            refuse(self, error)
            return False
        return True
