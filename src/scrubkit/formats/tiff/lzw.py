"""LZW of TIFF (TIFF 6.0 §13), walked for its extent without making pixels.

Codes are packed from the high bit down, and grow one code early.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import Malformed, Truncated, Unsupported
from ...pieces import Coded, Span

if TYPE_CHECKING:
    from ...source import Readable

CLEAR, END, FIRST = 256, 257, 258
SHORTEST, WIDEST = 9, 12
FULL = 1 << WIDEST
BLOCK = 1 << 16


def walk(source: Readable, start: int, size: int, expected: int) -> tuple[tuple[Span | Coded, ...], int]:
    """Walk a stream that makes `expected` bytes; return it, ended, and how many bytes of the source it is.

    What follows the last byte stays behind.  Raises `Malformed` for a code that
    isn't defined or makes too much, `Truncated` if bytes are missing, `Unsupported`
    for streams of the kind before TIFF 6.0.
    """
    if size >= 2 and source.view(start, 1)[0] == 0 and source.view(start + 1, 1)[0] & 1:
        raise Unsupported("LZW", "packed-from-the-low-bit", start)
    lengths = [1] * 256 + [0, 0]
    width, ceiling = SHORTEST, (1 << SHORTEST) - 1
    gathered = held = fed = grow = made = 0
    for place in range(start, start + size, BLOCK):
        block = source.view(place, min(BLOCK, start + size - place))
        for at in range(0, len(block), 6):
            word = block[at : at + 6]
            gathered = gathered << 8 * len(word) | int.from_bytes(word, "big")
            held += 8 * len(word)
            fed += 8 * len(word)
            while held >= width:
                held -= width
                code = gathered >> held
                gathered &= (1 << held) - 1
                if made == expected:
                    bits = fed - held - width
                    return _ended(source, start, bits, width, code == END)
                if code == END:
                    raise Truncated("LZW", "pixels-missing", start)
                if code == CLEAR:
                    del lengths[FIRST:]
                    width, ceiling, grow = SHORTEST, (1 << SHORTEST) - 1, 0
                    continue
                if grow and len(lengths) < FULL:
                    lengths.append(grow)
                    if len(lengths) >= ceiling and width < WIDEST:
                        width += 1
                        ceiling = (1 << width) - 1
                if code >= len(lengths):
                    raise Malformed("LZW", "code-before-its-definition", start)
                made += lengths[code]
                grow = lengths[code] + 1
                if made > expected:
                    raise Malformed("LZW", "more-than-the-strip-holds", start)
    if made != expected:
        raise Truncated("LZW", "pixels-missing", start)
    return _ended(source, start, fed - held, width, own=False)


def _ended(
    source: Readable, start: int, bits: int, width: int, own: bool
) -> tuple[tuple[Span | Coded, ...], int]:
    """Return whole bytes of codes as a span, the rest and an end code as a tail, zeros behind it."""
    whole, rest = divmod(bits, 8)
    value = source.view(start + whole, 1)[0] >> (8 - rest) if rest else 0
    length = (rest + width + 7) // 8
    tail = (value << width | END) << (8 * length - rest - width)
    used = (bits + (width if own else 0) + 7) // 8
    return (Span(start, whole), Coded(tail.to_bytes(length, "big"))), used
