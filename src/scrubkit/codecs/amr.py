"""AMR speech and `damr`, its specific box (3GPP TS 26.244 §6.7).

    vendor 4 bytes, decoder_version u8, mode_set u16, mode_change_period u8, frames_per_sample u8

Vendor, version and period become 0.  The mode set keeps the bits that name a frame
type of the coding.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import Malformed
from .assembly import Assembly
from .tally import Tallied

if TYPE_CHECKING:
    from ..essence import Sound
    from ..model import Policy, Remaining
    from . import Filtered

_LAYOUT = struct.Struct(">4sBHBB")
_NARROW_MODES = 0x81FF
"""Bits 0-7: 4.75 to 12.2 kbit/s; 8: comfort noise; 15: no data."""
_WIDE_MODES = 0xC3FF
"""Bits 0-8: 6.6 to 23.85 kbit/s; 9: comfort noise; 14: speech lost; 15: no data."""
_MOST_FRAMES = 15


@dataclass(frozen=True, slots=True)
class AmrConfig:
    """`record` is the whole body of `damr`."""

    record: bytes
    channels: int
    rate: int
    mode_set: int
    frames_per_sample: int


def rebuild(body: bytes | memoryview, *, wide: bool) -> AmrConfig:
    """Rebuild the body of `damr` of AMR-NB, or AMR-WB if `wide`; raises `Malformed`."""
    if len(body) < _LAYOUT.size:
        raise Malformed("damr", "ends-early")
    _, _, mode_set, _, frames = _LAYOUT.unpack_from(body)
    return build(mode_set, frames, wide=wide)


def build(mode_set: int, frames_per_sample: int, *, wide: bool) -> AmrConfig:
    """Make a `damr`; a frame count outside 1-15 becomes 1."""
    modes = mode_set & (_WIDE_MODES if wide else _NARROW_MODES)
    frames = frames_per_sample if 1 <= frames_per_sample <= _MOST_FRAMES else 1
    record = _LAYOUT.pack(bytes(4), 0, modes, 0, frames)
    return AmrConfig(record, 1, 16000 if wide else 8000, modes, frames)


_NARROW_BITS = (95, 103, 118, 134, 148, 159, 204, 244, 39)
"""Bits of a frame by frame type: eight speech modes, comfort noise (3GPP TS 26.101 table 1)."""
_WIDE_BITS = (132, 177, 253, 285, 317, 365, 397, 461, 477, 40)
"""Bits of a frame by frame type: nine speech modes, comfort noise (3GPP TS 26.201 table 2)."""
_LOST, _NO_DATA = 14, 15


class AmrFilter(Tallied):
    """Walks the frames of one track; owns the set of frame types met so far."""

    __slots__ = ("_bits", "_entry", "_frames", "_modes", "_wide")

    def __init__(self, entry: Sound) -> None:
        self._entry = entry
        self._wide = entry.codec == "amr-wb"
        self._bits = _WIDE_BITS if self._wide else _NARROW_BITS
        super().__init__()
        self._modes = 0
        self._frames = 1

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:  # noqa: ARG002 (protocol)
        """Filter one sample: frames, each a type byte (0 1, type 4, quality 1, 0 2) and its bits.

        Reserved bits and those that fill a frame's last byte become zero (RFC 4867
        §5.3).  Raises `Malformed`.
        """
        out = Assembly(start)
        at = frames = 0
        while at < len(data):
            kind = data[at] >> 3 & 15
            if kind < len(self._bits):
                count = self._bits[kind]
            elif kind == _NO_DATA or (kind == _LOST and self._wide):
                count = 0
            else:
                raise Malformed("amr", "frame-type")
            stop = at + 1 + (count + 7) // 8
            if stop > len(data):
                raise Malformed("amr", "ends-early")
            self._modes |= 1 << kind
            frames += 1
            fill = (1 << -count % 8) - 1
            if data[at] & 0x83 or (data[stop - 1] & fill and count):
                self._tally.add("amr/reserved", 1)
                frame = bytearray(data[at:stop])
                frame[0] &= 0x7C
                if count:
                    frame[-1] &= ~fill
                out.put(bytes(frame))
            else:
                out.keep(at, stop)
            at = stop
        if frames > _MOST_FRAMES:
            raise Malformed("amr", "frames-per-sample")
        self._frames = max(self._frames, frames)
        self._tally.rest("amr/frames", len(data))
        return out.filtered(sync=True)

    def entry(self) -> Sound:
        """Return the entry with a `damr` that says what the frames are."""
        if not self._modes:
            return self._entry
        return replace(self._entry, record=build(self._modes, self._frames, wide=self._wide).record)

    def remaining(self) -> tuple[Remaining, ...]:
        """Nothing is left but coded frames."""
        return ()


def sample_filter(entry: Sound, policy: Policy) -> AmrFilter:  # noqa: ARG001 (one signature for all codings)
    """Return a filter for one track."""
    return AmrFilter(entry)
