"""The fields of a Dolby Vision RPU, checked and written again (ETSI TS 103 572 §5.3, annex B).

Single-layer profiles only (5 and 8): an RPU that predicts an enhancement layer is of
no use without that layer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..errors import Malformed, Unsupported
from .bits import BitReader, BitWriter, Rewriter

_MAX_BLOCKS = 32
_MAX_ID = 15
_LARGEST_COEFFICIENT = 64
_WITH_SECOND_LIST = 16
"""Bits that a second list of blocks takes at least."""


class _Scale(NamedTuple):
    """`coefficient_log2_denom` and the bit depth of the base layer."""

    denominator: int
    depth: int


def _header(both: Rewriter) -> _Scale:
    if both.u(6) != 2:
        raise Unsupported("rpu", "type")
    if both.u(11) & 0x700:
        raise Unsupported("rpu", "format")
    both.u(4)  # vdr_rpu_profile
    both.u(4)  # vdr_rpu_level
    if not both.flag():  # vdr_seq_info_present_flag
        raise Unsupported("rpu", "no sequence information")
    both.flag()  # chroma_resampling_explicit_filter_flag
    both.u(2, 0)  # coefficient_data_type: fixed point
    denominator = both.ue(32)
    both.u(2)  # vdr_rpu_normalized_idc
    both.flag()  # bl_video_full_range_flag
    depth = both.ue(8) + 8
    both.ue(8)  # el_bit_depth_minus8
    both.ue(8)  # vdr_bit_depth_minus8
    both.flag()  # spatial_resampling_filter_flag
    both.u(3, 0)  # reserved_zero_3bits
    both.flag()  # el_spatial_resampling_filter_flag
    if not both.flag():  # disable_residual_flag
        raise Unsupported("rpu", "enhancement layer")
    return _Scale(denominator, depth)


def _coefficient(both: Rewriter, scale: _Scale) -> None:
    both.se(-_LARGEST_COEFFICIENT, _LARGEST_COEFFICIENT)
    both.u(scale.denominator)


def _mapping(both: Rewriter, scale: _Scale) -> None:
    """Copy the reshaping curves of three components."""
    both.ue(_MAX_ID)  # vdr_rpu_id
    both.ue(3)  # mapping_color_space
    both.ue(3)  # mapping_chroma_format_idc
    pieces = []
    for _ in range(3):
        count = both.ue(7)  # num_pivots_minus2
        for _ in range(count + 2):
            both.u(scale.depth)
        pieces.append(count + 1)
    both.ue(0)  # num_x_partitions_minus1
    both.ue(0)  # num_y_partitions_minus1
    for count in pieces:
        for _ in range(count):
            if both.ue(1):  # mapping_idc: multivariate multiple regression
                order = both.u(2, 2) + 1
                for _ in range(1 + 7 * order):
                    _coefficient(both, scale)
                continue
            order = both.ue(1) + 1
            if order == 1:
                both.u(1, 0)  # linear_interp_flag
            for _ in range(order + 1):
                _coefficient(both, scale)


def _display(both: Rewriter) -> None:
    """Copy `vdr_dm_data_payload` up to its extension blocks."""
    if both.ue(_MAX_ID) != both.ue(_MAX_ID):  # affected and current metadata
        raise Unsupported("rpu", "metadata for another id")
    both.ue(1)  # scene_refresh_flag
    for _ in range(9):
        both.u(16)  # ycc_to_rgb_coef
    for _ in range(3):
        both.u(32)  # ycc_to_rgb_offset
    for _ in range(9):
        both.u(16)  # rgb_to_lms_coef
    both.u(16)  # signal_eotf
    both.u(16)
    both.u(16)
    both.u(32)
    if not both.u(5, 16) >= 8:  # signal_bit_depth
        raise Malformed("rpu", "field out of range")
    both.u(2)  # signal_color_space
    both.u(2)  # signal_chroma_format
    both.u(2)  # signal_full_range_flag
    both.u(12)  # source_min_pq
    both.u(12)  # source_max_pq
    both.u(10)  # source_diagonal


def _fields(*widths: int) -> Callable[[Rewriter], None]:
    def copy(both: Rewriter) -> None:
        for width in widths:
            both.u(width)

    return copy


def _content(both: Rewriter) -> None:
    """Copy level 11: content type, white point, reference mode, and six adjustments."""
    both.u(8)
    both.u(4)
    both.flag()
    both.put(3, 0)
    for _ in range(6):
        both.u(2)
    both.put(4, 0)


# Fields of a block by its level and length in bytes, for the two lists of blocks (content
# mapping 2.9 and 4.0).  Custom display primaries (longer blocks 9 and 10) name a device,
# level 255 is for debugging, and later levels are for televisions: they stay behind.
_TRIM = (8, 12, 12, 12, 12, 12, 12)
_FIRST: dict[tuple[int, int], Callable[[Rewriter], None]] = {
    (1, 5): _fields(12, 12, 12),
    (2, 11): _fields(12, 12, 12, 12, 12, 12, 13),
    (4, 3): _fields(12, 12),
    (5, 7): _fields(13, 13, 13, 13),
    (6, 8): _fields(16, 16, 16, 16),
}
_SECOND: dict[tuple[int, int], Callable[[Rewriter], None]] = {
    (3, 5): _fields(12, 12, 12),
    (8, 10): _fields(*_TRIM),
    (8, 12): _fields(*_TRIM, 12),
    (8, 13): _fields(*_TRIM, 12, 12),
    (8, 19): _fields(*_TRIM, 12, 12, *[8] * 6),
    (8, 25): _fields(*_TRIM, 12, 12, *[8] * 12),
    (9, 1): _fields(8),
    (10, 5): _fields(8, 12, 12, 8),
    (11, 4): _content,
    (254, 2): _fields(8, 8),
}


def _block(
    reader: BitReader, known: dict[tuple[int, int], Callable[[Rewriter], None]]
) -> tuple[int, int, bytes] | None:
    """Read an extension block; return length, level and canonical body, or None if it stays behind."""
    length = reader.ue(64)
    level = reader.u(8)
    body = reader.u(8 * length).to_bytes(length)
    copy = known.get((level, length))
    if copy is None:
        return None
    block = Rewriter(body, "rpu")
    copy(block)
    return length, level, block.writer.bytes().ljust(length, b"\x00")


def _blocks(
    reader: BitReader, writer: BitWriter, known: dict[tuple[int, int], Callable[[Rewriter], None]]
) -> None:
    count = reader.ue(_MAX_BLOCKS)
    reader.align()
    blocks = [_block(reader, known) for _ in range(count)]
    kept = [block for block in blocks if block is not None]
    writer.ue(len(kept))
    writer.align()
    for length, level, body in kept:
        writer.ue(length)
        writer.u(8, level)
        writer.u(8 * length, int.from_bytes(body))


def rewrite_payload(payload: bytes) -> bytes:
    """Return what stands between prefix and checksum of an RPU in canonical form.

    Raises `Refused` errors.
    """
    both = Rewriter(payload, "rpu")
    scale = _header(both)
    described = both.flag()  # vdr_dm_metadata_present_flag
    if both.flag():  # use_prev_vdr_rpu_flag
        both.ue(_MAX_ID)
    else:
        _mapping(both, scale)
    if described:
        _display(both)
        _blocks(both.reader, both.writer, _FIRST)
        if both.reader.left >= _WITH_SECOND_LIST:
            _blocks(both.reader, both.writer, _SECOND)
    if both.reader.left >= 8 or both.reader.u(both.reader.left):
        raise Unsupported("rpu", "unknown data after the last field")
    return both.writer.bytes()
