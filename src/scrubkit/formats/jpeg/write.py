"""The canonical JPEG: a pure function of the essence (ITU-T T.81 §B.2, JFIF 1.01).

SOI, JFIF, Exif with the orientation only, ICC profile, Adobe transform, DQT, SOF,
and per scan DHT or DAC, DRI, SOS and the entropy-coded data; EOI ends the file.  With
a gain map, XMP and ISO 21496-1 segments stand before the profile and the index of a
Multi-Picture Format before DQT, and a second picture of the same form follows.
A segment that says nothing is not written, a table stands in a segment of its own,
and tables are numbered by use.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from ...codecs import exif, gain_map, xmp
from ...errors import LimitExceeded
from ...essence import Conditioning, HuffmanTable, Orientation
from ...pieces import Walked
from . import tables
from .frame import ARITHMETIC, ARITHMETIC_PROGRESSIVE, LOSSLESS, SEQUENTIAL
from .tables import AC, DC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...essence import Jpeg, JpegGain, Scan
    from ...model import Policy
    from ...pieces import Pieces, Span

JFIF = b"JFIF\x00" + bytes.fromhex("0101 00 0001 0001 0000")
"""Body of APP0: version 1.01, square pixels, no thumbnail."""

ICC_SIGNATURE = b"ICC_PROFILE\x00"
ICC_CHUNK = 65519
"""Profile bytes in one APP2 (ICC.1:2010 §B.4)."""

Loaded = dict[tuple[int, int], HuffmanTable | int]
"""What a decoder holds, by class and destination: Huffman tables or conditioning values."""


def segment(code: int, body: bytes) -> bytes:
    """Return a marker segment."""
    return bytes([0xFF, code]) + (2 + len(body)).to_bytes(2) + body


def adobe(transform: int) -> bytes:
    """Return the body of APP14: version 100, no flags, the colour transform (Adobe TN 5116)."""
    return b"Adobe" + bytes.fromhex("0064 0000 0000") + bytes([transform])


def has_jfif(picture: Jpeg) -> bool:
    """Whether JFIF, which knows only grey and YCbCr, describes the picture's colours."""
    return len(picture.components) == 1 or (len(picture.components) == 3 and picture.adobe_transform is None)


def application_segments(picture: Jpeg) -> list[bytes]:
    """Return the segments before the tables, each only where it changes how the picture is shown."""
    if picture.gain is None:
        return _segments(picture)
    behind = _size(_pieces(picture.gain.picture, gain_segments(picture.gain)))
    packet = segment(0xE1, xmp.SIGNATURE + gain_map.primary_xmp(behind))
    version = segment(0xE2, gain_map.SIGNATURE + gain_map.VERSION)
    found = _segments(picture, packet, version)
    index = 2 + sum(map(len, found)) + _MPF_HEAD
    whole = _size(_pieces(picture, [*found, _index(0, 0, 0)]))
    if whole + behind > _MOST:
        raise LimitExceeded("jpeg", "size")
    return [*found, _index(whole, behind, whole - index)]


def gain_segments(gain: JpegGain) -> list[bytes]:
    """Return the segments of a gain map: its numbers, as ISO 21496-1 has them and in XMP."""
    packet = segment(0xE1, xmp.SIGNATURE + gain_map.write_xmp(gain.numbers))
    return _segments(gain.picture, packet, segment(0xE2, gain_map.SIGNATURE + gain_map.write(gain.numbers)))


_MPF_HEAD = 8
"""Bytes from the beginning of the index's segment to what its offsets count from."""

_PRIMARY = 0x030000
"""Type of the first picture in the index: baseline primary (CIPA DC-007 §5.2.3.3.1)."""

_MOST = (1 << 32) - 1


def _index(whole: int, behind: int, distance: int) -> bytes:
    """Return the index of two pictures (CIPA DC-007 §5.2): their sizes, and where the second one is."""
    rows = struct.pack(">HHI4s", 0xB000, 7, 4, b"0100")
    rows += struct.pack(">HHII", 0xB001, 4, 1, 2)
    rows += struct.pack(">HHII", 0xB002, 7, 32, 8 + 2 + 3 * 12 + 4)
    entries = struct.pack(">IIIHHIIIHH", _PRIMARY, whole, 0, 0, 0, 0, behind, distance, 0, 0)
    return segment(0xE2, b"MPF\0MM\0*" + struct.pack(">IH", 8, 3) + rows + bytes(4) + entries)


def _size(pieces: Iterable[bytes | Span]) -> int:
    return sum(len(each) if isinstance(each, bytes) else each.size for each in pieces)


def _segments(picture: Jpeg, *more: bytes) -> list[bytes]:
    out = []
    if has_jfif(picture):
        out.append(segment(0xE0, JFIF))
    if picture.orientation is not Orientation.UPRIGHT:
        out.append(segment(0xE1, exif.only_orientation(picture.orientation)))
    out += more
    profile = picture.profile
    chunks = [profile[i : i + ICC_CHUNK] for i in range(0, len(profile), ICC_CHUNK)]
    out += [
        segment(0xE2, ICC_SIGNATURE + bytes([number, len(chunks)]) + chunk)
        for number, chunk in enumerate(chunks, 1)
    ]
    if picture.adobe_transform is not None:
        out.append(segment(0xEE, adobe(picture.adobe_transform)))
    return out


def _destinations(scan: Scan, loaded: Loaded) -> tuple[list[tuple[int, int]], list[bytes]]:
    """Place a scan's tables; return each component's (DC, AC) destinations and the segments to write first.

    A table that is still loaded is used where it lies.  Otherwise the first
    component takes destination 0 and the others 1, as encoders do, or the next
    that this scan leaves free.
    """
    chosen: list[list[int]] = [[0, 0] for _ in scan.components]
    fresh: list[tuple[int, int, HuffmanTable]] = []
    for kind in (DC, AC):
        placed: dict[HuffmanTable, int] = {}
        wanted = [(row, each.dc if kind == DC else each.ac) for row, each in enumerate(scan.components)]
        needed = [(row, table) for row, table in wanted if isinstance(table, HuffmanTable)]
        for _, table in needed:
            there = next((d for d in range(4) if loaded.get((kind, d)) == table), None)
            if there is not None:
                placed[table] = there
        for row, table in needed:
            if table not in placed:
                free = [d for d in range(4) if d not in placed.values()]
                preferred = min(scan.components[row].index, 1)
                placed[table] = preferred if preferred in free else free[0]
                loaded[kind, placed[table]] = table
                fresh.append((placed[table], kind, table))
            chosen[row][kind] = placed[table]
    fresh.sort(key=lambda row: row[:2])
    segments = [tables.write_huffman(kind, destination, table) for destination, kind, table in fresh]
    return [(dc, ac) for dc, ac in chosen], segments


def _conditioning(scan: Scan, loaded: Loaded) -> tuple[list[tuple[int, int]], list[bytes]]:
    """Place a scan's statistics areas; return each component's (DC, AC) areas and the DAC to write first."""
    chosen = []
    fresh: list[tuple[int, int, int]] = []
    for each in scan.components:
        places = [0, 0]
        for kind, value in ((DC, each.dc), (AC, each.ac)):
            if isinstance(value, Conditioning):
                places[kind] = value.area
                if loaded.get((kind, value.area), tables.DEFAULT_CONDITIONING[kind]) != value.value:
                    loaded[kind, value.area] = value.value
                    fresh.append((kind, value.area, value.value))
        chosen.append((places[0], places[1]))
    return chosen, [tables.write_conditioning(sorted(fresh))] if fresh else []


def _start_of_frame(picture: Jpeg, scans: list[list[tuple[int, int]]]) -> bytes:
    process = picture.process
    if process == SEQUENTIAL and (
        picture.precision != 8
        or any(max(values) > 255 for values in picture.quantisation)
        or any(max(pair) > 1 for scan in scans for pair in scan)
    ):
        process = 1
    body = bytes([picture.precision]) + picture.height.to_bytes(2) + picture.width.to_bytes(2)
    body += bytes([len(picture.components)])
    for name, each in zip(_identifiers(picture), picture.components, strict=True):
        body += bytes([name, each.horizontal << 4 | each.vertical, each.table])
    return segment(0xC0 + process, body)


def _identifiers(picture: Jpeg) -> bytes:
    """Return 1, 2, 3 …; the letters by which FFmpeg tells CMYK from YCbCr with alpha where no APP14 does."""
    count = len(picture.components)
    return b"CMYK" if count == 4 and picture.adobe_transform is None else bytes(range(1, count + 1))


def _start_of_scan(picture: Jpeg, scan: Scan, destinations: list[tuple[int, int]]) -> bytes:
    body = bytes([len(scan.components)])
    for each, (dc, ac) in zip(scan.components, destinations, strict=True):
        body += bytes([_identifiers(picture)[each.index], dc << 4 | ac])
    body += bytes([scan.spectral_start, scan.spectral_end, scan.high << 4 | scan.low])
    return segment(0xDA, body)


def write(picture: Jpeg, _policy: Policy) -> Pieces:
    """Yield the canonical file."""
    yield from _pieces(picture, application_segments(picture))
    if picture.gain is not None:
        yield from _pieces(picture.gain.picture, gain_segments(picture.gain))
    return Walked()


def _pieces(picture: Jpeg, segments: list[bytes]) -> Iterator[bytes | Span]:
    """Yield one picture, from SOI to EOI."""
    yield b"\xff\xd8"
    yield from segments
    if picture.process != LOSSLESS:
        for destination, values in enumerate(picture.quantisation):
            yield tables.write_quantisation(destination, values)
    place = _conditioning if picture.process in (ARITHMETIC, ARITHMETIC_PROGRESSIVE) else _destinations
    loaded: Loaded = {}
    placed = [place(scan, loaded) for scan in picture.scans]
    yield _start_of_frame(picture, [destinations for destinations, _ in placed])
    interval = 0
    for scan, (destinations, fresh) in zip(picture.scans, placed, strict=True):
        yield from fresh
        if scan.restart_interval != interval:
            interval = scan.restart_interval
            yield segment(0xDD, interval.to_bytes(2))
        yield _start_of_scan(picture, scan, destinations)
        yield from scan.entropy
    yield b"\xff\xd9"
