"""What a text message can carry through GOV.UK Notify, and how many parts it is billed as.

GSM-7 characters travel as they are; Welsh letters outside it switch the whole text to 70 characters a part;
some signs are brought down to plain ones; every other character would reach the phone as `?` and is refused
before that. Source: notifications-utils (ecosystem.md, section 1).
"""

import unicodedata

MOST_CHARACTERS = 918
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = frozenset("^{}\\[~]|€")
_WELSH = frozenset("ÂâÊêÎîÔôÛûŴŵŶŷÁáÍíÓóÚúẂẃÝýËëÏïẄẅŸÿÀÈÌÒÙẀẁỲỳ")
_WELSH_ALONE = _WELSH - _GSM
_ARRIVES = _GSM | _TWICE | _WELSH
_PLAIN = {
    "–": "-", "—": "-", "…": "...", "‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " ", "\t": " ",
    "\u200b": "", "\u00ad": "", "\ufeff": "",
}  # fmt: skip
_STROKES = str.maketrans("łŁđĐıøØħĦ", "lLdDioOhH")  # letters that have no decomposition


def plain(text: str) -> str:
    """The text in characters that arrive: accents that would be lost are taken off, the rest is kept.

    For names of places and times. What has no plain form stays, for `lost` to name.
    """
    if _ARRIVES.issuperset(text):  # nearly every text: 20 times as fast as looking at each character
        return text
    return "".join(_plain(character) for character in text)


def lost(text: str) -> tuple[str, ...]:
    """The characters that would arrive as `?`, each once, in order."""
    return tuple(dict.fromkeys(c for c in plain(text) if c not in _ARRIVES))


def fragments(text: str) -> int:
    """The number of parts a text is billed as (at least 1)."""
    if not _WELSH_ALONE.isdisjoint(text):
        return 1 if len(text) <= 70 else -(-len(text) // 67)
    length = len(text) + sum(character in _TWICE for character in text)
    return 1 if length <= 160 else -(-length // 153)


def _plain(character: str) -> str:
    if character in _ARRIVES:
        return character
    if character in _PLAIN:
        return _PLAIN[character]
    bare = unicodedata.normalize("NFKD", character.translate(_STROKES))
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    return bare if bare and all(c in _GSM for c in bare) else character
