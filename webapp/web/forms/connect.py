"""Where a site's articles go, and how it signs in there."""

from wtforms import Field, Form, HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation, ValidationError

from webapp.core.errors import Invalid
from webapp.core.outbound import checked_address
from webapp.publishing.models import PostStatus, WordPressConnection
from webapp.publishing.wordpress.connection import Wanted
from webapp.sites.models import Site, TargetKind
from webapp.web.forms.checks import checked_by
from webapp.web.forms.versioned import VersionedForm

LONGEST = 200  # characters of a name or a password

WRITE_IT_AGAIN = (
    "The password that you wrote is not kept on the page: enter it again. To keep the old one, reload the page."
)

TARGETS = (
    (TargetKind.FOLDER.value, "Folder", "Static pages that Pressroom serves itself."),
    (TargetKind.WORDPRESS.value, "WordPress", "A site of yours, over its REST interface."),
)
STATUSES = {
    PostStatus.PUBLISH: "Published: everybody can read it",
    PostStatus.DRAFT: "Draft: you publish it there",
    PostStatus.PENDING: "Pending review: an editor publishes it there",
    PostStatus.PRIVATE: "Private: only who signs in there reads it",
}


def unless_folder(form: Form, field: Field) -> None:
    """For the folder nobody looks at the rest."""
    if form["target"].data == TargetKind.FOLDER.value:
        field.errors[:] = []
        raise StopValidation()


def read_username(written: str) -> str:
    name = _short(written, "username", "user name")
    if not name or ":" in name:
        raise Invalid("username", "This is no user name.", "Write the one that you sign in to WordPress with.")
    return name


def read_category(written: str) -> str:
    return _short(written, "default_category", "category")


def read_password(written: str) -> str:
    return _short(written, "password", "password")


def _short(written: str, field: str, called: str) -> str:
    text = written.strip()
    if len(text) > LONGEST or not text.isprintable():
        raise Invalid(field, f"This {called} is too long, or holds what cannot be typed.", "Write or paste it again.")
    return text


class ConnectForm(VersionedForm):
    """The password is written and never shown. `offered`: an address that the page proposed, and somebody took.

    `password_was_written`: in a form that was drawn again without it, so that it is not taken for none.
    """

    target = RadioField("Where articles go", choices=[SelectChoice(value, text) for value, text, _ in TARGETS])
    address = StringField("Address of the site", [unless_folder, checked_by(checked_address)])
    offered = HiddenField()
    username = StringField("User name", [unless_folder, checked_by(read_username)])
    password = PasswordField("Application password", [unless_folder, checked_by(read_password)])
    password_was_written = HiddenField()
    default_category = StringField("Category", [unless_folder, checked_by(read_category)])
    post_status = SelectField(
        "What becomes of it there",
        [unless_folder],
        choices=[SelectChoice(value.value, text) for value, text in STATUSES.items()],
        default=PostStatus.PUBLISH.value,
    )

    def validate_password(self, field: Field) -> None:
        if self.password_was_written.data and not field.data:
            raise ValidationError(WRITE_IT_AGAIN)

    def draw_without_password(self) -> None:
        """A page holds no password; but it says that one had been written."""
        if self.password.data:
            self.password_was_written.data = "y"

    def take_offer(self) -> bool:
        """Puts the address that was offered in place of the one that was written."""
        if self.offered.data:
            self.address.data = self.offered.data
        return bool(self.offered.data)

    @classmethod
    def of(cls, site: Site, connection: WordPressConnection | None) -> "ConnectForm":
        """The form as it shows what is stored."""
        form = cls(obj=connection)
        form.target.data = site.target.value
        form.post_status.data = (connection.post_status if connection else PostStatus.PUBLISH).value
        form.password.data = ""
        return form

    @property
    def is_folder(self) -> bool:
        return bool(self.target.data == TargetKind.FOLDER.value)

    def wanted(self) -> Wanted:
        """The connection that was written. Only of a form that is valid."""
        return Wanted(
            address=checked_address(self.address.data or ""),
            username=read_username(self.username.data or ""),
            password=read_password(self.password.data or ""),
            default_category=read_category(self.default_category.data or ""),
            post_status=PostStatus(self.post_status.data),
        )
