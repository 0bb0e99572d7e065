"""`alac`: the ALAC magic cookie (Apple, *ALAC Magic Cookie Description*).

    frameLength u32, compatibleVersion u8, bitDepth u8, pb u8, mb u8, kb u8, numChannels u8,
    maxRun u16, maxFrameBytes u32, avgBitRate u32, sampleRate u32        (big-endian, 24 bytes)

It stands in a full box, bare (CAF, Matroska), or behind `frma` and `alac` atoms
(older QuickTime).  A `chan` atom may follow; it is dropped.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Malformed, Unsupported
from .alac_block import Rules, walk_block
from .assembly import Assembly
from .tally import Tallied

if TYPE_CHECKING:
    from ..essence import Sound
    from ..model import Policy, Remaining
    from . import Filtered

_LAYOUT = struct.Struct(">IBBBBBBHIII")
_MAX_RUN = 255
"""No decoder reads it; every encoder writes 255."""


@dataclass(frozen=True, slots=True)
class AlacConfig:
    """`record` is the whole body of the `alac` box; `bits` per channel, `frame_length` samples."""

    record: bytes
    channels: int
    rate: int
    bits: int
    frame_length: int


def rebuild(body: bytes | memoryview) -> AlacConfig:
    """Rebuild a magic cookie from any of its wrappings; raises `Malformed` or `Unsupported`."""
    cookie = bytes(body[:64])
    if cookie[4:8] == b"frma":
        cookie = cookie[12:]
    if cookie[4:8] == b"alac":
        cookie = cookie[12:]
    elif cookie[:4] == bytes(4):
        cookie = cookie[4:]
    if len(cookie) < _LAYOUT.size:
        raise Malformed("alac", "ends-early")
    length, version, bits, history, initial, limit, channels, _, _, _, rate = _LAYOUT.unpack_from(cookie)
    if version:
        raise Unsupported("alac", "version")
    if bits not in (16, 20, 24, 32):
        raise Unsupported("alac", "bit-depth")
    if not 1 <= channels <= 8:
        raise Unsupported("alac", "channels")
    if not 1 <= length <= 1 << 16:
        raise Unsupported("alac", "frame-length")
    if not 1 <= rate <= 768_000:
        raise Unsupported("alac", "sample-rate")
    fields = (length, 0, bits, history, initial, limit, channels, _MAX_RUN, 0, 0, rate)
    return AlacConfig(bytes(4) + _LAYOUT.pack(*fields), channels, rate, bits, length)


class AlacFilter(Tallied):
    """Walks the packets of one track."""

    __slots__ = ("_entry", "_rules")

    def __init__(self, entry: Sound) -> None:
        """Takes an entry whose record `rebuild` made."""
        length, _, bits, history, initial, limit, channels, *_ = _LAYOUT.unpack(
            rebuild(entry.record).record[4:]
        )
        self._rules = Rules(length, bits, history, initial, limit, channels)
        self._entry = entry
        super().__init__()

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:  # noqa: ARG002 (protocol)
        """Filter one packet: fill, data streams and what follows END stay behind.

        Raises `Malformed` or `Unsupported`.
        """
        out = Assembly(start)
        if data:
            block = walk_block(data, self._rules)
            for name, bits in block.dropped:
                self._tally.add(name, (bits + 7) // 8)
            if block.data is None:
                out.keep(0, block.size)
            else:
                out.put(block.data)
            self._tally.rest("alac/packet", len(data))
        return out.filtered(sync=True)

    def entry(self) -> Sound:
        """Return the entry as it was given."""
        return self._entry

    def remaining(self) -> tuple[Remaining, ...]:
        """Nothing is left but coded sound."""
        return ()


def sample_filter(entry: Sound, policy: Policy) -> AlacFilter:  # noqa: ARG001 (one signature for all codings)
    """Return a filter for one track; raises `Refused` errors for a record that is not ALAC's."""
    return AlacFilter(entry)
