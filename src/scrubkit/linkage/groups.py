"""The sums over a run: which clean files share what."""

from __future__ import annotations

from array import array
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from ..model import Feature, Linkage, Media
from .clusters import clusters
from .features import LENGTHS, RECORDER, SIZES, TOGETHER, WHOLE, Tells, meaning
from .value import hashed
from .words import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..model import Trait

SHORTEST = 5.0
"""Seconds; shorter clips are often of one length by chance or by habit."""

SMALLEST = 16 << 20
"""Bytes; nothing is cut into smaller pieces."""

_LARGER = 10
"""One file of so many of a cluster may be larger than it, where size is what cuts."""


class Groups:
    """Owns what is known of the files of a run: for each feature, which of them share which value."""

    def __init__(self) -> None:
        self._files = 0
        # A file that stands alone is a plain number: nearly every file does by its size.
        self._members: dict[str, dict[str, int | array[int]]] = defaultdict(dict)
        self._measures = {media: _Measures() for media in Media}

    def add(self, number: int, media: Media | None, found: Iterable[Trait]) -> None:
        """Count one clean file; only files of one medium are compared with each other."""
        if media is None:
            return
        self._files += 1
        whole, together = [], []
        length = size = 0.0
        for trait in found:
            self._note(number, f"{media.value}: {trait.name}", trait.value)
            if meaning(trait.name).tells is not Tells.RECORDING:
                together.append((trait.name, trait.value))
            if trait.name in WHOLE:
                whole.append((trait.name, trait.value))
            if trait.name == "duration":
                length = float(trait.value)
            elif trait.name == "file size":
                size = float(trait.value)
        if whole:
            self._note(number, f"{media.value}: {RECORDER}", hashed(whole))
        self._note(number, f"{media.value}: {TOGETHER}", hashed(together))
        self._measures[media].add(number, length, size)

    def _note(self, number: int, name: str, value: str) -> None:
        values = self._members[name]
        members = values.get(value)
        if members is None:
            values[value] = number
        elif isinstance(members, int):
            values[value] = array("I", (members, number))
        else:
            members.append(number)

    def linkage(self) -> Linkage:
        """Return how each feature splits the files: what tells of recorders first, the sharpest first."""
        features = [_feature(name, values.items()) for name, values in self._members.items()]
        for media in (Media.CLIP, Media.SOUND):
            features += self._measures[media].features(media)
        features.sort(key=_sharpness)
        found = Linkage(self._files, tuple(features))
        return replace(found, says=tuple(sentences(found)))


def _sharpness(feature: Feature) -> tuple[int, bool, int, int, str]:
    """Return a key that sorts what tells most of recorders first."""
    tells = meaning(feature.name).tells
    return tells, not feature.name.endswith(RECORDER), feature.smallest, -feature.alone, feature.name


class _Measures:
    """Owns numbers, lengths in seconds and sizes in bytes of all files of one medium."""

    def __init__(self) -> None:
        self._numbers = array("I")
        self._lengths = array("d")
        self._sizes = array("d")

    def add(self, number: int, length: float, size: float) -> None:
        self._numbers.append(number)
        self._lengths.append(length)
        self._sizes.append(size)

    def features(self, media: Media) -> Iterator[Feature]:
        """Yield how clips that are cut by a rule stand out from the others, if there are any."""
        lengths = clusters(self._lengths, SHORTEST)
        if lengths:
            yield self._split(f"{media.value}: {LENGTHS}", lengths)
        sizes = [each for each in clusters(self._sizes, SMALLEST) if self._is_limit(each)]
        if sizes:
            yield self._split(f"{media.value}: {SIZES}", sizes)

    def _is_limit(self, places: list[int]) -> bool:
        """Whether few files are larger than those of a cluster."""
        largest = max(self._sizes[place] for place in places)
        return sum(each > largest for each in self._sizes) * _LARGER <= len(places)

    def _split(self, name: str, found: list[list[int]]) -> Feature:
        groups = [(f"cut {i}", [self._numbers[place] for place in each]) for i, each in enumerate(found, 1)]
        taken = {place for each in found for place in each}
        others = [number for place, number in enumerate(self._numbers) if place not in taken]
        return _feature(name, [*groups, *([("others", others)] if others else [])])


def _feature(name: str, values: Iterable[tuple[str, int | array[int] | list[int]]]) -> Feature:
    groups = sorted(
        ((value, (members,) if isinstance(members, int) else tuple(members)) for value, members in values),
        key=lambda group: (-len(group[1]), group[1]),
    )
    sizes = tuple(len(members) for _, members in groups)
    return Feature(name, sum(sizes), sizes, tuple(groups))
