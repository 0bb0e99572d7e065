"""`dfLa`: FLAC specific box (*Encapsulation of FLAC in ISO Base Media File Format* §3.3.2).

    version u8 0, flags u24 0, then metadata blocks: last 1, type 7, length u24, data.
    STREAMINFO (RFC 9639 §8.2), 34 bytes: minimum and maximum block size u16 each, minimum and
    maximum frame size u24 each, rate 20, channels-1 3, bits-1 5, total samples 36, MD5 128.

Only STREAMINFO is written.  Its MD5 becomes zero ("not computed"): in a trimmed file
it names the untrimmed original, and without decoding nobody can tell it from 16
free bytes.  Frame sizes and total samples become 0 ("unknown"): the container says both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Malformed, Unsupported
from .assembly import Assembly
from .bits import BitReader, BitWriter
from .flac_frame import canonical
from .tally import Tallied

if TYPE_CHECKING:
    from ..essence import Sound
    from ..model import Policy, Remaining
    from . import Filtered

_STREAMINFO_SIZE = 34


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """STREAMINFO in fields; block sizes are samples, frame sizes bytes, 0 is unknown."""

    smallest_block: int
    largest_block: int
    smallest_frame: int
    largest_frame: int
    rate: int
    channels: int
    bits: int
    samples: int
    md5: bytes


@dataclass(frozen=True, slots=True)
class FlacConfig:
    """`record` is the whole body of `dfLa`; `bits` per channel, `largest_block` samples."""

    record: bytes
    channels: int
    rate: int
    bits: int
    largest_block: int


def read_streaminfo(data: bytes | memoryview) -> StreamInfo:
    """Parse the 34 bytes of STREAMINFO; raises `Malformed`."""
    if len(data) != _STREAMINFO_SIZE:
        raise Malformed("STREAMINFO", "size")
    bits = BitReader(data, "STREAMINFO")
    small, large, small_frame, large_frame, rate, channels, depth, samples = (
        bits.u(n) for n in (16, 16, 24, 24, 20, 3, 5, 36)
    )
    if not 16 <= small <= large:
        raise Malformed("STREAMINFO", "block-size")
    if not rate:
        raise Malformed("STREAMINFO", "sample-rate")
    if depth < 3:
        raise Malformed("STREAMINFO", "bits-per-sample")
    md5 = bytes(data[18:])
    return StreamInfo(small, large, small_frame, large_frame, rate, channels + 1, depth + 1, samples, md5)


def write_streaminfo(info: StreamInfo, *, samples: int = 0, md5: bytes = bytes(16)) -> bytes:
    """Return the 34 bytes of STREAMINFO with frame sizes 0 and the given sample count and MD5."""
    out = BitWriter()
    for width, value in (
        (16, info.smallest_block),
        (16, info.largest_block),
        (48, 0),
        (20, info.rate),
        (3, info.channels - 1),
        (5, info.bits - 1),
        (36, samples),
    ):
        out.u(width, value)
    return out.bytes() + md5


def rebuild(body: bytes | memoryview) -> FlacConfig:
    """Rebuild the body of `dfLa`; raises `Malformed` or `Unsupported`."""
    head = bytes(body[: 8 + _STREAMINFO_SIZE])
    if len(head) < 8 + _STREAMINFO_SIZE:
        raise Malformed("dfLa", "ends-early")
    if head[:4] != bytes(4):
        raise Unsupported("dfLa", "version")
    if head[4] & 0x7F or int.from_bytes(head[5:8], "big") != _STREAMINFO_SIZE:
        raise Malformed("dfLa", "no-streaminfo")
    return from_streaminfo(head[8:])


def from_streaminfo(data: bytes | memoryview) -> FlacConfig:
    """Make a `dfLa` of the 34 bytes of STREAMINFO; raises `Malformed`."""
    info = read_streaminfo(data)
    record = bytes(4) + b"\x80\0\0\x22" + write_streaminfo(info)
    return FlacConfig(record, info.channels, info.rate, info.bits, info.largest_block)


class FlacFilter(Tallied):
    """Walks the frames of one track."""

    __slots__ = ("_bits", "_entry", "_frames", "_samples")

    def __init__(self, entry: Sound) -> None:
        """Takes an entry whose record `rebuild` made."""
        self._bits = rebuild(entry.record).bits
        self._entry = entry
        self._frames = self._samples = 0
        super().__init__()

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:  # noqa: ARG002 (protocol)
        """Filter one frame: it is numbered from the track's start, what follows it stays behind.

        Raises `Malformed`.
        """
        out = Assembly(start)
        if data:
            source = bytes(data)
            made, block = canonical(source, self._bits, self._frames, self._samples)
            self._frames += 1
            self._samples += block
            if made[:-2] != source[: len(made) - 2]:
                self._tally.add("flac/number", 1)
            elif made != source[: len(made)]:
                self._tally.add("flac/checksum", 1)
            if len(made) < len(source):
                self._tally.add("flac/after-frame", len(source) - len(made))
            out.replace(source[: len(made)], made, 0)
            self._tally.rest("flac/frame", len(data))
        return out.filtered(sync=True)

    def entry(self) -> Sound:
        """Return the entry as it was given."""
        return self._entry

    def remaining(self) -> tuple[Remaining, ...]:
        """Nothing is left but coded frames."""
        return ()


def sample_filter(entry: Sound, policy: Policy) -> FlacFilter:  # noqa: ARG001 (one signature for all codings)
    """Return a filter for one track; raises `Refused` errors for a record that is not FLAC's."""
    return FlacFilter(entry)
