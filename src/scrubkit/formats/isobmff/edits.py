"""What of a track is shown (ISO/IEC 14496-12 §8.6.6), and which samples that needs.

Samples that no edit shows are hidden footage.  They are dropped, except those
before an in-point that decoding needs: these are counted.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from ...errors import Unsupported
from ...essence import Edit, Samples
from .tables import decode_times, ticks
from .timing import MOVIE_TIMESCALE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .headers import RawEdit

MOST_EDITS = 64
"""Entries of one `elst`; more is a programme, not a recording, and each costs a walk over the samples."""

FEW_EDITS = 3
MOST_STEPS = 4_000_000
"""Edits times samples, beyond which only few edits are taken: a pause and two stretches."""

LONGEST_GAP = 10_000_000
"""Seconds (four months) that nothing may be shown for."""

AUDIO_PREROLL = 4
"""Packets kept before the first one that sounds: enough for every priming that encoders write
(2112 samples of AAC, 80 ms of Opus), too little to hold speech."""


RESERVOIR = {"mp3": 511}
"""Bytes of earlier packets that the first one that sounds may need (ISO/IEC 11172-3 §2.4.2.7)."""

_WITHOUT_MAIN_DATA = 38
"""Bytes of a packet that no later one can use: header, check and side information."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A stretch of media, in track ticks; `to_end` says that it reaches the end of the track."""

    start: int
    stop: int
    gap: Fraction = Fraction(0)
    """Seconds of nothing before it."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """A track's samples after trimming, and its stretches in the new media time.

    `hidden` counts kept samples that no edit shows; `dropped` are (offset, size) of
    those left behind.
    """

    samples: Samples
    shown: tuple[Shown, ...]
    hidden: int
    dropped_offsets: array[int]
    dropped_sizes: array[int]


def stretches(
    raw: Sequence[RawEdit],
    origin: int,
    samples: Samples,
    timescale: int,
    movie_timescale: int,
    *,
    whole: bool,
) -> tuple[Shown, ...]:
    """Turn `elst` entries into stretches of media, with what precedes each.

    `origin` is the decode time of the first sample (fragments); media time here
    counts from there.  Adjacent stretches that continue each other are one.
    `whole` says that samples are pictures or packets, which are shown from their
    beginning, and not runs of PCM that can be cut anywhere.
    """
    if len(raw) > MOST_EDITS or (len(raw) > FEW_EDITS and len(raw) * len(samples) > MOST_STEPS):
        raise Unsupported("elst", "edit-count")
    times = decode_times(samples.durations)
    end = _track_end(samples, times)
    first = _first(samples, times)
    tick = Fraction(timescale, movie_timescale)
    found: list[Shown] = []
    for start, stop, gap in _exact(raw, end + origin, tick):
        start -= origin  # noqa: PLW2901
        if not whole:
            last = min(round(stop - origin), end)
        elif timescale > MOVIE_TIMESCALE:
            # an end to the tick would not survive being written in movie ticks
            last = _next(samples, times, stop - origin, end)
        else:
            last = _stop(samples, times, end, stop - origin, tick)
        # nothing is shown before the first sample
        late = max(first - start, 0)
        if last > start + late:
            found.append(Shown(start + late, last, (gap + late) / timescale))
    return tuple(found)


def delayed(shown: tuple[Shown, ...], delay: int, timescale: int) -> tuple[Shown, ...]:
    """Let the first stretch begin no earlier than `delay` ticks, and keep what follows in its place."""
    if not shown or not shown[0].start < delay < shown[0].stop:
        return shown
    first = shown[0]
    gap = first.gap + Fraction(delay - first.start, timescale)
    return (replace(first, start=delay, gap=gap), *shown[1:])


def _exact(raw: Sequence[RawEdit], end: int, tick: Fraction) -> Iterator[tuple[int, Fraction, Fraction]]:
    """Yield start, stop and the gap before them, in track ticks; edits that continue each other are one.

    The last edit without a duration, as fragmented files have it, reaches the end.
    """
    gap = Fraction(0)
    open_edit: tuple[int, Fraction, Fraction] | None = None
    entries = [(entry.duration, entry.media_time) for entry in raw] or [(0, 0)]
    for i, (duration, start) in enumerate(entries):
        if start < 0:
            gap += duration * tick
            continue
        stop = start + duration * tick if duration or i < len(entries) - 1 else Fraction(end)
        if open_edit is not None and not gap and abs(open_edit[1] - start) < tick:
            open_edit = (open_edit[0], stop, open_edit[2])
            continue
        if open_edit is not None:
            yield open_edit
        open_edit = (start, stop, gap)
        gap = Fraction(0)
    if open_edit is not None:
        yield open_edit


def _first(samples: Samples, times: array[int]) -> int:
    """Composition time of the earliest sample."""
    if not samples.compositions:
        return 0
    return min((t + c for t, c in zip(times, samples.compositions)), default=0)  # noqa: B905


def _track_end(samples: Samples, times: array[int]) -> int:
    if not samples.compositions:
        return times[-1]
    return max((t + c + d for t, c, d in zip(times, samples.compositions, samples.durations)), default=0)  # noqa: B905


def _stop(samples: Samples, times: array[int], end: int, stop: Fraction, tick: Fraction) -> int:
    """Undo the rounding of an edit's end to movie ticks: the nearest boundary within one tick is meant."""
    if stop >= end:
        return end
    near = [place for place in (_next(samples, times, stop - tick, end), end) if abs(place - stop) < tick]
    return min(near, key=lambda place: abs(place - stop), default=round(stop))


def _next(samples: Samples, times: array[int], after: Fraction, end: int) -> int:
    """When the earliest sample after a time is shown, or the track's end."""
    rows = zip(times, ticks(samples.compositions, len(samples)))  # noqa: B905
    return min((t + c for t, c in rows if t + c > after), default=end)


def trim(
    samples: Samples, shown: tuple[Shown, ...], is_sync: Callable[[int], bool], codec: str, *, video: bool
) -> Presentation:
    """Keep the samples that the stretches need, in decode order, and move media time accordingly."""
    count = len(samples)
    times = decode_times(samples.durations)
    end = _track_end(samples, times)
    if len(shown) == 1 and shown[0].start <= _first(samples, times) and shown[0].stop >= end:
        return Presentation(samples, shown, 0, array("Q"), array("I"))
    ranges: list[tuple[int, int]] = []
    visible = bytearray(count)
    for stretch in shown:
        first = last = -1
        for i, (time, offset, duration) in enumerate(
            zip(times, ticks(samples.compositions, count), samples.durations)  # noqa: B905
        ):
            at = time + offset
            # a last sample that lasts no time begins where the track ends
            if (at < stretch.stop or stretch.stop >= end) and (
                at + duration > stretch.start or at >= stretch.start
            ):
                if first < 0:
                    first = i
                last = i
                visible[i] = 1
        if first < 0:
            raise Unsupported("elst", "shows-no-sample")
        if video:
            while first and not is_sync(first):
                first -= 1
        else:
            first = _before(samples, first, RESERVOIR.get(codec, 0))
        ranges.append((first, last + 1))
    if len(ranges) == 1 and ranges[0] == (0, count):
        return Presentation(samples, shown, count - sum(visible), array("Q"), array("I"))
    keep = bytearray(count)
    for first, stop in ranges:
        keep[first:stop] = b"\1" * (stop - first)
    removed = array("q", [0])
    for i in range(count):
        removed.append(removed[-1] + (0 if keep[i] else samples.durations[i]))
    kept = select(samples, keep)
    end = _track_end(kept, decode_times(kept.durations))
    moved = tuple(
        replace(stretch, start=stretch.start - removed[first], stop=min(stretch.stop - removed[first], end))
        for stretch, (first, _) in zip(shown, ranges, strict=True)
    )
    hidden = sum(1 for i in range(count) if keep[i] and not visible[i])
    dropped = [i for i in range(count) if not keep[i]]
    return Presentation(
        kept,
        moved,
        hidden,
        array("Q", (samples.offsets[i] for i in dropped)),
        array("I", (samples.sizes[i] for i in dropped)),
    )


def _before(samples: Samples, sounding: int, reservoir: int) -> int:
    """Return the first packet that decoding one takes, with the preroll of those that prime a decoder."""
    first = max(0, sounding - AUDIO_PREROLL)
    gathered = sum(max(size - _WITHOUT_MAIN_DATA, 0) for size in samples.sizes[first:sounding])
    while first and gathered < reservoir:
        first -= 1
        gathered += max(samples.sizes[first] - _WITHOUT_MAIN_DATA, 0)
    return first


def on_frames(samples: Samples, shown: tuple[Shown, ...], frame_size: int) -> tuple[Shown, ...]:
    """Stretches that begin and end with a PCM frame; raises `Unsupported` for frames that take no time."""
    step = samples.durations[0] * frame_size // samples.sizes[0]
    if not step:
        raise Unsupported("stts", "pcm-durations")
    return tuple(
        replace(stretch, start=stretch.start // step * step, stop=-(-stretch.stop // step) * step)
        for stretch in shown
    )


def trim_frames(samples: Samples, shown: tuple[Shown, ...], frame_size: int) -> Presentation:
    """Keep the PCM frames that the stretches show; runs are cut between two frames."""
    step = samples.durations[0] * frame_size // samples.sizes[0]
    total = sum(samples.durations) // step
    wanted: list[list[int]] = []
    for start, stop in sorted((stretch.start // step, -(-stretch.stop // step)) for stretch in shown):
        if wanted and start <= wanted[-1][1]:
            wanted[-1][1] = max(wanted[-1][1], stop)
        else:
            wanted.append([start, stop])
    if wanted == [[0, total]]:
        return Presentation(samples, shown, 0, array("Q"), array("I"))
    kept, dropped = (array("Q"), array("I")), (array("Q"), array("I"))
    durations = array("I")
    at = 0
    for offset, size in zip(samples.offsets, samples.sizes, strict=True):
        frames = size // frame_size
        for first, last, inside in _cut(at, at + frames, wanted):
            offsets, sizes = kept if inside else dropped
            offsets.append(offset + (first - at) * frame_size)
            sizes.append((last - first) * frame_size)
            if inside:
                durations.append((last - first) * step)
        at += frames
    if not durations:
        raise Unsupported("elst", "shows-no-sample")
    moved = tuple(
        replace(stretch, start=_moved(stretch.start, wanted, step), stop=_moved(stretch.stop, wanted, step))
        for stretch in shown
    )
    return Presentation(Samples(*kept, durations), moved, 0, *dropped)


def _cut(start: int, stop: int, wanted: list[list[int]]) -> Iterator[tuple[int, int, bool]]:
    """Tile `[start, stop)` with what lies inside and outside of ascending intervals."""
    at = start
    for first, last in wanted:
        a, b = max(first, at), min(last, stop)
        if a < b:
            if at < a:
                yield at, a, False
            yield a, b, True
            at = b
    if at < stop:
        yield at, stop, False


def _moved(time: int, wanted: list[list[int]], step: int) -> int:
    """Media time in what is left when only the wanted frames are."""
    before = 0
    for first, last in wanted:
        if time <= last * step:
            return before + max(0, time - first * step)
        before += (last - first) * step
    return before


def select(samples: Samples, keep: bytearray) -> Samples:
    """The samples whose mark in `keep` is not 0."""
    chosen = [i for i, mark in enumerate(keep) if mark]

    def pick(code: str, values: array[int]) -> array[int]:
        return array(code, (values[i] for i in chosen)) if values else array(code)

    return Samples(
        pick("Q", samples.offsets),
        pick("I", samples.sizes),
        pick("I", samples.durations),
        pick("i", samples.compositions),
        bytes(samples.sync[i] for i in chosen) if samples.sync else b"",
        pick("H", samples.entries),
    )


def next_sync_start(samples: Samples, start: int, sync: Callable[[int], bool]) -> int:
    """Composition time of the first sync sample at or after `start`; raises `Unsupported` without one."""
    times = decode_times(samples.durations)
    for i, (time, offset) in enumerate(zip(times, ticks(samples.compositions, len(samples)))):  # noqa: B905
        if time + offset >= start and sync(i):
            return time + offset
    raise Unsupported("elst", "no-later-sync-sample")


def as_edits(shown: tuple[Shown, ...], lead: Fraction, movie_timescale: int) -> tuple[Edit, ...]:
    """Edits of the model; `lead` replaces the gap before the first stretch, empty edits are movie ticks."""
    found = []
    for i, stretch in enumerate(shown):
        gap = round((lead if i == 0 else stretch.gap) * movie_timescale)
        if gap > LONGEST_GAP * movie_timescale:
            raise Unsupported("elst", "duration")
        if gap:
            found.append(Edit(-1, gap))
        found.append(Edit(stretch.start, stretch.stop - stretch.start))
    return tuple(found)
