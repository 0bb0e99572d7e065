"""Coded image items: the filter of their coding lets through what it would let through in a video."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...codecs import av1, hevc, nal
from ...codecs.nal_syntax import Aside
from ...errors import LimitExceeded, Malformed, Unsupported
from ...essence import Colour, HeifItem, Picture
from ..isobmff.residue import coded
from .places import data_of, in_file, size_of

if TYPE_CHECKING:
    from ...codecs import SampleFilter
    from ...model import Finding, Policy, Remaining
    from ...source import Readable
    from ..isobmff.boxes import Box
    from .places import Mapped, Ranges

CODECS = {"hvc1": "hevc", "hev1": "hevc", "av01": "av1"}
"""Our name for the coding of an item type."""

UNREAD = {
    "jpeg": "jpeg-picture",
    "avc1": "avc-picture",
    "svc1": "avc-picture",
    "lhv1": "layered-picture",
    "hvt1": "hevc-tile",
    "vvc1": "vvc-picture",
    "evc1": "evc-picture",
    "av02": "av2-picture",
    "j2k1": "jpeg-2000-picture",
    "jxs1": "jpeg-xs-picture",
    "unci": "uncompressed-picture",
    "mski": "mask",
    "grid": "grid-in-a-grid",
    "iovl": "overlay",
    "tili": "tiled-picture",
    "tmap": "tone-mapped-picture",
    "sato": "sample-transform",
    "Exif": "no-picture",
    "mime": "no-picture",
    "uri ": "no-picture",
}
"""What an item is that would have to be shown and isn't read, by its type, in words of errors."""

_CONFIGURATION = {"hevc": "hvcC", "av1": "av1C"}

_SURPLUS = 64 << 20
"""Bytes that the output may have beyond the source's, for tiles that are used twice."""


@dataclass(frozen=True, slots=True)
class About:
    """What a configuration says of a picture; `channels` of `depth` bits each."""

    width: int
    height: int
    channels: int
    depth: int
    chroma: tuple[bool, bool]
    """Whether chroma is subsampled, across and down."""
    colour: Colour | None


def about(coding: Picture) -> About:
    """Describe a picture by its configuration; raises `Malformed` if it has none."""
    if coding.codec == "hevc":
        said = hevc.describe(coding.parameter_sets)
        monochrome = said.chroma_format == 0
        chroma = said.chroma_format in (1, 2), said.chroma_format == 1
        return About(said.width, said.height, 1 if monochrome else 3, said.luma_depth, chroma, said.colour)
    sequence = av1.rebuild(coding.record).sequence
    if sequence is None:
        raise Malformed("av1C", "no-sequence-header")
    colour = None if sequence.colour is None else Colour(*sequence.colour, sequence.full_range)
    return About(
        sequence.width,
        sequence.height,
        1 if sequence.monochrome else 3,
        sequence.bit_depth,
        sequence.subsampling,
        colour,
    )


@dataclass(slots=True)
class _Configured:
    """One configuration and the filter of all items that have it."""

    filter: SampleFilter
    aside: Aside
    """What the configuration held beside its parameter sets."""
    path: str


@dataclass(frozen=True, slots=True)
class Walked:
    """One item that went through a filter, before the last word on its configuration."""

    configured: int
    mapped: Mapped


_FRAMES = frozenset({"av1/obu/3", "av1/obu/6"})


def _frames(walker: SampleFilter) -> int:
    """Return how many frames of AV1 crossed so far; of HEVC a sample has one picture."""
    return sum(kept.count for kept in walker.kept() if kept.key in _FRAMES)


@dataclass(slots=True)
class Walk:
    """Owns the filters and what they made of each item; an item that is used twice is walked once."""

    source: Readable
    policy: Policy
    image: int = 0
    """The number of the image that items are walked for.  Records of AV1 may be the same for a picture
    and its alpha plane though their sequence headers, which stand in the items, are not."""
    _configured: list[_Configured] = field(default_factory=list)
    _by_record: dict[tuple[str, bytes, int], int] = field(default_factory=dict)
    _items: dict[tuple[int, Ranges], Walked] = field(default_factory=dict)
    _codings: dict[int, Picture] = field(default_factory=dict)
    _size: int = 0

    def item(self, kind: str, configuration: Box | None, ranges: Ranges) -> Walked:
        """Filter the item that lies at `ranges`; raises `Refused` errors."""
        codec = CODECS[kind]
        if configuration is None or configuration.type != _CONFIGURATION[codec]:
            raise Malformed("item", "without-configuration")
        if not size_of(ranges):
            raise Malformed("item", "empty")
        number = self._number(codec, bytes(configuration.body))
        found = self._items.get((number, ranges))
        if found is None:
            data = data_of(self.source, ranges, self.policy.limits.sample)
            walker = self._configured[number].filter
            before = _frames(walker)
            filtered = walker.sample(data, 0, listed=True)
            if not filtered.sync or not filtered.size:
                raise Unsupported("item", "no-still-picture", ranges[0][0])
            if _frames(walker) - before > 1:
                # frames that aren't shown, and layers: which of them a viewer shows is its choice
                raise Unsupported("item", "several-frames", ranges[0][0])
            found = Walked(number, in_file(filtered.pieces, ranges))
            self._items[number, ranges] = found
        self._size += found.mapped.size
        if self._size > self.source.size + _SURPLUS:
            raise LimitExceeded("grid", "tiles-used-again")
        return found

    def _number(self, codec: str, body: bytes) -> int:
        key = codec, body, self.image if codec == "av1" else 0
        if key not in self._by_record:
            self._by_record[key] = len(self._configured)
            self._configured.append(self._open(codec, body))
        return self._by_record[key]

    def _open(self, codec: str, body: bytes) -> _Configured:
        if codec == "hevc":
            length_size, sets, aside = hevc.read_configuration(body)
            coding = Picture(codec, "hvc1", 0, 0, parameter_sets=sets, length_size=length_size)
            return _Configured(nal.NalFilter(coding, self.policy), aside, "item/hvc1")
        record = av1.rebuild(body).record
        coding = Picture(codec, "av01", 0, 0, record=record)
        return _Configured(av1.sample_filter(coding, self.policy), Aside(), "item/av01")

    def settled(self, walked: Walked) -> HeifItem:
        """Return the item with its configuration, once all items have been walked."""
        if walked.configured not in self._codings:
            self._codings[walked.configured] = self._coding(walked.configured)
        return HeifItem(self._codings[walked.configured], walked.mapped.pieces, walked.mapped.size)

    def _coding(self, number: int) -> Picture:
        entry = self._configured[number].filter.entry()
        assert isinstance(entry, Picture)
        bare = Picture(
            entry.codec, entry.entry, 0, 0, record=entry.record, parameter_sets=entry.parameter_sets
        )
        said = about(bare)
        return replace(bare, width=said.width, height=said.height)

    def static(self, walked: Walked) -> tuple[bytes, bytes]:
        """Return the bodies of `mdcv` and `clli` that an item's configuration stands for, empty without."""
        aside = self._configured[walked.configured].aside
        return aside.mastering, aside.light

    def findings(self) -> list[tuple[Finding, bool]]:
        """Return what stays behind, and whether it lay in an item's data rather than in its configuration."""
        out: list[tuple[Finding, bool]] = []
        for one in self._configured:
            out += [(found, False) for found in coded(f"{one.path}/configuration", one.aside.dropped)]
            out += [(found, True) for found in coded(one.path, one.filter.dropped())]
        return out

    def remaining(self) -> list[Remaining]:
        """Return what the filters knowingly left in."""
        return [each for one in self._configured for each in one.filter.remaining()]
