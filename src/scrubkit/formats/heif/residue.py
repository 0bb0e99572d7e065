"""Names for the items, properties and boxes of a still that stay behind.

Nothing here decides anything.  What lies in an item that is dropped may be
malformed in any way.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from ... import catalog
from ...codecs import exif, xmp
from ...errors import ScrubError
from ...model import Finding
from ..isobmff import residue as movies
from ..isobmff.boxes import SLACK
from .coded import CODECS, UNREAD
from .places import data_of, size_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...source import Readable
    from ..isobmff.boxes import Box
    from .places import Places, Ranges
    from .structure import Item, Meta

TABLE = "heif"

LOOKED_AT = 8 << 20
"""Bytes of Exif and XMP items of one file whose insides are named."""

INSIDE = frozenset({"item/Exif", "item/XMP"})

_DEEPEST = 8

_TIFF = (b"II*\0", b"MM\0*")

_NEAR = 64
"""Bytes of an Exif item in which its TIFF header is looked for."""

AUXILIARY = {
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha": "alpha",
    b"urn:mpeg:hevc:2015:auxid:1": "alpha",
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth": "depth",
    b"urn:mpeg:hevc:2015:auxid:2": "depth",
    b"urn:com:apple:photo:2018:aux:portraiteffectsmatte": "portrait-matte",
    b"urn:com:apple:photo:2019:aux:semanticskinmatte": "person-matte",
    b"urn:com:apple:photo:2019:aux:semantichairmatte": "person-matte",
    b"urn:com:apple:photo:2019:aux:semanticteethmatte": "person-matte",
    b"urn:com:apple:photo:2020:aux:semanticglassesmatte": "person-matte",
    b"urn:com:apple:photo:2020:aux:semanticskymatte": "sky-matte",
    b"urn:com:apple:photo:2020:aux:hdrgainmap": "gain-map",
    b"urn:com:samsung:photo:2024:aux:hdrgainmap": "gain-map",
    b"tag:apple.com,2023:photo:aux:linearthumbnail": "thumbnail",
    b"tag:apple.com,2023:photo:aux:styledeltamap": "style-map",
}
"""What an auxiliary picture is, by its `auxC` type."""

_STYLES = frozenset(
    {b"tag:apple.com,2023:photo:metadata:styles", b"tag:apple.com,2026:photo:metadata:texture_styles"}
)
"""Items of the type `uri ` that hold a property list of how a picture was made."""

_NAMED_TYPES = {"Exif": "Exif", "uri ": "uri", "jumb": "jumb", "tmap": "tone-map", "iptc": "IPTC"}
_PICTURES = (CODECS.keys() | UNREAD.keys() | {"iden"}) - {"Exif", "mime", "uri ", "tmap"}


def named(
    key: str, path: str, size: int, start: int | None, value: str | None = None, table: str = TABLE
) -> Finding:
    """Return a finding whose words are those of a catalog key."""
    place = _place(table, key)
    known = place is not catalog.UNKNOWN
    return Finding(path, place.kind, place.label, size, start, 1, place.writer, known, value)


@lru_cache(maxsize=1024)
def _place(table: str, key: str) -> catalog.Place:
    return catalog.find(table, key) or catalog.UNKNOWN


def kind_of(meta: Meta, identifier: int, depth: int = 0) -> str:
    """Return what an item that is left is to the picture, in words of ours."""
    item = meta.items[identifier]
    if item.type == "mime":
        return "XMP" if item.content_type == b"application/rdf+xml" else "mime"
    if item.type == "uri " and item.content_type in _STYLES:
        return "style"
    if item.type in _NAMED_TYPES:
        return _NAMED_TYPES[item.type]
    if meta.targets("thmb", identifier):
        return "thumbnail"
    urn = _auxiliary(meta, identifier)
    if urn is not None:
        return AUXILIARY.get(urn, "auxiliary")
    parents = meta.sources("dimg", identifier)
    if parents and depth < _DEEPEST and parents[0] in meta.items:
        return kind_of(meta, parents[0], depth + 1)
    if item.type in _PICTURES:
        return "picture"
    return "other"


def _auxiliary(meta: Meta, identifier: int) -> bytes | None:
    for index, _ in meta.associations.get(identifier, ()):
        if index < len(meta.properties) and meta.properties[index].type == "auxC":
            return bytes(meta.properties[index].body[4:260]).partition(b"\0")[0]
    return b"" if meta.targets("auxl", identifier) else None


def item(meta: Meta, one: Item, places: Places) -> tuple[str, Ranges, list[Finding]]:
    """Return the path of an item that is left, where it lies, and what it is."""
    kind = kind_of(meta, one.identifier)
    path = f"item/{kind}"
    try:
        ranges = places.of(one.identifier)
    except ScrubError:
        ranges = ()
    start = ranges[0][0] if ranges else None
    value = None
    if kind in ("auxiliary", "uri", "mime", "other"):
        value = movies.text(one.box.body[6:])
    return path, ranges, [named(path, path, size_of(ranges), start, value)]


def without_number(found: Finding) -> Finding:
    """Take out of a finding in an XMP packet what crosses of it, and where that stands."""
    if found.path.startswith("item/XMP/HDRGainMap:"):
        return replace(found, untrusted_value=None)
    return replace(found, start=None)


def inside(path: str, ranges: Ranges, source: Readable) -> list[Finding]:
    """Name what an Exif or XMP item holds; its size must be bounded."""
    data = bytes(data_of(source, ranges, LOOKED_AT))
    if path == "item/XMP":
        return list(xmp.findings(data, path))
    return _exif(data, path, ranges[0][0] if len(ranges) == 1 else None)


def _exif(data: bytes, path: str, start: int | None) -> list[Finding]:
    """Name the inside of an `Exif` item: the offset of the TIFF header, then a block (§A.2.1).

    Some writers state a wrong offset, or none at all.
    """
    at = 4 + int.from_bytes(data[:4])
    if data[at : at + 4] not in _TIFF:
        found = [place for head in _TIFF if (place := data.find(head, 0, _NEAR)) >= 0]
        at = min(found, default=at if at < len(data) else 4)
    return list(exif.findings(data[at:], path, None if start is None else start + at))


def box(path: str, one: Box) -> Iterator[Finding]:
    """Name a box below `meta` that isn't read."""
    size = one.stop - one.start
    if one.type == SLACK:
        if any(one.body):
            key = "field/hdlr.name" if path.endswith("hdlr/name") else "box/slack"
            yield named(key, path, size, one.start, movies.text(one.body))
        return
    key = f"uuid/{one.uuid}" if one.uuid else f"box/{one.type}"
    table = movies.TABLE if _place(TABLE, key) is catalog.UNKNOWN else TABLE
    yield named(key, path, size, one.start, movies.text(one.body), table)


def property_left(one: Box) -> Finding:
    """Name a property that no kept item has, or that isn't read."""
    key = f"property/{one.type}" if not one.uuid else f"property/uuid/{one.uuid}"
    return named(key, f"meta/iprp/ipco/{one.type}", one.stop - one.start, one.start, movies.text(one.body))


def summed(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Put findings together that differ in place and size only."""
    known: dict[tuple[str, str, str | None], tuple[Finding, list[int]]] = {}
    for one in findings:
        key = one.path, one.label, one.untrusted_value
        _, sums = known.setdefault(key, (one, [0, 0]))
        sums[0] += one.size
        sums[1] += one.count
    for one, (size, count) in known.values():
        yield replace(one, size=size, count=count)
