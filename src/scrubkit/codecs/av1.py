"""AV1 in ISO BMFF: `av1C` and open bitstream units (AV1 Bitstream §5.3, *AV1 ISOBMFF Binding* §2.3).

av1C  marker 1, version 7, seq_profile 3, seq_level_idx_0 5, seq_tier_0 1, high_bitdepth 1,
      twelve_bit 1, monochrome 1, chroma_subsampling_x 1, y 1, chroma_sample_position 2,
      reserved 3, initial_presentation_delay 1 + 4, then configOBUs
OBU   forbidden 1, type 4, extension 1, has_size 1, reserved 1,
      [temporal_id 3, spatial_id 2, reserved 3], [size leb128], payload
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Malformed, Truncated, Unsupported
from .av1_sequence import Sequence, rebuild_sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

SEQUENCE_HEADER = 1


@dataclass(frozen=True, slots=True)
class Obu:
    """One OBU: `start` is that of its header, `body` that of its payload, `stop` its end."""

    kind: int
    extension: int | None
    """temporal_id and spatial_id, as five bits."""
    start: int
    body: int
    stop: int


def leb128(data: bytes | memoryview, at: int) -> tuple[int, int]:
    """Return a leb128 value of at most 32 bits and the position after it; raises `Malformed`."""
    value = 0
    for i in range(8):
        if at >= len(data):
            raise Truncated("obu_size")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << 7 * i
        if not byte & 0x80:
            if value >> 32:
                break
            return value, at
    raise Malformed("obu_size", "too-long")


def write_leb128(value: int) -> bytes:
    """Return the shortest leb128 of a value."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def units(data: bytes | memoryview) -> Iterator[Obu]:
    """Walk the OBUs of a sample; the last may lack a size.  Raises `Malformed` or `Truncated`."""
    at, end = 0, len(data)
    while at < end:
        start = at
        header = data[at]
        at += 1
        if header & 0x80:
            raise Malformed("obu_header", "forbidden-bit", start)
        extension = None
        if header & 4:
            if at >= end:
                raise Truncated("obu_header", at=at)
            extension = data[at] >> 3
            at += 1
        size = end - at
        if header & 2:
            size, at = leb128(data, at)
        if size > end - at:
            raise Truncated("obu", at=start)
        yield Obu(header >> 3 & 15, extension, start, at, at + size)
        at += size


@dataclass(frozen=True, slots=True)
class Av1Config:
    """`record` is the whole body of `av1C`; `sequence` is None if the box held no sequence header."""

    record: bytes
    sequence: Sequence | None


def build(sequence: Sequence) -> Av1Config:
    """Make an `av1C` of a sequence header: every field of it is recomputed, the header is its only OBU."""
    flags = (
        sequence.tier << 7
        | (sequence.bit_depth > 8) << 6
        | (sequence.bit_depth == 12) << 5
        | sequence.monochrome << 4
        | sequence.subsampling[0] << 3
        | sequence.subsampling[1] << 2
        | sequence.sample_position
    )
    head = bytes((0x81, sequence.profile << 5 | sequence.level, flags, 0))
    return Av1Config(head + sequence_obu(sequence), sequence)


def sequence_obu(sequence: Sequence) -> bytes:
    """Return a sequence header as an OBU with its size."""
    return bytes((SEQUENCE_HEADER << 3 | 2,)) + write_leb128(len(sequence.payload)) + sequence.payload


def rebuild(body: bytes | memoryview) -> Av1Config:
    """Rebuild the body of `av1C`.

    Where the box holds no sequence header its four bytes are kept as far as they
    are defined.  Raises `Malformed`, `Truncated` or `Unsupported`.
    """
    if len(body) < 4:
        raise Malformed("av1C", "ends-early")
    if body[0] != 0x81:
        raise Unsupported("av1C", "version")
    found: Sequence | None = None
    for unit in units(body[4 : 4 + (64 << 10)]):
        if unit.kind != SEQUENCE_HEADER:
            continue
        sequence = rebuild_sequence(bytes(body[4 + unit.body : 4 + unit.stop]))
        if found is not None and found != sequence:
            raise Unsupported("av1C", "several-sequence-headers")
        found = sequence
    if found is not None:
        return build(found)
    profile, flags = body[1] >> 5, body[2]
    if profile > 2:
        raise Unsupported("av1C", "profile")
    return Av1Config(bytes((0x81, body[1], flags, 0)), None)
