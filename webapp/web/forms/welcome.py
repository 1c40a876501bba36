"""The first owner of an installation."""

from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, StringField

from webapp.accounts.signup import checked_account_name, checked_name, checked_password, normal_email
from webapp.web.forms.checks import checked_by


class FirstOwnerForm(FlaskForm):
    name = StringField("Your name", [checked_by(checked_name)])
    email = EmailField("Email address", [checked_by(normal_email)])
    password = PasswordField("Password", [checked_by(checked_password)])
    account_name = StringField("Account", [checked_by(checked_account_name)])
