"""Traits of movies and sounds: container, encoder settings, groups of pictures, timing."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from ..codecs.bits import unescape
from ..essence import Picture, Sound
from ..formats.isobmff.read import is_quicktime
from .value import hashed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..essence import Movie, Track

LOOKED_AT = 3000
"""Samples of a track whose times and distances are looked at; a longer track repeats itself."""

_GROUPS = 64
"""Groups of pictures whose lengths are compared."""

_ORDER = 12
"""Pictures of a group whose order is looked at."""

_PRIMED = Fraction(1, 10)
"""Seconds of sound; what is hidden beyond them was cut, not primed."""


def movie_traits(movie: Movie) -> Iterator[tuple[str, str]]:
    """Yield names and values of the traits of a movie or a sound."""
    yield "file format", "mov" if is_quicktime(movie) else "mp4"
    yield "container skeleton", " ".join(_skeleton(track) for track in movie.tracks)
    yield "edits", " ".join(str(len(track.edits)) for track in movie.tracks)
    for track in movie.tracks:
        if track.is_video:
            yield from _video(track)
            break
    for track in movie.tracks:
        if not track.is_video:
            yield from _sound(track)
            break
    lengths = [
        Fraction(sum(each.samples.durations), each.timescale) for each in movie.tracks if each.timescale
    ]
    if lengths:
        yield "duration", f"{float(max(lengths)):.1f}"


def _skeleton(track: Track) -> str:
    """Return the sample entries of a track and which optional boxes and tables it needs."""
    first = track.entries[0]
    found = [each.entry for each in track.entries[:4]]
    if not track.enabled:
        found.append("off")
    if isinstance(first, Picture):
        optional = {
            "stss": track.samples.sync,
            "ctts": track.samples.compositions,
            "colr": first.colour,
            "pasp": first.aspect,
            "clap": first.aperture,
            "fiel": first.fields,
            "mdcv": first.mastering,
            "clli": first.light,
            "dvcC": first.dolby,
            "amve": first.ambient,
        }
        found += [name for name, value in optional.items() if value]
    elif isinstance(first, Sound) and first.layout_tag:
        found.append("chan")
    return "+".join(found)


def _video(track: Track) -> Iterator[tuple[str, str]]:
    pictures = [each for each in track.entries if isinstance(each, Picture)]
    first = pictures[0]
    yield "frame size", f"{first.width}x{first.height}"
    yield "codec, profile and level", profile(first)
    yield "parameter sets", hashed([(each.codec, each.record, each.parameter_sets) for each in pictures])
    yield "colour", hashed([(each.colour, each.mastering, each.light, each.dolby) for each in pictures])
    yield "frame rate", _rate(track)
    yield "frame timing", _timing(track)
    yield "group of pictures", _distance(track.samples.sync)
    yield "picture order", _order(track)
    yield "orientation", track.orientation.name.lower()


def profile(coding: Picture) -> str:
    """Return codec, profile, constraints and level in the codec's own numbers, as far as they are told."""
    for nal in coding.parameter_sets:
        match coding.codec:
            case "h264" if nal[0] & 0x1F == 7:
                return f"h264 {nal[1:4].hex()}"  # profile_idc, constraint flags, level_idc (H.264 §7.3.2.1.1)
            case "hevc" if nal[0] >> 1 == 33 and not nal[1] >> 3:
                # profile_tier_level behind one byte of the SPS (H.265 §7.3.2.2, §7.3.3)
                return f"hevc {unescape(nal[:32])[3:15].hex()}"
    if coding.codec == "av1":
        return f"av1 {coding.record[1:3].hex()}"  # seq_profile, seq_level_idx_0, seq_tier_0, bit depth
    return f"{coding.codec} {coding.entry}"


def _sound(track: Track) -> Iterator[tuple[str, str]]:
    sounds = [each for each in track.entries if isinstance(each, Sound)]
    first = sounds[0]
    numbers = (first.rate, first.channels, first.bits, first.frame_length, first.layout_tag)
    yield "sound coding", f"{first.codec} {' '.join(map(str, numbers))} {hashed(first.record)}"
    hidden = track.edits[0].media_time if track.edits else 0
    yield "sound priming", str(hidden) if hidden <= _PRIMED * track.timescale else "cut"
    yield "sound timing", _timing(track)


def _steps(track: Track) -> Counter[int]:
    # The last sample lasts as long as it takes to stop.
    return Counter(track.samples.durations[: min(LOOKED_AT, max(1, len(track.samples) - 1))])


def _usual(track: Track) -> int:
    counts = _steps(track)
    return min((-count, step) for step, count in counts.items())[1] if counts else 0


def _rate(track: Track) -> str:
    """Return frames a second: exactly if they are even, else rounded, because each recording jitters."""
    usual = _usual(track)
    if not usual:
        return ""
    if _even(track):
        return f"{track.timescale / usual:.3f}"
    steps = sorted(_steps(track).elements())
    return str(round(track.timescale / max(1, steps[len(steps) // 2])))


def _even(track: Track) -> bool:
    return len(_steps(track)) <= 2


def _timing(track: Track) -> str:
    """Return the time scale and whether times jitter: the clock of a recorder."""
    return f"{track.timescale} {'even' if _even(track) else 'varied'}"


def _distance(sync: bytes) -> str:
    """Return the usual distance of sync samples, nothing if there is none to see."""
    if not sync:
        return "1"
    places = list(islice((i for i, each in enumerate(sync[:LOOKED_AT]) if each), _GROUPS))
    distances = Counter(later - former for former, later in pairwise(places))
    return str(distances.most_common(1)[0][0]) if distances else ""


def _order(track: Track) -> str:
    """Return how far after its turn each of the first pictures of a whole group is shown, in pictures."""
    offsets: Sequence[int] = track.samples.compositions
    usual = _usual(track)
    if not offsets or not usual:
        return "in turn"
    sync = track.samples.sync
    starts = list(islice((i for i, each in enumerate(sync[:LOOKED_AT]) if each), 2))
    start = starts[-1] if starts else 0
    if len(offsets) - start < _ORDER:
        start = 0
    found = offsets[start : start + _ORDER]
    least = min(found)
    return " ".join(str(round((each - least) / usual)) for each in found)
