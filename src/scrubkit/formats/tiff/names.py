"""What stays behind of a TIFF's directories, named for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...catalog import UNKNOWN, find
from ...codecs import exif, icc_names, iptc, xmp
from ...codecs.text import shown
from ...codecs.tiff import ASCII, RATIONAL, SRATIONAL, UNDEFINED
from ...model import Finding
from .directory import Entry, integers, raw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...catalog import Place
    from ...source import Readable
    from .directory import Header

XMP, IPTC, PHOTOSHOP, ICC, MAKER_NOTE = 700, 33723, 34377, 34675, 37500

NAMED = 1 << 20
"""Bytes of one block that are looked into."""

VALUE = 1024
"""Bytes of a value that are shown."""

_NEWER = {
    254: "NewSubfileType",
    255: "SubfileType",
    285: "PageName",
    297: "PageNumber",
    34264: "ModelTransformation",
    33550: "ModelPixelScale",
    33922: "ModelTiepoint",
    34735: "GeoKeyDirectory",
    34736: "GeoDoubleParams",
    34737: "GeoAsciiParams",
    42112: "GDALMetadata",
    42113: "GDALNoData",
    50838: "ImageJMetadataCounts",
    50839: "ImageJMetadata",
    37724: "ImageSourceData",
    52525: "ProfileGainTableMap",
}
"""Names that the Exif tables have not."""


def whole(path: str, size: int, start: int | None, value: str | None = None, key: str = "") -> Finding:
    """Return the finding for a stretch; the path is its catalog key unless one is given."""
    place = find("tiff", key or path) or UNKNOWN
    return Finding(path, place.kind, place.label, size, start, 1, place.writer, place is not UNKNOWN, value)


def tag_name(group: str, tag: int) -> str:
    """Return a tag's name in its group, or its number."""
    known = _NEWER.get(tag) if group == "Image" else None
    return known or exif.tag_name(group, tag) or f"0x{tag:04x}"


def _place(group: str, name: str) -> Place:
    return (
        find("tiff", f"{group}/{name}")
        or find("exif", f"{group}/{name}")
        or (find("exif", f"parameter/{name}") if not name.startswith("0x") else None)
        or UNKNOWN
    )


def entry_findings(
    source: Readable, header: Header, entry: Entry, directory: str, group: str
) -> Iterator[Finding]:
    """Name an entry that stays behind and, if it is a block of a known kind, what it holds."""
    name = tag_name(group, entry.tag)
    path = f"{directory}/{name}"
    if entry.tag == MAKER_NOTE:
        yield _maker_note(source, entry, path)
        return
    place = _place(group, name)
    start = entry.at if entry.whole else None
    value = _text(source, header, entry)
    known = place is not UNKNOWN
    yield Finding(path, place.kind, place.label, entry.size, start, 1, place.writer, known, value)
    block = raw(source, entry, NAMED) if entry.tag in (XMP, IPTC, PHOTOSHOP, ICC) else b""
    if group != "Image" or not block:
        return
    match entry.tag:
        case 700:
            yield from xmp.findings(block, path)
        case 33723:
            yield from iptc.datasets(block, path, entry.at)
        case 34377:
            yield from iptc.resources(block, path, entry.at)
        case 34675:
            yield from icc_names.findings(block, path)


def _maker_note(source: Readable, entry: Entry, path: str) -> Finding:
    note = raw(source, entry, 64)
    maker = next((name for magic, name in exif.MAKERS if note.startswith(magic)), None)
    place = find("exif", f"MakerNote/{maker}") or find("exif", "MakerNote") or UNKNOWN
    below = f"{path}/{maker}" if maker else path
    start = entry.at if entry.whole else None
    return Finding(below, place.kind, place.label, entry.size, start, 1, place.writer or maker or "")


def _text(source: Readable, header: Header, entry: Entry) -> str | None:
    """Put a value into words: numbers apart by spaces, rationals as decimals, text decoded."""
    data = raw(source, entry, VALUE)
    if entry.type in (ASCII, UNDEFINED):
        return shown(data) or None
    if entry.type in (RATIONAL, SRATIONAL):
        signed = entry.type == SRATIONAL
        numbers = [
            int.from_bytes(data[at : at + 4], header.order, signed=signed)
            for at in range(0, min(len(data), 128) - 3, 4)
        ]
        pairs = zip(numbers[::2], numbers[1::2], strict=False)
        return " ".join(f"{a / b if b else a:.10g}" for a, b in pairs) or None
    return " ".join(str(value) for value in integers(source, header, entry, 32)) or None
