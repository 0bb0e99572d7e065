"""Application and comment segments that stay behind, by what they begin with, named for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...catalog import UNKNOWN, find
from ...codecs import exif, iptc, xmp
from ...codecs.text import shown
from ...codecs.tiff import byte_order, integers, read_directory
from ...errors import Malformed
from ...model import Finding
from .markers import APP0, APP15, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ANY = -1

_SIGNATURES: tuple[tuple[int, int, bytes, str], ...] = (
    (0, 0, b"JFIF\x00", "JFIF"),
    (0, 0, b"JFXX\x00", "JFXX"),
    (0, 6, b"HEAPJPGM", "CIFF"),
    (0, 0, b"AVI1", "AVI1"),
    (0, 0, b"Ocad", "Ocad"),
    (1, 0, exif.SIGNATURE, "Exif"),
    (1, 0, xmp.SIGNATURE, "XMP"),
    (1, 0, xmp.EXTENSION_SIGNATURE, "ExtendedXMP"),
    (1, 0, b"http://ns.adobe.com/xap/1.0/", "XMP"),
    (1, 0, b"<exif:", "bare-XMP"),
    (1, 0, b"<?xpacket", "bare-XMP"),
    (1, 0, b"QVCI\x00", "QVCI"),
    (1, 0, b"FLIR\x00", "FLIR"),
    (1, 0, b"PARROT", "PARROT"),
    (2, 0, b"ICC_PROFILE\x00", "ICC_PROFILE"),
    (2, 0, b"MPF\x00", "MPF"),
    (2, 0, b"FPXR\x00", "FPXR"),
    (2, 0, b"urn:iso:std:iso:ts:21496:-1", "gain-map"),
    (2, 0, b"QVGA", "preview"),
    (2, 0, b"BGTH", "preview"),
    (2, 0, b"\xff\xd8\xff", "preview"),
    (2, 4, b"IJPEG\x00", "InfiRay"),
    (3, 0, b"Meta\x00", "Meta"),
    (3, 0, b"META\x00", "Meta"),
    (3, 0, exif.SIGNATURE, "Meta"),
    (3, 0, b"Stim\x00", "Stim"),
    (3, 0, b"_JPSJPS_", "JPS"),
    (3, 0, b"JPS\x00", "JPS"),
    (3, 0, b"\xff\xd8\xff", "preview"),
    (4, 0, b"SCALADO\x00", "SCALADO"),
    (4, 0, b"FPXR\x00", "FPXR"),
    (4, 0, b"QTI Debug Metadata", "QTI-Debug"),
    (4, 0, b"Qualcomm Dual Camera", "Qualcomm-Dual-Camera"),
    (5, 0, b"ssuniqueid\x00", "ssuniqueid"),
    (5, 0, b"ssois", "ssois"),
    (5, 0, b"ssmtf", "ssmtf"),
    (5, 0, b"SSCAL", "SSCAL"),
    (5, 0, b"RMETA\x00", "RMETA"),
    (6, 0, b"GoPro\x00", "GoPro"),
    (6, 0, b"EPPIM\x00", "EPPIM"),
    (6, 0, b"NITF\x00", "NITF"),
    (6, 4, b"TDHD", "TDHD"),
    (6, 0, b"DTAT\x00", "DTAT"),
    (6, 0, b"MMIMETA", "MMIMETA"),
    (7, 0, b"\x1aQualcomm Camera Attributes", "Qualcomm"),
    (7, 0, b"PENTAX \x00", "PENTAX"),
    (7, 0, b"RICOH\x00", "RICOH"),
    (7, 0, b"DJI-DBG", "DJI-DBG"),
    (8, 0, b"SPIFF\x00", "SPIFF"),
    (9, 0, b"Media Jukebox\x00", "Media-Jukebox"),
    (10, 0, b"UNICODE\x00", "UNICODE"),
    (10, 0, b"AROT\x00", "AROT"),
    (11, 0, b"HDR_RI", "HDR_RI"),
    (11, 0, b"JP", "JUMBF"),
    (12, 0, b"Ducky", "Ducky"),
    (12, 0, b"[picture info]", "picture-info"),
    (12, 0, b"Agfa", "picture-info"),
    (12, 0, b"OLYMPUS OPTICAL", "picture-info"),
    (13, 0, iptc.SIGNATURE, "Photoshop"),
    (13, 0, b"Adobe_Photoshop2.5:", "Photoshop2.5"),
    (13, 0, b"Adobe_CM", "Adobe_CM"),
    (14, 0, b"Adobe", "Adobe"),
    (15, 0, b"Q ", "quality"),
    (15, 0, b"QQ", "quality"),
    (ANY, 0, b"SEAL\x00", "SEAL"),
    (ANY, 0, b"<?xml", "XML"),
    (ANY, 0, b"HUAWEI", "HUAWEI"),
    (ANY, 0, b"XIAOMI", "Xiaomi"),
    (ANY, 0, b"Xiaomi", "Xiaomi"),
    (ANY, 0, b"FLIR\x00", "FLIR"),
    (ANY, 0, b'{"', "JSON"),
)
"""Number of the application marker, offset in the body, bytes that stand there, name."""


def segment_name(code: int, body: bytes) -> str:
    """Return the segment's path: `APP1/Exif`, `COM`, or `APP7/unknown` for a beginning that nobody knows."""
    marker = name_of(code)
    if not APP0 <= code <= APP15:
        return marker
    number = code - APP0
    for wanted, at, magic, name in _SIGNATURES:
        if wanted in (number, ANY) and body[at : at + len(magic)] == magic:
            return f"{marker}/{name}"
    return f"{marker}/unknown" if body else f"{marker}/empty"


def whole(path: str, size: int, start: int | None, value: str | None = None, key: str = "") -> Finding:
    """Return the finding for all of a segment or stretch; the path is its catalog key unless one is given."""
    place = find("jpeg", key or path) or UNKNOWN
    return Finding(path, place.kind, place.label, size, start, 1, place.writer, place is not UNKNOWN, value)


def details(path: str, body: bytes, start: int) -> Iterator[Finding]:
    """Name what lies inside a segment of a known kind; `start` is the body's place in the source."""
    match path.rpartition("/")[2]:
        case "Exif":
            yield from exif.findings(body[6:], path, start + 6)
        case "Meta":
            yield from exif.findings(body[6:], path, start + 6)
        case "XMP":
            yield from xmp.findings(body.partition(b"\x00")[2] or body[28:], path)
        case "ExtendedXMP":
            yield whole(f"{path}/GUID", 32, start + 35, shown(body[35:67]), "APP1/ExtendedXMP/GUID")
            yield from xmp.findings(body[75:], path)
        case "bare-XMP" | "XML":
            yield from xmp.findings(body, path)
        case "Photoshop":
            yield from iptc.resources(body[len(iptc.SIGNATURE) :], path.partition("/")[0], start + 14)
        case "MPF":
            yield from _mpf(body[4:], path, start + 4)


_MPF_TAGS = {
    0xB000: "MPFVersion",
    0xB001: "NumberOfImages",
    0xB002: "MPEntry",
    0xB003: "ImageUIDList",
    0xB004: "TotalFrames",
}


def _mpf(block: bytes, path: str, start: int) -> Iterator[Finding]:
    """Name the tags of a Multi-Picture Format index (CIPA DC-007 §5.2)."""
    try:
        order = byte_order(block)
        directory = read_directory(block, int.from_bytes(block[4:8], order), order)
    except Malformed:
        return
    for entry in directory.entries:
        name = _MPF_TAGS.get(entry.tag, f"0x{entry.tag:04x}")
        numbers = integers(block, entry, order, 1)
        place = start + entry.at if entry.whole else None
        value = str(numbers[0]) if numbers else None
        yield whole(f"{path}/{name}", entry.size, place, value, f"APP2/MPF/{name}")


def segment_value(path: str, body: bytes) -> str | None:
    """Return what a small segment says, where that is text or short."""
    if path == "COM" or len(body) <= 512:
        return shown(body) or None
    return None
