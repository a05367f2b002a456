"""The shape of a UK postcode. Whether it exists is asked of `infra.geography`."""

import re

_SHAPE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][ABD-HJLNP-UW-Z]{2})")


def tidy_postcode(text: str) -> str:
    """`e81aa` as `E8 1AA`; ValueError with words for the person when it has not the shape of a postcode."""
    compact = re.sub(r"[\s.\-]", "", text).upper()
    match = _SHAPE.fullmatch(compact)
    if match is None:
        raise ValueError("Enter a full UK postcode, such as E8 1AA")
    return f"{match[1]} {match[2]}"


def outward(postcode: str) -> str:
    """The first half, `E8`: an area, not an address."""
    return postcode.split(" ", maxsplit=1)[0]


def sector(postcode: str) -> str:
    """`E8 1`: about 3,000 addresses."""
    return postcode[:-2]
