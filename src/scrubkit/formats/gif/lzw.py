"""Variable-length LZW of GIF (GIF89a, appendix F), walked for its extent without making pixels.

Codes are packed from the low bit up.  What is coded after the last pixel, and
whatever follows the end code, is shown by no decoder.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...errors import Malformed, Truncated

WIDEST = 12
"""Bits of the longest code."""

FULL = 1 << WIDEST


@dataclass(frozen=True, slots=True)
class Extent:
    """What a stream holds: `bits` up to the end code, the end code and its width, and the colours used.

    `end_bits` are the bits of the source's own end code, 0 if it has none there.
    `used` has a non-zero byte for each colour index that some pixel has.
    """

    bits: int
    end: int
    width: int
    end_bits: int
    used: bytes


def walk(blocks: Iterable[memoryview], code_size: int, pixels: int) -> Extent:
    """Walk a stream of sub-blocks until `pixels` are made or the end code is met.

    `code_size` is 1 to 8.  Raises `Malformed` for a code that isn't defined yet,
    `Truncated` if the data end before either.
    """
    clear = 1 << code_size
    end = clear + 1
    # Lengths of the strings by code; a new one is as long as the one before it, and a pixel.
    lengths = [1] * clear + [0, 0]
    used = bytearray(clear)
    width = code_size + 1
    mask = (1 << width) - 1
    grow = made = fed = held = gathered = 0
    full = False
    for block in blocks:
        # Words of at most 6 bytes keep the gathered bits a small integer.
        for at in range(0, len(block), 6):
            word = block[at : at + 6]
            gathered |= int.from_bytes(word, "little") << held
            held += 8 * len(word)
            fed += 8 * len(word)
            while held >= width:
                code = gathered & mask
                gathered >>= width
                held -= width
                if full:
                    # The last pixel is made: only an end code in this place is the stream's own.
                    bits = fed - held - width
                    return Extent(bits, end, width, width if code == end else 0, bytes(used))
                if code == end:
                    return Extent(fed - held - width, end, width, width, bytes(used))
                if code == clear:
                    del lengths[clear + 2 :]
                    width = code_size + 1
                    mask = (1 << width) - 1
                    grow = 0
                    continue
                if grow and len(lengths) < FULL:
                    lengths.append(grow)
                    if len(lengths) > mask and width < WIDEST:
                        width += 1
                        mask = (1 << width) - 1
                if code < clear:
                    used[code] = 1
                elif code >= len(lengths):
                    raise Malformed("LZW", "code-before-its-definition")
                made += lengths[code]
                grow = lengths[code] + 1
                full = made >= pixels
    if not full:
        raise Truncated("LZW", "pixels-missing")
    return Extent(fed - held, end, width, 0, bytes(used))
