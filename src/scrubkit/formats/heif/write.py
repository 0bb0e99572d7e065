"""The canonical still (ISO/IEC 23008-12, AV1 Image File Format): a pure function of the essence.

    ftyp  meta { hdlr pitm iloc iinf [iref] iprp { ipco ipma } [idat] [grpl] }  mdat

Items are numbered from 1: tiles row by row, then the grid, then in the same way the
alpha plane and, where they were asked for, gain map, depth map and the other eye's
picture.  `mdat` holds the coded items in that order (and the packet that goes with Apple's gain
map), `idat` what derives a picture from others.  A property stands once, in the order of its first use.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...codecs import gain_map, hevc
from ...errors import LimitExceeded
from ...essence import Orientation
from ...pieces import Walked
from ..isobmff.emit import box, full_box
from .coded import about
from .transform import PROPERTIES

if TYPE_CHECKING:
    from ...essence import Colour, Heif, HeifGain, HeifImage, HeifItem, Picture
    from ...pieces import Pieces

ALPHA_URN = {
    "hevc": b"urn:mpeg:hevc:2015:auxid:1\0",
    "av1": b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0",
}

DEPTH_URN = {
    "hevc": b"urn:mpeg:hevc:2015:auxid:2\0",
    "av1": b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth\0",
}

GAIN_MAP_URN = b"urn:com:apple:photo:2020:aux:hdrgainmap\0"

_XMP = b"application/rdf+xml\0"

_MOST = (1 << 32) - 1

Property = tuple[bytes, bool]
"""A whole box, and whether it is essential."""

Aperture = tuple[int, int, int, int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Item:
    """One item to write: a coded one, or one with a body and the numbers of the items it is made of."""

    type: str
    properties: tuple[Property, ...]
    coded: HeifItem | None = None
    hidden: bool = False
    body: bytes = b""
    inputs: tuple[int, ...] = ()
    content_type: bytes = b""

    @property
    def inside(self) -> bytes:
        """What of the item lies in `idat`: not a packet, which some readers look for only in `mdat`."""
        return b"" if self.content_type else self.body

    @property
    def size(self) -> int:
        """Bytes of the item in `mdat`."""
        return self.coded.size if self.coded is not None else len(self.body) - len(self.inside)


@dataclass(slots=True)
class _Layout:
    """Owns the items in the order of their numbers, references and groups of two beside."""

    items: list[_Item] = field(default_factory=list)
    primary: int = 0
    references: list[tuple[bytes, int, int]] = field(default_factory=list)
    """Kind, from, to."""
    groups: list[tuple[str, int, int]] = field(default_factory=list)


def brand(picture: Heif) -> bytes:
    """Return the major brand: `avif`, `heic` for 8 bits and at most 4:2:0, else `heix`."""
    first = picture.picture.items[0].coding
    if first.codec == "av1":
        return b"avif"
    said = about(first)
    plain = said.depth == 8 and (said.channels == 1 or all(said.chroma))
    return b"heic" if plain else b"heix"


def file_type(picture: Heif) -> bytes:
    """Return the `ftyp` box."""
    major = brand(picture)
    brands = b"avifmif1miaf" if major == b"avif" else b"mif1" + major
    toned = b"tmap" if picture.gain is not None and picture.gain.numbers is not None else b""
    return box("ftyp", major, bytes(4), brands, toned)


def _configuration(item: HeifItem) -> bytes:
    if item.coding.codec == "hevc":
        return box("hvcC", hevc.write_configuration(item.coding.parameter_sets))
    return box("av1C", item.coding.record)


def _sized(width: int, height: int) -> bytes:
    return full_box("ispe", 0, 0, struct.pack(">II", width, height))


def _pixels(item: HeifItem) -> bytes:
    said = about(item.coding)
    return _depths(said.channels, said.depth)


def _depths(channels: int, depth: int) -> bytes:
    return full_box("pixi", 0, 0, bytes((channels,)), bytes((depth,)) * channels)


def _colours(profile: bytes, colour: Colour | None) -> list[Property]:
    out = []
    if profile:
        out.append((box("colr", b"prof", profile), False))
    if colour is not None:
        words = struct.pack(">HHH", colour.primaries, colour.transfer, colour.matrix)
        out.append((box("colr", b"nclx", words, bytes((colour.full_range << 7,))), False))
    return out


def _shown(aperture: Aperture | None, orientation: Orientation) -> list[Property]:
    """Return the transformations in the order that MIAF asks for: crop, rotate, mirror."""
    out = []
    if aperture is not None:
        out.append((box("clap", struct.pack(">IIIIiIiI", *aperture)), True))
    angle, axis = PROPERTIES[orientation]
    if angle:
        out.append((box("irot", bytes((angle,))), True))
    if axis is not None:
        out.append((box("imir", bytes((axis,))), True))
    return out


def _auxiliary(urn: bytes) -> list[Property]:
    return [(full_box("auxC", 0, 0, urn), True)]


def _lay(
    layout: _Layout,
    image: HeifImage,
    colours: list[Property],
    whole: list[Property],
    *,
    hidden: bool = False,
) -> int:
    """Add the items of an image; return the number of the one that stands for it."""
    known: dict[Picture, tuple[Property, ...]] = {}
    numbers = []
    for item in image.items:
        if item.coding not in known:
            known[item.coding] = (
                (_configuration(item), True),
                (_sized(item.coding.width, item.coding.height), False),
                (_pixels(item), False),
                *colours,
            )
        properties = known[item.coding]
        if not image.columns:
            properties = (*properties, *whole)
        layout.items.append(_Item(item.coding.entry, properties, item, hidden=hidden or bool(image.columns)))
        numbers.append(len(layout.items))
    if not image.columns:
        return numbers[0]
    wide = max(image.width, image.height) > 0xFFFF
    body = bytes((0, wide, image.rows - 1, image.columns - 1))
    body += struct.pack(">II" if wide else ">HH", image.width, image.height)
    properties = (
        (_sized(image.width, image.height), False),
        (_pixels(image.items[0]), False),
        *colours,
        *whole,
    )
    layout.items.append(_Item("grid", properties, hidden=hidden, body=body, inputs=tuple(numbers)))
    return len(layout.items)


def layout_of(picture: Heif) -> _Layout:
    """Number the items."""
    layout = _Layout()
    colours = _colours(picture.profile, picture.colour)
    shown = _shown(picture.aperture, picture.orientation)
    whole: list[Property] = []
    if picture.aspect is not None:
        whole.append((box("pasp", struct.pack(">II", *picture.aspect)), False))
    if picture.light:
        whole.append((box("clli", picture.light), False))
    if picture.mastering:
        whole.append((box("mdcv", picture.mastering), False))
    layout.primary = _lay(layout, picture.picture, colours, [*whole, *shown])
    codec = picture.picture.items[0].coding.codec
    if picture.alpha is not None:
        number = _lay(layout, picture.alpha, [], [*shown, *_auxiliary(ALPHA_URN[codec])])
        layout.references.append((b"auxl", number, layout.primary))
        if picture.premultiplied:
            layout.references.append((b"prem", layout.primary, number))
    if picture.gain is not None:
        _lay_gain(layout, picture, picture.gain)
    if picture.depth is not None:
        depth = picture.depth
        shown = _shown(depth.aperture, picture.orientation)
        number = _lay(layout, depth.image, [], [*shown, *_auxiliary(DEPTH_URN[codec])], hidden=True)
        layout.references.append((b"auxl", number, layout.primary))
    if picture.stereo is not None:
        stereo = picture.stereo.plane
        shown = _shown(stereo.aperture, picture.orientation)
        number = _lay(layout, stereo.image, colours, [*whole, *shown])
        pair = (layout.primary, number) if picture.stereo.left else (number, layout.primary)
        layout.groups.append(("ster", *pair))
    return layout


def _lay_gain(layout: _Layout, picture: Heif, gain: HeifGain) -> None:
    """Add a gain map: as input of a `tmap` item, or, with a headroom alone, as Apple's auxiliary picture."""
    plane = gain.plane
    colours = _colours(b"", plane.colour)
    shown = _shown(plane.aperture, picture.orientation)
    if gain.numbers is None:
        number = _lay(layout, plane.image, colours, [*shown, *_auxiliary(GAIN_MAP_URN)], hidden=True)
        packet = gain_map.write_apple(gain.headroom)
        layout.items.append(_Item("mime", (), hidden=True, body=packet, content_type=_XMP))
        layout.references.append((b"auxl", number, layout.primary))
        layout.references.append((b"cdsc", len(layout.items), number))
        return
    number = _lay(layout, plane.image, colours, shown, hidden=True)
    width, height = _upright(picture)
    properties = (
        (_sized(width, height), False),
        (_depths(3, gain.depth), False),
        *_colours(gain.profile, gain.shown),
    )
    body = b"\0" + gain_map.write(gain.numbers)
    layout.items.append(_Item("tmap", properties, body=body, inputs=(layout.primary, number)))
    layout.groups.append(("altr", len(layout.items), layout.primary))


def _upright(picture: Heif) -> tuple[int, int]:
    """Return the size of the picture as it is shown."""
    width, height = picture.picture.width, picture.picture.height
    if picture.aperture is not None:
        width, height = picture.aperture[0], picture.aperture[2]
    return (height, width) if picture.orientation.value >= Orientation.TRANSPOSED.value else (width, height)


def _iinf(layout: _Layout) -> bytes:
    entries = [
        full_box(
            "infe",
            2,
            item.hidden,
            struct.pack(">HH", number, 0),
            item.type.encode("ascii"),
            b"\0",
            item.content_type,
        )
        for number, item in enumerate(layout.items, 1)
    ]
    return full_box("iinf", 0, 0, struct.pack(">H", len(entries)), *entries)


def _iref(layout: _Layout) -> bytes:
    found = [(b"dimg", number, item.inputs) for number, item in enumerate(layout.items, 1) if item.inputs]
    found += [(kind, source, (target,)) for kind, source, target in layout.references]
    boxes = [
        box(kind.decode("ascii"), struct.pack(f">HH{len(targets)}H", source, len(targets), *targets))
        for kind, source, targets in found
    ]
    return full_box("iref", 0, 0, *boxes) if boxes else b""


def _grpl(layout: _Layout) -> bytes:
    """Return `grpl`; groups are numbered after the items, with whom they share their numbers."""
    first = len(layout.items) + 1
    boxes = [
        full_box(kind, 0, 0, struct.pack(">IIII", number, 2, *pair))
        for number, (kind, *pair) in enumerate(layout.groups, first)
    ]
    return box("grpl", *boxes) if boxes else b""


def _iprp(layout: _Layout) -> bytes:
    index: dict[bytes, int] = {}
    entries = []
    for number, item in enumerate(layout.items, 1):
        if not item.properties:
            continue
        places = [(index.setdefault(data, len(index) + 1), essential) for data, essential in item.properties]
        entries.append((number, places))
    wide = len(index) > 0x7F
    parts = []
    for number, places in entries:
        values = [place | essential << (15 if wide else 7) for place, essential in places]
        parts.append(struct.pack(f">HB{len(values)}{'H' if wide else 'B'}", number, len(values), *values))
    ipma = full_box("ipma", 0, wide, struct.pack(">I", len(entries)), *parts)
    return box("iprp", box("ipco", *index), ipma)


def _iloc(layout: _Layout, start: int) -> bytes:
    """Return `iloc` for coded items from `start` of the file on, and the others from that of `idat`."""
    parts = []
    inside = 0
    for number, item in enumerate(layout.items, 1):
        if item.inside:
            parts.append(struct.pack(">HHHHII", number, 1, 0, 1, inside, len(item.inside)))
            inside += len(item.inside)
        else:
            parts.append(struct.pack(">HHHHII", number, 0, 0, 1, start, item.size))
            start += item.size
    return full_box("iloc", 1, 0, struct.pack(">HH", 0x4400, len(layout.items)), *parts)


def _meta(layout: _Layout, start: int) -> bytes:
    bodies = b"".join(item.inside for item in layout.items)
    return full_box(
        "meta",
        0,
        0,
        full_box("hdlr", 0, 0, bytes(4), b"pict", bytes(13)),
        full_box("pitm", 0, 0, struct.pack(">H", layout.primary)),
        _iloc(layout, start),
        _iinf(layout),
        _iref(layout),
        _iprp(layout),
        box("idat", bodies) if bodies else b"",
        _grpl(layout),
    )


def write(picture: Heif) -> Pieces:
    """Yield the canonical file; raises `LimitExceeded` for one of 4 GiB."""
    layout = layout_of(picture)
    head = file_type(picture)
    size = sum(item.size for item in layout.items)
    start = len(head) + len(_meta(layout, 0)) + 8
    if start + size > _MOST:
        raise LimitExceeded("file", "size")
    yield head
    yield _meta(layout, start)
    yield struct.pack(">I4s", size + 8, b"mdat")
    for item in layout.items:
        if item.coded is not None:
            yield from item.coded.pieces
        elif not item.inside:
            yield item.body
    return Walked()
