"""The pages of accounts: signing in, my account, the partners of the hub."""

from hub.accounts.pages import my_account, partners, signing_in
from hub.accounts.pages.edge import blueprint

__all__ = ["blueprint", "my_account", "partners", "signing_in"]
