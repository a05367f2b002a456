"""The last day of the serving demo: lived only in part, so that for each role something is left to do."""

from hub.demo.year.run import Year


def live(year: Year) -> None:
    """Jobs and people up to this moment."""
