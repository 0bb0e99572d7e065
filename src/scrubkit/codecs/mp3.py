"""MPEG-1 and MPEG-2 audio, layers I to III (ISO/IEC 11172-3 §2.4, 13818-3): no configuration record.

    header  sync 11, version 2, layer 2, no CRC 1, bit rate 4, rate 2, padding 1, private 1,
            mode 2, mode extension 2, copyright 1, original 1, emphasis 2, [CRC-16]
    layer III side information   main_data_begin 9 | 8, private bits, granules …

Private, copyright, original and emphasis bits become zero, and a CRC is made to fit.
In layer III, so does all that no frame decodes: ancillary data and stuffing between the main
data of two frames, and frames that describe the file (Xing, Info, VBRI), which hold no main
data and decode to silence.  Stuffing inside a part2_3_length is not walked, nor is ancillary
data of layers I and II.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from ..errors import Malformed, ScrubError, Unsupported
from ..model import Remaining, Residual
from . import Run, Skimmed
from ._crc import crc16
from .assembly import Assembly
from .mp3_reservoir import REACH, Reservoir
from .mp3_side import LAYOUTS
from .tally import Tallied

if TYPE_CHECKING:
    from collections.abc import Iterator

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
SHORT = 4096
"""Samples of a track whose codes are all walked: a minute and a half and more."""
HEAD = TAIL = 512
"""Samples at either end of a longer one of which the same is true."""
EVERY = 64
"""One in so many of the others."""
_AHEAD = 64
"""Samples looked at behind a run, at most: so many of the smallest mono frames can reach back to it."""


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


@lru_cache(maxsize=256)
def read_header(data: bytes) -> Frame:
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
    """Return a frame of layer I or II with its free bits zero.

    A CRC covers what only a decoder can find there, so such a frame keeps its free bits:
    `Unsupported` if any is set.
    """
    made = bytearray(data)
    made[2] &= ~_PRIVATE
    made[3] &= ~_ABOUT
    if frame.crc and made != data:
        raise Unsupported("mpeg-audio", "protected-bits")
    return bytes(made)


def _frames(data: memoryview, first: int, stop: int) -> list[tuple[int, Frame]]:
    """Return the frames that fill a stretch, with their places; raises `Malformed` or `Unsupported`."""
    found = []
    while first < stop:
        frame = read_header(bytes(data[first : first + 4]))
        if first + frame.size > stop:
            raise Malformed("mpeg-audio", "ends-early")
        found.append((first, frame))
        first += frame.size
    return found


class _Walk:
    """Owns what is found of layer III frames in one run: their reservoir, and bytes to write in them."""

    __slots__ = ("_changes", "_data", "_reservoir", "touched")

    def __init__(self, data: memoryview, before: bytes) -> None:
        self._data = data
        self._changes: list[tuple[int, int]] = []
        self._reservoir = Reservoir(before)
        self.touched = 0
        """Frames whose header or side information has free bits or a checksum that doesn't fit."""

    def take(self, at: int, frame: Frame, *, walk: bool) -> None:
        """Take a frame that crosses."""
        data, changes = self._data, self._changes
        before = len(changes)
        if data[at + 2] & _PRIVATE:
            changes.append((at + 2, data[at + 2] & ~_PRIVATE))
        if data[at + 3] & _ABOUT:
            changes.append((at + 3, data[at + 3] & ~_ABOUT))
        first = at + 4 + 2 * frame.crc
        side = int.from_bytes(data[first : first + frame.side])
        private = LAYOUTS[frame.first_version, frame.channels].private
        if side & private:
            side &= ~private
            made = side.to_bytes(frame.side)
            changes.extend((first + i, made[i]) for i in range(2) if made[i] != data[first + i])
        if frame.crc:
            covered = bytes((data[at + 2] & ~_PRIVATE, data[at + 3] & ~_ABOUT)) + side.to_bytes(frame.side)
            check = crc16(covered, 0xFFFF).to_bytes(2)
            changes.extend((at + 4 + i, check[i]) for i in range(2) if check[i] != data[at + 4 + i])
        self.touched += len(changes) > before
        self._add(data, at, frame, walk=walk)

    def _add(self, data: memoryview, at: int, frame: Frame, *, walk: bool) -> None:
        first = at + 4 + 2 * frame.crc
        place = first + frame.side
        side = int.from_bytes(data[first:place])
        layout = LAYOUTS[frame.first_version, frame.channels]
        intensity = bool(data[at + 3] >> 4 & 1)
        self._reservoir.add(
            place, data[place : at + frame.size], side, layout, frame.rate, intensity=intensity, walk=walk
        )

    def end(self) -> bytes:
        """End the frames that cross, and return the last bytes of their main data."""
        self._reservoir.mark()
        return self._reservoir.last()

    def look_ahead(self, after: Iterator[memoryview], walk: Iterator[bool]) -> tuple[bytes, bool]:
        """Look at samples behind a run that can need its bytes; the first, and whether that were all."""
        reservoir = self._reservoir
        following = None
        for number, (data, each) in enumerate(zip(islice(after, _AHEAD + 1), walk, strict=False)):
            following = bytes(data) if following is None else following
            if number == _AHEAD:
                return following, False
            try:
                frames = _frames(data, 0, len(data))
            except ScrubError:
                # whoever comes to that sample refuses it
                break
            if any(frame.layer != 3 for _, frame in frames):
                break
            for at, frame in frames:
                self._add(data, at, frame, walk=each)
            if reservoir.ahead >= REACH:
                break
        return following or b"", True

    def changes(self, *, known: bool) -> tuple[list[tuple[int, int]], int]:
        """Return all bytes to write, in order; and how many of them are in what no frame decodes."""
        changes = self._changes
        before = len(changes)
        self._reservoir.clear(known=known)
        changes += self._reservoir.changes(self._data)
        count = len(changes) - before
        changes.sort()
        return changes, count


class Mp3Filter(Tallied):
    """Walks the frames of one track.

    Of the run before it keeps the last bytes of main data, which frames of the next one may
    need, and the sample that was to follow.
    """

    __slots__ = ("_all", "_before", "_count", "_entry", "_following", "_index", "_unwalked")

    def __init__(self, entry: Sound, policy: Policy, count: int) -> None:
        self._entry = entry
        super().__init__()
        self._before = b""
        self._following: bytes | None = None
        self._count = count
        self._all = policy.deep or count <= SHORT
        self._index = self._unwalked = 0

    def _walked(self, index: int) -> bool:
        """Whether the codes of a sample are walked, by its number in the track."""
        return self._all or index < HEAD or index >= self._count - TAIL or index % EVERY == 0

    def skim(self, run: Run, first: int) -> Skimmed:
        """Take all samples of layer III frames from `first` on; bytes that no frame decodes become zero."""
        edges = run.edges
        # where a sample of another description came between, nothing is known of what is before
        follows = self._following is None or self._following == run.data[edges[first] : edges[first + 1]]
        walk = _Walk(run.data, self._before if follows else b"")
        number, last = first, len(edges) - 1
        left = 0
        start = self._index - first
        while number < last:
            try:
                frames = _frames(run.data, edges[number], edges[number + 1])
            except ScrubError:
                break
            if not frames or any(frame.layer != 3 for _, frame in frames):
                break
            each = self._walked(start + number)
            left += not each
            for at, frame in frames:
                walk.take(at, frame, walk=each)
            number += 1
        count = number - first
        if not count:
            return Skimmed(0, b"")
        self._index += count
        self._before = walk.end()
        # a sample of another layer needs nothing of what is before it
        known = number < last or run.after is not None
        self._following = None
        if number == last and run.after is not None:
            walked = map(self._walked, range(self._index, self._index + _AHEAD + 1))
            self._following, known = walk.look_ahead(run.after, walked)
        changes, behind = walk.changes(known=known)
        tally = self._tally
        for _ in range(walk.touched):
            tally.add("mp3/free-bits", 1)
        if behind:
            tally.add("mp3/ancillary", behind)
        if not known:
            left = count
        self._unwalked += left
        key = "mp3/unwalked" if left else "mp3/frames"
        tally.rest(key, edges[number] - edges[first])
        tally.whole(key, count - 1, 0)
        return Skimmed(count, b"\1" * count, changes)

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:  # noqa: ARG002 (protocol)
        """Filter whole frames; raises `Malformed` or `Unsupported`.

        Bytes that a later sample may decode cross as they are: only a run tells.
        """
        taken = self.skim(Run(data, start, (0, len(data))), 0)
        out = Assembly(start)
        if taken.count:
            made = bytearray(data)
            for place, value in taken.changes:
                made[place] = value
            out.replace(bytes(data), bytes(made), 0)
            return out.filtered(sync=True)
        for at, frame in _frames(data, 0, len(data)):
            if frame.layer == 3:
                raise Unsupported("mpeg-audio", "layers")
            source = bytes(data[at : at + frame.size])
            cleared = canonical(source, frame)
            if cleared != source:
                self._tally.add("mp3/free-bits", 1)
            out.replace(source, cleared, at)
        self._index += 1
        self._unwalked += 1
        self._before = b""
        self._tally.rest("mp3/unwalked", len(data))
        return out.filtered(sync=True)

    def entry(self) -> Sound:
        """Return the entry as it was given."""
        return self._entry

    def remaining(self) -> tuple[Remaining, ...]:
        """Return the number of samples in which stuffing or ancillary data may be left."""
        return (Remaining(Residual.UNWALKED_SAMPLES, self._unwalked),) if self._unwalked else ()


def sample_filter(entry: Sound, policy: Policy, count: int = 0) -> Mp3Filter:
    """Return a filter for a track of `count` samples."""
    return Mp3Filter(entry, policy, count)
