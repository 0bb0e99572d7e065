"""What stands between the last block of an interval and the marker behind it: cut off where it is found.

Small pictures are walked whole, and all of them if the policy is `deep`.  Of larger
ones the end is walked from a place where blocks fall into step with the data by
themselves; only where that doesn't end as it should is all of it walked.

What is walked must not hang on what is cut off, or a clean file would be read in
another way than the file that it came from: costs are counted without it.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from blake3 import blake3

from ...essence import HuffmanTable
from ...pieces import Span
from . import progression
from .frame import LOSSLESS, SEQUENTIAL, blocks, capacity
from .progression import PAST
from .walk import Decoder, decoder, in_step, sequential

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ...essence import ScanComponent
    from ...source import Readable
    from .entropy import Entropy
    from .frame import Frame, ScanHeader

    Step = Callable[[bytearray, range], int | None]
    """Takes an interval and the numbers of its MCU; returns its bits, None where it breaks a rule."""

WALKED = 256 << 10
"""Bytes of entropy-coded data of one picture that are always walked."""

SCAN = 1 << 10
"""What each scan costs besides its bytes: tables are made ready for it."""

SAMPLES = 1 << 20
"""Blocks, or samples of lossless scans, that all scans of such a picture have together at most."""

PROGRESSIVE = 1 << 17
"""Blocks of a progressive picture that is walked; a larger one would only be begun."""

HELD, HELD_BLOCKS = 64 << 20, 1 << 23
"""Bytes and blocks of a scan whose end is not as it should be, beyond which nobody looks why."""

DEEP, DEEP_SAMPLES = 256 << 20, 1 << 27
"""Bytes of one scan, and blocks of all, that a deep policy walks."""

SEEN = 1 << 22
"""Blocks of one progressive component."""

END = 4 << 10
"""Bytes of a larger scan's end that are walked."""

STEP = 1 << 20

_RESTART = re.compile(rb"\xff[\xd0-\xd7]")


@dataclass(frozen=True, slots=True)
class Trimmed:
    """The spans of a scan that are its blocks, and how many bytes and where (the first) lay behind them."""

    spans: tuple[Span, ...]
    surplus: int = 0
    at: int | None = None


@dataclass(slots=True)
class Tails:
    """Owns the walk over one picture: what it may cost, and what is known of its coefficients."""

    deep: bool
    whole: bool = True
    """Whether everything so far was walked to its end, and padding said nothing."""
    followed: bool = True
    """Whether everything so far was walked, so that what is known of coefficients is all there is to know."""
    left: int = field(default_factory=lambda: WALKED)
    blocks_left: int = field(default_factory=lambda: SAMPLES)
    padding: set[int] = field(default_factory=set)
    """What fills up the last bytes of intervals: 0 or 1 for bits that are all the same, else 2."""
    seen: dict[int, array[int]] = field(default_factory=dict)
    """A word for each block of a component: which AC coefficients aren't zero."""
    digest: bytes = b""
    """Stands for all that was walked so far, and how."""

    def __post_init__(self) -> None:
        if self.deep:
            self.left, self.blocks_left = DEEP, DEEP_SAMPLES

    def trim(
        self,
        source: Readable,
        frame: Frame,
        header: ScanHeader,
        components: tuple[ScanComponent, ...],
        entropy: Entropy,
        interval: int,
    ) -> Trimmed:
        """Return a scan without what lies behind the last block of each interval.

        A scan that can't be walked, because it is arithmetic or broken, crosses as it is.
        """
        scan = _Scan(source, frame, header, components, entropy.spans, interval)
        if not entropy.spans:
            self.whole = self.followed = False
            return Trimmed(())
        if not frame.arithmetic and (self.followed or frame.process == SEQUENTIAL) and self._affordable(scan):
            trimmed = self._walked(scan)
        elif frame.process == SEQUENTIAL:
            self.whole = False
            return self._glanced(scan)
        else:
            self.whole = self.followed = False
            return Trimmed(entropy.spans)
        self.left -= SCAN + (0 if self.deep else scan.size - trimmed.surplus)
        self.blocks_left -= scan.samples
        return trimmed

    def _affordable(self, scan: _Scan) -> bool:
        if scan.size > (DEEP if self.deep else HELD) or scan.samples > self.blocks_left:
            return False
        if scan.frame.progressive:
            own = max(scan.samples_of(part.index) for part in scan.components)
            if own > SEEN or (own > PROGRESSIVE and not self.deep):
                return False
        return min(scan.size, capacity(scan.frame, scan.header)) <= self.left

    def _walked(self, scan: _Scan) -> Trimmed:
        self.digest = scan.digest(self.digest)
        index = scan.components[0].index
        asked = _Asked(self.digest, [(scan, self.seen.get(index))])
        small = scan.size <= WALKED and scan.samples <= PROGRESSIVE
        ends = _ends(asked) if small else _ends.__wrapped__(asked)
        if ends is None:
            self.whole = self.followed = False
            return Trimmed(scan.spans)
        if ends.seen is not None:
            self.seen[index] = ends.seen
        self.padding |= ends.padding
        if len(self.padding) > 1 or 2 in self.padding:
            self.whole = False
        begin = scan.spans[0].start
        cuts = [
            (begin + start, begin + stop) for start, stop in zip(ends.cuts[::2], ends.cuts[1::2], strict=True)
        ]
        return _cut(scan.spans, cuts)

    def _glanced(self, scan: _Scan) -> Trimmed:
        """Look at the end of a sequential scan; walk all of it if that isn't as it should be."""
        size, data = scan.last_interval()
        if size <= END:
            bits = scan.step(None)(data, scan.due(scan.count - 1))
            as_it_should_be = bits is not None and _stuffed(data, -(-bits // 8)) == size
        else:
            as_it_should_be = in_step(data, scan.pattern())
        too_much = scan.size > capacity(scan.frame, scan.header) + 2 * scan.count
        if (as_it_should_be and not too_much) or scan.size > HELD or scan.samples > HELD_BLOCKS:
            return Trimmed(scan.spans)
        return self._walked(scan)


@dataclass(frozen=True, slots=True)
class _Scan:
    """One scan, cut into intervals; `interval` is in MCU, 0 without restart markers."""

    source: Readable
    frame: Frame
    header: ScanHeader
    components: tuple[ScanComponent, ...]
    spans: tuple[Span, ...]
    interval: int

    @property
    def size(self) -> int:
        """Bytes of its entropy-coded data."""
        return sum(span.size for span in self.spans)

    def digest(self, before: bytes) -> bytes:
        """Return what stands for this scan, all that the walk over it hangs on, and what was before."""
        frame, head, begin = self.frame, self.header, self.spans[0].start
        shape = frame.process, frame.width, frame.height, frame.sampling, self.components, self.interval
        band = head.spectral_start, head.spectral_end, head.high, head.low
        places = [(span.start - begin, span.size) for span in self.spans]
        found = blake3(repr((before, shape, band, places)).encode())
        for span in self.spans:
            for at in range(span.start, span.start + span.size, STEP):
                found.update(self.source.view(at, min(STEP, span.start + span.size - at)))
        return found.digest()

    @property
    def samples(self) -> int:
        """Blocks, or samples of a lossless scan."""
        mcus, each = blocks(self.frame, self.header)
        return mcus * each

    def samples_of(self, index: int) -> int:
        """Blocks of one component."""
        mcus, _ = blocks(self.frame, self.header)
        return mcus * self._per_mcu(index)

    @property
    def count(self) -> int:
        """How many intervals there are."""
        mcus, _ = blocks(self.frame, self.header)
        return -(-mcus // self.interval) if self.interval else 1

    def due(self, number: int) -> range:
        """Return the numbers of an interval's MCU."""
        mcus, _ = blocks(self.frame, self.header)
        if not self.interval:
            return range(mcus) if number == 0 else range(0)
        return range(number * self.interval, min((number + 1) * self.interval, mcus))

    def intervals(self) -> Iterator[tuple[int, int, bytearray]]:
        """Yield start and bytes of each interval, and its data without stuffed zeros, `PAST` ones behind."""
        for order, span in enumerate(self.spans):
            stop = span.start + span.size
            begun, data, carried = span.start, bytearray(), b""
            for at in range(span.start, stop, STEP):
                part = carried + bytes(self.source.view(at, min(STEP, stop - at)))
                base, place = at - len(carried), 0
                # A zero or the code of a marker may stand in the next part.
                carried = b"\xff" if part[-1] == 0xFF and at + STEP < stop else b""
                part = part[: len(part) - len(carried)]
                for found in _RESTART.finditer(part) if self.interval else ():
                    data += _unstuffed(part[place : found.start()])
                    # A span that begins with a marker follows fill bytes that were left out.
                    if base + found.start() > span.start or not order:
                        yield begun, base + found.start() - begun, data + _PAD
                    begun, data, place = base + found.end(), bytearray(), found.end()
                data += _unstuffed(part[place:])
            data += _PAD
            yield begun, stop - begun, data

    def last_interval(self) -> tuple[int, bytearray]:
        """Return bytes and data of the last interval; of a long one, the last `END` bytes and some more."""
        span = self.spans[-1]
        size = min(span.size, 2 * END)
        data = bytes(self.source.view(span.start + span.size - size, size))
        at = 0
        if self.interval:
            at = max((found.end() for found in _RESTART.finditer(data)), default=0)
        size -= at
        data = data[at:] if size <= END else data[-END:]
        return size, bytearray(_unstuffed(data)) + _PAD

    def pattern(self) -> list[tuple[Decoder, Decoder]]:
        """Return the decoders of each block of an MCU of a sequential scan."""
        out = []
        for each in self.components:
            assert isinstance(each.dc, HuffmanTable)
            assert isinstance(each.ac, HuffmanTable)
            out += [(decoder(each.dc), decoder(each.ac))] * self._per_mcu(each.index)
        return out

    def _per_mcu(self, index: int) -> int:
        """Blocks of a component in one MCU."""
        across, down = self.frame.sampling[index]
        return across * down if len(self.components) > 1 else 1

    def step(self, words: array[int] | None) -> Step:
        """Return the walk over one interval of this kind of scan; what is new is noted in `words`."""
        if self.frame.process == SEQUENTIAL:
            pattern = self.pattern()
            return lambda data, mcus: sequential(data, len(mcus), pattern) if mcus else None
        if self.frame.process == LOSSLESS or not self.header.spectral_start:
            if self.header.high:
                _, each = blocks(self.frame, self.header)
                return lambda data, mcus: _raw(data, len(mcus) * each)
            rows = [
                decoder(part.dc).codes
                for part in self.components
                for _ in range(self._per_mcu(part.index))
                if isinstance(part.dc, HuffmanTable)
            ]
            return lambda data, mcus: progression.differences(data, len(mcus), rows) if mcus else None
        (part,) = self.components
        assert isinstance(part.ac, HuffmanTable)
        assert words is not None
        seen, codes = words, decoder(part.ac).codes
        band = self.header.spectral_start, self.header.spectral_end
        walk = progression.refinement if self.header.high else progression.first
        return lambda data, mcus: walk(data, seen, mcus, band, codes) if mcus else None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A scan to be walked, and what is known of its component; equal digests stand for equal bytes.

    `once` is emptied by the walk, so that nothing holds a source for longer.
    """

    digest: bytes
    once: list[tuple[_Scan, array[int] | None]] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Ends:
    """What lies behind blocks, how last bytes are filled up, and what is known of the component now.

    `cuts` are pairs of start and stop, counted from the scan's start.
    """

    cuts: array[int]
    padding: frozenset[int]
    seen: array[int] | None


@lru_cache(maxsize=32)
def _ends(asked: _Asked) -> _Ends | None:
    """Walk all intervals of a scan; None where one breaks a rule.

    A small scan is walked once, and known again when the file that was made of it is read back.
    """
    scan, known = asked.once.pop()
    words = None
    if scan.frame.progressive and scan.header.spectral_start:
        words = array("Q", known or bytes(8 * scan.samples))
    step = scan.step(words)
    begin = scan.spans[0].start
    cuts = array("Q")
    padding = set()
    number = 0
    for number, (start, size, data) in enumerate(scan.intervals(), 1):
        bits = step(data, scan.due(number - 1))
        if bits is None:
            return None
        if bits % 8:
            ones = (1 << 8 - bits % 8) - 1
            padding.add({0: 0, ones: 1}.get(data[bits >> 3] & ones, 2))
        used = _stuffed(data, -(-bits // 8))
        if used < size:
            cuts.extend((start - begin + used, start - begin + size))
    return _Ends(cuts, frozenset(padding), words) if number == scan.count else None


_PAD = b"\xff" * PAST


def _raw(data: bytearray, bits: int) -> int | None:
    """Return the bits of a scan that refines DC coefficients, one for each block; None if there are fewer."""
    return bits if 0 < bits <= 8 * (len(data) - PAST) else None


def _unstuffed(data: bytes) -> bytes:
    return data.replace(b"\xff\0", b"\xff")


def _stuffed(data: bytearray, size: int) -> int:
    """Return how many bytes the first `size` take with a zero behind each FF."""
    return size + data.count(b"\xff", 0, size)


def _cut(spans: tuple[Span, ...], cuts: list[tuple[int, int]]) -> Trimmed:
    """Cut ascending ranges out of ascending spans."""
    if not cuts:
        return Trimmed(spans)
    out: list[Span] = []
    waiting = iter(cuts)
    cut = next(waiting, None)
    for span in spans:
        at, stop = span.start, span.start + span.size
        while cut is not None and cut[0] < stop:
            out.append(Span(at, cut[0] - at))
            at, cut = cut[1], next(waiting, None)
        out.append(Span(at, stop - at))
    kept = tuple(span for span in out if span.size)
    return Trimmed(kept, sum(stop - start for start, stop in cuts), cuts[0][0])
