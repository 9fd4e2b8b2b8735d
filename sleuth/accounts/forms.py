"""The forms of the entrance and of the organization's settings."""

from __future__ import annotations

from types import TracebackType

from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from sleuth.accounts.members import GIVEN_ROLES
from sleuth.accounts.models import Role, TokenType
from sleuth.accounts.rules import LONGEST_EMAIL, LONGEST_NAME, SHORTEST_PASSWORD, RuleError

NEW_PASSWORD = {"autocomplete": "new-password", "minlength": SHORTEST_PASSWORD}
NAME = {"maxlength": LONGEST_NAME}
EMAIL = {"maxlength": LONGEST_EMAIL, "autocomplete": "email"}
ROLES = [SelectChoice(role.value, role.capitalize()) for role in reversed(GIVEN_ROLES)]
TOKEN_TYPES = [
    SelectChoice(TokenType.REGISTER_DEPLOY.value, "REGISTER_DEPLOY: registers deploys, no more"),
    SelectChoice(TokenType.READ.value, "READ: reads deploys and counts, no more"),
    SelectChoice(TokenType.ALL.value, "ALL: everything the API offers"),
]


class Form(FlaskForm):  # type: ignore[misc]
    """A form that shows what the rules refuse beside the field concerned."""

    @property
    def status(self) -> int:
        """The HTTP status with which this form is shown: 422 if it comes back."""
        return 422 if self.is_submitted() else 200

    def explaining(self) -> Explaining:
        """Turn a ``RuleError`` of the block into an error on this form."""
        return Explaining(self)


class Explaining:
    """Catches what the rules refuse, so that the form is shown again."""

    def __init__(self, form: Form) -> None:
        self.form = form

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, RuleError):
            return False
        if error.field in self.form:
            field = self.form[error.field]
            field.errors = [*field.errors, error.message]
        else:
            self.form.form_errors.append(error.message)
        return True


class SetUpForm(Form):
    """Asks for the first organization and its owner."""

    code = StringField(
        "Set-up code",
        [InputRequired("Enter the set-up code.")],
        render_kw={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"},
    )
    organization = StringField(
        "Organization",
        [InputRequired("Enter the organization's name.")],
        render_kw={**NAME, "autocomplete": "organization"},
    )
    name = StringField(
        "Your name", [InputRequired("Enter your name.")], render_kw={**NAME, "autocomplete": "name"}
    )
    email = EmailField("E-mail", [InputRequired("Enter your e-mail address.")], render_kw=EMAIL)
    password = PasswordField(
        "Password", [InputRequired("Choose a password.")], render_kw=NEW_PASSWORD
    )


class SignInForm(Form):
    """Asks who somebody is."""

    email = EmailField(
        "E-mail",
        [InputRequired("Enter your e-mail address.")],
        render_kw={**EMAIL, "autocomplete": "username"},
    )
    password = PasswordField(
        "Password",
        [InputRequired("Enter your password.")],
        render_kw={"autocomplete": "current-password"},
    )


class PasswordForm(Form):
    """Asks for the old and the new password."""

    current_password = PasswordField(
        "Current password",
        [InputRequired("Enter your current password.")],
        render_kw={"autocomplete": "current-password"},
    )
    new_password = PasswordField(
        "New password", [InputRequired("Choose a password.")], render_kw=NEW_PASSWORD
    )


class NameForm(Form):
    """Asks for a name."""

    name = StringField("Name", [InputRequired("Enter a name.")], render_kw=NAME)


class RoleForm(Form):
    """Asks what a member may do."""

    role = SelectField("Role", choices=ROLES)

    @property
    def chosen(self) -> Role:
        """The role that was chosen."""
        return Role(self.role.data)


class AddMemberForm(RoleForm):
    """Asks for a person and what they may do."""

    email = EmailField(
        "E-mail",
        [InputRequired("Enter their e-mail address.")],
        render_kw={"maxlength": LONGEST_EMAIL, "autocomplete": "off"},
    )
    name = StringField("Name", render_kw={**NAME, "autocomplete": "off"})
    password = PasswordField(
        "First password", render_kw={**NEW_PASSWORD, "autocomplete": "new-password"}
    )


class AccessTokenForm(NameForm):
    """Asks for a token's name and what it opens."""

    type = SelectField("Type", choices=TOKEN_TYPES)

    @property
    def chosen(self) -> TokenType:
        """The type that was chosen."""
        return TokenType(self.type.data)


class ConfirmForm(Form):
    """Asks nothing but whether somebody means it."""
