"""Stills as phones and cameras lay them out: which items, properties and boxes each puts where.

The pictures are small and all made of the same four; what stands around them is
what the maker's files have.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .boxes import box, full, u8, u16, u32
from .heif import (
    ORDER,
    SIDE,
    Layout,
    Part,
    Parts,
    Property,
    apple_packet,
    auxc,
    coded,
    configuration,
    gain_numbers,
    grid_body,
    irot,
    ispe,
    nclx,
    pixi,
    profile,
)

Size = tuple[int, int]

RDF = b"application/rdf+xml"
ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"
STYLES = b"tag:apple.com,2023:photo:metadata:styles"
APPLE_GAIN_MAP = b"urn:com:apple:photo:2020:aux:hdrgainmap"
SAMSUNG_GAIN_MAP = b"urn:com:samsung:photo:2024:aux:hdrgainmap"
MATTES = (
    b"urn:com:apple:photo:2018:aux:portraiteffectsmatte",
    *(b"urn:com:apple:photo:2019:aux:semantic" + each + b"matte" for each in (b"skin", b"hair", b"teeth")),
    *(b"urn:com:apple:photo:2020:aux:semantic" + each + b"matte" for each in (b"glasses", b"sky")),
)
CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")


@dataclass(frozen=True)
class Photo:
    """A file of which the primary item is called `picture`, and `bare`, the items that the picture needs."""

    parts: Parts
    bare: Parts
    layout: Layout
    brands: bytes
    """Of a file with the bare items."""


def item(codec: str, index: int, name: str, *properties: Property, hidden: bool = True) -> Part:
    """A coded picture with its configuration after its other properties."""
    stream = coded(codec)
    return Part(
        name,
        stream.entry,
        stream.samples[index % 4].data,
        (*properties, configuration(codec)),
        hidden=hidden,
    )


def about(part: Part, kind: bytes, *targets: str) -> Part:
    """An item that refers to others."""
    return replace(part, references=(*part.references, (kind, targets)))


def mosaic(
    codec: str,
    shape: Size,
    size: Size,
    name: str,
    tile: tuple[Property, ...],
    shown: tuple[Property, ...],
) -> Parts:
    """A grid of rows and columns behind its tiles."""
    rows, columns = shape
    tiles = tuple(item(codec, i, f"{name} {i}", *tile) for i in range(rows * columns))
    data = grid_body(rows, columns, *size)
    return *tiles, Part(name, b"grid", data, shown, ((b"dimg", tuple(t.name for t in tiles)),), inside=True)


def _needed(*properties: Property) -> tuple[Property, ...]:
    """Properties, all of them marked as essential."""
    return tuple((data, True) for data, _ in properties)


def _texts(secret: bytes, exif: bytes, *targets: str) -> Parts:
    """An Exif block and a packet, without names, as most makers have them."""
    packet = b'<x:xmpmeta xmp:CreatorTool="' + secret + b'"/>'
    return (
        about(Part("exif", b"Exif", exif, hidden=True), b"cdsc", *targets),
        about(Part("xmp", b"mime", packet, content_type=RDF, hidden=True), b"cdsc", *targets),
    )


def iphone(secret: bytes, exif: bytes, p3: bytes) -> Photo:
    """A portrait of iOS 18 on a phone with photographic styles: gain map in both forms, depth, mattes."""
    size = 376, 376
    colour = profile(p3)
    turn = irot(3)
    bare = mosaic(
        "hevc",
        (6, 6),
        size,
        "picture",
        _needed(ispe(), colour),
        ((colour[0], True), ispe(*size), turn, pixi(8, 8, 8)),
    )

    def plane(name: str, urn: bytes, tail: bytes = b"", codec: str = "grey") -> Part:
        return item(codec, 1, name, ispe(), turn, pixi(8), auxc(urn, tail))

    both = "picture", "tone map"
    gain = about(plane("gain map", APPLE_GAIN_MAP), b"auxl", "picture")
    packet = Part("gain xmp", b"mime", apple_packet(words=secret), content_type=RDF, hidden=True)
    depth = about(plane("depth", b"urn:mpeg:hevc:2015:auxid:2", secret), b"auxl", *both)
    mattes = tuple(about(plane(urn.decode(), urn), b"auxl", *both) for urn in MATTES)
    delta = mosaic(
        "hevc", (2, 2), (2 * SIDE, 2 * SIDE), "delta", _needed(ispe()), (ispe(2 * SIDE, 2 * SIDE),)
    )
    # some versions of iOS leave out what tiles of this one are coded by
    delta = (delta[0], *(replace(each, properties=_needed(ispe())) for each in delta[1:-1]), delta[-1])
    style = auxc(b"tag:apple.com,2023:photo:aux:styledeltamap")
    delta = (
        *delta[:-1],
        about(replace(delta[-1], hidden=True, properties=(*delta[-1].properties, style)), b"auxl", *both),
    )
    linear = plane("linear", b"tag:apple.com,2023:photo:aux:linearthumbnail", codec="hevc10")
    tone = Part(
        "tone map",
        b"tmap",
        b"\0" + gain_numbers(),
        (nclx(12, 16, 6), ispe(*size), turn, pixi(10, 10, 10)),
        ((b"dimg", ("picture", "gain map")),),
        inside=True,
    )
    parts = (
        *bare,
        about(item("hevc", 2, "thumbnail", ispe(), turn, pixi(8, 8, 8), hidden=False), b"thmb", "picture"),
        gain,
        about(packet, b"cdsc", "gain map"),
        depth,
        about(Part("depth xmp", b"mime", secret, content_type=RDF, hidden=True), b"cdsc", "depth"),
        *mattes,
        about(linear, b"auxl", *both),
        *delta,
        tone,
        about(
            Part("styles", b"uri ", b"bplist00" + secret, label=b"styleMetadata", content_type=STYLES),
            b"cdsc",
            *both,
        ),
        *_texts(secret, exif, *both),
    )
    brands = b"heic\0\0\0\0mif1MiHBMiHAheixMiHEMiPrmiafheictmap"
    layout = Layout(brands=brands, large_media=True, groups=((b"altr", ("tone map", "picture")),))
    return Photo(parts, bare, layout, b"heic\0\0\0\0mif1heic")


def spatial(secret: bytes, exif: bytes, p3: bytes) -> Photo:
    """A stereo pair with the place and the lens of each camera, as standard and as private properties."""
    size = 2 * SIDE, 2 * SIDE
    colour = profile(p3)

    def eye(name: str) -> Parts:
        lens = (
            (full(b"cmin", 0, 0, secret[:20]), True),
            (full(b"cmex", 0, 0, secret), True),
            (box(b"uuid", bytes(range(16)), secret), False),
        )
        shown = ((colour[0], True), ispe(*size), pixi(8, 8, 8), *lens)
        return mosaic("hevc", (2, 2), size, name, _needed(ispe(), colour), shown)

    left = eye("picture")
    parts = (*left, *eye("right"), *_texts(secret, exif, "picture", "right"))
    layout = Layout(brands=b"heic\0\0\0\0heicmif1", groups=((b"ster", ("picture", "right")),))
    return Photo(parts, left, layout, b"heic\0\0\0\0heicmif1")


def galaxy(secret: bytes, exif: bytes, p3: bytes) -> Photo:
    """A motion photo with a gain map of two tiles; `meta` stands behind the pictures."""
    size = 504, 248
    colour = profile(p3)
    shown = ((colour[0], True), (ispe(*size)[0], True), irot(3))
    bare = mosaic("hevc", (4, 8), size, "picture", _needed(colour, ispe()), shown)
    half = 2 * SIDE - 2, SIDE - 2
    gain = mosaic(
        "hevc",
        (1, 2),
        half,
        "gain map",
        _needed(ispe()),
        (nclx(2, 2, 2), (ispe(*half)[0], True), irot(3), auxc(SAMSUNG_GAIN_MAP)),
    )
    tone = Part(
        "tone map",
        b"tmap",
        b"\0" + gain_numbers(),
        (nclx(12, 16, 6), (ispe(*size)[0], True), irot(0), pixi(8, 8, 8)),
        ((b"dimg", ("picture", "gain map")),),
        inside=True,
    )
    parts = (
        *bare,
        about(item("hevc", 2, "thumbnail", *_needed(ispe()), irot(3), hidden=False), b"thmb", "picture"),
        *gain[:-1],
        about(replace(gain[-1], hidden=True), b"auxl", "picture"),
        tone,
        *_texts(secret, exif, "picture"),
    )
    layout = Layout(
        brands=b"heic\0\0\0\0mif1heictmap",
        order=("hdlr", "iinf", "pitm", "iprp", "iloc", "idat", "iref"),
        handler=b"\0\0",
        meta_last=True,
        groups=((b"altr", ("tone map", "picture")),),
        after=box(b"free", bytes(600)) + box(b"mpvd", _clip(secret)) + box(b"sefd", secret, b"SEFT"),
    )
    return Photo(parts, bare, layout, b"heic\0\0\0\0mif1heic")


def _clip(secret: bytes) -> bytes:
    return box(b"ftyp", b"mp42\0\0\0\0isommp42") + box(b"moov", secret) + box(b"mdat", bytes(400))


def android(secret: bytes, exif: bytes, codec: str = "hevc") -> Photo:
    """A picture of Android's own writer: items from 10000 on, no `pixi`, nothing said of colours."""
    size = 248, 180
    bare = mosaic(codec, (3, 4), size, "picture", _needed(ispe()), (*_needed(ispe(*size)), irot(1)))
    exif_item, _ = _texts(secret, exif, "picture")
    brands = b"heic\0\0\0\0mif1heic" if codec == "hevc" else b"avif\0\0\0\0mif1avif"
    layout = Layout(
        brands=brands,
        order=("hdlr", "iloc", "iinf", "pitm", "iprp", "idat", "iref"),
        first=10_000,
        between=box(b"free", secret[:4]),
        large_media=True,
    )
    return Photo((*bare, replace(exif_item, hidden=False)), bare, layout, brands)


def canon(secret: bytes, exif: bytes) -> Photo:
    """An HDR picture of Canon: its colours are said with the tiles alone, a box of its own is in `meta`."""
    size = 120, 96
    deep = pixi(10, 10, 10)
    colour = nclx(9, 16, 9)
    bare = mosaic("hevc10", (2, 2), size, "picture", _needed(ispe(), colour), (deep, ispe(*size), irot(0)))
    small = tuple(
        about(
            item("hevc10", i, name, *_needed(ispe(), colour), deep, irot(0), hidden=False), b"thmb", "picture"
        )
        for i, name in enumerate(("thumbnail", "preview"))
    )
    parts = (*bare[-1:], *bare[:-1], *small, *_texts(secret, exif, "picture"))
    layout = Layout(
        brands=b"heix\0\0\0\0mif1heix",
        order=("hdlr", "extra", *ORDER[1:]),
        extra_meta=box(b"uuid", CANON, box(b"CNCV", secret)),
        numbers=(1, 0x100, 0x101, 0x102, 0x103, 0x200, 0x201, 0x300, 0x301),
        gap=bytes(500),
    )
    return Photo(parts, bare, layout, b"heix\0\0\0\0mif1heix")


def sony(secret: bytes, exif: bytes) -> Photo:
    """A picture of Sony: three rows and columns of tiles, small pictures, one of which is a JPEG."""
    size = 180, 184
    deep = pixi(10, 10, 10)
    colour = nclx(1, 13, 5)
    tile = _needed(colour, ispe())
    bare = mosaic("hevc10", (3, 3), size, "picture", tile, (irot(0), deep, ispe(*size)))
    parts = (
        *bare,
        about(item("hevc10", 1, "preview", irot(0), *tile, deep, hidden=False), b"thmb", "picture"),
        about(item("hevc10", 2, "thumbnail", irot(0), *tile, deep, hidden=False), b"thmb", "picture"),
        about(
            Part("jpeg", b"jpeg", b"\xff\xd8" + secret + b"\xff\xd9", (ispe(160, 120),), hidden=True),
            b"thmb",
            "picture",
        ),
        *_texts(secret, exif, "picture"),
    )
    brands = b"heix\0\0\0\0mif1heixmiafMiHAjpegSHIF"
    layout = Layout(
        brands=brands,
        order=("hdlr", "pitm", "iinf", "iref", "iprp", "idat", "iloc"),
        between=box(b"free", secret),
    )
    return Photo(parts, bare, layout, b"heix\0\0\0\0mif1heix")


def libavif(secret: bytes, exif: bytes) -> Photo:
    """An AVIF with transparency, small text items with names, and no essential flag but on `av1C`."""
    own = Part(
        "picture",
        b"av01",
        coded("av1").samples[0].data,
        (ispe(), pixi(8, 8, 8), configuration("av1"), nclx()),
        label=b"Color",
    )
    plane = item("av1", 3, "alpha", ispe(), pixi(8, 8, 8), (auxc(ALPHA)[0], False), hidden=False)
    plane = about(replace(plane, label=b"Alpha"), b"auxl", "picture")
    texts = tuple(replace(each, hidden=False) for each in _texts(secret, exif, "picture"))
    layout = Layout(
        brands=b"avif\0\0\0\0avifmif1miafMA1B",
        order=("hdlr", "pitm", "iloc", "iinf", "iref", "iprp"),
        handler=b"libavif\0",
        version=0,
    )
    return Photo((own, plane, *texts), (own, plane), layout, b"avif\0\0\0\0avifmif1miaf")


def low_overhead(body: bytes) -> bytes:
    """A file of the low-overhead kind: a `mini` box instead of `meta` (ISO/IEC 23008-12, brand `mif3`)."""
    return box(b"ftyp", b"mif3avif") + box(b"mini", u8(0), u16(SIDE, SIDE), u32(0), body)
