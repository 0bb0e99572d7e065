"""The canonical still (ISO/IEC 23008-12, AV1 Image File Format): a pure function of the essence.

    ftyp  meta { hdlr pitm iloc iinf [iref] iprp { ipco ipma } [idat] }  mdat

Items are numbered from 1: tiles row by row, then the grid, then the alpha plane in
the same way.  `mdat` holds the coded items in that order and nothing else, `idat`
the grids.  A property stands once, in the order of its first use.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...codecs import hevc
from ...errors import LimitExceeded
from ...pieces import Walked
from ..isobmff.emit import box, full_box
from .coded import about
from .transform import PROPERTIES

if TYPE_CHECKING:
    from ...essence import Heif, HeifImage, HeifItem, Picture
    from ...model import Policy
    from ...pieces import Pieces

ALPHA_URN = {
    "hevc": b"urn:mpeg:hevc:2015:auxid:1\0",
    "av1": b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0",
}

_MOST = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class _Item:
    """One item to write: a coded one, or a grid with its body and its tiles' numbers."""

    type: str
    properties: tuple[tuple[bytes, bool], ...]
    """Whole boxes, and whether each is essential."""
    coded: HeifItem | None = None
    hidden: bool = False
    body: bytes = b""
    tiles: tuple[int, ...] = ()


@dataclass(slots=True)
class _Layout:
    """Owns the items in the order of their numbers."""

    items: list[_Item] = field(default_factory=list)
    primary: int = 0
    alpha: int = 0


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
    return box("ftyp", major, bytes(4), brands)


def _configuration(item: HeifItem) -> bytes:
    if item.coding.codec == "hevc":
        return box("hvcC", hevc.write_configuration(item.coding.parameter_sets))
    return box("av1C", item.coding.record)


def _sized(width: int, height: int) -> bytes:
    return full_box("ispe", 0, 0, struct.pack(">II", width, height))


def _pixels(item: HeifItem) -> bytes:
    said = about(item.coding)
    return full_box("pixi", 0, 0, bytes((said.channels,)), bytes((said.depth,)) * said.channels)


def _colours(picture: Heif) -> list[tuple[bytes, bool]]:
    out = []
    if picture.profile:
        out.append((box("colr", b"prof", picture.profile), False))
    if picture.colour is not None:
        colour = picture.colour
        words = struct.pack(">HHH", colour.primaries, colour.transfer, colour.matrix)
        out.append((box("colr", b"nclx", words, bytes((colour.full_range << 7,))), False))
    return out


def _shown(picture: Heif) -> list[tuple[bytes, bool]]:
    """Return the transformations in the order that MIAF asks for: crop, rotate, mirror."""
    out = []
    if picture.aperture is not None:
        out.append((box("clap", struct.pack(">IIIIiIiI", *picture.aperture)), True))
    angle, axis = PROPERTIES[picture.orientation]
    if angle:
        out.append((box("irot", bytes((angle,))), True))
    if axis is not None:
        out.append((box("imir", bytes((axis,))), True))
    return out


def _lay(layout: _Layout, picture: Heif, image: HeifImage, *, alpha: bool) -> int:
    """Add the items of an image; return the number of the one that stands for it."""
    colours = [] if alpha else _colours(picture)
    whole: list[tuple[bytes, bool]] = []
    if not alpha:
        if picture.aspect is not None:
            whole.append((box("pasp", struct.pack(">II", *picture.aspect)), False))
        if picture.light:
            whole.append((box("clli", picture.light), False))
        if picture.mastering:
            whole.append((box("mdcv", picture.mastering), False))
    whole += _shown(picture)
    if alpha:
        urn = ALPHA_URN[image.items[0].coding.codec]
        whole.append((full_box("auxC", 0, 0, urn), True))
    known: dict[Picture, tuple[tuple[bytes, bool], ...]] = {}
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
        layout.items.append(_Item(item.coding.entry, properties, item, hidden=bool(image.columns)))
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
    layout.items.append(_Item("grid", properties, body=body, tiles=tuple(numbers)))
    return len(layout.items)


def layout_of(picture: Heif) -> _Layout:
    """Number the items."""
    layout = _Layout()
    layout.primary = _lay(layout, picture, picture.picture, alpha=False)
    if picture.alpha is not None:
        layout.alpha = _lay(layout, picture, picture.alpha, alpha=True)
    return layout


def _iinf(layout: _Layout) -> bytes:
    entries = [
        full_box("infe", 2, item.hidden, struct.pack(">HH", number, 0), item.type.encode("ascii"), b"\0")
        for number, item in enumerate(layout.items, 1)
    ]
    return full_box("iinf", 0, 0, struct.pack(">H", len(entries)), *entries)


def _iref(layout: _Layout, picture: Heif) -> bytes:
    found = [(b"dimg", number, item.tiles) for number, item in enumerate(layout.items, 1) if item.tiles]
    if layout.alpha:
        found.append((b"auxl", layout.alpha, (layout.primary,)))
        if picture.premultiplied:
            found.append((b"prem", layout.primary, (layout.alpha,)))
    boxes = [
        box(kind.decode("ascii"), struct.pack(f">HH{len(targets)}H", source, len(targets), *targets))
        for kind, source, targets in found
    ]
    return full_box("iref", 0, 0, *boxes) if boxes else b""


def _iprp(layout: _Layout) -> bytes:
    index: dict[bytes, int] = {}
    entries = []
    for number, item in enumerate(layout.items, 1):
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
    """Return `iloc` for coded items from `start` of the file on, and grids from that of `idat`."""
    parts = []
    inside = 0
    for number, item in enumerate(layout.items, 1):
        if item.coded is None:
            parts.append(struct.pack(">HHHHII", number, 1, 0, 1, inside, len(item.body)))
            inside += len(item.body)
        else:
            parts.append(struct.pack(">HHHHII", number, 0, 0, 1, start, item.coded.size))
            start += item.coded.size
    return full_box("iloc", 1, 0, struct.pack(">HH", 0x4400, len(layout.items)), *parts)


def _meta(layout: _Layout, picture: Heif, start: int) -> bytes:
    bodies = b"".join(item.body for item in layout.items)
    return full_box(
        "meta",
        0,
        0,
        full_box("hdlr", 0, 0, bytes(4), b"pict", bytes(13)),
        full_box("pitm", 0, 0, struct.pack(">H", layout.primary)),
        _iloc(layout, start),
        _iinf(layout),
        _iref(layout, picture),
        _iprp(layout),
        box("idat", bodies) if bodies else b"",
    )


def write(picture: Heif, _policy: Policy) -> Pieces:
    """Yield the canonical file; raises `LimitExceeded` for one of 4 GiB."""
    layout = layout_of(picture)
    head = file_type(picture)
    size = sum(item.coded.size for item in layout.items if item.coded is not None)
    start = len(head) + len(_meta(layout, picture, 0)) + 8
    if start + size > _MOST:
        raise LimitExceeded("file", "size")
    yield head
    yield _meta(layout, picture, start)
    yield struct.pack(">I4s", size + 8, b"mdat")
    for item in layout.items:
        if item.coded is not None:
            yield from item.coded.pieces
    return Walked()
