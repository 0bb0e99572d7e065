"""Fragmented movies: an empty movie header, then a moof and an mdat for each stretch (14496-12 §8.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .boxes import box, full, i32, u8, u16, u32, u64
from .movie import file_type, movie_header, movie_turn, prepared, references, track_box
from .sampletables import frames

if TYPE_CHECKING:
    from .extras import Extra
    from .layout import Fragments, Layout
    from .recordings import Recording, Sample, Stream

SYNC = 0x02000000
"""Sample flags of a sync sample: it depends on no other."""
NO_SYNC = 0x01010000


@dataclass(frozen=True)
class Run:
    """Samples of one track in one fragment; `time` is the decode time of the first, in its ticks."""

    track: int
    number: int
    time: int
    samples: tuple[Sample, ...]
    usual: int
    """The duration that `trex` says."""

    @property
    def data(self) -> bytes:
        return b"".join(sample.data for sample in self.samples)


def _cuts(streams: list[Stream | Extra], how: Fragments) -> list[float]:
    """Times at which a fragment starts, in seconds."""
    first = streams[0]
    for stream in streams:
        if stream.handler == b"vide":
            first = stream
    if how.by == "all":
        return [0.0]
    out, time = [], 0
    for index, sample in enumerate(frames(first)):
        if how.by == "sample" or sample.sync or not index:
            out.append(time / first.timescale)
        time += sample.duration
    if len(out) > 40:
        out = out[:: len(out) // 20]
    return out


def _runs(streams: list[Stream | Extra], numbers: list[int], how: Fragments) -> list[list[Run]]:
    cuts = _cuts(streams, how)
    fragments: list[list[Run]] = [[] for _ in cuts]
    for track, (stream, number) in enumerate(zip(streams, numbers, strict=True)):
        time, usual = 0, frames(stream)[0].duration
        parts: list[list[Sample]] = [[] for _ in cuts]
        starts = [0] * len(cuts)
        for sample in frames(stream):
            place = max(i for i, cut in enumerate(cuts) if cut <= time / stream.timescale)
            if not parts[place]:
                starts[place] = time
            parts[place].append(sample)
            time += sample.duration
        for place, part in enumerate(parts):
            if part:
                start = starts[place] + how.clock * stream.timescale
                fragments[place].append(Run(track, number, start, tuple(part), usual))
    return [fragment for fragment in fragments if fragment]


def _flags(sample: Sample) -> int:
    return SYNC if sample.sync else NO_SYNC


def _traf(run: Run, how: Fragments, layout: Layout, moof_start: int, offset: int | None) -> bytes:
    """`offset` counts from the moof's start; None leaves it out, so that the run follows the one before."""
    samples = run.samples
    durations = {sample.duration for sample in samples}
    sizes = {len(sample.data) for sample in samples}
    flags = {_flags(sample) for sample in samples}
    constant = how.defaults == "tfhd"
    inherited = how.defaults == "trex"
    header_flags, header = 0, b""
    if how.base == "offset":
        header_flags |= 1
        header += u64(moof_start)
    elif how.base == "moof":
        header_flags |= 0x20000
    if constant and len(durations) == 1:
        header_flags |= 8
        header += u32(samples[0].duration)
    if constant and len(sizes) == 1:
        header_flags |= 0x10
        header += u32(len(samples[0].data))
    if constant and len(flags) == 1:
        header_flags |= 0x20
        header += u32(_flags(samples[0]))
    given_duration = bool(header_flags & 8) or (inherited and durations == {run.usual})
    given_size = bool(header_flags & 0x10)
    given_flags = bool(header_flags & 0x20) or (inherited and flags == {SYNC})
    first_only = (
        not given_flags and constant and len(samples) > 1 and {_flags(s) for s in samples[1:]} == {NO_SYNC}
    )
    run_flags, rows = 0, []
    if first_only:
        header_flags |= 0x20
        header += u32(NO_SYNC)
        run_flags |= 4
    compositions = any(sample.composition for sample in samples)
    run_flags |= 0 if given_duration else 0x100
    run_flags |= 0 if given_size else 0x200
    run_flags |= 0 if given_flags or first_only else 0x400
    run_flags |= 0x800 if compositions else 0
    for sample in samples:
        row = b"" if given_duration else u32(sample.duration)
        row += b"" if given_size else u32(len(sample.data))
        row += b"" if given_flags or first_only else u32(_flags(sample))
        row += i32(sample.composition) if compositions else b""
        rows.append(row)
    position = b""
    if offset is not None:
        run_flags |= 1
        position = i32(offset)
    if first_only:
        position += u32(_flags(samples[0]))
    version = int(layout.composition == "negative")
    parts = [full(b"tfhd", 0, header_flags, u32(run.number), header)]
    if how.decode_times:
        parts.append(full(b"tfdt", 1, 0, u64(run.time)))
    parts.append(full(b"trun", version, run_flags, u32(len(samples)), position, *rows))
    return box(b"traf", *parts, how.in_traf)


def _moof(
    fragment: list[Run], sequence: int, how: Fragments, layout: Layout, start: int, offsets: list[int | None]
) -> bytes:
    trafs = [_traf(run, how, layout, start, offset) for run, offset in zip(fragment, offsets, strict=True)]
    return box(b"moof", full(b"mfhd", 0, 0, u32(sequence)), *trafs, how.in_moof)


def _segment(fragment: list[Run], sequence: int, how: Fragments, layout: Layout, start: int) -> bytes:
    zeros: list[int | None] = [0] * len(fragment)
    if how.base == "implied":
        # Only the first run says where it is: the next follow its data.
        zeros = [0, *([None] * (len(fragment) - 1))]
    size = len(_moof(fragment, sequence, how, layout, start, zeros))
    offsets: list[int | None] = []
    at = size + 8 + len(layout.gap)
    for run, zero in zip(fragment, zeros, strict=True):
        offsets.append(None if zero is None else at)
        at += len(run.data)
    body = layout.gap + b"".join(run.data for run in fragment) + layout.slack
    return _moof(fragment, sequence, how, layout, start, offsets) + box(b"mdat", body)


def _extends(streams: list[Stream | Extra], numbers: list[int]) -> bytes:
    rows = [
        full(b"trex", 0, 0, u32(number, 1, frames(stream)[0].duration, 0, SYNC))
        for stream, number in zip(streams, numbers, strict=True)
    ]
    return box(b"mvex", *rows)


def mux_fragments(recording: Recording, layout: Layout, how: Fragments) -> bytes:
    """The fragmented file that this layout makes of the recording."""
    streams, numbers = prepared(recording, layout)
    traks = [
        track_box(stream, number, layout, [], 0, references(streams, numbers, index))
        for index, (stream, number) in enumerate(zip(streams, numbers, strict=True))
    ]
    moov = box(
        b"moov",
        movie_header(streams, numbers, layout, movie_turn(recording, layout)),
        *traks,
        _extends(streams, numbers),
        layout.inside.get("moov", b""),
    )
    out = bytearray(file_type(layout) + layout.start + moov + layout.before_mdat)
    pieces = _runs(streams, numbers, how)
    if not how.one_moof:
        pieces = [[run] for fragment in pieces for run in fragment]
    if how.segment_index:
        out += _sidx(numbers[0], streams[0].timescale, len(pieces))
    places = []
    for sequence, fragment in enumerate(pieces, how.sequence):
        if how.segment_type:
            out += box(b"styp", b"msdh", u32(0), b"msdh", b"msix")
        out += how.extra
        places.append((fragment[0].time, len(out)))
        out += _segment(fragment, sequence, how, layout, len(out))
    if how.random_access:
        rows = b"".join(u32(time & 0xFFFFFFFF, place) + u8(1, 1, 1) for time, place in places)
        tfra = full(b"tfra", 0, 0, u32(numbers[0], 0, len(places)), rows)
        size = 8 + len(tfra) + 16
        out += box(b"mfra", tfra, full(b"mfro", 0, 0, u32(size)))
    return bytes(out + layout.end)


def _sidx(number: int, scale: int, count: int) -> bytes:
    rows = b"".join(u32(1000, 1000, 0x90000000) for _ in range(count))
    return full(b"sidx", 0, 0, u32(number, scale, 0, 0) + u16(0, count), rows)
