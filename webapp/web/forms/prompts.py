"""What a model is told, as people write it."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField

from webapp.ai.openai.prompts import Template
from webapp.ai.provider import Operation
from webapp.sites.ai import prompts
from webapp.sites.ai.prompts import Counting
from webapp.web.forms.checks import refuse


class PromptForm(FlaskForm):
    """`seen`: the number of the last version when the form was drawn, 0 for none."""

    seen = HiddenField()
    system = TextAreaField("What stays the same")
    user = TextAreaField("What each question is about")

    @classmethod
    def of(cls, found: Counting, seen: int) -> "PromptForm":
        """The form as it shows what counts."""
        return cls(formdata=None, seen=str(seen), system=found.template.system, user=found.template.user)

    @property
    def template(self) -> Template:
        return prompts.cleaned(Template(self.system.data or "", self.user.data or ""))

    @property
    def seen_number(self) -> int:
        written = str(self.seen.data or "")
        return int(written) if written.isdecimal() and len(written) < 10 else -1

    def is_usable(self, operation: Operation) -> bool:
        """Says at each text what is wrong with it."""
        self.validate()
        for problem in prompts.problems(operation, self.template):
            refuse(self, problem)
        return not self.errors
