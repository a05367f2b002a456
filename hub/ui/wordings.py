"""How a field's label becomes part of a sentence in an error message."""

_STARTS_ALREADY = frozenset(
    (
        *(
            "a",
            "an",
            "all",
            "any",
            "at",
            "each",
            "every",
            "her",
            "his",
            "how",
            "if",
            "one",
            "our",
            "the",
            "their",
        ),
        *("these", "this", "those", "what", "when", "where", "whether", "which", "who", "why", "your"),
    )
)


def the(label: str) -> str:
    """`the family name`; a label that already starts like a phrase ("your answer") stays as it is."""
    words = label.split()
    return label if words and words[0].lower() in _STARTS_ALREADY else f"the {label}"


def sentence(label: str) -> str:
    """`Family name`: the label at the start of a sentence."""
    return label[:1].upper() + label[1:]


def as_label(field_name: str) -> str:
    """A field's name as words, for a field that was given no label."""
    return field_name.replace("_", " ").strip()
