"""What the pages of consent share: the blueprint, and a save whose refusal is shown in the form."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from hub.core.errors import RuleBroken
from hub.infra.db import transaction
from hub.infra.http import pages_blueprint
from hub.ui.forms import Form

blueprint = pages_blueprint("consent", "hub.consent")


def saved(form: Form, save: Callable[[Session], object]) -> bool:
    """Save in a transaction; what a rule refuses is shown in the form."""
    try:
        with transaction() as session:
            save(session)
    except RuleBroken as error:
        for name, message in (error.errors or {"": error.detail}).items():
            form.fail(name.removeprefix("consent."), message)
    return form.ok
