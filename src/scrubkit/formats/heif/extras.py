"""Pictures beside the picture, which cross only where the policy asks for them: gain map, depth, other eye.

Each is read by itself.  One that can't be kept as a whole, or only by guessing, is
left behind like all else; the picture doesn't suffer from it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING

from ...codecs import gain_map, icc
from ...codecs.icc_profile import tag_table
from ...errors import Malformed, Refused, Unsupported
from ...essence import Colour, HeifGain, HeifPlane, HeifStereo
from ...model import Extra, Profile, Remaining, Residual
from ...pieces import Payload, Span, merged
from .aperture import checked
from .coded import about
from .colours import colours_of
from .image import Reader, head_of
from .places import data_of, size_of
from .properties import PROFILES
from .structure import described

if TYPE_CHECKING:
    from ...essence import Heif, HeifImage
    from ...model import Policy
    from ...source import Readable
    from .image import Image, Kept
    from .picture import Chosen
    from .properties import Described
    from .structure import Meta

APPLE_GAIN_MAP = b"urn:com:apple:photo:2020:aux:hdrgainmap"

DEPTH = frozenset({b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth", b"urn:mpeg:hevc:2015:auxid:2"})

_LARGEST = 1 << 16
"""Bytes of a `tmap` body or an XMP packet that are looked at."""

_SKEWED = 20
"""A gain map or depth map may be off the picture's shape by 1 in this many."""

_SRGB = 1, 13
_MATRIX = 6
"""Of the tone-mapped picture, for whose samples no matrix is in use."""

_begin = itemgetter(0)

_DEPTHS = (8, 10, 12, 16)
_PQ_AND_HLG = (16, 18)
_PRIMARIES = frozenset({1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 22})
_TRANSFERS = frozenset({1, *range(4, 19)})


class _Extras:
    """Owns the choice of extras for one picture: what has crossed so far, and what comes to it."""

    def __init__(
        self, chosen: Chosen, meta: Meta, source: Readable, policy: Policy, areas: list[tuple[int, int]]
    ) -> None:
        self.areas = sorted(areas)
        self.chosen = chosen
        self.picture = chosen.picture
        self.meta = meta
        self.source = source
        self.policy = policy
        assert meta.primary is not None
        self.primary: int = meta.primary

    def reader(self) -> Reader:
        """Return a reader of its own, so that what fails leaves no trace."""
        return Reader(self.meta, self.source, self.policy)

    def plane(self, reader: Reader, identifier: int) -> tuple[HeifPlane, Image]:
        """Read a picture that is turned like the picture; raises `Refused` errors."""
        if self.meta.sources("auxl", identifier):
            raise Unsupported("auxl", "of-an-auxiliary-picture")
        image = reader.image(identifier)
        found = reader.settled(image)
        shown = checked(found, image.shown)
        if shown.orientation is not self.picture.orientation:
            raise Unsupported("auxl", "turned-otherwise")
        if {item.coding.codec for item in found.items} != {self.picture.picture.items[0].coding.codec}:
            raise Unsupported("auxl", "coded-otherwise")
        return HeifPlane(found, shown.colour or image.tile.colour, shown.aperture), image

    def take(self, reader: Reader, picture: Heif, residual: Residual) -> None:
        """Let what a reader has kept cross; raises `Unsupported` if some of it does already, or can't."""
        kept = self.chosen.kept
        taken = sorted({one for _, ranges in (*kept.coded, *kept.derived) for one in ranges})
        fresh = sorted({one for _, ranges in (*reader.kept.coded, *reader.kept.derived) for one in ranges})
        for start, stop in fresh:
            i = bisect_right(self.areas, start, key=_begin) - 1
            if i < 0 or stop > self.areas[i][1]:
                raise Unsupported("iloc", "outside-mdat", start)
        edge = 0
        for start, stop in sorted((*taken, *fresh)):
            if start < edge:
                raise Unsupported("iloc", "items-share-bytes", start)
            edge = stop
        kept.coded += reader.kept.coded
        kept.derived += reader.kept.derived
        kept.items |= reader.kept.items
        kept.described += [_without_profiles(each, self.meta, reader.kept) for each in reader.kept.described]
        kept.profiles |= reader.kept.profiles
        kept.groups |= reader.kept.groups
        kept.packets |= reader.kept.packets
        self.chosen.findings.extend(reader.walk.findings())
        remaining = (*self.chosen.remaining, *reader.walk.remaining(), Remaining(residual))
        self.chosen = replace(self.chosen, picture=picture, remaining=remaining)
        self.picture = picture

    # Gain map

    def iso_gain_map(self) -> None:
        """Take the gain map of the one `tmap` item (ISO/IEC 23008-12 Amd 1 §6.6.2.4) of the picture."""
        meta = self.meta
        found = [
            each
            for each in dict.fromkeys(meta.sources("dimg", self.primary))
            if each in meta.items and meta.items[each].type == "tmap"
        ]
        if len(found) != 1 or len(targets := meta.targets("dimg", found[0])) != 2:
            raise Unsupported("tmap", "not-one")
        if targets[0] != self.primary or targets[1] in self.chosen.kept.items:
            raise Unsupported("tmap", "inputs")
        reader = self.reader()
        _, shown = reader.item(found[0])
        if shown.aperture is not None or shown.orientation.value not in (1, self.picture.orientation.value):
            raise Unsupported("tmap", "turned-otherwise")
        ranges = reader.places.of(found[0])
        body = bytes(data_of(self.source, ranges, _LARGEST))
        if body[:1] != b"\0":
            raise Unsupported("tmap", "version")
        numbers, used = gain_map.read(body[1:])
        reader.kept.derived.append(("item/tmap", head_of(ranges, 1 + used)))
        plane = self._gain_plane(reader, targets[1])
        colour, profile = self._tone(reader, found[0], shown)
        gain = HeifGain(plane, numbers, 0, colour, profile, self._bits(found[0], colour))
        for group in meta.groups:
            if group.box.type == "altr" and group.entities == (found[0], self.primary):
                reader.kept.groups.add(group.box.start)
                break
        self.take(reader, replace(self.picture, gain=gain), Residual.GAIN_MAP)

    def _gain_plane(self, reader: Reader, identifier: int) -> HeifPlane:
        plane, _ = self.plane(reader, identifier)
        self._fits(plane.image)
        colour = plane.colour and Colour(2, 2, plane.colour.matrix, plane.colour.full_range)
        return replace(plane, colour=colour)

    def _fits(self, image: HeifImage) -> None:
        """Check that a map covers the picture: not larger, and of its shape."""
        whole = self.picture.picture
        off = abs(image.width * whole.height - image.height * whole.width)
        if image.width > whole.width or image.height > whole.height:
            raise Unsupported("ispe", "larger-than-the-picture")
        if off * _SKEWED > image.width * whole.height:
            raise Unsupported("ispe", "not-of-the-picture's-shape")

    def _tone(self, reader: Reader, identifier: int, shown: Described) -> tuple[Colour | None, bytes]:
        """Return the colours of what comes out, as code points if the source's profile has them."""
        if shown.profile is None:
            said = shown.colour
            return said and Colour(said.primaries, said.transfer, _MATRIX, full_range=True), b""
        found = code_points(shown.profile)
        if found is None:
            kept = icc.canonical(shown.profile)
            if kept.profile:
                for box, _ in described(self.meta, identifier):
                    if box.type == "colr" and bytes(box.body[4:]) == shown.profile:
                        reader.kept.profiles.setdefault(box.start, kept.profile)
                return None, kept.profile
            found = _SRGB
        return Colour(*found, _MATRIX, full_range=True), b""

    def _bits(self, identifier: int, colour: Colour | None) -> int:
        """Return the bits per channel of what comes out: what `pixi` says, else what the curve asks for."""
        for box, _ in described(self.meta, identifier):
            depths = bytes(box.body[5:])
            if box.type == "pixi" and depths and depths[0] in _DEPTHS:
                return depths[0]
        return 10 if colour is not None and colour.transfer in _PQ_AND_HLG else 8

    def apple_gain_map(self) -> None:
        """Take Apple's auxiliary gain map, with the headroom that its XMP packet states."""
        reader = self.reader()
        found = reader.auxiliary(self.primary, frozenset({APPLE_GAIN_MAP}))
        if len(found) != 1 or found[0] in self.chosen.kept.items:
            raise Unsupported("auxC", "not-one")
        plane = self._gain_plane(reader, found[0])
        headroom = self._headroom(reader, found[0])
        gain = HeifGain(plane, None, headroom)
        self.take(reader, replace(self.picture, gain=gain), Residual.GAIN_MAP)

    def _headroom(self, reader: Reader, identifier: int) -> int:
        for source in dict.fromkeys(self.meta.sources("cdsc", identifier)):
            item = self.meta.items.get(source)
            if item is None or (item.type, item.content_type) != ("mime", b"application/rdf+xml"):
                continue
            ranges = reader.places.of(source)
            if size_of(ranges) > _LARGEST:
                continue
            packet = bytes(data_of(self.source, ranges, _LARGEST))
            headroom = gain_map.read_apple(packet)
            if packet == gain_map.write_apple(headroom):
                # any other packet has things in it that stay behind, and is named as what it is
                reader.item(source)
                reader.kept.derived.append(("item/XMP", ranges))
            else:
                reader.kept.packets.add(source)
            return headroom
        raise Malformed("gain map", "headroom-missing")

    # Depth, and the other eye

    def depth_map(self) -> None:
        """Take the one depth map; what its samples are measured in stays behind."""
        reader = self.reader()
        found = reader.auxiliary(self.primary, DEPTH)
        if len(found) != 1 or found[0] in self.chosen.kept.items:
            raise Unsupported("auxC", "not-one")
        plane, _ = self.plane(reader, found[0])
        self._fits(plane.image)
        self.take(reader, replace(self.picture, depth=replace(plane, colour=None)), Residual.DEPTH_MAP)

    def other_eye(self) -> None:
        """Take the other picture of the `ster` group (ISO/IEC 23008-12 §6.8.5) that the picture is in."""
        groups = [
            each
            for each in self.meta.groups
            if each.box.type == "ster" and self.primary in each.entities and len(set(each.entities)) == 2
        ]
        if len(groups) != 1 or len(groups[0].entities) != 2:
            raise Unsupported("ster", "not-one")
        left = groups[0].entities[0] == self.primary
        other = groups[0].entities[1 if left else 0]
        reader = self.reader()
        if other in self.chosen.kept.items or reader.auxiliary(other):
            raise Unsupported("ster", "alpha")
        plane, image = self.plane(reader, other)
        own, whole = plane.image, self.picture.picture
        shape = own.width, own.height, own.rows, own.columns, plane.aperture
        if shape != (whole.width, whole.height, whole.rows, whole.columns, self.picture.aperture):
            raise Unsupported("ster", "sizes-differ")
        colours = colours_of(image, about(own.items[0].coding))
        if (colours.colour, colours.profile) != (self.picture.colour, self.picture.profile):
            raise Unsupported("ster", "colours-differ")
        reader.kept.groups.add(groups[0].box.start)
        stereo = HeifStereo(HeifPlane(own, None, plane.aperture), left)
        self.take(reader, replace(self.picture, stereo=stereo), Residual.STEREO_PAIR)


def _without_profiles(found: Described, meta: Meta, kept: Kept) -> Described:
    """Leave out the profiles that nothing is made of."""
    idle = {
        box.start
        for box in meta.properties
        if box.start in found.used and box.type == "colr" and bytes(box.body[:4]) in PROFILES
    }
    used = {at: size for at, size in found.used.items() if at not in idle or at in kept.profiles}
    return replace(found, used=used)


def code_points(profile: bytes) -> tuple[int, int] | None:
    """Return the primaries and transfer of a profile's `cicp` tag (ICC.1:2022 §9.2.17), if it has one."""
    try:
        tag = tag_table(profile).get(b"cicp")
    except Refused:
        return None
    if tag is None or tag.size < 12 or profile[tag.start : tag.start + 4] != b"cicp":
        return None
    primaries, transfer = profile[tag.start + 8], profile[tag.start + 9]
    return (primaries, transfer) if primaries in _PRIMARIES and transfer in _TRANSFERS else None


def with_extras(
    chosen: Chosen, meta: Meta, source: Readable, policy: Policy, areas: list[tuple[int, int]]
) -> Chosen:
    """Add what the policy keeps and the file holds; what can't be kept faithfully stays behind.

    `areas` are the half-open ranges of the file that items may lie in.
    """
    if policy.profile is Profile.STRICT or not policy.keep:
        return chosen
    extras = _Extras(chosen, meta, source, policy, areas)
    wanted = (
        (Extra.GAIN_MAP, (extras.iso_gain_map, extras.apple_gain_map)),
        (Extra.DEPTH, (extras.depth_map,)),
        (Extra.STEREO, (extras.other_eye,)),
    )
    for extra, ways in wanted:
        for way in ways if extra in policy.keep else ():
            try:
                way()
            except Refused:
                continue
            break
    found = extras.picture
    if found is chosen.picture:
        return chosen
    beside = (
        None if found.gain is None else found.gain.plane,
        found.depth,
        None if found.stereo is None else found.stereo.plane,
    )
    images = (found.picture, found.alpha, *(each.image for each in beside if each is not None))
    spans = sorted(
        (piece.start, piece.start + piece.size)
        for image in images
        if image is not None
        for item in image.items
        for piece in item.pieces
        if isinstance(piece, Span)
    )
    picture = replace(found, payload=Payload(source, *merged(spans)))
    return replace(extras.chosen, picture=picture)
