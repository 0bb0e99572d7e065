"""From an item to an image: identity derivations and grids followed, everything else left.

`grid` (ISO/IEC 23008-12 §6.6.2.3) is kept, `iden` (§6.6.2.1) is followed, `iovl` is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...errors import Encrypted, LimitExceeded, Malformed, Unsupported
from ...essence import HeifImage, Orientation
from .aperture import stated_size
from .coded import CODECS, UNREAD, Walk, about
from .places import Places, data_of, size_of
from .properties import Described, describe
from .transform import followed

if TYPE_CHECKING:
    from ...essence import Picture
    from ...model import Policy
    from ...source import Readable
    from .coded import Walked
    from .places import Ranges
    from .structure import Item, Meta

MOST_TILES = 4096
_LARGEST_SIDE = 1 << 17

ALPHA = frozenset(
    {
        b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
        b"urn:mpeg:hevc:2015:auxid:1",
        b"urn:mpeg:avc:2015:auxid:1",
    }
)


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
            raise Unsupported("infe", UNREAD.get(item.type, "coding"), item.box.start)
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
        for item, stated in zip(items, image.sizes, strict=True):
            if image.columns and stated not in (None, (item.coding.width, item.coding.height)):
                raise Unsupported("ispe", "differs-from-coded-picture")
            if item.coding != first and _shape(item.coding) != _shape(first):
                raise Unsupported("grid", "tiles-differ")
        if not image.columns:
            width, height = stated_size(image.shown, first)
            # a grid of one tile: the first rows and columns, which more viewers show than an aperture
            grid = (0, 0) if (width, height) == (first.width, first.height) else (1, 1)
            return HeifImage(items, width, height, *grid)
        spare = first.width * image.columns - image.width, first.height * image.rows - image.height
        if min(spare) < 0:
            raise Malformed("grid", "tiles-do-not-cover-it")
        if spare[0] >= first.width or spare[1] >= first.height:
            raise Unsupported("grid", "hidden-tiles")
        return HeifImage(items, image.width, image.height, image.rows, image.columns)


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
        inner.disputed or outer.disputed,
        outer.aperture or inner.aperture,
        outer.aspect or inner.aspect,
        outer.mastering or inner.mastering,
        outer.light or inner.light,
        outer.auxiliary or inner.auxiliary,
    )
