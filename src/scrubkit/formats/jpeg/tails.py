"""What stands between the last block of an interval and the marker behind it: cut off where it is found.

Small pictures are walked whole, and all of them if the policy is `deep`.  Of larger
ones the end is walked from a place where blocks fall into step with the data by
themselves; only where that doesn't end as it should is all of it walked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...essence import HuffmanTable
from ...pieces import Span
from . import progression
from .frame import LOSSLESS, blocks
from .walk import Decoder, decoder, in_step, sequential

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...essence import ScanComponent
    from ...source import Readable
    from .entropy import Entropy
    from .frame import Frame, ScanHeader

WALKED = 256 << 10
"""Bytes of entropy-coded data of one picture that are always walked."""

DEEP = 256 << 20
"""Bytes of one scan that are ever held at once."""

SAMPLES = 1 << 20
"""Samples of a lossless scan that are always walked; each is a code of its own."""

END = 4 << 10
"""Bytes of a larger scan's end that are walked."""

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
    """Whether everything so far was walked to its end."""
    left: int = field(default_factory=lambda: WALKED)
    seen: dict[int, list[int]] = field(default_factory=dict)
    """A word for each block of a component: which AC coefficients aren't zero."""

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
        size = sum(span.size for span in entropy.spans)
        scan = _Scan(source, frame, header, components, entropy.spans, interval)
        affordable = size <= self.left and (frame.process != LOSSLESS or scan.samples <= SAMPLES)
        if frame.arithmetic or not (self.whole or frame.process == 0) or size > DEEP:
            self.whole = False
        elif affordable or self.deep:
            self.left -= size
            return self._walked(scan)
        elif frame.process == 0:
            self.whole = False
            return self._glanced(scan)
        else:
            self.whole = False
        return Trimmed(entropy.spans)

    def _walked(self, scan: _Scan) -> Trimmed:
        cuts = []
        for number, (start, data) in enumerate(scan.intervals()):
            bits = scan.walk(number, _unstuffed(data), self.seen)
            if bits is None:
                self.whole = False
                return Trimmed(scan.spans)
            used = _stuffed(_unstuffed(data), -(-bits // 8))
            if used < len(data):
                cuts.append((start + used, start + len(data)))
        return _cut(scan.spans, cuts)

    def _glanced(self, scan: _Scan) -> Trimmed:
        """Look at the end of a sequential scan; walk all of it if that isn't as it should be."""
        start, data = scan.last_interval()
        if len(data) <= END:
            bits = scan.walk(scan.count - 1, _unstuffed(data), self.seen)
            if bits is None:
                return Trimmed(scan.spans)
            used = _stuffed(_unstuffed(data), -(-bits // 8))
            return _cut(scan.spans, [(start + used, start + len(data))] if used < len(data) else [])
        if in_step(_unstuffed(data[-END:]), scan.pattern()):
            return Trimmed(scan.spans)
        whole, self.whole = self.whole, True
        found = self._walked(scan)
        self.whole = whole
        return found


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
    def samples(self) -> int:
        mcus, each = blocks(self.frame, self.header)
        return mcus * each

    @property
    def count(self) -> int:
        """How many intervals there are."""
        mcus, _ = blocks(self.frame, self.header)
        return -(-mcus // self.interval) if self.interval else 1

    def intervals(self) -> Iterator[tuple[int, bytes]]:
        """Yield start and bytes of each interval."""
        for span in self.spans:
            data = bytes(self.source.view(span.start, span.size))
            at = 0
            for found in _RESTART.finditer(data) if self.interval else ():
                # A span that begins with a marker follows fill bytes that were left out.
                if found.start():
                    yield span.start + at, data[at : found.start()]
                at = found.end()
            yield span.start + at, data[at:]

    def last_interval(self) -> tuple[int, bytes]:
        """Return start and bytes of the last interval, of a long one the end."""
        span = self.spans[-1]
        size = min(span.size, 2 * END)
        data = bytes(self.source.view(span.start + span.size - size, size))
        at = 0
        if self.interval:
            at = max((found.end() for found in _RESTART.finditer(data)), default=0)
        return span.start + span.size - size + at, data[at:]

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

    def walk(self, number: int, data: bytes, seen: dict[int, list[int]]) -> int | None:
        """Return the bits that the blocks of an interval take, None where it breaks a rule."""
        mcus, each = blocks(self.frame, self.header)
        begin = number * self.interval
        due = min(self.interval, mcus - begin) if self.interval else mcus
        if due <= 0:
            return None
        if self.frame.process == 0:
            return sequential(data, due, self.pattern())
        if self.frame.process == LOSSLESS or not self.header.spectral_start:
            if self.header.high:
                return due * each if due * each <= 8 * len(data) else None
            rows = [
                decoder(part.dc).codes
                for part in self.components
                for _ in range(self._per_mcu(part.index))
                if isinstance(part.dc, HuffmanTable)
            ]
            return progression.differences(data, due, rows)
        (part,) = self.components
        assert isinstance(part.ac, HuffmanTable)
        words = seen.setdefault(part.index, [0] * mcus)
        own = words[begin : begin + due]
        step = progression.refinement if self.header.high else progression.first
        band = self.header.spectral_start, self.header.spectral_end
        bits = step(data, own, band, decoder(part.ac).codes)
        words[begin : begin + due] = own
        return bits


def _unstuffed(data: bytes) -> bytes:
    return data.replace(b"\xff\0", b"\xff")


def _stuffed(data: bytes, size: int) -> int:
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
