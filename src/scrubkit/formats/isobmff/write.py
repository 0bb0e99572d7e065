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

from ... import catalog
from ...errors import ScrubError, Unsupported
from ...essence import Picture, Samples, Sound
from ...model import Finding, Remaining, Residual
from ...pieces import Coded, Patch, Reserve, Span, Walked
from . import emit
from .filters import filter_for
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
    per_chunk: array[int] = field(default_factory=lambda: array("I"))
    entry_per_chunk: array[int] = field(default_factory=lambda: array("H"))


def write(movie: Movie, policy: Policy) -> Pieces:
    """Yield the canonical file, walking every sample that has a filter."""
    return _write(movie, [[filter_for(entry, policy) for entry in track.entries] for track in movie.tracks])


def outline(movie: Movie, policy: Policy) -> Pieces:
    """Yield the canonical file of a movie whose samples are taken as canonical; reads none of them."""
    del policy
    return _write(movie, [[None for _ in track.entries] for track in movie.tracks])


def _write(movie: Movie, filters: list[list[SampleFilter | None]]) -> Pieces:
    quicktime = is_quicktime(movie)
    writings = [
        _Writing(track, mine, f"mdat/trak[{number}]")
        for number, (track, mine) in enumerate(zip(movie.tracks, filters, strict=True), 1)
    ]
    # brands don't depend on what a filter finds
    head = emit.ftyp([entry for track in movie.tracks for entry in track.entries], quicktime=quicktime)
    yield head + struct.pack(">I4s", 1, b"mdat")
    yield Reserve(8)
    start = len(head) + 16
    at = start
    for writing, first, stop in _interleaved(writings):
        at = yield from _chunk(writing, first, stop, at, movie.payload)
    yield Patch(start - 8, struct.pack(">Q", at - start + 16))
    large = any(writing.chunks and writing.chunks[-1] >= emit.U32 for writing in writings)
    yield emit.moov([_finished(writing) for writing in writings], quicktime=quicktime, large=large)
    return Walked(
        tuple(finding for writing in writings for finding in _dropped(writing)),
        tuple(left for writing in writings for left in _remaining(writing)),
    )


def _interleaved(writings: list[_Writing]) -> Iterator[tuple[_Writing, int, int]]:
    """Yield ranges of samples, window by window, tracks in order within each."""
    cuts = [_windows(writing.track.samples, writing.track.timescale) for writing in writings]
    pending = [next(cut, None) for cut in cuts]
    while any(pending):
        window = min(one[0] for one in pending if one is not None)
        for i, one in enumerate(pending):
            if one is not None and one[0] == window:
                yield writings[i], one[1], one[2]
                pending[i] = next(cuts[i], None)


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
    writing: _Writing, first: int, stop: int, at: int, payload: Payload
) -> Generator[Piece, None, int]:
    """Yield the samples of one chunk, which begins at output position `at`; return where it ends."""
    samples = writing.track.samples
    entry = samples.entries[first] if samples.entries else 0
    walker = writing.filters[entry]
    writing.chunks.append(at)
    writing.entry_per_chunk.append(entry)
    if walker is None:
        writing.per_chunk.append(_count(writing.track, first, stop))
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
    kept = 0
    for i in range(first, stop):
        offset = samples.offsets[i]
        listed = not samples.sync or samples.sync[i] == 1
        try:
            found = walker.sample(payload.view(offset, samples.sizes[i]), offset, listed)
        except ScrubError as error:
            raise type(error)(f"{writing.path}[{i + 1}]/{error.where}", error.rule, error.at) from None
        if not found.size:
            raise Unsupported(f"{writing.path}[{i + 1}]", "nothing-of-the-sample-crosses", offset)
        writing.sizes.append(found.size)
        writing.sync.append(found.sync)
        kept += 1
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
    writing.per_chunk.append(kept)
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
    """The track with the entries that its filters ended with, equal ones once."""
    track = writing.track
    before: Sequence[Picture | Sound] = track.entries
    entries = [
        entry if walker is None else walker.entry()
        for entry, walker in zip(before, writing.filters, strict=True)
    ]
    unique = list(dict.fromkeys(entries))
    indices = array("H", (unique.index(entries[i]) for i in writing.entry_per_chunk))
    sync = bytes(writing.sync) if writing.sync else track.samples.sync
    return emit.Written(track, unique, writing.sizes, sync, writing.chunks, writing.per_chunk, indices)


def _dropped(writing: _Writing) -> Iterator[Finding]:
    sums: dict[str, tuple[int, int]] = {}
    for walker in writing.filters:
        for one in walker.dropped() if walker else ():
            count, size = sums.get(one.key, (0, 0))
            sums[one.key] = count + one.count, size + one.size
    for key, (count, size) in sorted(sums.items()):
        place = catalog.find("codec", key)
        known = place is not None
        place = place or catalog.UNKNOWN
        yield Finding(
            f"{writing.path}/{key}", place.kind, place.label, size, None, count, place.writer, known
        )


def _remaining(writing: _Writing) -> Iterator[Remaining]:
    for walker in writing.filters:
        if walker is None:
            yield Remaining(Residual.UNWALKED_SAMPLES, len(writing.track.samples))
        else:
            yield from walker.remaining()
