"""What a site is called, where it is, its language, what its clusters are made of; and its end."""

from flask_wtf import FlaskForm
from wtforms import StringField

from webapp.sites.creation import checked_language, checked_level, checked_name, checked_zone
from webapp.web.forms.checks import checked_by


class SiteForm(FlaskForm):
    name = StringField("Name", [checked_by(checked_name)])
    time_zone = StringField("Time zone", [checked_by(checked_zone)])
    language = StringField("Language", [checked_by(checked_language)])


class GroupingForm(FlaskForm):
    cluster_level = StringField("One cluster holds", [checked_by(checked_level)])


class DeleteSiteForm(FlaskForm):
    """`run` is the number of the active run that the person has seen and lets go with the site."""

    slug = StringField("Short name of the site")
    run = StringField()
