"""The pages of accounts: signing in, my account, the partners of the hub."""

from hub.accounts.pages import links, my_account, partners, people, signing_in
from hub.accounts.pages.edge import blueprint

__all__ = ["blueprint", "links", "my_account", "partners", "people", "signing_in"]
