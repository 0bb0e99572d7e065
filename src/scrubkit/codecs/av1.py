"""AV1 in ISO BMFF: `av1C` and open bitstream units (AV1 Bitstream §5.3, *AV1 ISOBMFF Binding* §2.3).

av1C  marker 1, version 7, seq_profile 3, seq_level_idx_0 5, seq_tier_0 1, high_bitdepth 1,
      twelve_bit 1, monochrome 1, chroma_subsampling_x 1, y 1, chroma_sample_position 2,
      reserved 3, initial_presentation_delay 1 + 4, then configOBUs
OBU   forbidden 1, type 4, extension 1, has_size 1, reserved 1,
      [temporal_id 3, spatial_id 2, reserved 3], [size leb128], payload
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import LimitExceeded, Malformed, Truncated, Unsupported
from ..essence import Colour
from ..model import Profile, Remaining, Residual
from .assembly import Assembly
from .av1_metadata import MASTERING, T35, mastering_box, rewrite, without_trailing_bits
from .av1_sequence import Sequence, rebuild_sequence
from .bits import BitReader, BitWriter
from .colour import known
from .fitting import fitted
from .tally import Tallied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..essence import Picture
    from ..model import Policy
    from . import Filtered

SEQUENCE_HEADER, _TILE_GROUP, _METADATA, _FRAME = 1, 4, 5, 6
_MOST_UNITS = 512
_MOST_CONFIGURED = 64


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
    for count, unit in enumerate(units(body[4 : 4 + (64 << 10)])):
        if count > _MOST_CONFIGURED:
            raise LimitExceeded("av1C", "units")
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


class Av1Filter(Tallied):
    """Walks the OBUs of one track; owns its sequence header and the HDR metadata met so far."""

    __slots__ = (
        "_dynamic",
        "_entry",
        "_has_dynamic",
        "_in_use",
        "_light",
        "_mastering",
        "_sequence",
    )

    def __init__(self, entry: Picture, policy: Policy) -> None:
        """Takes an entry with a record that `rebuild` made, or without one if samples hold the header."""
        self._entry = entry
        self._sequence = rebuild(entry.record).sequence if entry.record else None
        super().__init__()
        self._dynamic = policy.profile is Profile.LOSSLESS
        self._has_dynamic = self._in_use = False
        self._mastering, self._light = entry.mastering, entry.light

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:  # noqa: ARG002 (protocol)
        """Filter one temporal unit; raises `Malformed`, `Truncated` or `Unsupported`.

        A sync sample begins with the sequence header, no other has one.  Every OBU
        has its size.  Raises `Unsupported` if the sequence header changes.
        """
        out = Assembly(start)
        if not data:
            return out.filtered(sync=False)
        body = Assembly(start)
        sync: bool | None = None
        shown: set[int] = set()
        for count, unit in enumerate(units(data)):
            if count > _MOST_UNITS:
                raise LimitExceeded("obu", "units")
            payload = data[unit.body : unit.stop]
            match unit.kind:
                case 1:
                    self._meet(rebuild_sequence(bytes(payload)))
                    self._tally.keep("av1/obu/1", unit.stop - unit.start)
                    continue
                case 3 | 4 | 6:
                    made = self._frame(unit, payload, shown) if unit.kind != _TILE_GROUP else payload
                    if sync is None:
                        sync = self._is_key(payload)
                case 5:
                    rewritten = self._metadata(bytes(payload), unit.stop - unit.start)
                    if rewritten is None:
                        continue
                    made = memoryview(rewritten)
                case 8:
                    raise Unsupported("obu", "tile-list")
                case kind:
                    self._tally.add(f"av1/obu/{kind}", unit.stop - unit.start)
                    continue
            if unit.kind != _METADATA:
                self._tally.keep(f"av1/obu/{unit.kind}", unit.stop - unit.start)
            head = bytes((unit.kind << 3 | (unit.extension is not None) << 2 | 2,))
            if unit.extension is not None:
                head += bytes((unit.extension << 3,))
            head += write_leb128(len(made))
            body.replace(bytes(data[unit.start : unit.body]), head, unit.start)
            if made is payload:
                body.keep(unit.body, unit.stop)
            else:
                body.replace(bytes(payload), bytes(made), unit.body)
        if sync is None:
            raise Malformed("obu", "no-frame")
        self._in_use = True
        if sync and self._sequence is not None:
            header = sequence_obu(self._sequence)
            out.replace(bytes(data[: len(header)]), header, 0)
        out.extend(body)
        return out.filtered(sync=sync)

    def _meet(self, sequence: Sequence) -> None:
        # Some encoders announce one header and code with another; the one beside the frames counts.
        if self._sequence is None or not self._in_use:
            self._sequence = sequence
        elif sequence != self._sequence:
            raise Unsupported("sequence_header_obu", "changes")

    def _is_key(self, payload: memoryview) -> bool:
        """Whether a frame header begins a key frame that is shown (§5.9.2)."""
        if self._sequence is None:
            raise Malformed("obu", "no-sequence-header")
        return self._sequence.reduced or bool(payload and payload[0] & 0xF0 == 0x10)

    def _frame(self, unit: Obu, payload: memoryview, shown: set[int]) -> memoryview:
        """Return what crosses of a frame header, or of a frame: a frame shown again is a header alone."""
        sequence = self._sequence
        if sequence is None:
            raise Malformed("obu", "no-sequence-header")
        if not payload:
            raise Malformed("frame_header_obu", "ends-early")
        again = not sequence.reduced and payload[0] & 0x80
        if sequence.reduced or again or payload[0] & 0x10:
            layer = (unit.extension or 0) & 3
            if layer in shown:
                raise Unsupported("temporal_unit", "several-shown-frames")
            shown.add(layer)
        if unit.kind == _FRAME:
            if again:
                raise Malformed("frame_obu", "show-existing-frame")
            return payload
        if not again:
            # Where this header ends only its decoder knows; zero bytes after it are trailing bits.
            stop = len(bytes(payload).rstrip(b"\0"))
            if not stop:
                raise Malformed("frame_header_obu", "trailing-bits")
            return payload if stop == len(payload) else payload[:stop]
        width = 4 + sequence.presentation_time_bits + sequence.frame_id_bits
        bits = BitReader(payload, "frame_header_obu")
        out = BitWriter()
        out.u(width, bits.u(width))
        out.u(1, 1)
        return memoryview(out.bytes())

    def _metadata(self, payload: bytes, size: int) -> bytes | None:
        kind, at = leb128(payload, 0)
        body = without_trailing_bits(payload[at:])
        made = rewrite(kind, body) if kind != T35 or self._dynamic else None
        if made is None:
            self._tally.add(f"av1/metadata/{kind if kind < 32 else 'private'}", size)
            return None
        self._tally.keep(f"av1/metadata/{kind}", size)
        if kind == T35:
            self._has_dynamic = True
        elif kind == MASTERING:
            self._mastering = self._mastering or mastering_box(body) or b""
        else:
            self._light = self._light or made
        return write_leb128(kind) + made + b"\x80"

    def entry(self) -> Picture:
        """Return the entry with the sequence header's record and HDR metadata; `Malformed` if it has none."""
        if self._sequence is None:
            raise Malformed("av1C", "no-sequence-header")
        sequence = self._sequence
        entry = fitted(self._entry, sequence.width, sequence.height)
        if entry.colour is None and sequence.colour is not None:
            entry = replace(entry, colour=known(Colour(*sequence.colour, sequence.full_range)))
        record = build(sequence).record
        return replace(entry, record=record, mastering=self._mastering, light=self._light)

    def remaining(self) -> tuple[Remaining, ...]:
        """Say whether dynamic HDR metadata was kept."""
        return (Remaining(Residual.HDR_METADATA),) if self._has_dynamic else ()


def sample_filter(entry: Picture, policy: Policy) -> Av1Filter:
    """Return a filter for one track; raises `Refused` errors for a record that is not AV1's."""
    return Av1Filter(entry, policy)
