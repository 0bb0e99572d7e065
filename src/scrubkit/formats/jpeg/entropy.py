"""Entropy-coded segments (ITU-T T.81 §B.1.1.5): found, framed and checked without being decoded.

In entropy-coded data an FF is followed by a stuffed zero.  Restart markers stand
between the segments of a scan, numbered 0 to 7 in turn; any number of FF may fill
the place before a marker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import LimitExceeded, Malformed, Truncated
from ...pieces import Span
from .markers import RST0, RST7, block, search

if TYPE_CHECKING:
    from ...source import Readable

_NOT_STUFFED = re.compile(rb"\xff[^\x00]")
_NOT_STUFFED_OR_RESTART = re.compile(rb"\xff[\x01-\xcf\xd8-\xff]")
_RESTART = re.compile(rb"\xff([\xd0-\xd7])")
_NOT_FF = re.compile(rb"[^\xff]")

_CYCLE = bytes(range(RST0, RST7 + 1))

SPANS = 4096
"""Spans that one scan may be cut into; each cut is a run of fill bytes before a restart marker."""

SURPLUS = 8
"""Restart markers after the last interval that are put down to a careless encoder."""


@dataclass(frozen=True, slots=True)
class Entropy:
    """One scan's data: the spans that cross, and where data and surplus end.

    From `stop` to `end` stand fill bytes and restart markers that begin no
    interval; `fill` counts the fill bytes between the spans.
    """

    spans: tuple[Span, ...]
    stop: int
    end: int
    fill: int


def read_entropy(source: Readable, start: int, restarts: int) -> Entropy:
    """Frame the entropy-coded data at `start`, of a scan in which `restarts` restart markers are due.

    Raises `Truncated` if no marker follows, `Malformed` if restart markers are
    missing, surplus or out of turn, or a stuffed byte has fill bytes before it.
    """
    pattern = _NOT_STUFFED_OR_RESTART if restarts else _NOT_STUFFED
    cuts: list[tuple[int, int]] = []
    at = start
    while True:
        found = search(source, pattern, at)
        if found is None:
            raise Truncated("entropy-coded data", "no-marker-after-it", source.size)
        last = _end_of_fill(source, found)
        code = source.view(last + 1, 1)[0]
        if code == 0:
            raise Malformed("entropy-coded data", "fill-before-stuffed-byte", found)
        if not (restarts and RST0 <= code <= RST7):
            break
        cuts.append((found, last))
        if len(cuts) >= SPANS:
            raise LimitExceeded("entropy-coded data", "fill-bytes", found)
        at = last + 2
    stop, end = found, _end_of_surplus(source, found)
    if restarts:
        stop = _check_restarts(source, start, stop, restarts)
    if stop == start:
        raise Truncated("entropy-coded data", "empty-scan", start)
    cuts = [cut for cut in cuts if cut[0] < stop]
    edges = [start, *(edge for cut in cuts for edge in cut), stop]
    spans = tuple(Span(a, b - a) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a)
    return Entropy(spans, stop, end, sum(b - a for a, b in cuts))


def _end_of_fill(source: Readable, at: int) -> int:
    """Return the place of the last FF of the run at `at`."""
    run = at
    while source.size > run:
        part = block(source, run, source.size)
        if found := _NOT_FF.search(part):
            return run + found.start() - 1
        run += len(part)
    raise Truncated("entropy-coded data", "no-marker-after-it", source.size)


def _end_of_surplus(source: Readable, at: int) -> int:
    """Skip fill bytes and restart markers; return where the marker's own fill begins."""
    for _ in range(SURPLUS + 1):
        last = _end_of_fill(source, at)
        if not RST0 <= source.view(last + 1, 1)[0] <= RST7:
            return at
        at = last + 2
        if source.size - at < 2:
            raise Truncated("entropy-coded data", "no-marker-after-it", source.size)
        if source.view(at, 1)[0] != 0xFF or source.view(at + 1, 1)[0] == 0:
            break
    raise Malformed("entropy-coded data", "data-after-the-last-restart-interval", at)


def _check_restarts(source: Readable, start: int, stop: int, restarts: int) -> int:
    """Check the turn of all restart markers; return where the last interval ends."""
    seen = 0
    at = start
    while stop - at >= 2:
        part = block(source, at, stop)
        turns = b"".join(_RESTART.findall(part))
        first = seen % 8
        if turns != (_CYCLE * (len(turns) // 8 + 2))[first : first + len(turns)]:
            raise Malformed("RST", "out-of-turn", at)
        seen += len(turns)
        if seen > restarts + SURPLUS:
            raise Malformed("RST", "more-than-the-scan-needs", at)
        at += len(part) - (part[-1] == 0xFF)
    if seen < restarts:
        raise Malformed("RST", "missing", stop)
    for _ in range(min(seen - restarts, SURPLUS)):
        if stop - 2 > start and _RESTART.match(source.view(stop - 2, 2)):
            stop -= 2
            seen -= 1
            while stop > start and source.view(stop - 1, 1)[0] == 0xFF:
                stop -= 1
    if seen > restarts:
        raise Malformed("RST", "more-than-the-scan-needs", stop)
    return stop
