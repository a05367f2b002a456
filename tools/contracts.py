"""An import-linter contract type of our own: layers in containers that may not exist yet."""

from typing import Any

import grimp
from importlinter import ContractCheck
from importlinter.contracts.layers import LayersContract


class ExistingLayersContract(LayersContract):
    """Like `layers`, but a listed container without code is passed over instead of failing.

    Each slice is listed once in pyproject.toml from the first day; it is checked from the day it lands.
    """

    type_name = "existing_layers"

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        """Check the containers that exist."""
        options: Any = self  # the fields of a contract become plain lists once it is loaded
        options.containers = [one for one in options.containers if one.expression in graph.modules]
        return super().check(graph, verbose)
