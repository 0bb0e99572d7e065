"""Bytes that stay behind and that the rest of an original holds too: tables of thumbnail and picture."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING

from ..errors import Refused
from ..model import Kind, Value
from . import engine
from .meaning import Needle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..source import Readable
    from .values import Stretch

_PLACES = 256
"""Places of one stretch of bytes that are looked at."""


def shared(wanted: Iterable[bytes], source: Readable, residue: Sequence[Stretch]) -> frozenset[bytes]:
    """Return those byte strings that a source also holds outside of its residue.

    `residue` is in order and doesn't overlap.  Nothing is shared where the source can't
    be read: what is not known excuses no hit.
    """
    wanted = sorted(set(wanted))
    nobody = Value("", "", Kind.UNKNOWN, "")
    needles = [Needle(nobody, "", each, caseless=False, chance=0.0) for each in wanted]
    compiled = engine.compile_needles(needles, every=True)
    if compiled is None:
        return frozenset()
    starts = [start for start, _ in residue]
    met: Counter[int] = Counter()
    outside: set[int] = set()
    try:
        for at, block in engine.blocks_of(source, compiled.overlap):
            for number, begin in engine.scan_all(compiled, block):
                met[number] += 1
                if met[number] > _PLACES or number in outside:
                    continue
                i = bisect_right(starts, at + begin) - 1
                if i < 0 or residue[i][1] < at + begin + len(wanted[number]):
                    outside.add(number)
    except Refused:
        return frozenset()
    return frozenset(wanted[number] for number in outside)


def joined(places: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Return stretches in order, those that touch or overlap as one."""
    return tuple(_joined(sorted(places)))


def _joined(places: Iterable[Stretch]) -> Iterator[Stretch]:
    start, stop = -1, -1
    for first, last in places:
        if first > stop:
            if stop > start:
                yield start, stop
            start, stop = first, last
        stop = max(stop, last)
    if stop > start:
        yield start, stop
