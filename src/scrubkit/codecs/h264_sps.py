"""H.264 sequence parameter set: read, checked and written again field by field (§7.3.2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Malformed, Unsupported
from .bits import Rewriter
from .nal_vui import Signal, read_signal, write_signal

if TYPE_CHECKING:
    from .bits import BitReader, BitWriter

EXTENDED = 88
PLAIN_PROFILES = frozenset({66, 77, EXTENDED})
HIGH_PROFILES = frozenset({44, 100, 110, 122, 244})
"""Profiles whose SPS (and `avcC`) also gives chroma format and bit depths."""

MAX_MACROBLOCKS = 2048
"""Of one side of a picture; level 6.2 allows 1055."""

MAX_ID = 31

_EXTENDED_PRECISION = 6
_LONGEST_VECTOR = 15
_MAX_OFFSET = 1 << 12
"""Of a picture order count from the expected one; encoders reorder a few dozen pictures at most."""


@dataclass(frozen=True, slots=True)
class Sps:
    """What of a sequence parameter set matters outside it; sizes are luma samples."""

    profile: int
    constraints: int
    level: int
    identifier: int
    chroma_format: int
    luma_depth: int
    chroma_depth: int
    width: int
    height: int
    map_units: int
    """Slice group map units of a picture."""
    frame_mbs_only: bool
    frame_bits: int
    """Bits of `frame_num`."""
    order_bits: int
    """Bits of `pic_order_cnt_lsb`, 0 if slices have none."""
    crop: tuple[int, int, int, int]
    """Samples cut off left, right, top and bottom."""
    signal: Signal


@dataclass(frozen=True, slots=True)
class _Vui:
    signal: Signal
    reorder: tuple[int, int] | None
    """`max_num_reorder_frames` and `max_dec_frame_buffering`."""


def scaling_lists(both: Rewriter, count: int) -> None:
    """Copy `count` optional scaling lists, of which the first six are 4x4 (§7.3.2.1.1.1)."""
    for index in range(count):
        if not both.flag():
            continue
        last = following = 8
        for _ in range(16 if index < 6 else 64):
            if following:
                following = (last + both.se(-128, 127)) & 0xFF
            last = following or last


def _skip_hrd(reader: BitReader) -> None:
    """Skip `hrd_parameters` (§E.1.2)."""
    count = reader.ue(31) + 1
    reader.u(8)  # bit_rate_scale, cpb_size_scale
    for _ in range(count):
        reader.ue(0xFFFFFFFE)  # bit_rate_value_minus1
        reader.ue(0xFFFFFFFE)  # cpb_size_value_minus1
        reader.flag()
    reader.u(20)  # delay lengths, time_offset_length


def _read_vui(reader: BitReader) -> _Vui:
    signal = read_signal(reader)
    if reader.flag():  # timing_info_present_flag
        reader.u(32)
        reader.u(32)
        reader.flag()
    hrds = [reader.flag()]
    if hrds[0]:
        _skip_hrd(reader)
    hrds.append(reader.flag())
    if hrds[1]:
        _skip_hrd(reader)
    if any(hrds):
        reader.flag()  # low_delay_hrd_flag
    reader.flag()  # pic_struct_present_flag
    reorder = None
    if reader.flag():  # bitstream_restriction_flag
        reader.flag()
        for _ in range(4):  # bytes per picture, bits per macroblock, vector lengths
            reader.ue(0xFFFF)
        frames = reader.ue(16)
        reorder = frames, max(frames, reader.ue(16))
    return _Vui(signal, reorder)


def _write_vui(writer: BitWriter, vui: _Vui) -> None:
    """Write what matters to display and to output order, if anything does."""
    present = vui.signal != Signal() or vui.reorder is not None
    writer.u(1, present)
    if not present:
        return
    write_signal(writer, vui.signal)
    writer.u(4, 0)  # no timing, no HRD of either kind, no pic_struct
    writer.u(1, vui.reorder is not None)
    if vui.reorder is not None:
        writer.u(1, 1)  # vectors may point outside the picture
        writer.ue(0)  # no limit on bytes per picture
        writer.ue(0)  # nor on bits per macroblock
        writer.ue(_LONGEST_VECTOR)
        writer.ue(_LONGEST_VECTOR)
        writer.ue(vui.reorder[0])
        writer.ue(vui.reorder[1])


def rewrite_sps(rbsp: bytes) -> tuple[Sps, bytes]:
    """Return what an SPS says and its RBSP in canonical form; `Refused` if a field is not known.

    `rbsp` begins after the NAL unit header.
    """
    both = Rewriter(rbsp, "sps")
    profile = both.u(8)
    if profile not in PLAIN_PROFILES | HIGH_PROFILES:
        raise Unsupported("sps", "profile")
    constraints = both.u(6) << 2
    both.put(2, 0)  # reserved_zero_2bits
    level = both.u(8)
    identifier = both.ue(MAX_ID)
    chroma_format, luma_depth, chroma_depth = 1, 8, 8
    if profile in HIGH_PROFILES:
        chroma_format = both.ue(3)
        if chroma_format == 3 and both.flag():
            raise Unsupported("sps", "separate colour planes")
        luma_depth += both.ue(_EXTENDED_PRECISION)
        chroma_depth += both.ue(_EXTENDED_PRECISION)
        both.flag()  # qpprime_y_zero_transform_bypass_flag
        if both.flag():
            scaling_lists(both, 12 if chroma_format == 3 else 8)
    frame_bits = both.ue(12) + 4
    order = both.ue(2)
    order_bits = 0
    if order == 0:
        order_bits = both.ue(12) + 4
    elif order == 1:
        both.flag()
        both.se(-_MAX_OFFSET, _MAX_OFFSET)  # offset_for_non_ref_pic
        both.se(-_MAX_OFFSET, _MAX_OFFSET)  # offset_for_top_to_bottom_field
        for _ in range(both.ue(255)):
            both.se(-_MAX_OFFSET, _MAX_OFFSET)  # offset_for_ref_frame
    both.ue(16)  # max_num_ref_frames
    both.flag()  # gaps_in_frame_num_value_allowed_flag
    columns = both.ue(MAX_MACROBLOCKS - 1) + 1
    rows = both.ue(MAX_MACROBLOCKS - 1) + 1
    frame_mbs_only = both.flag()
    if not frame_mbs_only:
        both.flag()  # mb_adaptive_frame_field_flag
    both.flag()  # direct_8x8_inference_flag
    fields = 1 if frame_mbs_only else 2
    width, height = columns * 16, rows * 16 * fields
    crop = (0, 0, 0, 0)
    if both.flag():
        across = 2 if chroma_format in {1, 2} else 1
        down = (2 if chroma_format == 1 else 1) * fields
        left, right, top, bottom = (both.ue(MAX_MACROBLOCKS * 16) for _ in range(4))
        crop = left * across, right * across, top * down, bottom * down
    if crop[0] + crop[1] >= width or crop[2] + crop[3] >= height:
        raise Malformed("sps", "crops the whole picture")
    vui = _read_vui(both.reader) if both.reader.flag() else _Vui(Signal(), None)
    _write_vui(both.writer, vui)
    sps = Sps(
        profile,
        constraints,
        level,
        identifier,
        chroma_format,
        luma_depth,
        chroma_depth,
        width,
        height,
        columns * rows,
        frame_mbs_only,
        frame_bits,
        order_bits,
        crop,
        vui.signal,
    )
    return sps, both.rbsp()
