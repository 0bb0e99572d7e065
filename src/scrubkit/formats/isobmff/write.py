"""`Movie` → canonical MP4 or MOV: `ftyp`, `mdat`, `moov`.

`moov` comes last because the size of a sample is known only when its filter has
seen it, and a source is read once.  `mdat` always has a 64-bit size, patched at
the end, so that its header doesn't depend on what filtering will leave.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ...codecs import Dropped, Kept, Run
from ...errors import LimitExceeded, ScrubError, Unsupported
from ...essence import Picture, Samples, Sound
from ...model import Fate, Finding, LedgerRow, Remaining, Residual
from ...pieces import Amended, Patch, Reserve, Span, Walked, merged
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


PART = 1 << 20
"""Bytes of neighbouring samples that are walked as one run, unless one sample alone has more."""

MOST_SAMPLES = 1 << 14
"""Of a part: without it, a million empty ones would be."""

GROUP = 1 << 20
"""Bytes read ahead of the walk, at least."""

MOST_PARTS = 4096
"""Of a group: samples may be scattered one by one, and empty."""


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


class _Part(NamedTuple):
    """Samples `first` to `stop` of a track, of one window and description, in one piece of the source.

    `chunk` is the first sample of the window and description; `entry` is the description,
    as an index into those of the track; `start` and `end` are positions in the source.
    """

    writing: _Writing
    window: int
    entry: int
    chunk: int
    first: int
    stop: int
    start: int
    end: int


def write(movie: Movie, policy: Policy) -> Pieces:
    """Yield the canonical file, walking every sample that has a filter."""
    return _write(movie, policy)


def outline(movie: Movie, policy: Policy) -> Pieces:
    """Yield the canonical file of a movie whose samples are taken as canonical; reads none of them."""
    del policy
    return _write(movie, None)


def _write(movie: Movie, policy: Policy | None) -> Pieces:
    quicktime = is_quicktime(movie)
    # brands don't depend on what a filter finds
    head = emit.ftyp([entry for track in movie.tracks for entry in track.entries], quicktime=quicktime)

    def moov(written: Sequence[emit.Written], *, large: bool) -> bytes:
        return emit.moov(written, quicktime=quicktime, large=large)

    return write_tracks(movie.tracks, movie.payload, head, moov, policy)


class _Header(Protocol):
    """Makes the movie header of tracks that were written; `large` asks for 64-bit chunk offsets."""

    def __call__(self, written: Sequence[emit.Written], *, large: bool) -> bytes: ...


def write_tracks(
    tracks: Sequence[Track], payload: Payload, head: bytes, moov: _Header, policy: Policy | None
) -> Pieces:
    """Yield `head`, the samples of tracks as one `mdat`, and what `moov` makes of them.

    Without a policy samples are taken as canonical, and none is read.
    """
    look = policy is not None
    writings = [
        _Writing(
            track,
            [filter_for(entry, policy, len(track.samples)) if policy else None for entry in track.entries],
            f"mdat/trak[{track.number or number}]",
        )
        for number, track in enumerate(tracks, 1)
    ]
    yield head + struct.pack(">I4s", 1, b"mdat")
    yield Reserve(8)
    start = len(head) + 16
    at = start
    for group in _groups(_parts(writings)):
        if look:
            _fetch(group, payload)
        for part in group:
            walker = part.writing.filters[part.entry]
            if walker is None:
                yield from _unwalked(part, at)
                at += part.end - part.start
            else:
                at = yield from _walked(part, walker, at, payload)
    yield Patch(start - 8, struct.pack(">Q", at - start + 16))
    large = any(writing.chunks and writing.chunks[-1] >= emit.U32 for writing in writings)
    yield moov([_finished(writing) for writing in writings], large=large)
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


def _parts(writings: list[_Writing]) -> Iterator[_Part]:
    """Yield the samples in the order of the output, in parts that need one look at the source each."""
    for writing, window, first, stop in _interleaved(writings):
        samples = writing.track.samples
        offsets, sizes = samples.offsets, samples.sizes
        entry = samples.entries[first] if samples.entries else 0
        begun = first
        start = end = offsets[first]
        for i in range(first, stop):
            size = sizes[i]
            if i > begun and (offsets[i] != end or end + size - start > PART or i - begun >= MOST_SAMPLES):
                yield _Part(writing, window, entry, first, begun, i, start, end)
                begun, start = i, offsets[i]
                end = start
            end += size
        yield _Part(writing, window, entry, first, begun, stop, start, end)


def _groups(parts: Iterator[_Part]) -> Iterator[list[_Part]]:
    """Yield parts in groups that are read at once."""
    group: list[_Part] = []
    size = 0
    for part in parts:
        group.append(part)
        size += part.end - part.start
        if size >= GROUP or len(group) >= MOST_PARTS:
            yield group
            group, size = [], 0
    if group:
        yield group


def _fetch(group: list[_Part], payload: Payload) -> None:
    """Read the parts of a group at once: tracks lie side by side as a rule."""
    try:
        payload.fetch(zip(*merged(sorted((part.start, part.end) for part in group)), strict=True))
    except ScrubError as error:
        raise _unread(error, group) from None


def _unwalked(part: _Part, at: int) -> Iterator[Piece]:
    """Yield samples as they are; they will lie at output position `at`."""
    writing, first, stop = part.writing, part.first, part.stop
    samples = writing.track.samples
    if first == part.chunk:
        writing.begin_chunk(at, part.window, part.entry)
    writing.per_chunk[-1] += _count(writing.track, first, stop)
    writing.sizes.extend(samples.sizes[first:stop])
    yield Span(part.start, part.end - part.start)


def _walked(part: _Part, walker: SampleFilter, at: int, payload: Payload) -> Generator[Piece, None, int]:
    """Yield samples as a filter leaves them, from output position `at` on; return where they end."""
    writing, first = part.writing, part.first
    samples = writing.track.samples
    edges = list(accumulate(samples.sizes[first : part.stop], initial=0))
    try:
        data = payload.view(part.start, edges[-1])
    except ScrubError as error:
        raise _unread(error, [part]) from None
    run = Run(data, part.start, edges, samples.sync[first : part.stop], _after(part, payload))
    number = first
    while number < part.stop:
        begin = edges[number - first]
        skimmed = walker.skim(run, number - first)
        if skimmed.count:
            if number == part.chunk:
                writing.begin_chunk(at, part.window, part.entry)
            size = edges[number - first + skimmed.count] - begin
            writing.sizes.extend(samples.sizes[number : number + skimmed.count])
            writing.sync += skimmed.sync
            writing.per_chunk[-1] += skimmed.count
            if skimmed.changes:
                changes = [(place - begin, value) for place, value in skimmed.changes]
                yield Amended(part.start + begin, size, changes)
            else:
                yield Span(part.start + begin, size)
            at += size
            number += skimmed.count
            continue
        place = part.start + begin
        listed = not samples.sync or samples.sync[number] == 1
        try:
            found = walker.sample(data[begin : edges[number - first + 1]], place, listed)
        except ScrubError as error:
            raise _placed(error, writing, number) from None
        if not found.size:
            raise Unsupported(f"{writing.path}[{number + 1}]", "nothing-of-the-sample-crosses", place)
        if found.before is not None:
            writing.end_entry(part.entry, found.before)
        if found.before is not None or number == part.chunk:
            writing.begin_chunk(at, part.window, part.entry)
        writing.sizes.append(found.size)
        writing.sync.append(found.sync)
        writing.per_chunk[-1] += 1
        yield from found.pieces
        at += found.size
        number += 1
    return at


def _after(part: _Part, payload: Payload) -> Iterator[memoryview]:
    """Yield the samples of its track that follow a part."""
    samples = part.writing.track.samples
    for i in range(part.stop, len(samples)):
        yield payload.view(samples.offsets[i], samples.sizes[i])


def _unread(error: ScrubError, parts: Sequence[_Part]) -> ScrubError:
    """The error of a read with the name of the sample that it failed in, or else of the first one."""
    for part in parts:
        if error.at is not None and part.start <= error.at < part.end:
            sizes = part.writing.track.samples.sizes[part.first : part.stop]
            ends = list(accumulate(sizes, initial=part.start))[1:]
            return _placed(error, part.writing, part.first + bisect_right(ends, error.at))
    return _placed(error, parts[0].writing, parts[0].first)


def _placed(error: ScrubError, writing: _Writing, number: int) -> ScrubError:
    """The error with the name of its sample, by number from 0."""
    return type(error)(f"{writing.path}[{number + 1}]/{error.where}", error.rule, error.at)


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
