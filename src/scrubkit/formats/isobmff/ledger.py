"""The byte map of one source while it is being read: every byte ends up under one name.

Small pieces of structure are added one by one; the media area is described by
runs of samples per track, merged in file order, so that what lies between them
shows up as a gap.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ...errors import Malformed, Unsupported
from ...model import Fate, Ledger, LedgerRow


@dataclass(frozen=True, slots=True)
class Runs:
    """Stretches of sample bytes of one owner, ascending: parallel arrays of starts and stops."""

    path: str
    fate: Fate
    starts: array[int]
    stops: array[int]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.starts, self.stops, strict=True)


def runs_of(path: str, fate: Fate, offsets: Iterable[int], sizes: Iterable[int]) -> Runs:
    """Join samples that follow each other into runs, in ascending order."""
    starts, stops = array("Q"), array("Q")
    ascending = True
    last = -1
    for offset, size in zip(offsets, sizes, strict=True):
        if offset == last:
            last = stops[-1] = offset + size
        elif size:
            ascending = ascending and offset > last
            starts.append(offset)
            last = offset + size
            stops.append(last)
    if not ascending:
        order = sorted(range(len(starts)), key=starts.__getitem__)
        starts, stops = array("Q", (starts[i] for i in order)), array("Q", (stops[i] for i in order))
    return Runs(path, fate, starts, stops)


@dataclass(slots=True)
class ByteMap:
    """Collects what each byte of a source is; `close` proves that nothing is missing or counted twice."""

    size: int
    # parallel arrays, since a file may consist of a hundred thousand fragments
    _starts: array[int] = field(default_factory=lambda: array("Q"))
    _stops: array[int] = field(default_factory=lambda: array("Q"))
    _names: array[int] = field(default_factory=lambda: array("I"))
    _labels: dict[tuple[str, Fate | None], int] = field(default_factory=dict)
    _media: list[tuple[int, int]] = field(default_factory=list)

    def add(self, start: int, stop: int, path: str, fate: Fate) -> None:
        """Name a half-open range outside the media area."""
        self._add(start, stop, (path, fate))

    def add_media(self, start: int, stop: int) -> None:
        """Declare a range (the body of an `mdat`) that samples may own."""
        self._add(start, stop, ("mdat", None))
        if stop > start:
            self._media.append((start, stop))

    def _add(self, start: int, stop: int, label: tuple[str, Fate | None]) -> None:
        if stop > start:
            self._starts.append(start)
            self._stops.append(stop)
            self._names.append(self._labels.setdefault(label, len(self._labels)))

    def close(self, owners: list[Runs]) -> tuple[Ledger, list[tuple[int, int]]]:
        """Return the ledger and the ranges of the media area that nobody owns.

        Raises `Unsupported` if kept samples overlap or lie outside the media area.
        Ranges of residue are cut where essence owns the same bytes: what crosses
        is called essence.
        """
        kept = [runs for runs in owners if runs.fate is Fate.ESSENCE]
        _check_disjoint(kept)
        _check_inside(kept, sorted(self._media))
        rows: dict[tuple[str, Fate], list[int]] = {}

        def count(path: str, fate: Fate, size: int) -> None:
            row = rows.setdefault((path, fate), [0, 0])
            row[0] += size
            row[1] += 1

        gaps: list[tuple[int, int]] = []
        ours = _Cursor(_in_file_order(kept))
        theirs = _Cursor(_in_file_order([runs for runs in owners if runs.fate is not Fate.ESSENCE]))
        labels = list(self._labels)
        at = 0
        for i in sorted(range(len(self._starts)), key=self._starts.__getitem__):
            start, stop, (path, fate) = self._starts[i], self._stops[i], labels[self._names[i]]
            if start != at:
                raise Malformed("file", "ledger-gap", at)
            if fate is not None:
                count(path, fate, stop - start)
            else:
                for a, b, owner in ours.within(start, stop):
                    if owner is not None:
                        count(owner.path, owner.fate, b - a)
                        continue
                    for c, d, other in theirs.within(a, b):
                        if other is None:
                            gaps.append((c, d))
                        count("mdat/gap" if other is None else other.path, Fate.RESIDUE, d - c)
            at = stop
        if at != self.size:
            raise Malformed("file", "ledger-gap", at)
        ledger = Ledger(
            self.size, tuple(LedgerRow(path, fate, size, n) for (path, fate), (size, n) in rows.items())
        )
        return ledger, gaps


def _check_disjoint(kept: list[Runs]) -> None:
    end = 0
    for start, stop in heapq.merge(*kept):
        if start < end:
            raise Unsupported("mdat", "samples-share-bytes", start)
        end = stop


def _check_inside(kept: list[Runs], media: list[tuple[int, int]]) -> None:
    areas = iter(media)
    area = next(areas, None)
    for start, stop in heapq.merge(*kept):
        while area is not None and area[1] <= start:
            area = next(areas, None)
        if area is None or start < area[0] or stop > area[1]:
            raise Unsupported("mdat", "sample-outside-mdat", start)


def _in_file_order(owners: list[Runs]) -> Iterator[tuple[int, int, Runs]]:
    def labelled(place: int) -> Iterator[tuple[int, int, int]]:
        return ((start, stop, place) for start, stop in owners[place])

    return (
        (start, stop, owners[place]) for start, stop, place in heapq.merge(*map(labelled, range(len(owners))))
    )


class _Cursor:
    """Walks owners' runs once, in step with ascending media areas."""

    def __init__(self, runs: Iterator[tuple[int, int, Runs]]) -> None:
        self._runs = runs
        self._next = next(runs, None)

    def within(self, start: int, stop: int) -> Iterator[tuple[int, int, Runs | None]]:
        """Tile `[start, stop)` with owned stretches and gaps (owner None)."""
        at = start
        while self._next is not None and self._next[0] < stop:
            a, b, owner = self._next
            a, b = max(a, at), min(b, stop)
            if a > at:
                yield at, a, None
                at = a
            if b > at:
                yield at, b, owner
                at = b
            if self._next[1] > stop:
                break
            self._next = next(self._runs, None)
        if at < stop:
            yield at, stop, None
