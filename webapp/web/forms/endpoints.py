"""How an account asks an endpoint, and what its models cost."""

from collections.abc import Sequence
from datetime import date

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from webapp.ai.openai.endpoint import LONGEST_MODEL, PRESETS, Preset, SignIn, checked_base_url
from webapp.core.errors import Invalid
from webapp.sites.ai.connections import Wanted
from webapp.sites.ai.models import AiConnection
from webapp.sites.ai.prices import Rates
from webapp.web.forms.checks import checked_by
from webapp.web.forms.dollars import Dollars
from webapp.web.forms.numbers import WholeNumber
from webapp.web.forms.versioned import VersionedForm

LONGEST_NAME, LONGEST_VERSION, LONGEST_KEY = 80, 40, 500
FIRST_YEAR, LAST_YEAR = 2000, 9000
MOST_AT_A_TIME = 100

WRITE_IT_AGAIN = "The key that you wrote is not kept on the page: enter it again. To keep the old one, reload the page."
SIGN_INS = {
    SignIn.BEARER: "Authorization: Bearer (nearly all)",
    SignIn.API_KEY: "api-key (Azure OpenAI)",
}


def read_name(written: str) -> str:
    name = " ".join(_short(written, "name", "name", LONGEST_NAME).split())
    if not name:
        raise Invalid("name", "It has no name.", "Give it one that you will know it by.")
    return name


def read_key(written: str) -> str:
    return _short(written, "key", "key", LONGEST_KEY)


def read_api_version(written: str) -> str:
    return _short(written, "api_version", "version", LONGEST_VERSION)


def read_model(written: str) -> str:
    return _short(written, "text_model", "name of a model", LONGEST_MODEL)


def read_day(written: str) -> date:
    try:
        day = date.fromisoformat(written.strip())
    except ValueError:
        day = date.min
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Invalid("valid_from", "This is no day.", "Write it like 2026-11-24.")
    return day


def _short(written: str, field: str, called: str, longest: int) -> str:
    text = written.strip()
    if len(text) > longest or not text.isprintable():
        raise Invalid(field, f"This {called} is too long, or holds what cannot be typed.", "Write or paste it again.")
    return text


class EndpointForm(VersionedForm):
    """The key is written and never shown. `offered`: an address that the page proposed, and somebody took.

    `key_was_written`: in a form that was drawn again without it, so that it is not taken for none. `proof`: what a
    test found a moment ago.
    """

    name = StringField("Name", [checked_by(read_name)])
    preset = HiddenField()
    base_url = StringField("Base address", [checked_by(checked_base_url)])
    offered = HiddenField()
    key = PasswordField("Key", [checked_by(read_key)])
    key_was_written = HiddenField()
    no_key = BooleanField("It asks for no key")
    sign_in = SelectField(
        "Header that carries the key",
        choices=[SelectChoice(value.value, text) for value, text in SIGN_INS.items()],
        default=SignIn.BEARER.value,
    )
    api_version = StringField("API version", [checked_by(read_api_version)])
    text_model = StringField("Text model", [checked_by(read_model)])
    image_model = StringField("Image model", [checked_by(read_model)])
    embedding_model = StringField("Embedding model", [checked_by(read_model)])
    at_a_time = WholeNumber("Calls at a time", 1, MOST_AT_A_TIME, default=8)
    proof = HiddenField()

    def validate_key(self, field: Field) -> None:
        if self.key_was_written.data and not field.data and not self.no_key.data:
            raise ValidationError(WRITE_IT_AGAIN)

    @classmethod
    def of(cls, connection: AiConnection) -> "EndpointForm":
        """The form as it shows what is kept."""
        form = cls(formdata=None, obj=connection)
        form.sign_in.data = connection.sign_in.value
        form.no_key.data = connection.key is None
        form.key.data = ""
        return form

    @classmethod
    def new(cls, preset: Preset | None) -> "EndpointForm":
        """The form for a new one, with what is known of it."""
        form = cls(formdata=None)
        if preset is not None:
            form.name.data, form.preset.data, form.base_url.data = preset.name, preset.name, preset.address
            form.sign_in.data, form.no_key.data = preset.sign_in.value, not preset.needs_key
        return form

    def draw_without_key(self) -> None:
        """A page holds no key; but it says that one had been written."""
        if self.key.data:
            self.key_was_written.data = "y"

    def take_offer(self) -> bool:
        """Puts the address that was offered in place of the one that was written."""
        if self.offered.data:
            self.base_url.data = self.offered.data
        return bool(self.offered.data)

    @property
    def names_a_scheme(self) -> bool:
        """Whether it was written by which the endpoint is asked."""
        return "://" in (self.base_url.data or "")

    def wanted(self) -> Wanted:
        """The connection that was written. Only of a form that is valid."""
        key = read_key(self.key.data or "")
        return Wanted(
            name=read_name(self.name.data or ""),
            preset=next((one.name for one in PRESETS if one.name == self.preset.data), ""),
            base_url=checked_base_url(self.base_url.data or ""),
            sign_in=SignIn(self.sign_in.data),
            api_version=read_api_version(self.api_version.data or ""),
            key=key,
            needs_key=bool(key) or not self.no_key.data,
            text_model=read_model(self.text_model.data or ""),
            image_model=read_model(self.image_model.data or ""),
            embedding_model=read_model(self.embedding_model.data or ""),
            at_a_time=self.at_a_time.data or 1,
        )


class PriceForm(FlaskForm):
    """What a model costs from a day on."""

    model = SelectField("Model")
    valid_from = StringField("From (UTC)", [checked_by(read_day)])
    input = Dollars("Input")
    cached_input = Dollars("Cached input")
    output = Dollars("Output")
    image = Dollars("Image")

    def offer(self, models: Sequence[str]) -> None:
        self.model.choices = [SelectChoice(model, model) for model in models]

    @property
    def day(self) -> date:
        """Only of a form that is valid."""
        return read_day(self.valid_from.data or "")

    def rates(self) -> Rates:
        return Rates(self.input.data, self.cached_input.data, self.output.data, self.image.data)
