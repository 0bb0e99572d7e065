"""`dOps`: Opus specific box (*Encapsulation of Opus in ISO Base Media File Format* §4.3.2).

    Version u8 0, OutputChannelCount u8, PreSkip u16, InputSampleRate u32, OutputGain s16,
    ChannelMappingFamily u8 [StreamCount u8, CoupledCount u8, ChannelMapping u8 each]   big-endian

`OpusHead` of Ogg and Matroska (RFC 7845 §5.1) has the same fields little-endian, with
version 1 and a signature before them.  Output gain is kept: it is how loud the
sound is meant to be.  The input rate is no decoder's business and becomes 48000.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Malformed, Unsupported
from .assembly import Assembly
from .opus_packet import repack
from .tally import Tallied

if TYPE_CHECKING:
    from ..essence import Sound
    from ..model import Policy, Remaining
    from . import Filtered

_MOST_CHANNELS = 8
_LONGEST_SKIP = 48_000

RATE = 48000
"""Opus always decodes to 48 kHz."""

_BOX = struct.Struct(">BBHIhB")
_HEAD = struct.Struct("<BBHIhB")


@dataclass(frozen=True, slots=True)
class OpusConfig:
    """`record` is the whole body of `dOps`; `pre_skip` is samples at 48 kHz."""

    record: bytes
    channels: int
    rate: int
    pre_skip: int
    gain: int
    """Q7.8 decibels."""


def _build(layout: struct.Struct, body: bytes, version: int) -> OpusConfig:
    if len(body) < layout.size:
        raise Malformed("dOps", "ends-early")
    stated, channels, pre_skip, _, gain, family = layout.unpack_from(body)
    if stated != version:
        raise Unsupported("dOps", "version")
    if not channels:
        raise Malformed("dOps", "no-channels")
    if pre_skip > _LONGEST_SKIP:
        raise Malformed("dOps", "pre-skip")
    record = _BOX.pack(0, channels, pre_skip, RATE, gain, family)
    if family == 0:
        if channels > 2:
            raise Malformed("dOps", "channels")
        return OpusConfig(record, channels, RATE, pre_skip, gain)
    # the others give every channel a number that no player looks at
    if family != 1 or channels > _MOST_CHANNELS:
        raise Unsupported("dOps", "mapping-family")
    table = body[layout.size : layout.size + 2 + channels]
    if len(table) < 2 + channels:
        raise Malformed("dOps", "ends-early")
    streams, coupled = table[0], table[1]
    if not streams or coupled > streams or streams + coupled > 255:
        raise Malformed("dOps", "streams")
    if any(source != 255 and source >= streams + coupled for source in table[2:]):
        raise Malformed("dOps", "channel-mapping")
    return OpusConfig(record + table, channels, RATE, pre_skip, gain)


def rebuild(body: bytes | memoryview) -> OpusConfig:
    """Rebuild the body of `dOps`; raises `Malformed` or `Unsupported`."""
    return _build(_BOX, bytes(body[:512]), 0)


def from_head(head: bytes | memoryview) -> OpusConfig:
    """Make a `dOps` of an `OpusHead` with its signature; raises `Malformed` or `Unsupported`."""
    if bytes(head[:8]) != b"OpusHead":
        raise Malformed("OpusHead", "signature")
    return _build(_HEAD, bytes(head[8:520]), 1)


class OpusFilter(Tallied):
    """Walks the packets of one track."""

    __slots__ = ("_entry", "_streams")

    def __init__(self, entry: Sound) -> None:
        """Takes an entry whose record `rebuild` made."""
        record = rebuild(entry.record).record
        self._streams = record[_BOX.size] if len(record) > _BOX.size else 1
        self._entry = entry
        super().__init__()

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:  # noqa: ARG002 (protocol)
        """Filter one sample: padding stays behind.  Raises `Malformed`."""
        out = Assembly(start)
        if data:
            source = bytes(data)
            made = repack(source, self._streams)
            if made != source:
                self._tally.add("opus/padding", len(source) - len(made))
            out.replace(source, made, 0)
            self._tally.rest("opus/packet", len(data))
        return out.filtered(sync=True)

    def entry(self) -> Sound:
        """Return the entry as it was given."""
        return self._entry

    def remaining(self) -> tuple[Remaining, ...]:
        """Nothing is left but coded frames."""
        return ()


def sample_filter(entry: Sound, policy: Policy) -> OpusFilter:  # noqa: ARG001 (one signature for all codings)
    """Return a filter for one track; raises `Refused` errors for a record that is not Opus'."""
    return OpusFilter(entry)
