"""Canonical time scales: one for all movies where every time converts exactly.

Otherwise the coarsest scale in which all of the track's times are whole numbers,
so that two files that differ only in how finely they count come out the same.
"""

from __future__ import annotations

from array import array
from dataclasses import replace
from itertools import accumulate, pairwise
from math import gcd
from typing import TYPE_CHECKING

from ...errors import Unsupported
from ...essence import Edit, Samples

if TYPE_CHECKING:
    from ...essence import Sound, Track

MOVIE_TIMESCALE = 240_000
"""Ticks per second of every movie, and of every video track that allows it (atlas CO-1)."""

WINDOWS_PER_SECOND = 2
"""One chunk per track for each half second of decode time."""


def canonical(track: Track, preferred: int) -> Track:
    """Return the track in `preferred` ticks per second, or in the coarsest scale that is exact."""
    samples = track.samples
    media_times = [
        time for edit in track.edits if edit.media_time >= 0 for time in (edit.media_time, edit.duration)
    ]
    common = gcd(*set(samples.durations), *set(samples.compositions), *media_times)
    scale = preferred
    if common * preferred % track.timescale:
        scale = track.timescale // gcd(common, track.timescale)
    if scale == track.timescale:
        return track
    up, down = scale, track.timescale

    def convert(value: int) -> int:
        return value * up // down

    try:
        durations = array("I", map(convert, samples.durations))
        compositions = array("i", map(convert, samples.compositions))
    except OverflowError:
        raise Unsupported("stts", "duration") from None
    return replace(
        track,
        timescale=scale,
        samples=replace(samples, durations=durations, compositions=compositions),
        edits=tuple(
            Edit(convert(edit.media_time), convert(edit.duration)) if edit.media_time >= 0 else edit
            for edit in track.edits
        ),
    )


def non_negative(track: Track) -> Track:
    """Shift composition offsets so that the least is 0, and the edits with them; drop them if all are 0.

    Raises `Unsupported` if they are further apart than they can then be written.
    """
    compositions = track.samples.compositions
    if not compositions:
        return track
    least = min(compositions)
    if max(compositions) - least >= 1 << 31:
        raise Unsupported("ctts", "offset")
    shifted = (
        array("i") if least == max(compositions) else array("i", (value - least for value in compositions))
    )
    return replace(
        track,
        samples=replace(track.samples, compositions=shifted),
        edits=tuple(
            replace(edit, media_time=edit.media_time - least) if edit.media_time >= 0 else edit
            for edit in track.edits
        ),
    )


def repaired(samples: Samples, sound: Sound, timescale: int) -> Samples:
    """Give packets of a fixed length their own duration where a muxer gave some of them none.

    FFmpeg does that when it writes a fragment per packet: 2048, 0 for 1024, 1024.
    Only done where a sum shows that nothing else is meant: that of the track, or of a few packets.
    """
    if 0 not in samples.durations[:-1] or sound.frame_length * timescale % sound.rate:
        return samples
    length = sound.frame_length * timescale // sound.rate
    if not length:
        return samples
    last = sum(samples.durations) - length * (len(samples) - 1)
    if 0 < last <= length:
        return replace(samples, durations=array("I", (length,)) * (len(samples) - 1) + array("I", (last,)))
    durations = array("I", samples.durations)
    at = 0
    while at < len(durations) - 1:
        count = _evens_out(durations[at : min(at + FEW, len(durations) - 1)], length)
        durations[at : at + count] = array("I", (length,)) * count
        at += max(count, 1)
    return replace(samples, durations=durations)


FEW = 8
"""Packets among which durations of none and of several packets even out."""


def _evens_out(durations: array[int], length: int) -> int:
    """Return how many first packets last as long as they should in sum, each some packets or none."""
    left = 0
    for count, duration in enumerate(durations, 1):
        left += duration - length
        if duration % length:
            return 0
        if not left:
            return count
    return 0


def cut_at_windows(samples: Samples, frame_size: int, rate: int) -> Samples:
    """Cut runs of PCM frames (one tick each) where a window of the interleave ends."""
    offsets, sizes = array("Q"), array("I")
    at = 0
    for offset, size in zip(samples.offsets, samples.sizes, strict=True):
        frames = size // frame_size
        first = at
        while first < at + frames:
            window = first * WINDOWS_PER_SECOND // rate
            stop = min(-(-(window + 1) * rate // WINDOWS_PER_SECOND), at + frames)
            offsets.append(offset + (first - at) * frame_size)
            sizes.append((stop - first) * frame_size)
            first = stop
        at += frames
    return Samples(offsets, sizes, array("I", (size // frame_size for size in sizes)))


def is_steady(samples: Samples) -> bool:
    """Whether samples follow each other at one distance, decoded and shown, and the last is no longer."""
    usual = set(samples.durations[:-1])
    if len(usual) > 1 or (usual and samples.durations[-1] > min(usual)):
        return False
    if not samples.compositions:
        return True
    times = accumulate(samples.durations, initial=0)
    shown = sorted(time + offset for time, offset in zip(times, samples.compositions))  # noqa: B905
    return len({after - before for before, after in pairwise(shown)} | usual) <= 1
