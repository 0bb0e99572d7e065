"""AV1 sequence_header_obu (AV1 Bitstream & Decoding Process Specification §5.5), copied field by field.

What frame headers don't depend on is left out: `timing_info` unless a decoder
model refers to it, and the initial display delays.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import Malformed, Unsupported
from .bits import BitReader, Rewriter

_WHERE = "sequence_header_obu"
_LEVELS = (*range(24), 31)
"""seq_level_idx: 2.0 to 7.3, and 31 for no limit (annex A.3)."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """What of a sequence header the configuration record and the walk of frames need.

    `payload` is the OBU's payload written again, trailing bits included.  Colour
    is None where the stream does not describe it (code points of H.273).
    """

    payload: bytes
    profile: int
    level: int
    tier: int
    width: int
    height: int
    bit_depth: int
    monochrome: bool
    subsampling: tuple[bool, bool]
    sample_position: int
    colour: tuple[int, int, int] | None
    full_range: bool
    still: bool
    reduced: bool
    film_grain: bool
    decoder_model: bool
    """Whether frame headers carry decoder model fields, for which timing fields had to stay."""
    operating_points: int
    frame_id_bits: int
    """idLen, 0 if frames have no numbers."""
    presentation_time_bits: int
    """Bits of frame_presentation_time where a frame header has one, else 0."""


def _uvlc(reader: BitReader) -> int:
    zeros = 0
    while not reader.flag():
        zeros += 1
        if zeros == 32:
            raise Malformed(_WHERE, "uvlc-too-long")
    return (1 << zeros | reader.u(zeros)) - 1


def _timing(bits: Rewriter) -> tuple[bool, int, int]:
    """Copy or drop timing_info and decoder_model_info; return model, delay length, time length."""
    reader = bits.reader
    if not reader.flag():
        bits.writer.u(1, 0)
        return False, 0, 0
    display_tick, time_scale = reader.u(32), reader.u(32)
    if not display_tick or not time_scale:
        raise Malformed(_WHERE, "timing-info")
    equal = reader.flag()
    picture_ticks = _uvlc(reader) if equal else 0
    if not reader.flag():
        bits.writer.u(1, 0)
        return False, 0, 0
    # Frame headers have a presentation time unless the interval is equal, so timing stays with its model.
    bits.writer.u(1, 1)
    bits.writer.u(32, display_tick)
    bits.writer.u(32, time_scale)
    bits.writer.u(1, int(equal))
    if equal:
        # uvlc is exp-Golomb under another name (§4.10.3).
        bits.writer.ue(picture_ticks)
    bits.writer.u(1, 1)
    delay = bits.u(5) + 1
    if not bits.u(32):
        raise Malformed(_WHERE, "decoding-tick")
    bits.u(5)
    time = bits.u(5) + 1
    return True, delay, 0 if equal else time


def _operating_points(bits: Rewriter) -> tuple[bool, int, int, int, int]:
    """Copy the points; return model, presentation time bits, count, and the first one's level and tier."""
    model, delay_bits, time_bits = _timing(bits)
    delays = bits.reader.flag()
    bits.writer.u(1, 0)
    count = bits.u(5) + 1
    level = tier = 0
    for i in range(count):
        bits.u(12)
        point_level = bits.u(5)
        if point_level not in _LEVELS:
            raise Unsupported(_WHERE, "level")
        point_tier = bits.u(1) if point_level > 7 else 0
        if not i:
            level, tier = point_level, point_tier
        if model and bits.flag():
            bits.u(delay_bits)
            bits.u(delay_bits)
            bits.u(1)
        if delays and bits.reader.flag():
            bits.reader.u(4)
    return model, time_bits, count, level, tier


def _tools(bits: Rewriter) -> None:
    bits.u(4)  # interintra compound, masked compound, warped motion, dual filter
    order_hint = bits.flag()
    if order_hint:
        bits.u(2)
    screen = 2 if bits.flag() else bits.u(1)
    if screen and not bits.flag():
        bits.u(1)
    if order_hint:
        bits.u(3)


def rebuild_sequence(payload: bytes) -> Sequence:
    """Parse the payload of a sequence header OBU and write it again.

    Raises `Malformed`, `Truncated`, and `Unsupported` for reserved profiles and levels.
    """
    bits = Rewriter(payload, _WHERE)
    profile = bits.u(3)
    if profile > 2:
        raise Unsupported(_WHERE, "profile")
    still, reduced = bits.flag(), bits.flag()
    if reduced and not still:
        raise Malformed(_WHERE, "reduced-not-still")
    model, time_bits, points, tier = False, 0, 1, 0
    if reduced:
        level = bits.u(5)
        if level not in _LEVELS:
            raise Unsupported(_WHERE, "level")
    else:
        model, time_bits, points, level, tier = _operating_points(bits)
    width_bits, height_bits = bits.u(4) + 1, bits.u(4) + 1
    width, height = bits.u(width_bits) + 1, bits.u(height_bits) + 1
    id_bits = 0
    if not reduced and bits.flag():
        delta = bits.u(4) + 2
        id_bits = bits.u(3) + delta + 1
        if id_bits > 16:
            raise Malformed(_WHERE, "frame-id-length")
    bits.u(3)  # 128x128 superblocks, filter intra, intra edge filter
    if not reduced:
        _tools(bits)
    bits.u(3)  # superres, cdef, restoration
    high = bits.flag()
    twelve = profile == 2 and high and bits.flag()
    depth = 12 if twelve else 10 if high else 8
    mono = profile != 1 and bits.flag()
    colour = (bits.u(8, 22), bits.u(8, 22), bits.u(8, 22)) if bits.flag() else None
    full, subsampling, position = True, (True, True), 0
    if mono:
        full = bits.flag()
    else:
        if colour == (1, 13, 0):
            if profile == 0 or (profile == 2 and depth != 12):
                raise Malformed(_WHERE, "sRGB-subsampled")
            subsampling = (False, False)
        else:
            full = bits.flag()
            if profile == 1:
                subsampling = (False, False)
            elif profile == 2 and depth == 12:
                horizontal = bits.flag()
                subsampling = (horizontal, horizontal and bits.flag())
            elif profile == 2:
                subsampling = (True, False)
            if subsampling == (True, True):
                position = bits.u(2)
        bits.u(1)  # separate_uv_delta_q
    grain = bits.flag()
    return Sequence(
        payload=bits.rbsp(),
        profile=profile,
        level=level,
        tier=tier,
        width=width,
        height=height,
        bit_depth=depth,
        monochrome=mono,
        subsampling=subsampling,
        sample_position=position,
        colour=colour,
        full_range=full,
        still=still,
        reduced=reduced,
        film_grain=grain,
        decoder_model=model,
        operating_points=points,
        frame_id_bits=id_bits,
        presentation_time_bits=time_bits,
    )
