"""Side information of Layer III frames (ISO/IEC 11172-3 §2.4.1.7, 13818-3 §2.4.1.7): where main data lies.

    MPEG-1   main_data_begin 9, private 5 | 3, scfsi 4 per channel, two granules
    MPEG-2   main_data_begin 8, private 1 | 2, one granule
    granule and channel   part2_3_length 12, big_values 9, global_gain 8, scalefac_compress 4 | 9,
                          window_switching_flag 1, 22 bits of windows and tables, 3 | 2 flags

Main data of a frame begins main_data_begin bytes before the end of its side information, not
counting headers and side information in between, and ends with the last bit that a part2_3_length
spans.  What lies between that and the beginning of the next frame's main data is ancillary data.
"""

from __future__ import annotations

from typing import NamedTuple

_SLEN1 = (0, 0, 0, 0, 3, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4)
_SLEN2 = (0, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3, 1, 2, 3, 2, 3)
"""Bits of a scale factor in lower and upper bands, by scalefac_compress of MPEG-1 (11172-3 §2.4.2.7)."""

_SHARED = (6, 5, 5, 5)
"""Bands of each bit of scfsi, which says that a granule takes its scale factors from the first."""

_LOW_RATE = (
    (400, (5, 4, 4), ((6, 5, 5, 5), (9, 9, 9, 9), (6, 9, 9, 9))),
    (500, (5, 4, 0), ((6, 5, 7, 3), (9, 9, 12, 6), (6, 9, 12, 6))),
    (512, (3, 0, 0), ((11, 10, 0, 0), (18, 18, 0, 0), (15, 18, 0, 0))),
)
"""Of scalefac_compress below a bound: how it splits, and bands of long, short and mixed blocks
(13818-3 §2.4.3.2)."""
_INTENSITY = (
    (180, (6, 6, 0), ((7, 7, 7, 0), (12, 12, 12, 0), (6, 15, 12, 0))),
    (244, (4, 4, 0), ((6, 6, 6, 3), (12, 9, 9, 6), (6, 12, 9, 6))),
    (256, (3, 0, 0), ((8, 8, 5, 0), (15, 12, 9, 0), (6, 18, 9, 0))),
)
"""The same of half of it, for the right channel in intensity stereo."""

_MOST_SCALE_FACTOR_BITS = 168
_SHORT = 2


class Layout(NamedTuple):
    """Where fields of side information lie, as right shifts of it as one integer.

    `begin` is that of main_data_begin; `private` are the private bits in place;
    `granules` those of each granule and channel in their order; `bits` of one of them.
    """

    size: int
    begin: int
    private: int
    granules: tuple[int, ...]
    bits: int
    first_version: bool


def _layout(channels: int, *, first_version: bool) -> Layout:
    begin, private = (9, 5 if channels == 1 else 3) if first_version else (8, channels)
    bits, count = (59, 2 * channels) if first_version else (63, channels)
    size = begin + private + (4 * channels) * first_version + bits * count
    shifts = tuple(bits * i for i in reversed(range(count)))
    mask = (1 << private) - 1
    return Layout(size // 8, size - begin, mask << size - begin - private, shifts, bits, first_version)


LAYOUTS = {
    (first_version, channels): _layout(channels, first_version=first_version)
    for first_version in (True, False)
    for channels in (1, 2)
}
"""By MPEG-1 or not, and channels."""


def parts(side: int, layout: Layout, *, intensity: bool) -> list[tuple[int, int, int]]:
    """Return of each granule and channel its right shift, its bits, and those of its scale factors."""
    low = layout.bits - 12
    return [
        (shift, side >> shift + low & 0xFFF, _scale_factor_bits(side, layout, shift, intensity=intensity))
        for shift in layout.granules
    ]


def main_data(side: int, layout: Layout, *, intensity: bool) -> tuple[int, int]:
    """Return main_data_begin in bytes and the size of the main data in bits.

    Scale factors that don't fit into their part2_3_length are read beyond it by
    decoders, so they count where they are longer.
    """
    low = layout.bits - 12
    stop = position = 0
    for shift in layout.granules:
        length = side >> shift + low & 0xFFF
        if length < _MOST_SCALE_FACTOR_BITS:
            stop = max(stop, position + _scale_factor_bits(side, layout, shift, intensity=intensity))
        position += length
    return side >> layout.begin, max(stop, position)


def _scale_factor_bits(side: int, layout: Layout, shift: int, *, intensity: bool) -> int:
    """Bits that the scale factors of one granule and channel take.

    `intensity` is whether the mode extension says intensity stereo.
    """
    granule = side >> shift
    if layout.first_version:
        compress, window = granule >> 26 & 15, granule >> 22 & 15
    else:
        compress, window = granule >> 25 & 0x1FF, granule >> 21 & 15
    if not compress:
        return 0
    mixed = window & 1
    short = window >> 3 and window >> 1 & 3 == _SHORT
    if layout.first_version:
        low, high = _SLEN1[compress], _SLEN2[compress]
        if short:
            return (17 if mixed else 18) * low + 18 * high
        bands = list(_SHARED)
        index = layout.granules.index(shift)
        channels = len(layout.granules) // 2
        if index >= channels:
            # the bits of all channels stand before the first granule
            scfsi = side >> 2 * channels * layout.bits + 4 * (2 * channels - 1 - index) & 15
            bands = [0 if scfsi >> 3 - i & 1 else count for i, count in enumerate(_SHARED)]
        return (bands[0] + bands[1]) * low + (bands[2] + bands[3]) * high
    kind = (2 if mixed else 1) if short else 0
    if intensity and len(layout.granules) > 1 and not shift:
        return _split(compress >> 1, _INTENSITY, kind)
    return _split(compress, _LOW_RATE, kind)


def _split(
    compress: int, table: tuple[tuple[int, tuple[int, int, int], tuple[tuple[int, ...], ...]], ...], kind: int
) -> int:
    """Bits of all scale factors, by a table for scalefac_compress of MPEG-2."""
    base = 0
    for bound, parts, bands in table:
        if compress < bound:
            left = compress - base
            lengths = []
            for part in reversed(parts):
                lengths.append(left % part if part else 0)
                left = left // part if part else left
            lengths.append(left)
            return sum(count * length for count, length in zip(bands[kind], reversed(lengths), strict=True))
        base = bound
    return 0
