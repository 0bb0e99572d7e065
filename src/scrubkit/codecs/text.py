"""Bytes of a source as words for a finding."""

from __future__ import annotations

LENGTH = 300
"""Characters of a value that a finding shows."""


def shown(raw: bytes) -> str:
    """Return bytes as text where most of them are, else as the hexadecimal digits of the first 32."""
    whole = raw.strip(b"\x00")
    raw = whole[: 4 * LENGTH]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = len(whole) > len(raw) and error.start > len(raw) - 4
        text = raw[: error.start].decode() if cut else raw.decode("latin-1")
    odd = sum(not (character.isprintable() or character in "\r\n\t") for character in text)
    if 4 * odd > len(text):
        return raw[:32].hex()
    return text[:LENGTH]
