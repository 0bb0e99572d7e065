"""From the primary item to the picture that viewers show: derivations followed, everything else left.

`grid` (ISO/IEC 23008-12 §6.6.2.3) is kept, `iden` (§6.6.2.1) is followed, `iovl` is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from ...codecs import icc, icc_names
from ...errors import Encrypted, LimitExceeded, Malformed, Unsupported
from ...essence import Colour, Heif, HeifImage, Orientation
from ...model import Remaining, Residual
from ...pieces import Payload, Span, merged
from .coded import CODECS, Walk, about
from .places import Places, data_of, size_of
from .properties import Described, describe
from .transform import followed

if TYPE_CHECKING:
    from ...essence import Picture
    from ...model import Finding, Policy
    from ...source import Readable
    from .coded import About, Walked
    from .places import Ranges
    from .structure import Item, Meta

MOST_TILES = 4096
_LARGEST_SIDE = 1 << 17
_MOST_HIDDEN = 16
"""Rows or columns that an aperture may hide; one that hides more hides picture on purpose."""

_SMALLEST = 64
"""Rows or columns that encoders code at least: of these a picture of fewer is the first ones."""

ALPHA = frozenset(
    {
        b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
        b"urn:mpeg:hevc:2015:auxid:1",
        b"urn:mpeg:avc:2015:auxid:1",
    }
)

_SPACES = {1: ("GRAY", "RGB "), 3: ("RGB ",)}
"""Colour spaces of profiles that decoders apply to a number of channels; they pass over others."""

_SRGB = 1, 13
"""Primaries and transfer characteristics."""


@dataclass(slots=True)
class Kept:
    """What of the file's items crosses: where coded data and decoded derivations lie in the file."""

    coded: list[tuple[str, Ranges]] = field(default_factory=list)
    derived: list[tuple[str, Ranges]] = field(default_factory=list)
    items: set[int] = field(default_factory=set)
    described: list[Described] = field(default_factory=list)
    profiles: dict[int, bytes] = field(default_factory=dict)
    """What crosses of a profile, by the start of its box, where that isn't the picture's."""
    groups: set[int] = field(default_factory=set)
    """Starts of entity groups that cross."""
    packets: set[int] = field(default_factory=set)
    """XMP items that stay behind but for a number."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The picture, what of the file it came from, and what its filters left behind or in."""

    picture: Heif
    kept: Kept
    places: Places
    findings: list[tuple[Finding, bool]]
    remaining: tuple[Remaining, ...]
    profile: bytes
    """The profile that the canonical one was made of."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image before its items' configurations are settled; rows and columns are 0 but for a grid."""

    items: tuple[Walked, ...]
    shown: Described
    width: int = 0
    height: int = 0
    rows: int = 0
    columns: int = 0
    tile: Described = field(default_factory=Described)
    """What the first tile's properties say."""
    sizes: tuple[tuple[int, int] | None, ...] = ()
    """What `ispe` says of each item."""


class Reader:
    """Owns the walk over the items of one picture."""

    def __init__(self, meta: Meta, source: Readable, policy: Policy) -> None:
        self.meta = meta
        self.source = source
        self.places = Places(meta, source.size)
        self.walk = Walk(source, policy)
        self.kept = Kept()

    def item(self, identifier: int) -> tuple[Item, Described]:
        """Take in an item that crosses, and what describes it."""
        item = self.meta.items.get(identifier)
        if item is None:
            raise Malformed("iinf", "no-such-item")
        if item.protected:
            raise Encrypted("infe", "protected", item.box.start)
        self.kept.items.add(identifier)
        found = describe(self.meta, identifier)
        self.kept.described.append(found)
        return item, found

    def _resolved(self, identifier: int) -> tuple[int, Item, Described]:
        """Follow identity derivations to a coded image or a grid; what they say is put together."""
        item, shown = self.item(identifier)
        seen = {identifier}
        while item.type == "iden":
            targets = self.meta.targets("dimg", identifier)
            if len(targets) != 1:
                raise Malformed("iden", "not-one-input")
            (identifier,) = targets
            if identifier in seen:
                raise Malformed("iref", "cycle")
            seen.add(identifier)
            item, inner = self.item(identifier)
            shown = _together(inner, shown)
        return identifier, item, shown

    def image(self, identifier: int) -> Image:
        """Read the image of an item and walk its data."""
        self.walk.image += 1
        identifier, item, shown = self._resolved(identifier)
        if item.type == "grid":
            return self._grid(identifier, item, shown)
        return Image((self._coded(identifier, item, shown),), shown, sizes=(shown.size,), tile=shown)

    def _coded(self, identifier: int, item: Item, shown: Described) -> Walked:
        if item.type not in CODECS:
            raise Unsupported("infe", "coding", item.box.start)
        ranges = self.places.of(identifier)
        self.kept.coded.append((f"item/{item.type}", ranges))
        return self.walk.item(item.type, shown.configuration, ranges)

    def _grid(self, identifier: int, item: Item, shown: Described) -> Image:
        ranges = self.places.of(identifier)
        size = size_of(ranges)
        if not 8 <= size <= 1 << 16:
            raise Malformed("grid", "size", item.box.start)
        body = bytes(data_of(self.source, ranges, size))
        wide = body[1] & 1
        if body[0] or (wide and size < 12):
            raise Malformed("grid", "version", item.box.start)
        field_size = 4 if wide else 2
        width = int.from_bytes(body[4 : 4 + field_size])
        height = int.from_bytes(body[4 + field_size : 4 + 2 * field_size])
        rows, columns = body[2] + 1, body[3] + 1
        if rows * columns > MOST_TILES or max(width, height) > _LARGEST_SIDE:
            raise LimitExceeded("grid", "tiles", item.box.start)
        self.kept.derived.append(("item/grid", head_of(ranges, 4 + 2 * field_size)))
        targets = self.meta.targets("dimg", identifier)
        if len(targets) != rows * columns:
            raise Malformed("grid", "number-of-tiles", item.box.start)
        if shown.size not in (None, (width, height)):
            raise Unsupported("ispe", "differs-from-grid", item.box.start)
        items, sizes = [], []
        first: Described | None = None
        known: dict[int, tuple[Walked, Described]] = {}
        for target in targets:
            if target not in known:
                known[target] = self._tile(target)
            walked, tile = known[target]
            if first is None:
                first = tile
            elif (tile.colour, tile.profile) != (first.colour, first.profile):
                raise Unsupported("grid", "tiles-differ-in-colour")
            items.append(walked)
            sizes.append(tile.size)
        assert first is not None
        return Image(tuple(items), shown, width, height, rows, columns, first, tuple(sizes))

    def _tile(self, identifier: int) -> tuple[Walked, Described]:
        identifier, item, shown = self._resolved(identifier)
        if shown.orientation is not Orientation.UPRIGHT or shown.aperture is not None:
            raise Unsupported("grid", "tile-is-transformed", item.box.start)
        if self.auxiliary(identifier):
            raise Unsupported("grid", "tile-with-alpha", item.box.start)
        return self._coded(identifier, item, shown), shown

    def auxiliary(self, identifier: int, wanted: frozenset[bytes] = ALPHA) -> list[int]:
        """Return the auxiliary pictures of a picture that are of a wanted type."""
        found = []
        for source in dict.fromkeys(self.meta.sources("auxl", identifier)):
            for index, _ in self.meta.associations.get(source, ()):
                if index < len(self.meta.properties) and self.meta.properties[index].type == "auxC":
                    urn = bytes(self.meta.properties[index].body[4:]).partition(b"\0")[0]
                    if urn in wanted and source in self.meta.items:
                        found.append(source)
        return found

    def alpha(self, identifier: int) -> int | None:
        """Return the item that is the alpha plane of a picture, if any.

        Raises `Unsupported` if there are several, or if the input of a derivation has
        one: viewers disagree on whether that is shown.
        """
        found = list(dict.fromkeys(self.auxiliary(identifier)))
        inputs = [each for each in self.kept.items if each != identifier and each not in found]
        if len(found) > 1 or any(self.auxiliary(each) for each in inputs):
            raise Unsupported("auxl", "several-alpha-planes")
        return found[0] if found else None

    def settled(self, image: Image) -> HeifImage:
        """Return an image whose items have their final configuration; checks that sizes agree."""
        items = tuple(map(self.walk.settled, image.items))
        first = items[0].coding
        if not image.columns:
            _fit(image.shown, first)
        for item, stated in zip(items, image.sizes, strict=True):
            if image.columns and stated not in (None, (item.coding.width, item.coding.height)):
                raise Unsupported("ispe", "differs-from-coded-picture")
            if item.coding != first and _shape(item.coding) != _shape(first):
                raise Unsupported("grid", "tiles-differ")
        if not image.columns:
            return HeifImage(items, first.width, first.height)
        spare = first.width * image.columns - image.width, first.height * image.rows - image.height
        if min(spare) < 0:
            raise Malformed("grid", "tiles-do-not-cover-it")
        if spare[0] >= first.width or spare[1] >= first.height:
            raise Unsupported("grid", "hidden-tiles")
        return HeifImage(items, image.width, image.height, image.rows, image.columns)


def _fit(shown: Described, coding: Picture) -> None:
    """Make a size that is a little smaller than the coded picture a clean aperture from its corner.

    Some of Apple's encoders say so where they code whole blocks; decoders that check
    the size then show nothing.  Raises `Unsupported` for any other difference.
    """
    width, height = shown.size or (coding.width, coding.height)
    spare = coding.width - width, coding.height - height
    if spare == (0, 0):
        return
    if shown.aperture is not None or min(spare) < 0 or max(spare) > _MOST_HIDDEN or not width * height:
        raise Unsupported("ispe", "differs-from-coded-picture")
    across, down = (Fraction(-each, 2).as_integer_ratio() for each in spare)
    shown.aperture = width, 1, height, 1, *across, *down


def _shape(coding: Picture) -> tuple[object, ...]:
    said = about(coding)
    return coding.codec, said.width, said.height, said.channels, said.depth, said.chroma


def head_of(ranges: Ranges, size: int) -> Ranges:
    """Return the first `size` bytes of an item."""
    out = []
    for start, stop in ranges:
        taken = min(stop - start, size)
        if taken:
            out.append((start, start + taken))
        size -= taken
    return tuple(out)


def _together(inner: Described, outer: Described) -> Described:
    """Return what an identity derivation and its input say together: the input's transformations first."""
    if outer.aperture is not None and (
        inner.aperture is not None or inner.orientation is not Orientation.UPRIGHT
    ):
        raise Unsupported("clap", "after-a-transformation")
    return Described(
        inner.configuration,
        inner.size,
        outer.colour or inner.colour,
        inner.profile if outer.profile is None else outer.profile,
        followed(inner.orientation, outer.orientation),
        outer.aperture or inner.aperture,
        outer.aspect or inner.aspect,
        outer.mastering or inner.mastering,
        outer.light or inner.light,
        outer.auxiliary or inner.auxiliary,
    )


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of a picture; `source` is the profile that the canonical one was made of."""

    colour: Colour | None
    profile: bytes
    constant: bool
    source: bytes


def colours_of(image: Image, said: About) -> Colours:
    """Return the colours of the picture: what it says itself, else what its tiles say.

    A profile comes before code points.  One that amounts to sRGB becomes code
    points, unless neither the container nor the stream says how RGB is made: then
    sRGB is what viewers take it for.
    """
    shown, tile = image.shown, image.tile
    if shown.colour and tile.colour and shown.colour != tile.colour:
        raise Unsupported("colr", "tiles-differ-from-grid")
    colour = shown.colour or tile.colour
    profile = tile.profile if shown.profile is None else shown.profile
    if profile is None or icc_names.colour_space(profile) not in _SPACES[said.channels]:
        return Colours(colour, b"", constant=True, source=b"")
    try:
        found = icc.canonical(profile)
    except Malformed:
        # Nothing could have used it.
        return Colours(colour, b"", constant=True, source=b"")
    if not found.profile:
        stream = colour or said.colour
        colour = stream and Colour(*_SRGB, stream.matrix, stream.full_range)
    return Colours(colour, found.profile, found.constant, profile)


def checked_aperture(image: HeifImage, shown: Described) -> Described:
    """Check a clean aperture against the picture; `Unsupported` if it hides more than a margin."""
    if shown.aperture is None:
        return shown
    width, wd, height, hd, across, ad, down, dd = shown.aperture
    spare = image.width * wd - width, image.height * hd - height
    if min(spare) < 0 or not width or not height or wd != 1 or hd != 1:
        raise Unsupported("clap", "not-inside-the-picture")
    if abs(across) * 2 > spare[0] * ad or abs(down) * 2 > spare[1] * dd:
        raise Unsupported("clap", "not-inside-the-picture")
    cornered = (2 * across, 2 * down) == (-spare[0] * ad, -spare[1] * dd)
    smallest = _SMALLEST if cornered else 0
    sides = zip(spare, (image.width, image.height), strict=True)
    if any(hidden > _MOST_HIDDEN and side > smallest for hidden, side in sides):
        raise Unsupported("clap", "hides-a-part-of-the-picture")
    if not any(spare):
        shown.aperture = None
    return shown


def choose(meta: Meta, source: Readable, policy: Policy) -> Chosen:
    """Read the primary picture and its alpha plane; raises `Refused` errors only."""
    if meta.primary is None:
        raise Malformed("pitm", "missing")
    reader = Reader(meta, source, policy)
    image = reader.image(meta.primary)
    alpha = reader.alpha(meta.primary)
    plane = None if alpha is None else reader.image(alpha)
    shown = image.shown
    picture = reader.settled(image)
    alpha_picture = None if plane is None else reader.settled(plane)
    shown = checked_aperture(picture, shown)
    if plane is not None and alpha_picture is not None:
        checked = checked_aperture(alpha_picture, plane.shown)
        if checked.orientation is Orientation.UPRIGHT and checked.aperture is None:
            # Viewers do with it what they are told to do with the picture.
            checked = replace(checked, orientation=shown.orientation, aperture=shown.aperture)
        if (checked.orientation, checked.aperture) != (shown.orientation, shown.aperture):
            raise Unsupported("auxl", "alpha-plane-turned-otherwise")
        if {item.coding.codec for item in alpha_picture.items} != {picture.items[0].coding.codec}:
            raise Unsupported("auxl", "alpha-plane-coded-otherwise")
    colours = colours_of(image, about(picture.items[0].coding))
    spans = sorted(
        (piece.start, piece.start + piece.size)
        for each in (picture, alpha_picture)
        if each is not None
        for item in each.items
        for piece in item.pieces
        if isinstance(piece, Span)
    )
    mastering, light = reader.walk.static(image.items[0])
    essence = Heif(
        picture,
        alpha_picture,
        Payload(source, *merged(spans)),
        alpha is not None and alpha in meta.targets("prem", meta.primary),
        shown.orientation,
        colours.colour,
        colours.profile,
        shown.aspect,
        shown.aperture,
        shown.mastering or image.tile.mastering or mastering,
        shown.light or image.tile.light or light,
    )
    remaining = [
        Remaining(Residual.CODED_PAYLOAD),
        Remaining(Residual.ENCODER_PARAMETERS),
        *reader.walk.remaining(),
    ]
    if essence.profile and not colours.constant:
        remaining.append(Remaining(Residual.COLOUR_PROFILE))
    if essence.orientation is not Orientation.UPRIGHT:
        remaining.append(Remaining(Residual.ORIENTATION))
    if essence.aperture is not None or _spare(picture):
        remaining.append(Remaining(Residual.CLEAN_APERTURE))
    if essence.mastering or essence.light:
        remaining.append(Remaining(Residual.HDR_METADATA))
    return Chosen(
        essence, reader.kept, reader.places, reader.walk.findings(), tuple(remaining), colours.source
    )


def _spare(image: HeifImage) -> bool:
    """Whether a grid's tiles hold more than the picture shows."""
    tile = image.items[0].coding
    canvas = tile.width * image.columns, tile.height * image.rows
    return bool(image.columns) and canvas != (image.width, image.height)
