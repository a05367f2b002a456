"""The one blueprint that the page modules share."""

from hub.infra.http import pages_blueprint

blueprint = pages_blueprint("accounts", "hub.accounts")  # the templates stand beside the slice
