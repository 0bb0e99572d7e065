"""How far the codes of one granule and channel reach (ISO/IEC 11172-3 §2.4.3.4.6).

    part2_3_length = scale factors, pairs in up to three regions, groups of four, stuffing

Pairs are as many as big_values says, groups of four follow to the end of the part or of
the 576 lines.  Decoders read a code that begins in the part to its own end, and forget a
group of four that ends beyond only if lines are left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import mp3_huffman as huffman

if TYPE_CHECKING:
    from .mp3_side import Layout

LINES = 576
LONGEST = 48
"""Bits of a pair and more: a code, two times linbits, and two signs."""

_BANDS = {
    44100: "2 4 6 8 10 12 15 18 22 26 31 37 45 55 67 81 98 119 144 171 209",
    48000: "2 4 6 8 10 12 15 18 21 25 30 36 44 53 64 78 95 115 138 165 192",
    32000: "2 4 6 8 10 12 15 18 22 27 33 41 51 63 78 97 120 148 182 224 275",
    24000: "3 6 9 12 15 18 22 27 33 40 48 57 68 81 97 116 139 166 197 232 270",
    22050: "3 6 9 12 15 18 22 27 33 40 48 58 70 84 100 119 142 168 198 232 261",
    8000: "6 12 18 24 30 36 44 54 66 80 96 116 140 168 200 238 283 284 285 286 287",
}
"""Edges of long bands in pairs, by samples per second (11172-3 table B.8, 13818-3 table B.2)."""

_EDGES = {rate: (0, *map(int, edges.split()), LINES // 2) for rate, edges in _BANDS.items()}
_EDGES.update(dict.fromkeys((16000, 11025, 12000), _EDGES[22050]))

_SHORT = 2


def _regions(granule: int, layout: Layout, rate: int) -> list[tuple[int, int]]:
    """Return pairs and table_select of each region."""
    flags, big = (3, 38) if layout.first_version else (2, 42)
    pairs = min(granule >> big & 0x1FF, LINES // 2)
    window = granule >> flags
    if window >> 22 & 1:
        if window >> 20 & 3 == _SHORT:
            edge = 36 if rate == 8000 else 18
        else:
            edge = 54 if rate == 8000 else 18 if layout.first_version else 27
        first = min(edge, pairs)
        return [(first, window >> 14 & 31), (pairs - first, window >> 9 & 31)]
    edges = _EDGES[rate]
    zero, one = window >> 3 & 15, window & 7
    first = min(edges[zero + 1], pairs)
    second = min(edges[min(zero + one + 2, 22)], pairs)
    return [
        (first, window >> 17 & 31),
        (second - first, window >> 12 & 31),
        (pairs - second, window >> 7 & 31),
    ]


def codes_stop(
    word: int, width: int, position: int, end: int, granule: int, layout: Layout, rate: int
) -> int:
    """Return where the last code ends that begins in a part: beyond it, or before it where stuffing follows.

    `word` has `width` bits, of which codes begin at `position` and the part ends at `end`;
    `LONGEST` bits and more follow that.
    """
    lines = 0
    for count, select in _regions(granule, layout, rate):
        lines += 2 * count
        left = count
        table = huffman.shared(select)
        if not table or not count:
            continue
        sizes, runs, linbits = huffman.pair_sizes(table), huffman.run_sizes(table), huffman.LINBITS[select]
        last = len(sizes) - 1
        near, far = width - huffman.RUN, width - last.bit_length()
        while left and position < end:
            run = runs[word >> near - position & 0xFFF]
            several, size = run >> 4, run & 15
            if several and several <= left and position + size <= end:
                position += size
                left -= several
                continue
            size = sizes[word >> far - position & last]
            position += (size & 63) + linbits * (size >> 6)
            left -= 1
    # groups of four that begin within the lines: some decoders read the last one, some don't
    groups = (LINES - lines + 3) // 4
    sizes = huffman.quad_sizes(granule & 1)
    near = width - huffman.QUAD
    while groups and position < end:
        position += sizes[word >> near - position & 0x3FF]
        groups -= 1
    return position
