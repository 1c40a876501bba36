"""What people write themselves: articles, ideas, pictures."""

from collections.abc import Mapping

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import Field, Form, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from webapp.ai.functions.idea_generation import IdeaKind
from webapp.content.by_hand import WrittenArticle, WrittenIdea
from webapp.content.models import Article, Cluster, Task
from webapp.content.slugs import LONGEST, SLUG
from webapp.web.forms.checks import Validator

LONGEST_TITLE = 200
LONGEST_META_TITLE = 60
LONGEST_META_DESCRIPTION = 155
LONGEST_TEXT = 500_000  # characters of HTML


def wanted(what: str, longest: int) -> Validator:
    """Something must be written, and at most so many characters."""

    def check(form: Form, field: Field) -> None:
        at_most(longest)(form, field)
        if not field.data:
            raise ValidationError(f"Write {what}.")

    return check


def at_most(longest: int) -> Validator:
    def check(form: Form, field: Field) -> None:
        field.data = (field.data or "").strip()
        if len(field.data) > longest:
            raise ValidationError(
                f"{field.label.text}: {len(field.data):,} characters are too many. Write {longest:,} at most."
            )

    return check


class ArticleForm(FlaskForm):
    title = StringField("Title", [wanted("a title", LONGEST_TITLE)])
    slug = StringField("Address", [at_most(LONGEST)])
    meta_title = StringField("Title for search engines", [at_most(LONGEST_META_TITLE)])
    meta_description = StringField(
        "Description for search engines", [wanted("a description", LONGEST_META_DESCRIPTION)]
    )
    excerpt = TextAreaField("Excerpt", [at_most(2000)])
    focus_keyword = StringField("Focus keyword", [at_most(200)])
    body_html = TextAreaField("Text, as HTML", [wanted("the text", LONGEST_TEXT)])

    @classmethod
    def about(cls, task: Task, texts: Mapping[str, str]) -> "ArticleForm":
        """Filled in with these texts, by the names of their fields, and with the task's own words."""
        form = cls(formdata=None)
        form.title.data, form.focus_keyword.data = task.title, task.idea.target_keyword
        for name, text in texts.items():
            if name in form._fields and name != form.meta.csrf_field_name:
                form[name].data = text
        return form

    @classmethod
    def of(cls, article: Article) -> "ArticleForm":
        """Filled in with what the article says."""
        return cls(formdata=None, obj=article)

    def validate_slug(self, field: Field) -> None:
        if field.data and not SLUG.fullmatch(field.data):
            raise ValidationError("Use small letters, figures and single hyphens, like watering-basil.")

    def written(self) -> WrittenArticle:
        """Only of a form that is valid."""
        return WrittenArticle(
            title=self.title.data or "",
            slug=self.slug.data or "",
            meta_title=self.meta_title.data or (self.title.data or "")[:LONGEST_META_TITLE],
            meta_description=self.meta_description.data or "",
            excerpt=self.excerpt.data or self.meta_description.data or "",
            focus_keyword=self.focus_keyword.data or "",
            body_html=self.body_html.data or "",
        )


class IdeaForm(FlaskForm):
    title = StringField("Title", [wanted("a title", LONGEST_TITLE)])
    angle = TextAreaField("Angle", [at_most(2000)])
    outline = TextAreaField("Outline", [wanted("at least one heading", 5000)])
    kind = SelectField("Kind", choices=[SelectChoice(kind.value, kind.value.capitalize()) for kind in IdeaKind])
    target_keyword = StringField("Target keyword", [wanted("the phrase that it should be found under", 200)])

    @classmethod
    def about(cls, cluster: Cluster) -> "IdeaForm":
        form = cls(formdata=None)
        form.target_keyword.data = cluster.head
        form.kind.data = (IdeaKind.SUPPORTING if cluster.ideas else IdeaKind.PILLAR).value
        return form

    def written(self) -> WrittenIdea:
        """Only of a form that is valid."""
        lines = [line.strip() for line in (self.outline.data or "").splitlines()]
        return WrittenIdea(
            title=self.title.data or "",
            angle=self.angle.data or "",
            outline=[line for line in lines if line],
            kind=IdeaKind(self.kind.data),
            target_keyword=self.target_keyword.data or "",
        )


class PictureForm(FlaskForm):
    file = FileField("Picture", [FileRequired("Choose the file first.")])
