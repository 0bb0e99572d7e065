"""Animation chunks (PNG 3rd edition §11.3.5): acTL, fcTL, fdAT, held to their order and ranges."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import gcd
from typing import TYPE_CHECKING

from ...errors import LimitExceeded, Malformed, Truncated
from ...essence import PngFrame
from .header import inflated_size
from .stream import Stream
from .write import data_head

if TYPE_CHECKING:
    from ...source import Readable
    from ...tiling import Findings, Tiling
    from .chunks import Chunk
    from .header import Header

INFLATED = 4 << 30
"""Bytes that all frames together may inflate to."""


@dataclass(slots=True)
class Animation:
    """Owns the frames met so far; `count` frames are announced, `plays` is 0 for without end."""

    header: Header
    count: int
    plays: int
    findings: Findings
    frames: list[PngFrame] = field(default_factory=list)
    seen: list[bytes | None] = field(default_factory=list)
    """Of each frame but the default image, what `Stream.seen` says."""
    _sequence: int = 0
    _stream: Stream | None = None
    """Data of the last frame; None if that is the default image."""
    _inflated: int = 0

    def control(self, source: Readable, chunk: Chunk, *, before_data: bool) -> None:
        """Begin a frame with its fcTL; the one before the picture describes the default image."""
        self.close(source)
        if chunk.size != 26:
            raise Malformed("fcTL", "bad-length", chunk.start)
        body = source.read(chunk.body, 26)
        self._turn(body, chunk)
        width, height, left, top = (int.from_bytes(body[at : at + 4]) for at in (4, 8, 12, 16))
        numerator, denominator = int.from_bytes(body[20:22]), int.from_bytes(body[22:24])
        dispose, blend = body[24:]
        header = self.header
        if not width or not height or left + width > header.width or top + height > header.height:
            raise Malformed("fcTL", "outside-the-canvas", chunk.start)
        if dispose > 2 or blend > 1:
            raise Malformed("fcTL", "bad-operation", chunk.start)
        if before_data and (self.frames or (width, height) != (header.width, header.height)):
            raise Malformed("fcTL", "default-image", chunk.start)
        if len(self.frames) == self.count:
            raise Malformed("fcTL", "more-than-announced", chunk.start)
        delay = _delay(numerator, denominator)
        self._inflated += inflated_size(header, width, height)
        if self._inflated > INFLATED:
            raise LimitExceeded("fcTL", "size", chunk.start)
        self.frames.append(PngFrame(width, height, left, top, delay, dispose, blend, None))
        self._stream = None if before_data else Stream("fdAT", 4)

    def data(self, source: Readable, chunk: Chunk, tiling: Tiling) -> None:
        """Take in an fdAT of the last frame."""
        if self._stream is None:
            raise Malformed("fdAT", "without-fcTL", chunk.start)
        if chunk.size < 4:
            raise Malformed("fdAT", "bad-length", chunk.start)
        self._turn(source.read(chunk.body, 4), chunk)
        self._stream.add(source, chunk, tiling)

    def close(self, source: Readable) -> None:
        """End the last frame."""
        if self._stream is None:
            return
        if not self._stream.parts:
            raise Truncated("fdAT", "frame-without-data", source.size)
        frame, place = self.frames[-1], len(self.frames) - 1
        shown = self.frames[0].data is None and place > 0
        size = frame.width, frame.height
        data = self._stream.finish(source, self.header, size, data_head(place, shown), self.findings)
        self.seen.append(self._stream.seen)
        self.frames[-1] = replace(frame, data=data)
        self._stream = None

    def end(self, source: Readable) -> None:
        """End the animation; raises `Truncated` if it has fewer frames than announced."""
        self.close(source)
        if len(self.frames) != self.count:
            raise Truncated("acTL", "frames-missing", source.size)

    def _turn(self, body: bytes, chunk: Chunk) -> None:
        if int.from_bytes(body[:4]) != self._sequence:
            raise Malformed(chunk.kind.decode(), "out-of-turn", chunk.start)
        self._sequence += 1


def _delay(numerator: int, denominator: int) -> tuple[int, int]:
    """Return a delay in lowest terms; a denominator of 0 stands for 100."""
    denominator = denominator or 100
    common = gcd(numerator, denominator)
    return numerator // common, denominator // common
