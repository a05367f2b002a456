"""The browser fixtures, for the test of the browser itself."""

from tests.browser import browser, context, page  # noqa: F401 - fixtures
