"""The pages of provision: a provider's classes and venues, the hub's view of providers, and the public search."""

from hub.provision.pages import changes, imports, mine, providers, public, venues
from hub.provision.pages.edge import blueprint

__all__ = ["blueprint", "changes", "imports", "mine", "providers", "public", "venues"]
