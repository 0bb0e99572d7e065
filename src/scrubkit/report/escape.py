"""Names and values from a file, made safe to show on a terminal."""

from __future__ import annotations


def escaped(text: str) -> str:
    r"""Return `text` with every character that isn't plainly visible written as an escape.

    That covers C0, C1, DEL, bidirectional and zero-width controls, line and
    paragraph separators, unusual spaces, private and unassigned code points.
    Bytes of an undecodable name (lone surrogates, PEP 383) become `\xNN`, a
    backslash is doubled: two texts never look alike because of this function.
    """
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char == "\\":
        return "\\\\"
    if char.isprintable():
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
