"""A movie file → `Movie`, its residue and its ledger."""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from ...errors import ScrubError, Truncated
from ...essence import Movie
from ...model import Fate, Finding, Kind, LeadIn, Media
from ...pieces import Payload, merged
from .. import Reading
from . import emit, presentation, residue, tracks
from .ledger import Runs, runs_of
from .remaining import left_in
from .scan import MovieInMemory, Scan, grow, map_body, movie_header, scan

if TYPE_CHECKING:
    from ...essence import Track
    from ...model import Ledger, Policy
    from ...source import Source
    from .fragments import Growing
    from .presentation import Kept
    from .tracks import Choice, RawTrack

QUICKTIME_CODECS = frozenset({"prores", "vc3", "mjpeg", "pcm", "ulaw", "alaw"})
"""Codings whose home is QuickTime; a movie with one of them is written as MOV."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose movie header is read, before its tracks are chosen."""

    source: Source
    policy: Policy
    scan: Scan
    header: MovieInMemory
    grown: dict[int, Growing]


@dataclass(frozen=True, slots=True)
class Assembled:
    """The tracks that cross, and the ledger of the file they come from; `hidden` samples aren't shown."""

    tracks: tuple[Track, ...]
    payload: Payload
    ledger: Ledger
    hidden: int


def opened(source: Source, policy: Policy) -> Opened:
    """Read all but samples; raises `Refused` errors only."""
    found = scan(source, policy)
    if found.moov is None:
        raise Truncated("file", "no-movie-header")
    header = movie_header(found, source, policy)
    return Opened(source, policy, found, header, grow(found, header, source, policy))


def assembled(file: Opened, choice: Choice) -> Assembled:
    """Read the tracks that were chosen, and add to the findings of the scan what of the file is residue."""
    source, policy, found, header, grown = file.source, file.policy, file.scan, file.header, file.grown
    handlers = {raw.where: raw.handler for raw in choice.kept}
    map_body(found, "moov", header.body, header.start, header.offset, policy, handlers)
    kept = _kept(choice.kept, grown, header, source, policy)
    owners = [runs for one in kept for runs in _owned(one)]
    owners += [
        _left_behind(raw, choice.left[raw.number], grown, header, found, source, policy)
        for raw in header.tracks
        if raw.number in choice.left
    ]
    ledger, gaps = found.bytemap.close(owners)
    payload = Payload(source, *merged(heapq.merge(*(runs for runs in owners if runs.fate is Fate.ESSENCE))))
    aligned = map(presentation.canonical, presentation.aligned(kept))
    found.findings += [residue.gaps(gaps, source), *map(_hidden, kept)]
    return Assembled(
        tuple(replace(track, number=one.raw.number) for track, one in zip(aligned, kept, strict=True)),
        payload,
        ledger,
        sum(one.hidden for one in kept if one.track.is_video),
    )


def read(source: Source, policy: Policy) -> Reading:
    """Read MOV, MP4, M4V, 3GP or M4A, fragmented or not; raises `Refused` errors only."""
    file = opened(source, policy)
    made = assembled(file, tracks.choose(file.header.tracks, file.grown, policy))
    movie = Movie(made.tracks, made.payload)
    entries = [entry for track in movie.tracks for entry in track.entries]
    findings = [*file.scan.findings, brands(file, emit.ftyp(entries, quicktime=is_quicktime(movie)))]
    has_picture = any(track.is_video for track in movie.tracks)
    return Reading(
        movie,
        Media.CLIP if has_picture else Media.SOUND,
        _suffix(movie),
        residue.capped(chain.from_iterable(findings)),
        left_in(movie.tracks, made.hidden),
        made.ledger,
    )


def _kept(
    raw: Sequence[RawTrack], grown: dict[int, Growing], header: MovieInMemory, source: Source, policy: Policy
) -> list[Kept]:
    enabled = tracks.enabled(tuple(raw))
    kept = [
        presentation.read_track(
            one, grown[one.header.track_id], header, source, policy, enabled=one.number in enabled
        )
        for one in raw
    ]
    if policy.lead_in is LeadIn.NEXT_SYNC:
        kept = presentation.cut_to_sync(kept, source, policy)
    return [presentation.trimmed(one, source, policy) for one in kept]


def _owned(one: Kept) -> Iterator[Runs]:
    samples = one.track.samples
    path = f"mdat/trak[{one.raw.number}]"
    yield runs_of(path, Fate.ESSENCE, samples.offsets, samples.sizes)
    if one.dropped_sizes:
        yield runs_of(f"{path}/outside-edit", Fate.RESIDUE, one.dropped_offsets, one.dropped_sizes)


def brands(file: Opened, canonical: bytes) -> Iterator[Finding]:
    """Name a file type that is not the one that will be written."""
    extent = file.scan.ftyp
    if extent is None:
        return
    size = min(extent.stop - extent.start, 4096)
    if file.source.view(extent.start, size) != canonical:
        yield from residue.brands(file.source.read(extent.start, size)[8:], extent.start)


def is_quicktime(movie: Movie) -> bool:
    """Whether a movie has to be written as MOV."""
    return any(entry.codec in QUICKTIME_CODECS for track in movie.tracks for entry in track.entries)


def _suffix(movie: Movie) -> str:
    if is_quicktime(movie):
        return ".mov"
    if any(track.is_video for track in movie.tracks):
        return ".mp4"
    return ".m4a" if all(track.entries[0].codec in {"aac", "alac"} for track in movie.tracks) else ".mp4"


def _left_behind(
    raw: RawTrack,
    rule: str,
    grown: dict[int, Growing],
    header: MovieInMemory,
    found: Scan,
    source: Source,
    policy: Policy,
) -> Runs:
    """Name a track that stays behind, and find its samples if its tables can be read."""
    path = f"mdat/trak[{raw.number}]"
    offsets, sizes = array("Q"), array("I")
    try:
        samples = tracks.joined(tracks.samples(raw, policy, source.size), grown[raw.header.track_id])
        offsets, sizes = samples.offsets, samples.sizes
    except ScrubError:
        more = grown[raw.header.track_id]
        offsets, sizes = more.offsets, more.sizes
    found.findings.append(residue.track(raw, rule, header.offset, sum(sizes), len(sizes)))
    return runs_of(path, Fate.RESIDUE, offsets, sizes)


def _hidden(one: Kept) -> Iterator[Finding]:
    path = f"{one.raw.where}/edts/elst"
    if one.dropped_sizes:
        yield Finding(
            path,
            Kind.HIDDEN,
            "footage outside the edit that no player shows",
            sum(one.dropped_sizes),
            None,
            len(one.dropped_sizes),
        )
