"""Exif: the one tag that crosses (orientation), and names for everything that stays behind.

The block is TIFF (CIPA DC-008 §4.5); `codecs.tiff` walks it within bounds.  piexif
writes the one tag, and reads values of blocks that the walk found harmless.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..catalog import UNKNOWN, Place, find
from ..errors import Malformed
from ..essence import Orientation
from ..model import Finding
from .text import shown
from .tiff import (
    ASCII,
    BYTE,
    LONG,
    RATIONAL,
    SHORT,
    SRATIONAL,
    UNDEFINED,
    byte_order,
    integers,
    read_directory,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .tiff import ByteOrder, Directory, Entry

SIGNATURE = b"Exif\x00"
"""What an Exif segment begins with; a pad byte follows, zero by the standard."""

ORIENTATION = 0x0112
EXIF_IFD, GPS_IFD, INTEROP_IFD, SUB_IFDS = 0x8769, 0x8825, 0xA005, 0x014A
MAKER_NOTE = 0x927C
THUMBNAIL, THUMBNAIL_SIZE = 0x0201, 0x0202

DIRECTORIES = 16
"""IFDs of one block that are looked at."""

READABLE = 1 << 20
"""Bytes of values that piexif is trusted with."""

NEWER_NAMES = {
    ("Image", 0x9999): "XiaomiSettings",
    ("Image", 0x9A00): "XiaomiModel",
    ("Image", 0x8769): "ExifIFD",
    ("Image", 0x8825): "GPSIFD",
    ("Image", 0xEA1C): "Padding",
    ("Image", 0xEA1D): "OffsetSchema",
    ("Image", 0x83BB): "IPTC",
    ("Image", 0x9286): "UserComment",
    ("Image", 0x0220): "FaceInfo",
    ("Exif", 0x8889): "XiaomiTag",
    ("Exif", 0x9999): "XiaomiSettings",
    ("Exif", 0x9A00): "XiaomiModel",
    ("Exif", 0xA436): "ImageTitle",
    ("Exif", 0xA437): "Photographer",
    ("Exif", 0xA438): "ImageEditor",
    ("Exif", 0xA439): "CameraFirmware",
    ("Exif", 0xA43A): "RAWDevelopingSoftware",
    ("Exif", 0xA43B): "ImageEditingSoftware",
    ("Exif", 0xA43C): "MetadataEditingSoftware",
    ("Exif", 0xA460): "CompositeImage",
    ("Exif", 0xA461): "SourceImageNumberOfCompositeImage",
    ("Exif", 0xA462): "SourceExposureTimesOfCompositeImage",
    ("Exif", 0xEA1C): "Padding",
    ("Exif", 0xEA1D): "OffsetSchema",
    ("Interop", 0x0002): "InteroperabilityVersion",
    ("Interop", 0x1000): "RelatedImageFileFormat",
    ("Interop", 0x1001): "RelatedImageWidth",
    ("Interop", 0x1002): "RelatedImageLength",
}
"""Names that piexif, which knows Exif 2.31, has not."""

MAKERS = (
    (b"Apple iOS\x00", "Apple"),
    (b"Nikon\x00", "Nikon"),
    (b"OLYMPUS\x00", "Olympus"),
    (b"OM SYSTEM\x00", "Olympus"),
    (b"OLYMP\x00", "Olympus"),
    (b"SONY", "Sony"),
    (b"SEMC MS", "Sony Ericsson"),
    (b"FUJIFILM", "Fujifilm"),
    (b"Panasonic\x00", "Panasonic"),
    (b"LEICA", "Leica"),
    (b"PENTAX ", "Pentax"),
    (b"AOC\x00", "Pentax"),
    (b"QVC\x00", "Casio"),
    (b"SIGMA\x00", "Sigma"),
    (b"FOVEON", "Sigma"),
    (b"Ricoh", "Ricoh"),
    (b"RICOH", "Ricoh"),
    (b"HUAWEI", "Huawei"),
    (b"MOT\x00", "Motorola"),
    (b"HDRP", "Google"),
    (b"STMN", "Samsung"),
    (b"DJI", "DJI"),
    (b"[ae_dbg_info:", "DJI"),
    (b"KDK", "Kodak"),
    (b"Eastman Kodak", "Kodak"),
    (b"VIVO", "vivo"),
    (b"oplus_", "OPPO"),
    (b'{"', "JSON"),
    (b"RECONYX", "Reconyx"),
    (b"FLIR", "FLIR"),
)
"""What maker notes begin with, by maker."""

_CHARSETS = {b"ASCII\x00\x00\x00": "ascii", b"UNICODE\x00": "utf-16", b"JIS\x00\x00\x00\x00\x00": "shift-jis"}


def only_orientation(orientation: Orientation) -> bytes:
    """Return the Exif segment body that holds the orientation and nothing else: 32 bytes, big-endian."""
    import piexif

    body: bytes = piexif.dump({"0th": {ORIENTATION: orientation.value}})
    return body


def orientation(block: bytes) -> Orientation | None:
    """Return the orientation that IFD0 of a TIFF block states, None if it states none of the eight.

    Of repeated tags the last counts, as it does for browsers.
    """
    try:
        order = byte_order(block)
        directory = read_directory(block, int.from_bytes(block[4:8], order), order)
    except Malformed:
        return None
    stated = None
    for entry in directory.entries:
        if entry.tag == ORIENTATION and entry.type in (BYTE, SHORT, LONG):
            stated = next(iter(integers(block, entry, order, 1)), None)
    return Orientation(stated) if stated is not None and 1 <= stated <= 8 else None


@dataclass(slots=True)
class _Walk:
    """Owns what one walk through a block has met."""

    block: bytes
    order: ByteOrder
    directories: list[tuple[str, str, Directory]] = field(default_factory=list)
    tame: bool = True
    """Whether piexif can be let near the block: all it would read lies in the block, and is little."""

    def run(self) -> None:
        queue = [("IFD0", "Image", int.from_bytes(self.block[4:8], self.order))]
        seen: set[int] = set()
        size = 0
        while queue and len(self.directories) < DIRECTORIES:
            name, group, start = queue.pop(0)
            if start in seen:
                continue
            seen.add(start)
            try:
                directory = read_directory(self.block, start, self.order)
            except Malformed:
                self.tame = False
                continue
            self.directories.append((name, group, directory))
            stated = int.from_bytes(self.block[start : start + 2], self.order)
            self.tame = self.tame and stated == len(directory.entries)
            for entry in directory.entries:
                size += entry.size
                self.tame = self.tame and entry.whole and size <= READABLE
                queue += self._below(name, group, entry)
            if directory.next and name.startswith("IFD"):
                queue.append((f"IFD{int(name[3:]) + 1}", "Image", directory.next))
        self.tame = self.tame and not queue

    def _below(self, name: str, group: str, entry: Entry) -> list[tuple[str, str, int]]:
        starts = integers(self.block, entry, self.order, 4)
        match group, entry.tag:
            case "Image", 0x8769:
                found = [("Exif", "Exif", start) for start in starts]
            case "Image", 0x8825:
                found = [("GPS", "GPS", start) for start in starts]
            case "Exif", 0xA005:
                found = [("Interop", "Interop", start) for start in starts]
            case "Image", 0x014A:
                found = [(f"{name}/SubIFD", "Image", start) for start in starts]
            case _:
                return []
        return found


def _read_by_piexif(walk: _Walk) -> dict[tuple[str, int], Any]:
    """Return piexif's values by (directory, tag); empty if the block is not tame or piexif stumbles."""
    if not walk.tame:
        return {}
    import piexif

    try:
        loaded = piexif.load(walk.block)
    except Exception:  # noqa: BLE001 - piexif lets whatever a broken block provokes escape
        return {}
    names = {"0th": "IFD0", "1st": "IFD1"}
    return {
        (names.get(part, part), tag): value
        for part, values in loaded.items()
        if isinstance(values, dict)
        for tag, value in values.items()
    }


def tag_name(group: str, tag: int) -> str | None:
    """Return a tag's name in its group (`Image`, `Exif`, `GPS`, `Interop`), None if nobody gave it one."""
    import piexif

    if (group, tag) in NEWER_NAMES:
        return NEWER_NAMES[group, tag]
    known = piexif.TAGS.get(group, {}).get(tag)
    return known["name"] if known else None


def _bytes_text(raw: bytes, tag: int) -> str:
    if tag in range(0x9C9B, 0x9CA0):
        return raw.decode("utf-16-le", "replace")
    charset = _CHARSETS.get(raw[:8])
    if charset:
        return raw[8:].decode(charset, "replace")
    return shown(raw)


def _quotient(pair: object) -> object:
    """Return a rational as a number; piexif's value is that of the last of two equal tags, of any type."""
    match pair:
        case (int(over), int(under)) if under:
            return over / under
        case (int(over), int()):
            return over
    return pair


def _value_text(entry: Entry, value: object, block: bytes) -> str | None:
    """Put a value into words: numbers apart by spaces, rationals as decimals, text decoded."""
    raw = block[entry.at : entry.at + min(entry.size, 1024)] if entry.whole else b""
    if entry.type in (ASCII, UNDEFINED) or entry.tag in range(0x9C9B, 0x9CA0):
        text = _bytes_text(value[:1024] if isinstance(value, bytes) else raw, entry.tag)
    elif value is None:
        return None
    else:
        row = value if isinstance(value, tuple) else (value,)
        if entry.type in (RATIONAL, SRATIONAL):
            pairs = row if row and isinstance(row[0], tuple) else (row,)
            row = tuple(_quotient(pair) for pair in pairs[:16])
        text = " ".join(f"{number:.10g}" if isinstance(number, float) else str(number) for number in row[:32])
    text = text.strip("\x00 ")
    return text[:300] or None


def _place(group: str, name: str | None, tag: int) -> Place:
    if name is None:
        return find("exif", f"{group}/0x{tag:04x}") or UNKNOWN
    return find("exif", f"{group}/{name}") or find("exif", f"parameter/{name}") or UNKNOWN


def findings(block: bytes, path: str, start: int | None) -> Iterator[Finding]:
    """Name all that a TIFF block holds, below `path`; `start` is its place in the source."""
    try:
        order = byte_order(block)
    except Malformed:
        place = find("exif", "broken") or UNKNOWN
        yield Finding(
            f"{path}/broken", place.kind, place.label, len(block), start, known=place is not UNKNOWN
        )
        return
    walk = _Walk(block, order)
    walk.run()
    values = _read_by_piexif(walk)
    covered = [(0, 8)]

    def named(below: str, place: Place, at: int, size: int, value: str | None = None) -> Finding:
        here = start + at if start is not None and at + size <= len(block) else None
        known = place is not UNKNOWN
        return Finding(f"{path}/{below}", place.kind, place.label, size, here, 1, place.writer, known, value)

    for directory_name, group, directory in walk.directories:
        covered.append((directory.start, directory.stop))
        for entry in directory.entries:
            if entry.whole and entry.size > 4:
                covered.append((entry.at, entry.at + entry.size + entry.size % 2))
            name = tag_name(group, entry.tag)
            below = f"{directory_name}/{name or f'0x{entry.tag:04x}'}"
            if entry.tag == MAKER_NOTE:
                yield from _maker_note(block, entry, f"{path}/{below}", start)
                continue
            value = (
                _fallback(walk, entry) if (key := (directory_name, entry.tag)) not in values else values[key]
            )
            text = _value_text(entry, value, block)
            yield named(below, _place(group, name, entry.tag), entry.at, entry.size, text)
        thumbnail = _thumbnail(walk, directory)
        if thumbnail:
            covered.append(thumbnail)
            place = find("exif", "thumbnail") or UNKNOWN
            yield named(f"{directory_name}/thumbnail", place, thumbnail[0], thumbnail[1] - thumbnail[0])
    slack = len(block) - _union(covered)
    if slack:
        place = find("exif", "slack") or UNKNOWN
        yield Finding(f"{path}/slack", place.kind, place.label, slack, known=place is not UNKNOWN)


def _fallback(walk: _Walk, entry: Entry) -> tuple[int, ...] | None:
    return integers(walk.block, entry, walk.order) or None


def _thumbnail(walk: _Walk, directory: Directory) -> tuple[int, int] | None:
    found = {
        entry.tag: next(iter(integers(walk.block, entry, walk.order, 1)), 0)
        for entry in directory.entries
        if entry.tag in (THUMBNAIL, THUMBNAIL_SIZE)
    }
    start, size = found.get(THUMBNAIL, 0), found.get(THUMBNAIL_SIZE, 0)
    return (start, start + size) if start > 0 and size > 0 and start + size <= len(walk.block) else None


def _union(ranges: list[tuple[int, int]]) -> int:
    total = end = 0
    for start, stop in sorted(ranges):
        if stop > end:
            total += stop - max(start, end)
            end = stop
    return total


def _maker_note(block: bytes, entry: Entry, path: str, start: int | None) -> Iterator[Finding]:
    note = block[entry.at : entry.at + entry.size] if entry.whole else b""
    maker = next((name for magic, name in MAKERS if note.startswith(magic)), None)
    place = find("exif", f"MakerNote/{maker}") or find("exif", "MakerNote") or UNKNOWN
    here = start + entry.at if start is not None and entry.whole else None
    below = f"{path}/{maker}" if maker else path
    yield Finding(below, place.kind, place.label, entry.size, here, 1, place.writer or maker or "")
    if maker == "Apple" and note[12:14] in (b"MM", b"II"):
        yield from _apple(note, below, here)


def _apple(note: bytes, path: str, start: int | None) -> Iterator[Finding]:
    """Name the tags of Apple's maker note: an IFD after 14 bytes, offsets from the note's beginning."""
    order: ByteOrder = "big" if note[12:14] == b"MM" else "little"
    try:
        directory = read_directory(note, 14, order)
    except Malformed:
        return
    for entry in directory.entries:
        place = find("exif", f"Apple/0x{entry.tag:04x}") or UNKNOWN
        here = start + entry.at if start is not None and entry.whole else None
        value = _value_text(entry, integers(note, entry, order) or None, note)
        known = place is not UNKNOWN
        yield Finding(
            f"{path}/0x{entry.tag:04x}", place.kind, place.label, entry.size, here, 1, "Apple", known, value
        )
