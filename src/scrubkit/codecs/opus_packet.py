"""Opus packets (RFC 6716 §3.2, appendix B), framed again without padding.

    TOC           configuration 5, stereo 1, code 2
    code 0        one frame
    code 1        two frames of one size
    code 2        length of the first, two frames
    code 3        vbr 1, padding 1, frames 6, [padding length], [lengths], frames, padding

A length is one byte up to 251, else two: 252 to 255, and a fourth of the rest.  In a
packet of several streams all but the last state the length of their last frame too.
"""

from __future__ import annotations

from ..errors import Malformed

_WHERE = "opus-packet"
_LONGEST_FRAME = 1275
_DURATIONS = (480, 960, 1920, 2880) * 3 + (480, 960) * 2 + (120, 240, 480, 960) * 4
"""Samples of a frame at 48 kHz, by configuration (table 2)."""
_LONGEST_PACKET = 5760


class _Reader:
    """Owns a position in one sample."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def byte(self) -> int:
        if self.at >= len(self.data):
            raise Malformed(_WHERE, "ends-early")
        self.at += 1
        return self.data[self.at - 1]

    def length(self) -> int:
        first = self.byte()
        return first if first < 252 else first + 4 * self.byte()

    def take(self, count: int) -> bytes:
        if count > _LONGEST_FRAME or count < 0:
            raise Malformed(_WHERE, "frame-size")
        if self.at + count > len(self.data):
            raise Malformed(_WHERE, "ends-early")
        self.at += count
        return self.data[self.at - count : self.at]


def _length(size: int) -> bytes:
    return bytes((size,)) if size < 252 else bytes((252 + (size & 3), (size - 252 - (size & 3)) // 4))


def _packet(reader: _Reader, *, last: bool) -> bytes:
    """Read one stream's packet and return it in the shortest framing, without padding."""
    toc = reader.byte()
    code = toc & 3
    count, vbr, padding = (1, 2, 2, 0)[code], code == 2, 0
    if code == 3:
        control = reader.byte()
        count, vbr = control & 63, bool(control & 0x80)
        if control & 0x40:
            while (more := reader.byte()) == 255:
                padding += 254
            padding += more
    if not count or count * _DURATIONS[toc >> 3] > _LONGEST_PACKET:
        raise Malformed(_WHERE, "frame-count")
    lengths = [reader.length() for _ in range(count - 1)] if vbr else []
    if not last:
        lengths += [reader.length()] * (1 if vbr else count)
    else:
        rest = len(reader.data) - reader.at - padding - sum(lengths)
        if vbr:
            lengths.append(rest)
        elif rest % count:
            raise Malformed(_WHERE, "frame-size")
        else:
            lengths = [rest // count] * count
    body = b"".join([reader.take(size) for size in lengths])
    if padding > len(reader.data) - reader.at:
        raise Malformed(_WHERE, "padding")
    reader.at += padding
    return _framing(toc & 0xFC, lengths, last=last) + body


def _framing(toc: int, lengths: list[int], *, last: bool) -> bytes:
    """What precedes the frames: the one code of those that fit which says it in the fewest bytes."""
    same = len(set(lengths)) == 1
    match len(lengths):
        case 1:
            head, stated = bytes((toc,)), []
        case 2:
            head, stated = bytes((toc | (1 if same else 2),)), [] if same else lengths[:1]
        case count:
            head, stated = bytes((toc | 3, count | (0 if same else 0x80))), [] if same else lengths[:-1]
    if not last:
        stated = [*stated, lengths[-1]]
    return head + b"".join(map(_length, stated))


def repack(data: bytes, streams: int) -> bytes:
    """Return one sample without padding.

    `streams` is how many packets make a sample.  Raises `Malformed` unless they
    fill it exactly.
    """
    reader = _Reader(data)
    packets = [_packet(reader, last=i == streams - 1) for i in range(streams)]
    if reader.at != len(data):
        raise Malformed(_WHERE, "size")
    return b"".join(packets)
