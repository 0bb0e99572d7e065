"""One kept track on its way into the model: samples, stretches that are shown, canonical times."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from ...codecs import aac
from ...errors import LimitExceeded, Malformed, ScrubError, Unsupported
from ...essence import Orientation, Picture, Samples, Sound, Track
from . import edits, gapless, timing, tracks
from .descriptions import VISUAL
from .emit import edit_ticks
from .filters import filter_for

if TYPE_CHECKING:
    from ...codecs import Filtered, SampleFilter
    from ...model import Policy
    from ...source import Source
    from .fragments import Growing
    from .headers import TrackHeader
    from .scan import MovieInMemory
    from .tracks import RawTrack


LONGEST = edits.LONGEST_GAP
"""Seconds that a track may last."""

SLIGHT = Fraction(3, 100)
ASPECTS = tuple(
    Fraction(*pair)
    for pair in (
        *((4, 3), (3, 2), (16, 11), (40, 33), (12, 11), (10, 11), (16, 15), (64, 45), (8, 9), (32, 27)),
        *(
            (2, 1),
            (1, 2),
            (3, 4),
            (2, 3),
            (24, 11),
            (20, 11),
            (32, 11),
            (80, 33),
            (18, 11),
            (15, 11),
            (160, 99),
        ),
    )
)
"""Pixel aspect ratios that recorders use (H.264 table E-1, and anamorphic lenses)."""

MOST_ENTRIES = 16
"""Different sample descriptions that samples of one track use."""

_PLAYED = frozenset({"vide", "soun"})

PARAMETER_SET_CODECS = frozenset({"h264", "hevc"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A track that crosses; its edits are still stretches of media, its times still the source's."""

    raw: RawTrack
    track: Track
    shown: tuple[edits.Shown, ...]
    hidden: int
    dropped_offsets: array[int]
    dropped_sizes: array[int]


def read_track(
    raw: RawTrack, grown: Growing, header: MovieInMemory, source: Source, policy: Policy, *, enabled: bool
) -> Kept:
    """Read a track's descriptions, samples and edits, in the source's own times; raises `Refused` errors."""
    if isinstance(raw.edits, ScrubError):
        raise raw.edits
    located = _located(raw, grown, source, policy)
    used = set(located.entries) if located.entries else {0}
    entries = tracks.describe(_completed(raw, located, source, policy), used, policy)
    samples, skipped = _with_bytes(_without_preamble(located, entries, raw.number, source, policy))
    if not len(samples):
        raise Malformed(f"{raw.where}/mdia/minf/stbl", "no-samples")
    if len(entries) == 1:  # the header has one size, which is that of the first description
        entries = {index: _shown_as(entry, raw.header) for index, entry in entries.items()}
    samples, listed = _renumbered(samples, entries)
    first = listed[0]
    frame_size = first.frame_size if isinstance(first, Sound) else 0
    if frame_size and len(listed) > 1:
        raise Unsupported(f"{raw.where}/mdia/minf/stbl/stsd", "pcm-entries")
    if isinstance(first, Sound) and len(set(samples.compositions)) > 1:
        raise Unsupported(f"{raw.where}/mdia/minf/stbl/ctts", "sound-out-of-order")
    if len(listed) > MOST_ENTRIES:
        raise LimitExceeded(f"{raw.where}/mdia/minf/stbl/stsd", "entries")
    if isinstance(first, Sound) and first.frame_length:
        samples = timing.repaired(samples, first, raw.timescale)
    stretches = edits.stretches(
        raw.edits,
        grown.origin + skipped,
        samples,
        raw.timescale,
        header.header.timescale,
        whole=not frame_size,
    )
    if isinstance(first, Sound) and first.codec == "aac":
        delay = aac.faac_delay(source.view(samples.offsets[0], samples.sizes[0]))
        if not raw.edits and len([each for each in header.tracks if each.handler in _PLAYED]) == 1:
            delay = max(delay, gapless.priming(header.body))
        stretches = edits.delayed(stretches, delay * raw.timescale // first.rate, raw.timescale)
    if not stretches:
        raise Unsupported(f"{raw.where}/edts/elst", "shows-nothing")
    orientation = Orientation.UPRIGHT
    if raw.handler in VISUAL:
        orientation = tracks.turned(raw.header.orientation, header.header.orientation)
    track = Track(
        listed,  # type: ignore[arg-type]  # all of one kind, as the handler says
        raw.timescale,
        samples,
        (),
        orientation,
        enabled,
    )
    return Kept(raw, track, stretches, 0, array("Q"), array("I"))


def _shown_as(entry: Picture | Sound, header: TrackHeader) -> Picture | Sound:
    """Take the pixel aspect from the size in `tkhd` where nothing else says one, as FFmpeg does.

    A few percent are rounding or a crop; a size that is turned, as some phones
    write it, is no aspect.
    """
    if not isinstance(entry, Picture) or entry.aspect is not None or entry.aperture is not None:
        return entry
    across, down = header.size
    if not across or not down:
        return entry
    ratio = Fraction(across * entry.height, down * entry.width)
    turned = Fraction(across * entry.width, down * entry.height)
    if abs(ratio - 1) < SLIGHT or abs(turned - 1) < SLIGHT:
        return entry
    known = next((aspect for aspect in ASPECTS if abs(ratio / aspect - 1) < SLIGHT / 3), None)
    return entry if known is None else replace(entry, aspect=known.as_integer_ratio())


def _located(raw: RawTrack, grown: Growing, source: Source, policy: Policy) -> Samples:
    """All samples of a track, those of its fragments last."""
    index = tracks.first_description(raw, grown)
    first = tracks.describe(raw, {index}, policy)[index]
    if isinstance(first, Sound) and first.frame_size:
        samples = tracks.pcm_samples(raw, first, policy, source.size)
    else:
        samples = tracks.samples(raw, policy, source.size)
    return tracks.joined(samples, grown)


def _completed(raw: RawTrack, samples: Samples, source: Source, policy: Policy) -> RawTrack:
    """Give descriptions without parameter sets those of their first sample (`avc3`, `hev1`).

    Size, aspect and colour of the picture depend on them.
    """
    entries = list(raw.entries)
    for index in dict.fromkeys(samples.entries) if samples.entries else (0,):
        entry = tracks.describe(raw, {index}, policy)[index]
        if not isinstance(entry, Picture) or entry.codec not in PARAMETER_SET_CODECS or entry.parameter_sets:
            continue
        walker = filter_for(entry, policy)
        assert walker is not None
        i = samples.entries.index(index) if samples.entries else 0
        _look_at(walker, samples, i, source, raw.number)
        found = walker.entry()
        if isinstance(found, Picture):
            entries[index] = replace(entries[index], sets=found.parameter_sets)
    return replace(raw, entries=tuple(entries))


def _look_at(
    walker: SampleFilter, samples: Samples, i: int, source: Source, number: int, *, listed: bool = True
) -> Filtered:
    """Filter one sample ahead of the walk; errors name the track and the sample."""
    offset = samples.offsets[i]
    try:
        return walker.sample(source.view(offset, samples.sizes[i]), offset, listed)
    except ScrubError as error:
        raise type(error)(f"mdat/trak[{number}][{i + 1}]/{error.where}", error.rule, error.at) from None


PREAMBLE = 4
"""Samples at the beginning of a track that may hold parameter sets and no picture."""


def _without_preamble(
    samples: Samples, entries: dict[int, Picture | Sound], number: int, source: Source, policy: Policy
) -> Samples:
    """Give no bytes to first samples without a picture: some recorders put the parameter sets in one."""
    sizes = array("I", samples.sizes)
    for i in range(min(PREAMBLE, len(samples) - 1)):
        entry = entries[samples.entries[i] if samples.entries else 0]
        walker = filter_for(entry, policy) if entry.codec in PARAMETER_SET_CODECS else None
        if walker is None:
            break
        if sizes[i]:
            if _look_at(walker, samples, i, source, number).size:
                break
            sizes[i] = 0
    return replace(samples, sizes=sizes)


def _with_bytes(samples: Samples) -> tuple[Samples, int]:
    """Leave out samples of no bytes; the one before is shown for as long as they were.

    Also returns the ticks of those at the beginning, which no sample takes over.
    """
    if 0 not in samples.sizes:
        return samples, 0
    keep = bytearray(1 if size else 0 for size in samples.sizes)
    durations = array("I", samples.durations)
    last = -1
    skipped = 0
    for i, mark in enumerate(keep):
        if mark:
            last = i
        elif last >= 0:
            durations[last] = min(durations[last] + durations[i], 0xFFFFFFFF)
        else:
            skipped += durations[i]
    return edits.select(replace(samples, durations=durations), keep), skipped


def _renumbered(
    samples: Samples, entries: dict[int, Picture | Sound]
) -> tuple[Samples, tuple[Picture | Sound, ...]]:
    """Entries that are used, equal ones once, in order of first use; and the samples' indices into them."""
    order: list[Picture | Sound] = []
    number: dict[int, int] = {}
    for index in dict.fromkeys(samples.entries) if samples.entries else (0,):
        entry = entries[index]
        if entry not in order:
            order.append(entry)
        number[index] = order.index(entry)
    indices = array("H")
    if len(order) > 1:
        indices = array("H", (number[index] for index in samples.entries))
    return replace(samples, entries=indices), tuple(order)


def _sync_test(one: Kept, source: Source, policy: Policy) -> Callable[[int], bool]:
    """Whether decoding can start at a sample: what its own bytes say, else what the container lists."""
    samples = one.track.samples

    def test(i: int) -> bool:
        listed = not samples.sync or bool(samples.sync[i])
        entry = one.track.entries[samples.entries[i] if samples.entries else 0]
        walker = filter_for(entry, policy)
        if walker is None:
            return listed
        return _look_at(walker, samples, i, source, one.raw.number, listed=listed).sync

    return test


def cut_to_sync(kept: list[Kept], source: Source, policy: Policy) -> list[Kept]:
    """Move the in-point of all tracks to where the picture can start decoding without earlier samples."""
    video = kept[0]
    if not video.track.is_video:
        return kept
    shown = video.shown[0]
    start = edits.next_sync_start(video.track.samples, shown.start, _sync_test(video, source, policy))
    skipped = Fraction(start - shown.start, video.track.timescale)
    if not skipped:
        return kept
    if any(len(one.shown) > 1 for one in kept):
        raise Unsupported("elst", "several-edits-and-next-sync")
    # the picture's new in-point, in movie time; a track that starts later than that keeps its place
    cut = shown.gap + skipped
    moved = []
    for one in kept:
        first = one.shown[0]
        late = max(Fraction(0), cut - first.gap)
        begin = first.start + round(late * one.track.timescale)
        if begin >= first.stop:
            raise Unsupported("elst", "no-later-sync-sample")
        moved.append(
            replace(one, shown=(replace(first, start=begin, gap=max(first.gap - cut, Fraction(0))),))
        )
    return moved


def trimmed(one: Kept, source: Source, policy: Policy) -> Kept:
    """Leave out the samples that no edit needs."""
    track = one.track
    entry = track.entries[0]
    if isinstance(entry, Sound) and entry.frame_size:
        shown = edits.on_frames(track.samples, one.shown, entry.frame_size)
        found = edits.trim_frames(track.samples, shown, entry.frame_size)
    else:
        found = edits.trim(
            track.samples, one.shown, _sync_test(one, source, policy), entry.codec, video=track.is_video
        )
    return replace(
        one,
        track=replace(track, samples=found.samples),
        shown=found.shown,
        hidden=found.hidden,
        dropped_offsets=found.dropped_offsets,
        dropped_sizes=found.dropped_sizes,
    )


def aligned(kept: list[Kept]) -> list[Track]:
    """Give each track its edits, in one movie time that begins with the earliest track."""
    base = min(one.shown[0].gap for one in kept)
    return [
        replace(one.track, edits=edits.as_edits(one.shown, one.shown[0].gap - base, timing.MOVIE_TIMESCALE))
        for one in kept
    ]


def canonical(track: Track) -> Track:
    """Put a track into canonical times.

    Raises `Unsupported` for PCM whose frames aren't one tick each, and for times
    that no recording has.
    """
    if sum(track.samples.durations) * timing.MOVIE_TIMESCALE < len(track.samples) * track.timescale:
        # more samples than ticks of the movie: no edit could be written that means the same
        raise Unsupported("stts", "shorter-than-a-tick")
    if any(edit_ticks(edit, track.timescale) == 0 for edit in track.edits):
        raise Unsupported("elst", "shorter-than-a-tick")
    longest = max(sum(track.samples.durations), *(edit.media_time for edit in track.edits))
    if longest > LONGEST * track.timescale:
        raise Unsupported("mdhd", "duration")
    track = timing.non_negative(track)
    entry = track.entries[0]
    if isinstance(entry, Picture):
        return timing.canonical(track, timing.MOVIE_TIMESCALE)
    track = timing.canonical(track, entry.rate)
    if not entry.frame_size:
        return track
    if sum(track.samples.durations) * entry.frame_size != sum(track.samples.sizes):
        raise Unsupported("stts", "pcm-rate")
    return replace(track, samples=timing.cut_at_windows(track.samples, entry.frame_size, track.timescale))
