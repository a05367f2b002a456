"""How a snapshot and a result are kept: gzipped JSON in base 64, so that it fits a sealed text."""

import base64
import gzip
import json
from typing import Any

from hub.matching.domain.snapshot import canonical_json


def pack(value: Any) -> str:
    """The canonical JSON of a value, small."""
    return base64.b64encode(gzip.compress(canonical_json(value).encode(), 6, mtime=0)).decode()


def unpack(text: str) -> Any:
    """The JSON value that was packed."""
    return json.loads(gzip.decompress(base64.b64decode(text)))
