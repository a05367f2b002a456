"""The same borough as the matching's tests."""

from tests.slices.matching.conftest import world

__all__ = ["world"]
