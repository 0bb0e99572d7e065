"""By what the clean files of one run can still be grouped, and which of them stand alone.

A trait is read from the essence of a clean file, so from what crosses; whoever has the
files can read it as well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from hashlib import blake2b
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from .essence import Bitmap, Gif, Heif, Jpeg, Movie, Picture, Png, Sound, Tiff, Track, WebP
from .model import Feature, Linkage, Media, Trait

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .essence import Essence, HeifImage

LOOKED_AT = 3000
"""Samples of a track whose times and distances are looked at; a longer track repeats itself."""

TOGETHER = "all together"
"""The feature that combines all others of a file."""

_OWN = frozenset({"duration", "file size"})
"""Traits that nearly every recording has for itself; they link copies, not phones."""


def traits(essence: Essence, size: int) -> tuple[Trait, ...]:
    """Return the traits of a clean file of `size` bytes; values are short words, numbers and hashes."""
    found = [*_traits(essence), ("file size", str(size))]
    return tuple(Trait(name, value) for name, value in found if value)


def _traits(essence: Essence) -> Iterator[tuple[str, str]]:
    match essence:
        case Movie():
            yield from _movie(essence)
        case Jpeg():
            yield "frame size", f"{essence.width}x{essence.height}"
            yield "quantisation tables", _hash(essence.quantisation)
            yield "Huffman tables", _hash([scan.components for scan in essence.scans])
            yield "sampling", _hash([(each.horizontal, each.vertical) for each in essence.components])
            yield "coding", f"{essence.process} {essence.precision} {len(essence.scans)}"
            yield "restart interval", str(essence.scans[0].restart_interval if essence.scans else 0)
            yield "colour", _hash((essence.profile, essence.adobe_transform))
        case Heif():
            yield "frame size", f"{essence.picture.width}x{essence.picture.height}"
            yield from _heif(essence.picture)
            yield "colour", _hash((essence.profile, essence.colour))
        case Png():
            yield "frame size", f"{essence.width}x{essence.height}"
            yield (
                "coding",
                f"{essence.depth} {essence.colour_type} {essence.interlaced} {len(essence.frames)}",
            )
            yield "colour", _hash(essence.colour)
        case WebP():
            yield "frame size", f"{essence.width}x{essence.height}"
            yield "coding", _hash([(each.image.version, each.image.has_alpha) for each in essence.frames[:1]])
            yield "colour", _hash(essence.profile)
        case Gif():
            yield "frame size", f"{essence.width}x{essence.height}"
            yield "coding", _hash([(each.delay, each.disposal) for each in essence.frames[:LOOKED_AT]])
        case Tiff():
            plain = [field for field in essence.fields if len(field.values) <= 16]
            yield "coding", _hash([(field.tag, field.type, field.values) for field in plain])
            yield "tables", _hash([field.values for field in essence.fields if len(field.values) > 16])
        case Bitmap():
            yield "frame size", f"{essence.width}x{essence.height}"
            yield "coding", f"{essence.bits} {essence.compression} {essence.masks}"


def _movie(movie: Movie) -> Iterator[tuple[str, str]]:
    yield "tracks", " ".join(track.entries[0].entry for track in movie.tracks)
    for track in movie.tracks:
        if track.is_video:
            yield from _video(track)
            break
    for track in movie.tracks:
        if not track.is_video:
            yield from _sound(track)
            break


def _video(track: Track) -> Iterator[tuple[str, str]]:
    pictures = [each for each in track.entries if isinstance(each, Picture)]
    first = pictures[0]
    yield "frame size", f"{first.width}x{first.height}"
    yield "picture coding", _hash([(each.codec, each.record, each.parameter_sets) for each in pictures])
    yield "colour", _hash([(each.colour, each.mastering, each.light, each.dolby) for each in pictures])
    yield "frame rate", _rate(track)
    yield "frame timing", _timing(track)
    yield "group of pictures", _group(track)
    yield "orientation", track.orientation.name.lower()
    yield "edits", str(len(track.edits))
    ticks = sum(track.samples.durations)
    yield "duration", str(round(ticks / track.timescale)) if track.timescale else ""


def _sound(track: Track) -> Iterator[tuple[str, str]]:
    sounds = [each for each in track.entries if isinstance(each, Sound)]
    first = sounds[0]
    yield "sound coding", f"{first.codec} {first.rate} {first.channels} {first.bits} {_hash(first.record)}"
    yield "sound priming", str(track.edits[0].media_time if track.edits else 0)
    yield "sound timing", _timing(track)


def _rate(track: Track) -> str:
    durations = track.samples.durations[:LOOKED_AT]
    if not durations or not sum(durations):
        return ""
    return f"{len(durations) * track.timescale / sum(durations):.1f}"


def _timing(track: Track) -> str:
    """Return the time scale and whether times jitter, and by which steps: the clock of a recorder."""
    counts = Counter(track.samples.durations[:LOOKED_AT])
    usual = counts.most_common(1)[0][0] if counts else 0
    return f"{track.timescale} {usual} {'even' if len(counts) <= 2 else 'varied'}"


def _group(track: Track) -> str:
    """Return the distances of sync samples and the pattern of reordering within the first of them."""
    sync = track.samples.sync
    if not sync:
        return "1"
    places = list(islice((i for i, each in enumerate(sync[:LOOKED_AT]) if each), 64))
    distances = Counter(later - former for former, later in pairwise(places))
    usual = distances.most_common(1)[0][0] if distances else 0
    return f"{usual} {_hash(list(track.samples.compositions[:16]))}"


def _heif(image: HeifImage) -> Iterator[tuple[str, str]]:
    codings = {item.coding for item in image.items}
    yield "picture coding", _hash(sorted((each.codec, each.record, each.parameter_sets) for each in codings))
    yield (
        "tiles",
        f"{image.columns}x{image.rows} {image.items[0].coding.width}x{image.items[0].coding.height}",
    )


def _hash(value: object) -> str:
    return blake2b(repr(value).encode("utf-8"), digest_size=6).hexdigest()


class Groups:
    """Owns the sums over a run: for each feature, which files share which value."""

    def __init__(self) -> None:
        self._files = 0
        self._values: dict[str, dict[str, int]] = defaultdict(dict)
        self._members: dict[tuple[str, int], list[int]] = defaultdict(list)

    def add(self, number: int, media: Media | None, found: Iterable[Trait]) -> None:
        """Count one clean file; only files of one medium are compared with each other."""
        if media is None:
            return
        self._files += 1
        combined = []
        for trait in found:
            self._note(number, f"{media.value}: {trait.name}", trait.value)
            if trait.name not in _OWN:
                combined.append((trait.name, trait.value))
        self._note(number, f"{media.value}: {TOGETHER}", _hash(combined))

    def _note(self, number: int, name: str, value: str) -> None:
        values = self._values[name]
        self._members[name, values.setdefault(value, len(values))].append(number)

    def linkage(self) -> Linkage:
        """Return how each feature splits the files, the sharpest first."""
        features = []
        for name, values in self._values.items():
            groups = sorted(
                ((value, tuple(self._members[name, i])) for value, i in values.items()),
                key=lambda group: (-len(group[1]), group[1]),
            )
            sizes = tuple(len(members) for _, members in groups)
            features.append(Feature(name, sum(sizes), sizes, tuple(groups)))
        features.sort(key=lambda each: (each.smallest, -each.alone, each.name))
        return Linkage(self._files, tuple(features))
