"""What lies after the end of the image: cut into what can be recognised, each part with a name.

Nothing of it crosses, so nothing hangs on this being right; it explains.  Blocks
that state their size are skipped by it; for others the next known beginning is
searched for, within a budget.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...codecs.text import shown
from ...errors import Refused
from .markers import APP0, APP15, COM, EOI, SOI, SOS, Segment, block, next_segment, search

if TYPE_CHECKING:
    from ...source import Readable

BUDGET = 16 << 20
"""Bytes of a trailer that are searched for beginnings."""
PARTS = 4096
"""Parts that a trailer is cut into; what is left is one part without a name."""
RECORDS = 200
VIDEO = "trailer/video"
_VIDEO_COST = 1 << 18
"""What a video takes off the budget: finding its end costs nothing by its size."""
_RECORD_HEAD = 8 + 64
"""Bytes that may stand before a record's data: type, length of the name, name."""
PADDING = 16
"""Zeros in a row that count as padding."""
MOST_SEGMENTS = 4096
REACH = 64 << 20
"""Bytes in which a second picture or a run of zeros must end to be recognised."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the trailer; `segments` are those of a second picture that may name more."""

    path: str
    start: int
    stop: int
    untrusted_value: str | None = None
    segments: tuple[Segment, ...] = ()


_BEGINNINGS = (
    (b"aecDebug", "Google-debug"),
    (b"afDebug", "Google-debug"),
    (b"awbDebug", "Google-debug"),
    (b"gtmDebug", "Google-debug"),
    (b"QDIOBS", "SEFT"),
    (b"SEFH", "SEFT"),
    (b"jxrs", "OnePlus"),
    (b"vivo{", "vivo"),
    (b"streamdata", "vivo"),
    (b"\xff\xff\xff\xff\x1b\x2a\x39\x48", "vivo"),
    (b"NIKON APP", "Nikon"),
    (b"CANON OPTIONAL DATA", "CanonVRD"),
    (b"~\x00\x04\x00zmie~", "MIE"),
    (b"AXS!", "AFCP"),
    (b"AXS*", "AFCP"),
    (b"cbipcbbl", "PhotoMechanic"),
    (b'{"intrinsicMatrix"', "Record3D"),
    (b"bplist00", "bplist"),
    (b"<?xpacket", "XMP"),
    (b"<x:xmpmeta", "XMP"),
    (b"Exif\x00", "Exif"),
    (b"\x89PNG\r\n", "PNG"),
    (b"RIFF", "RIFF"),
    (b"GIF8", "GIF"),
    (b"PK\x03\x04", "ZIP"),
    (b"%PDF-", "PDF"),
    (b"OggS", "Ogg"),
    (b"ID3", "ID3"),
    (b'{"', "JSON"),
)

_SEARCH = re.compile(
    b"|".join(
        [b"\xff\xd8\xff", b"\x00\x00..ftyp", rb"\x00{16}", *(re.escape(magic) for magic, _ in _BEGINNINGS)]
    ),
    re.DOTALL,
)
_NOT_ZERO = re.compile(rb"[^\x00]")
_ENTROPY_END = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_LONG_BOXES = frozenset({b"mdat", b"moov", b"moof", b"free", b"uuid"})
"""Boxes that a video which was cut off may end in."""
_BOX_TYPE = re.compile(rb"[A-Za-z0-9_\xa9 -]{4}")


def cut(source: Readable, start: int) -> list[Part]:
    """Return parts that tile the source from `start` to its end."""
    stop = source.size
    last: list[Part] = []
    for _ in range(8):
        parts = _ends_with(source, start, stop)
        if not parts:
            break
        last = parts + last
        stop = parts[0].start
    return [*_forward(source, start, stop), *last]


def _ends_with(source: Readable, start: int, stop: int) -> list[Part]:
    """Return the parts of a block that ends at `stop` and says at its end how long it is."""
    if stop - start < 12:
        return []
    tail = bytes(source.view(max(start, stop - 78), min(78, stop - start)))
    name, size = "", 0
    if tail[-4:] == b"SEFT":
        return _samsung(source, start, stop)
    if tail[-12:-8] in (b"AXS!", b"AXS*"):
        begin = int.from_bytes(tail[-4:], "big" if tail[-9:-8] == b"!" else "little")
        name, size = "AFCP", stop - begin if start <= begin < stop else 12
    elif tail[-4:] == b"\xa1\xb2\xc3\xd4":
        name, size = "FotoStation", int.from_bytes(tail[-8:-4])
    elif tail[-8:] == b"cbipcbbl":
        name, size = "PhotoMechanic", int.from_bytes(tail[-12:-8]) + 12
    elif tail[-32:] == b"8db42d694ccc418790edff439fe026bf" and len(tail) == 78:
        name, size = "Insta360", int.from_bytes(tail[38:42], "little")
    if not name:
        return []
    size = size if 4 <= size <= stop - start else len(tail)
    return [Part(f"trailer/{name}", stop - size, stop)]


def _samsung(source: Readable, start: int, stop: int) -> list[Part]:
    """Cut a Samsung trailer: records, `SEFH` with their types, distances and sizes, its size, `SEFT`."""
    size = int.from_bytes(source.view(stop - 8, 4), "little")
    index = stop - 8 - size
    if index < start or size < 12 or bytes(source.view(index, 4)) != b"SEFH":
        return [Part("trailer/SEFT", stop - 8, stop)]
    count = min(int.from_bytes(source.view(index + 8, 4), "little"), RECORDS, (size - 12) // 12)
    records = set()
    for at in range(index + 12, index + 12 + 12 * count, 12):
        row = bytes(source.view(at, 12))
        begin = index - int.from_bytes(row[4:8], "little")
        end = begin + int.from_bytes(row[8:12], "little")
        if start <= begin < end <= index:
            records.add((begin, end))
    parts: list[Part] = []
    at = min((begin for begin, _ in records), default=index)
    for begin, end in sorted(records):
        if begin < at:
            continue
        if begin > at:
            parts.append(Part("trailer/SEFT/unlisted", at, begin))
        video = _video(source, begin, end)
        parts.append(Part(f"trailer/SEFT/{_record_name(source, begin, end)}", begin, video or end))
        if video is not None:
            parts.append(Part(VIDEO, video, end))
        at = end
    if at < index:
        parts.append(Part("trailer/SEFT/unlisted", at, index))
    return [*parts, Part("trailer/SEFT/index", index, stop)]


def _video(source: Readable, start: int, stop: int) -> int | None:
    """Return where in a record a video begins, which then is the rest of it."""
    at = bytes(source.view(start, min(_RECORD_HEAD + 8, stop - start))).find(b"ftyp", 5) - 4
    return start + at if at > 0 else None


def _record_name(source: Readable, start: int, stop: int) -> str:
    if stop - start < 8:
        return "unnamed"
    size = int.from_bytes(source.view(start + 4, 4), "little")
    if not 1 <= size <= min(64, stop - start - 8):
        return "unnamed"
    return bytes(source.view(start + 8, size)).decode("latin-1")


def _forward(source: Readable, start: int, stop: int) -> list[Part]:
    """Cut what is left from its beginning, block by block."""
    parts: list[Part] = []
    at, budget = start, BUDGET
    while at < stop and len(parts) < PARTS and budget > 0:
        part = _begins_with(source, at, stop)
        if part is None or part.stop == at:
            name, value = _beginning(source, at, stop)
            following, searched = _next_beginning(source, at + 1, stop, budget)
            budget -= searched + (BUDGET // 8 if name == "broken-JPEG" else 0)
            part = Part(f"trailer/{name}", at, following, value)
        else:
            budget -= _VIDEO_COST if part.path == VIDEO else (part.stop - at) // 4
        previous = parts[-1] if parts else None
        if previous and previous.path == part.path and not part.segments and part.path in _JOINED:
            parts[-1] = Part(part.path, previous.start, part.stop, previous.untrusted_value)
        else:
            parts.append(part)
        at = part.stop
    if at < stop:
        parts.append(Part("trailer/unknown", at, stop))
    return parts


_JOINED = ("trailer/unknown", "trailer/Google-debug", "trailer/vivo")


def _begins_with(source: Readable, at: int, stop: int) -> Part | None:
    """Return the part at `at` if its extent can be told."""
    head = bytes(source.view(at, min(PADDING, stop - at)))
    if not any(head):
        return Part("trailer/padding", at, _end_of_zeros(source, at, stop))
    if head[:3] == b"\xff\xd8\xff":
        return _picture(source, at, stop)
    if head[4:8] == b"ftyp":
        return Part(VIDEO, at, _end_of_boxes(source, at, stop))
    return None


def _beginning(source: Readable, at: int, stop: int) -> tuple[str, str | None]:
    head = bytes(source.view(at, min(300, stop - at)))
    name = next((name for magic, name in _BEGINNINGS if head.startswith(magic)), "unknown")
    if head[:3] == b"\xff\xd8\xff":
        name = "broken-JPEG"
    return name, shown(head) or None


def _next_beginning(source: Readable, at: int, stop: int, budget: int) -> tuple[int, int]:
    """Return where something known next begins, or the end, and how many bytes were searched."""
    begin, limit = at, min(stop, at + budget)
    while at < limit:
        part = block(source, at, limit)
        if found := _SEARCH.search(part):
            return at + found.start(), at + found.start() - begin
        if at + len(part) >= limit:
            break
        # What is searched for is at most 32 bytes long, and may lie across the edge.
        tail = at + len(part) - 32
        across = source.view(max(tail, at), min(64, limit - max(tail, at)))
        if found := _SEARCH.search(across):
            return max(tail, at) + found.start(), at + len(part) - begin
        at += len(part)
    return stop, limit - begin


def _end_of_zeros(source: Readable, at: int, stop: int) -> int:
    stop = min(stop, at + REACH)
    while at < stop:
        part = block(source, at, stop)
        if found := _NOT_ZERO.search(part):
            return at + found.start()
        at += len(part)
    return stop


def _end_of_boxes(source: Readable, at: int, stop: int) -> int:
    """Follow ISO base media boxes as long as they look like some."""
    for _ in range(MOST_SEGMENTS):
        if stop - at < 8:
            break
        size = int.from_bytes(source.view(at, 4))
        if not _BOX_TYPE.fullmatch(source.view(at + 4, 4)):
            break
        if size == 1 and stop - at >= 16:
            size = int.from_bytes(source.view(at + 8, 8))
        if size == 0 or size > stop - at:
            return stop if bytes(source.view(at + 4, 4)) in _LONG_BOXES else at
        if size < 8:
            break
        at += size
    return at


def _picture(source: Readable, start: int, stop: int) -> Part | None:
    """Follow a second JPEG to its end of image; None if it has none."""
    named: list[Segment] = []
    at = start + 2
    stop = min(stop, start + REACH)
    try:
        for _ in range(MOST_SEGMENTS):
            segment = next_segment(source, at, stop)
            if segment.code == SOI:
                return None
            if segment.code == EOI:
                return Part("trailer/JPEG", start, segment.stop, None, tuple(named))
            if APP0 <= segment.code <= APP15 or segment.code == COM:
                named.append(segment)
            at = segment.stop
            if segment.code == SOS:
                found = search(source, _ENTROPY_END, at, stop)
                if found is None:
                    return None
                at = found
    except Refused:
        return None
    return None
