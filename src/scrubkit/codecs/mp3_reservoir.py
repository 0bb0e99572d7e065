"""Where main data of Layer III frames is, and where nothing is (ISO/IEC 11172-3 §2.4.3.4, the bit reservoir).

Positions count bits of main data areas alone, one area after the other, without the headers
and side information between them, from the first frame of a run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .mp3_side import main_data, parts
from .mp3_spectrum import LONGEST, codes_stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .mp3_side import Layout

REACH = 511
"""Bytes that main_data_begin can point back, at most: so far back a frame can need bytes."""

_AFTER = bytes(2 * LONGEST // 8)


class Main(NamedTuple):
    """Main data of a frame, from `first` to `stop`, and what its side information says of it.

    `begin` is where it begins if nothing of it is missing, as `first` is; `stop` is no
    further than the end of the frame.  `walk` is whether its codes are to be walked.
    """

    first: int
    stop: int
    side: int
    layout: Layout
    rate: int
    intensity: bool
    walk: bool


class Reservoir:
    """Owns the areas of the frames that were taken, and what of them frames decode.

    It may begin at any frame: no frame needs bytes that come after its own area.  `before`
    are the last bytes of areas before the first frame, as far as they are known.
    """

    __slots__ = ("_areas", "_base", "_frames", "_size", "_stream", "_taken")

    def __init__(self, before: bytes) -> None:
        self._stream = bytearray(before)
        self._base = len(before)
        self._areas: list[tuple[int, int, int]] = []
        self._frames: list[Main] = []
        self._size = self._taken = 0

    def add(
        self,
        place: int,
        area: memoryview,
        side: int,
        layout: Layout,
        rate: int,
        *,
        intensity: bool,
        walk: bool,
    ) -> None:
        """Take a frame with a main data area that lies at `place`."""
        begin, length = main_data(side, layout, intensity=intensity)
        first = 8 * (self._size - begin)
        self._areas.append((self._size, place, len(area)))
        self._stream += area
        self._size += len(area)
        stop = min(first + length, 8 * self._size)
        self._frames.append(Main(first, stop, side, layout, rate, intensity, walk))

    def mark(self) -> None:
        """Frames from here on are only looked at for what they need of those before."""
        self._taken = self._size

    @property
    def ahead(self) -> int:
        """Bytes of areas since the mark."""
        return self._size - self._taken

    def last(self) -> bytes:
        """Return the last bytes before the mark that later frames can reach."""
        stop = self._base + self._taken
        return bytes(self._stream[max(stop - REACH, 0) : stop])

    def clear(self, *, known: bool) -> None:
        """Make all bits before the mark zero that hold what no frame decodes.

        If it isn't `known` what follows, bytes that a later frame can reach are left as they are.
        """
        limit = 8 * (self._taken if known else max(self._taken - REACH, 0))
        frames = self._frames
        if any(frames[i].first < frames[i - 1].first for i in range(1, len(frames))):
            # only a damaged frame needs bytes from before those of the frame before
            frames = sorted(frames, key=lambda frame: frame.first)
        done = 0
        near: list[Main] = []
        for frame in frames:
            if done < frame.first and done < limit:
                self._clear_ancillary(done, min(frame.first, limit), near)
            done = max(done, frame.stop)
            near = [one for one in near if one.stop > done - LONGEST]
            near.append(frame)
        if done < limit:
            self._clear_ancillary(done, limit, near)
        if known:
            self._clear_stuffing(limit)

    def _clear_stuffing(self, limit: int) -> None:
        """Make stuffing zero behind the codes of parts, except in a frame that overlaps another."""
        frames = self._frames
        for i, frame in enumerate(frames):
            if not frame.walk or frame.first < -8 * self._base or frame.first >= limit:
                continue
            if (i and frames[i - 1].stop > frame.first) or (
                i + 1 < len(frames) and frames[i + 1].first < frame.stop
            ):
                continue
            for first, stop in self._stuffed(frame):
                if max(first, 0) < min(stop, limit):
                    self._zero(max(first, 0), min(stop, limit))

    def changes(self, data: memoryview) -> Iterator[tuple[int, int]]:
        """Yield the bytes before the mark that became zero: places in `data`, and values."""
        for begin, place, size in self._areas:
            if begin >= self._taken:
                break
            old = data[place : place + size]
            new = self._stream[self._base + begin : self._base + begin + size]
            if old != new:
                yield from [
                    (at, value)
                    for at, (before, value) in enumerate(zip(old, new, strict=True), place)
                    if before != value
                ]

    def _stuffed(self, frame: Main) -> Iterator[tuple[int, int]]:
        """Yield the stretches of a frame's parts that follow its codes."""
        start = frame.first
        for shift, length, scale in parts(frame.side, frame.layout, intensity=frame.intensity):
            end = start + length
            if length and end <= frame.stop:
                word, width, at = self._word(start, end)
                granule = frame.side >> shift
                stop = codes_stop(word, width, at + scale, at + length, granule, frame.layout, frame.rate)
                if stop < at + length:
                    yield end - (at + length - stop), end
            start = end

    def _read(self, frame: Main) -> int:
        """Return where decoders stop to read a frame: its last code may end beyond it."""
        found = start = frame.first
        for shift, length, scale in parts(frame.side, frame.layout, intensity=frame.intensity):
            end = start + length
            if length and frame.stop - LONGEST < end <= frame.stop and start >= -8 * self._base:
                word, width, at = self._word(start, end)
                granule = frame.side >> shift
                stop = codes_stop(word, width, at + scale, at + length, granule, frame.layout, frame.rate)
                found = max(found, start + stop - at)
            start = end
        return found

    def _word(self, start: int, end: int) -> tuple[int, int, int]:
        """Return the bits around a stretch as an integer, how many they are, and where the stretch begins."""
        first = (start >> 3) + self._base
        data = bytes(self._stream[first : (end >> 3) + self._base + 1 + len(_AFTER)]) + _AFTER
        return int.from_bytes(data), 8 * len(data), start & 7

    def _clear_ancillary(self, first: int, stop: int, near: list[Main]) -> None:
        """Make zero what is between two positions, the second at a whole byte, behind frames."""
        data = self._stream[self._base + (first >> 3) : self._base + (stop >> 3)]
        if not data[0] & 0xFF >> (first & 7) and not data[1:].strip(b"\0"):
            return
        for frame in near:
            if frame.stop > first - LONGEST:
                first = max(first, self._read(frame))
        if first < stop:
            self._zero(first, stop)

    def _zero(self, first: int, stop: int) -> None:
        """Make the bits between two positions zero."""
        start, end = self._base + (first >> 3), self._base + (stop + 7 >> 3)
        made = bytearray(end - start)
        made[0] = self._stream[start] & ~(0xFF >> (first & 7))
        if stop & 7:
            made[-1] |= self._stream[end - 1] & 0xFF >> (stop & 7)
        self._stream[start:end] = made
