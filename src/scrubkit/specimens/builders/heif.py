"""Stills of the HEIF family (ISO/IEC 23008-12): coded pictures in items, laid out in any way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from .boxes import box, box64, full, u8, u16, u32, u64
from .recordings import Coding, Stream, encoded, streams_of

Property = tuple[bytes, bool]
"""A whole box, and whether it is essential."""

SIDE = 64
"""Width and height of the coded pictures."""

_X265 = "log-level=none:keyint=1:bframes=0:pools=none:frame-threads=1"


@dataclass(frozen=True)
class Part:
    """An item; references are to other items by `name`, `label` is what `infe` calls it."""

    name: str
    kind: bytes
    data: bytes
    properties: tuple[Property, ...] = ()
    references: tuple[tuple[bytes, tuple[str, ...]], ...] = ()
    hidden: bool = False
    label: bytes = b""
    content_type: bytes = b""
    inside: bool = False
    """Whether its data lies in `idat`."""
    tail: bytes = b""
    """Of `infe`."""


Parts = tuple[Part, ...]

ORDER = ("hdlr", "dinf", "pitm", "iloc", "iinf", "iref", "iprp", "idat")


@dataclass(frozen=True)
class Layout:
    """How a writer puts a still into a file; nothing of it is seen."""

    brands: bytes = b"heic\0\0\0\0mif1heic"
    order: tuple[str, ...] = ORDER
    handler: bytes = b"\0"
    """The name in `hdlr`."""
    version: int = 1
    """Of `iloc`."""
    method: int = 0
    """Construction method of items that don't lie in `idat`."""
    based: bool = False
    """Whether offsets are relative to a base offset."""
    extents: int = 1
    large: bool = False
    """Whether `iloc` has 64-bit fields."""
    wide: bool = False
    """Whether items have 32-bit numbers."""
    first: int = 1
    step: int = 1
    numbers: tuple[int, ...] = ()
    """Of the items, where `first` and `step` don't say them."""
    backwards: bool = False
    """Whether the last item's data comes first."""
    shared: bool = True
    """Whether equal properties stand once."""
    wide_indices: bool = False
    gap: bytes = b""
    """Between items' data."""
    meta_last: bool = False
    large_media: bool = False
    """Whether `mdat` has a 64-bit size."""
    before: bytes = b""
    """Boxes after `ftyp`."""
    between: bytes = b""
    """Boxes between `meta` and `mdat`."""
    after: bytes = b""
    extra_meta: bytes = b""
    """Boxes at the end of `meta`, or where `order` has `extra`."""
    extra_items: bytes = b""
    """Boxes at the end of `iinf`."""
    extra_references: bytes = b""
    extra_properties: tuple[bytes, ...] = ()
    """Boxes at the end of `ipco`."""
    extra_data: bytes = b""
    """At the end of `idat`."""
    groups: tuple[tuple[bytes, tuple[str, ...]], ...] = ()
    """Entity groups: kind, and names of items."""
    groups_tail: bytes = b""
    """At the end of each group."""

    def number(self, index: int) -> int:
        """The number of an item."""
        return self.numbers[index] if self.numbers else self.first + index * self.step


POOL = "pool"


def _pooled(parts: Parts) -> Parts:
    """Cut all items out of one that holds their data (construction method 2)."""
    data = b"".join(part.data for part in parts if not part.inside)
    moved = tuple(
        part if part.inside else replace(part, references=(*part.references, (b"iloc", (POOL,))))
        for part in parts
    )
    return *moved, Part(POOL, b"mime", data, content_type=b"application/octet-stream")


@dataclass(frozen=True)
class _Placed:
    """One item's number, construction method, and extents: offset and length."""

    number: int
    method: int
    extents: tuple[tuple[int, int], ...]


def _cut(start: int, size: int, count: int) -> tuple[tuple[int, int], ...]:
    step = max(size // count, 1)
    edges = [*range(0, size, step)][:count]
    return tuple(
        (start + at, (edges[i + 1] if i + 1 < len(edges) else size) - at) for i, at in enumerate(edges)
    )


def _media(parts: Parts, layout: Layout) -> tuple[bytes, dict[str, int]]:
    """The body of `mdat`, and where in it each item lies."""
    out, places = bytearray(), {}
    chosen = [part for part in parts if not part.inside]
    if layout.method == 2:
        chosen = [part for part in chosen if part.name == POOL]
    for part in reversed(chosen) if layout.backwards else chosen:
        out += layout.gap
        places[part.name] = len(out)
        out += part.data
    return bytes(out + layout.gap), places


def _placed(parts: Parts, layout: Layout, start: int) -> list[_Placed]:
    _, places = _media(parts, layout)
    found = []
    inside = pooled = 0
    for index, part in enumerate(parts):
        number = layout.number(index)
        if part.inside:
            found.append(_Placed(number, 1, _cut(inside, len(part.data), 1)))
            inside += len(part.data)
        elif layout.method == 2 and part.name != POOL:
            found.append(_Placed(number, 2, _cut(pooled, len(part.data), layout.extents)))
            pooled += len(part.data)
        else:
            extents = _cut(start + places[part.name], len(part.data), layout.extents)
            found.append(_Placed(number, 0, extents))
    return found


def _iloc(placed: list[_Placed], layout: Layout) -> bytes:
    version = 2 if layout.wide else layout.version
    size, pack = (8, u64) if layout.large else (4, u32)
    index = 4 if layout.method == 2 else 0
    out = u8(size << 4 | size, (size if layout.based else 0) << 4 | index)
    out += u32(len(placed)) if layout.wide else u16(len(placed))
    for each in placed:
        out += u32(each.number) if layout.wide else u16(each.number)
        if version:
            out += u16(each.method)
        out += u16(0)
        base = min(offset for offset, _ in each.extents) if layout.based else 0
        if layout.based:
            out += pack(base)
        out += u16(len(each.extents))
        for offset, length in each.extents:
            out += (u32(1) if index else b"") + pack(offset - base) + pack(length)
    return full(b"iloc", version, 0, out)


def _infe(part: Part, number: int, layout: Layout) -> bytes:
    head = (u32(number) if layout.wide else u16(number)) + u16(0) + part.kind
    content = part.content_type + b"\0" if part.kind in (b"mime", b"uri ") else b""
    version = 3 if layout.wide else 2
    return full(b"infe", version, part.hidden, head, part.label + b"\0", content, part.tail)


def _iref(parts: Parts, numbers: dict[str, int], layout: Layout) -> bytes:
    pack = u32 if layout.wide else u16
    boxes = [
        box(kind, pack(numbers[part.name]), u16(len(targets)), *(pack(numbers[t]) for t in targets))
        for part in parts
        for kind, targets in part.references
    ]
    if not boxes and not layout.extra_references:
        return b""
    return full(b"iref", layout.wide, 0, *boxes, layout.extra_references)


def _iprp(parts: Parts, numbers: dict[str, int], layout: Layout) -> bytes:
    slots: list[bytes] = []
    entries = []
    for part in parts:
        values = []
        for data, essential in part.properties:
            if data not in slots or not layout.shared:
                slots.append(data)
            place = (slots.index(data) if layout.shared else len(slots) - 1) + 1
            values.append((place, essential))
        if values:
            entries.append((numbers[part.name], values))
    wide = layout.wide_indices or len(slots) > 127
    out = u32(len(entries))
    for number, values in entries:
        out += (u32(number) if layout.wide else u16(number)) + u8(len(values))
        for place, essential in values:
            out += u16(place | essential << 15) if wide else u8(place | essential << 7)
    ipma = full(b"ipma", layout.wide, wide, out)
    return box(b"iprp", box(b"ipco", *slots, *layout.extra_properties), ipma)


def _meta(parts: Parts, primary: str, layout: Layout, start: int) -> bytes:
    numbers = {part.name: layout.number(index) for index, part in enumerate(parts)}
    inside = b"".join(part.data for part in parts if part.inside) + layout.extra_data
    entries = [_infe(part, numbers[part.name], layout) for part in parts]
    known = {
        "hdlr": full(b"hdlr", 0, 0, u32(0), b"pict", bytes(12), layout.handler),
        "dinf": box(b"dinf", full(b"dref", 0, 0, u32(1), full(b"url ", 0, 1))),
        "pitm": full(b"pitm", layout.wide, 0, (u32 if layout.wide else u16)(numbers[primary])),
        "iloc": _iloc(_placed(parts, layout, start), layout),
        "iinf": full(b"iinf", 0, 0, u16(len(entries)), *entries, layout.extra_items),
        "iref": _iref(parts, numbers, layout),
        "iprp": _iprp(parts, numbers, layout),
        "idat": box(b"idat", inside) if inside else b"",
        "extra": layout.extra_meta,
    }
    groups = _grpl(numbers, layout)
    last = b"" if "extra" in layout.order else layout.extra_meta
    return full(b"meta", 0, 0, *(known[name] for name in layout.order), groups, last)


def _grpl(numbers: dict[str, int], layout: Layout) -> bytes:
    """`grpl`, its groups numbered far from the items."""
    boxes = [
        full(kind, 0, 0, u32(90_000 + i, len(names), *(numbers[each] for each in names)), layout.groups_tail)
        for i, (kind, names) in enumerate(layout.groups)
    ]
    return box(b"grpl", *boxes) if boxes else b""


def build(parts: Parts, primary: str, layout: Layout = Layout()) -> bytes:
    """The file."""
    if layout.method == 2:
        parts = _pooled(parts)
    body, _ = _media(parts, layout)
    media = box64(b"mdat", body) if layout.large_media else box(b"mdat", body)
    head = box(b"ftyp", layout.brands) + layout.before
    if layout.meta_last:
        start = len(head) + len(media) - len(body)
        return head + media + layout.between + _meta(parts, primary, layout, start) + layout.after
    size = len(_meta(parts, primary, layout, 0))
    start = len(head) + size + len(layout.between) + len(media) - len(body)
    return head + _meta(parts, primary, layout, start) + layout.between + media + layout.after


@cache
def coded(codec: str) -> Stream:
    """Four pictures of one configuration, each decodable alone."""
    options = {
        "hevc": ("libx265", (("x265-params", _X265),), "yuv420p"),
        "hevc10": ("libx265", (("x265-params", _X265),), "yuv422p10le"),
        "grey": ("libx265", (("x265-params", _X265),), "gray"),
        "av1": ("libsvtav1", (("svtav1-params", "lp=1:keyint=1"),), "yuv420p"),
    }
    encoder, settings, pixels = options[codec]
    return streams_of(encoded(Coding("mp4", encoder, "", settings, pixels, (SIDE, SIDE), frames=4)))[0]


def ispe(width: int = SIDE, height: int = SIDE, tail: bytes = b"") -> Property:
    return full(b"ispe", 0, 0, u32(width, height), tail), False


def pixi(*depths: int) -> Property:
    return full(b"pixi", 0, 0, u8(len(depths), *depths)), False


def nclx(primaries: int = 1, transfer: int = 13, matrix: int = 6, flags: int = 0x80) -> Property:
    return box(b"colr", b"nclx", u16(primaries, transfer, matrix), u8(flags)), False


def profile(data: bytes, kind: bytes = b"prof") -> Property:
    return box(b"colr", kind, data), False


def irot(angle: int) -> Property:
    return box(b"irot", u8(angle)), True


def imir(axis: int) -> Property:
    return box(b"imir", u8(axis)), True


def auxc(urn: bytes, tail: bytes = b"") -> Property:
    return full(b"auxC", 0, 0, urn, b"\0", tail), True


def configuration(codec: str) -> Property:
    return coded(codec).config[0], True


def picture(
    codec: str = "hevc", index: int = 0, name: str = "picture", shown: tuple[Property, ...] = ()
) -> Part:
    """One coded picture as an item of its own."""
    stream = coded(codec)
    return Part(name, stream.entry, stream.samples[index].data, (configuration(codec), ispe(), *shown))


def grid_body(rows: int, columns: int, width: int, height: int, *, wide: bool = False) -> bytes:
    return u8(0, wide, rows - 1, columns - 1) + (u32 if wide else u16)(width, height)


def grid(
    codec: str = "hevc",
    size: tuple[int, int] = (2 * SIDE - 8, 2 * SIDE),
    name: str = "picture",
    shown: tuple[Property, ...] = (),
    **changes: bool,
) -> Parts:
    """Two by two tiles, and the grid that they make."""
    tiles = tuple(replace(picture(codec, i, f"{name} tile {i}"), hidden=True) for i in range(4))
    body = grid_body(2, 2, *size, wide=changes.pop("wide", False))
    references = ((b"dimg", tuple(tile.name for tile in tiles)),)
    return *tiles, Part(name, b"grid", body, (ispe(*size), *shown), references, inside=True)


Ratio = tuple[int, int]
"""Numerator and denominator."""

GAINS: tuple[Ratio, ...] = ((0, 1), (9, 4), (1, 1), (1, 64), (1, 64))
"""Of one channel: minimum, maximum, gamma, offsets of base and alternate."""


def gain_numbers(
    *channels: tuple[Ratio, ...],
    headrooms: tuple[Ratio, Ratio] = ((0, 1), (9, 4)),
    flags: int = 0x40,
    versions: tuple[int, int] = (0, 0),
) -> bytes:
    """`GainMapMetadata` of ISO 21496-1."""
    rows = [*headrooms, *(ratio for channel in channels or (GAINS,) for ratio in channel)]
    several = 0x80 if len(channels) > 1 else 0
    words = [word & 0xFFFFFFFF for row in rows for word in row]
    return u16(*versions) + u8(flags | several) + u32(*words)


def tone_map(
    numbers: bytes = gain_numbers(), inputs: tuple[str, str] = ("picture", "gain map"), **more: Property
) -> Part:
    """A `tmap` item, shown in the colours of HDR10 unless `colours` says otherwise."""
    colours = more.get("colours", nclx(9, 16, 9))
    return Part("tone map", b"tmap", b"\0" + numbers, (ispe(), colours), ((b"dimg", inputs),), inside=True)


def apple_packet(headroom: bytes = b"3.5", words: bytes = b"") -> bytes:
    """The XMP packet of Apple's gain map."""
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="'
        + words
        + b'"><rdf:RDF><rdf:Description rdf:about="">'
        b"<HDRGainMap:HDRGainMapVersion>131072</HDRGainMap:HDRGainMapVersion>"
        b"<HDRGainMap:HDRGainMapHeadroom>" + headroom + b"</HDRGainMap:HDRGainMapHeadroom>"
        b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
