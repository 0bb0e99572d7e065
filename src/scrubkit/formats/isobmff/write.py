"""`Movie` → canonical MP4 or MOV: `ftyp`, `mdat`, `moov`.

`moov` comes last because the size of a sample is known only when its filter has
seen it, and a source is read once.  `mdat` always has a 64-bit size, patched at
the end, so that its header doesn't depend on what filtering will leave.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...codecs import Dropped, Kept
from ...errors import LimitExceeded, ScrubError, Unsupported
from ...essence import Picture, Samples, Sound
from ...model import Fate, Finding, LedgerRow, Remaining, Residual
from ...pieces import Coded, Patch, Reserve, Span, Walked
from . import emit, residue
from .filters import filter_for
from .presentation import MOST_ENTRIES
from .read import is_quicktime
from .timing import WINDOWS_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...codecs import SampleFilter
    from ...essence import Movie, Track
    from ...model import Policy
    from ...pieces import Payload, Piece, Pieces


@dataclass(slots=True)
class _Writing:
    """What is learnt about one track while its samples are written."""

    track: Track
    filters: Sequence[SampleFilter | None]
    path: str
    sizes: array[int] = field(default_factory=lambda: array("I"))
    sync: bytearray = field(default_factory=bytearray)
    chunks: array[int] = field(default_factory=lambda: array("Q"))
    windows: array[int] = field(default_factory=lambda: array("Q"))
    """Of each chunk, as are the next two."""
    per_chunk: array[int] = field(default_factory=lambda: array("I"))
    entry_per_chunk: array[int] = field(default_factory=lambda: array("I"))
    """Index into `entries`."""
    entries: list[Picture | Sound | None] = field(default_factory=list)
    """Sample descriptions in the order that samples use them; None for those that may still grow."""
    current: dict[int, int] = field(default_factory=dict)
    """Index into `entries` by that into the track's own."""

    def begin_chunk(self, at: int, window: int, entry: int) -> None:
        """Begin a chunk at an output position, whose samples use a description of the track."""
        if entry not in self.current:
            self.current[entry] = len(self.entries)
            self.entries.append(None)
        self.chunks.append(at)
        self.windows.append(window)
        self.per_chunk.append(0)
        self.entry_per_chunk.append(self.current[entry])

    def end_entry(self, entry: int, final: Picture | Sound) -> None:
        """Settle a description that samples no longer use: those that follow will have another."""
        if entry in self.current:
            self.entries[self.current.pop(entry)] = final


def write(movie: Movie, policy: Policy) -> Pieces:
    """Yield the canonical file, walking every sample that has a filter."""
    return _write(
        movie,
        [
            [filter_for(entry, policy, len(track.samples)) for entry in track.entries]
            for track in movie.tracks
        ],
    )


def outline(movie: Movie, policy: Policy) -> Pieces:
    """Yield the canonical file of a movie whose samples are taken as canonical; reads none of them."""
    del policy
    return _write(movie, [[None for _ in track.entries] for track in movie.tracks])


def _write(movie: Movie, filters: list[list[SampleFilter | None]]) -> Pieces:
    quicktime = is_quicktime(movie)
    writings = [
        _Writing(track, mine, f"mdat/trak[{track.number or number}]")
        for number, (track, mine) in enumerate(zip(movie.tracks, filters, strict=True), 1)
    ]
    # brands don't depend on what a filter finds
    head = emit.ftyp([entry for track in movie.tracks for entry in track.entries], quicktime=quicktime)
    yield head + struct.pack(">I4s", 1, b"mdat")
    yield Reserve(8)
    start = len(head) + 16
    at = start
    for writing, window, first, stop in _interleaved(writings):
        at = yield from _chunk(writing, window, first, stop, at, movie.payload)
    yield Patch(start - 8, struct.pack(">Q", at - start + 16))
    large = any(writing.chunks and writing.chunks[-1] >= emit.U32 for writing in writings)
    yield emit.moov([_finished(writing) for writing in writings], quicktime=quicktime, large=large)
    return Walked(
        tuple(finding for writing in writings for finding in _dropped(writing)),
        tuple(left for writing in writings for left in _remaining(writing)),
        tuple(row for writing in writings for row in _kept(writing)),
    )


def _interleaved(writings: list[_Writing]) -> Iterator[tuple[_Writing, int, int, int]]:
    """Yield windows and ranges of samples, window by window, tracks in order within each."""
    cuts = [_windows(writing.track.samples, writing.track.timescale) for writing in writings]
    pending = [next(cut, None) for cut in cuts]
    while any(pending):
        window = min(one[0] for one in pending if one is not None)
        for i, cut in enumerate(cuts):
            # a window has several ranges where the sample description changes
            while (one := pending[i]) is not None and one[0] == window:
                yield writings[i], *one
                pending[i] = next(cut, None)


def _windows(samples: Samples, timescale: int) -> Iterator[tuple[int, int, int]]:
    """Yield (window, first sample, stop) for each window that has samples."""
    time = 0
    first = 0
    current = 0
    entries = samples.entries
    for i, duration in enumerate(samples.durations):
        window = time * WINDOWS_PER_SECOND // timescale
        # a chunk has one sample description (§8.7.4)
        if window != current or (entries and i and entries[i] != entries[i - 1]):
            if i > first:
                yield current, first, i
            first, current = i, window
        time += duration
    if len(samples) > first:
        yield current, first, len(samples)


def _chunk(
    writing: _Writing, window: int, first: int, stop: int, at: int, payload: Payload
) -> Generator[Piece, None, int]:
    """Yield samples of one window and description, from output position `at` on; return where they end.

    They are one chunk, or several where a filter finds that the description changes.
    """
    samples = writing.track.samples
    entry = samples.entries[first] if samples.entries else 0
    walker = writing.filters[entry]
    if walker is None:
        writing.begin_chunk(at, window, entry)
        writing.per_chunk[-1] = _count(writing.track, first, stop)
        start = size = 0
        for offset, length in zip(samples.offsets[first:stop], samples.sizes[first:stop], strict=True):
            if offset == start + size:
                size += length
                continue
            if size:
                yield Span(start, size)
                at += size
            start, size = offset, length
        yield Span(start, size)
        writing.sizes.extend(samples.sizes[first:stop])
        return at + size
    start = size = 0
    for i in range(first, stop):
        offset = samples.offsets[i]
        listed = not samples.sync or samples.sync[i] == 1
        try:
            found = walker.sample(payload.view(offset, samples.sizes[i]), offset, listed)
        except ScrubError as error:
            raise type(error)(f"{writing.path}[{i + 1}]/{error.where}", error.rule, error.at) from None
        if not found.size:
            raise Unsupported(f"{writing.path}[{i + 1}]", "nothing-of-the-sample-crosses", offset)
        if found.before is not None or i == first:
            if size:
                yield Span(start, size)
                at += size
                size = 0
            if found.before is not None:
                writing.end_entry(entry, found.before)
            writing.begin_chunk(at, window, entry)
        writing.sizes.append(found.size)
        writing.sync.append(found.sync)
        writing.per_chunk[-1] += 1
        for piece in found.pieces:
            if isinstance(piece, Span):
                if piece.start == start + size:
                    size += piece.size
                    continue
                if size:
                    yield Span(start, size)
                    at += size
                start, size = piece.start, piece.size
            else:
                if size:
                    yield Span(start, size)
                    at += size
                    size = 0
                yield piece
                at += _length(piece)
    if size:
        yield Span(start, size)
        at += size
    return at


def _length(piece: Piece) -> int:
    return len(piece.data) if isinstance(piece, Coded) else len(piece) if isinstance(piece, bytes) else 0


def _count(track: Track, first: int, stop: int) -> int:
    """Samples of a chunk as `stsc` counts them: every frame of PCM is one."""
    entry = track.entries[0]
    if isinstance(entry, Sound) and entry.frame_size:
        return sum(track.samples.durations[first:stop])
    return stop - first


def _finished(writing: _Writing) -> emit.Written:
    """The track with the entries that its filters ended with, equal ones once, in the order of their use."""
    track = writing.track
    for i, walker in enumerate(writing.filters):
        writing.end_entry(i, track.entries[i] if walker is None else walker.entry())
    entries: list[Picture | Sound] = [entry for entry in writing.entries if entry is not None]
    unique = {entry: i for i, entry in enumerate(dict.fromkeys(entries))}
    if len(unique) > MOST_ENTRIES:
        raise LimitExceeded(writing.path, "sample-descriptions")
    chunks, per_chunk, indices = array("Q"), array("I"), array("H")
    window = -1
    for at, its_window, count, entry in zip(
        writing.chunks, writing.windows, writing.per_chunk, writing.entry_per_chunk, strict=True
    ):
        index = unique[entries[entry]]
        if its_window == window and index == indices[-1]:
            # two descriptions that turned out to be one
            per_chunk[-1] += count
            continue
        chunks.append(at)
        per_chunk.append(count)
        indices.append(index)
        window = its_window
    sync = bytes(writing.sync) if writing.sync else track.samples.sync
    return emit.Written(track, list(unique), writing.sizes, sync, chunks, per_chunk, indices)


def _dropped(writing: _Writing) -> Iterator[Finding]:
    sums: dict[str, Dropped] = {}
    for walker in writing.filters:
        for one in walker.dropped() if walker else ():
            old = sums.get(one.key, Dropped(one.key, 0, 0))
            sums[one.key] = Dropped(one.key, old.count + one.count, old.size + one.size)
    yield from residue.coded(writing.path, (sums[key] for key in sorted(sums)))


def _kept(writing: _Writing) -> Iterator[LedgerRow]:
    sums: dict[str, Kept] = {}
    for walker in writing.filters:
        for one in walker.kept() if walker else ():
            old = sums.get(one.key, Kept(one.key, 0, 0))
            sums[one.key] = Kept(one.key, old.count + one.count, old.size + one.size)
    for key, one in sorted(sums.items()):
        yield LedgerRow(f"{writing.path}/{key}", Fate.ESSENCE, one.size, one.count, key)


def _remaining(writing: _Writing) -> Iterator[Remaining]:
    for walker in writing.filters:
        if walker is None:
            yield Remaining(Residual.UNWALKED_SAMPLES, len(writing.track.samples))
        else:
            yield from walker.remaining()
