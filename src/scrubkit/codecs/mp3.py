"""MPEG-1 and MPEG-2 audio, layers I to III (ISO/IEC 11172-3 §2.4, 13818-3): no configuration record.

    header  sync 11, version 2, layer 2, no CRC 1, bit rate 4, rate 2, padding 1, private 1,
            mode 2, mode extension 2, copyright 1, original 1, emphasis 2, [CRC-16]
    layer III side information   main_data_begin 9 | 8, private bits, granules …

Private, copyright, original and emphasis bits become zero, and a CRC is made to fit.
What an encoder puts between the main data of two frames (ancillary data) is not walked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Malformed, Unsupported
from ..model import Remaining, Residual
from ._crc import crc16
from .assembly import Assembly
from .tally import Tallied

if TYPE_CHECKING:
    from ..essence import Sound
    from ..model import Policy
    from . import Filtered

OBJECT_TYPES = (0x69, 0x6B)
"""objectTypeIndication of MPEG-2 and MPEG-1 audio (14496-1 table 5)."""

_KBITS = {
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""kbit/s by bitrate_index, for MPEG-1 or not, and layer."""
_RATES = (44100, 48000, 32000)
_PRIVATE, _ABOUT = 0x01, 0x0F
"""Bits to clear in the third byte of a header, and in its fourth."""
_NAMES = (b"Xing", b"Info")


def object_type(rate: int) -> int:
    """Return the objectTypeIndication for a rate in samples per second: half rates are MPEG-2's."""
    return 0x69 if rate < 32000 else 0x6B


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame header: `size` is bytes of the frame, `samples` per channel, `side` of side information."""

    size: int
    samples: int
    rate: int
    channels: int
    layer: int
    first_version: bool
    crc: bool
    side: int


def read_header(data: bytes | memoryview) -> Frame:
    """Read the first four bytes of a frame; raises `Malformed`, `Unsupported` for free format."""
    if len(data) < 4:
        raise Malformed("mpeg-audio", "ends-early")
    version, layer = data[1] >> 3 & 3, 4 - (data[1] >> 1 & 3)
    if data[0] != 0xFF or data[1] >> 5 != 7 or version == 1 or layer == 4:
        raise Malformed("mpeg-audio", "sync")
    index, rate_index = data[2] >> 4, data[2] >> 2 & 3
    if index == 15 or rate_index == 3:
        raise Malformed("mpeg-audio", "reserved")
    if not index:
        raise Unsupported("mpeg-audio", "free-format")
    first = version == 3
    rate = _RATES[rate_index] >> (0 if first else 1 if version == 2 else 2)
    bits = 1000 * _KBITS[first, layer][index]
    padding = data[2] >> 1 & 1
    mono = data[3] >> 6 == 3
    samples = 384 if layer == 1 else 1152 if first or layer == 2 else 576
    size = (12 * bits // rate + padding) * 4 if layer == 1 else samples // 8 * bits // rate + padding
    side = 0
    if layer == 3:
        side = (17 if mono else 32) if first else (9 if mono else 17)
    crc = not data[1] & 1
    if size < 4 + 2 * crc + side:
        raise Malformed("mpeg-audio", "frame-size")
    return Frame(size, samples, rate, 1 if mono else 2, layer, first, crc, side)


def canonical(data: bytes, frame: Frame) -> bytes:
    """Return a frame with its free bits zero and its CRC right.

    A frame that describes the file (Xing, Info) instead of holding sound becomes
    silence.  In layers I and II a CRC covers what only a decoder can find, so such
    a frame keeps its free bits: `Unsupported` if any is set.
    """
    made = bytearray(data)
    made[2] &= ~_PRIVATE
    made[3] &= ~_ABOUT
    if frame.layer != 3:
        if frame.crc and made != data:
            raise Unsupported("mpeg-audio", "protected-bits")
        return bytes(made)
    at = 4 + 2 * frame.crc
    if bytes(made[at + frame.side : at + frame.side + 4]) in _NAMES:
        made[4:] = bytes(len(made) - 4)
    if frame.first_version:
        # main_data_begin 9, then 5 or 3 private bits
        made[at + 1] &= ~(0x7C if frame.channels == 1 else 0x70)
    else:
        # main_data_begin 8, then 1 or 2 private bits
        made[at + 1] &= ~(0x80 if frame.channels == 1 else 0xC0)
    if frame.crc:
        made[4:6] = crc16(bytes(made[2:4] + made[at : at + frame.side]), 0xFFFF).to_bytes(2, "big")
    return bytes(made)


class Mp3Filter(Tallied):
    """Walks the frames of one track."""

    __slots__ = ("_entry", "_samples")

    def __init__(self, entry: Sound) -> None:
        self._entry = entry
        super().__init__()
        self._samples = 0

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:  # noqa: ARG002 (protocol)
        """Filter whole frames; raises `Malformed` or `Unsupported`."""
        out = Assembly(start)
        at = 0
        while at < len(data):
            frame = read_header(data[at : at + 4])
            if at + frame.size > len(data):
                raise Malformed("mpeg-audio", "ends-early")
            source = bytes(data[at : at + frame.size])
            made = canonical(source, frame)
            if made != source:
                self._tally.add("mp3/free-bits", 1)
            out.replace(source, made, at)
            at += frame.size
        self._samples += bool(data)
        self._tally.rest("mp3/frames", len(data))
        return out.filtered(sync=True)

    def entry(self) -> Sound:
        """Return the entry as it was given."""
        return self._entry

    def remaining(self) -> tuple[Remaining, ...]:
        """Return the number of samples, whose ancillary data nothing walked."""
        return (Remaining(Residual.UNWALKED_SAMPLES, self._samples),) if self._samples else ()


def sample_filter(entry: Sound, policy: Policy) -> Mp3Filter:  # noqa: ARG001 (one signature for all codings)
    """Return a filter for one track."""
    return Mp3Filter(entry)
