"""Names for what stays behind: boxes, metadata keys, dropped tracks, bytes that no sample owns.

Nothing here decides anything.  Boxes in residue may be malformed in any way, so
every walk is bounded and a part that can't be read is one unknown finding.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ... import catalog
from ...codecs import h264, hevc
from ...errors import ScrubError
from ...model import Finding, Kind
from .boxes import SLACK, Box, children
from .headers import handler as read_handler
from .tree import find, meta_children

if TYPE_CHECKING:
    from ...codecs import Dropped
    from ...source import Source
    from .boxes import Extent
    from .tracks import RawTrack

TABLE = "isobmff"
_VALUE = 300
"""Characters of a value that are kept for the private report."""
_MOST = 2_000
"""Findings of one file; beyond that they are counted in one."""
_DEPTH = 6
_EPOCH = dt.datetime(1904, 1, 1, tzinfo=dt.UTC)

_NESTED = frozenset(
    {"udta", "meta", "ilst", "trak", "mdia", "minf", "tref", "traf", "moof", "moov", "stbl", "gmhd"}
)
"""Residue boxes whose children are named one by one."""


def _named(key: str, path: str, size: int, start: int | None, value: str | None = None) -> Finding:
    place = catalog.find(TABLE, key)
    known = place is not None
    if place is None:
        place = catalog.UNKNOWN
    return Finding(path, place.kind, place.label, size, start, 1, place.writer, known, value)


def text(data: bytes | memoryview) -> str:
    """A value as text if it is text, else as hex; cut to what a report has room for."""
    raw = bytes(data[: 4 * _VALUE])
    stripped = raw.strip(b"\0")
    for encoding in ("utf-8", "utf-16-be") if raw[:2] == b"\xfe\xff" else ("utf-8",):
        try:
            found = stripped.decode(encoding)
        except UnicodeDecodeError:
            continue
        if found and sum(ch.isprintable() or ch in "\r\n\t" for ch in found) >= 0.9 * len(found):
            return found[:_VALUE]
    return raw[:64].hex()


def boxes(path: str, box: Box, offset: int | None, parent: str, depth: int = 0) -> Iterator[Finding]:
    """Name a residue box and, where it is a container, what it holds.

    `offset` turns the box's coordinates into file positions; None if it has none
    (a decompressed header).
    """
    start = None if offset is None else offset + box.start
    size = box.stop - box.start
    if box.type == "uuid" and box.uuid:
        yield _named(f"uuid/{box.uuid}", path, size, start, text(box.body))
        return
    if box.type == SLACK:
        if any(box.body):
            yield _named("box/slack", path, size, start, text(box.body))
        return
    if box.type in _NESTED and depth < _DEPTH:
        try:
            inner = list(_inside(path, box, offset, depth))
        except ScrubError:
            inner = []
        if inner:
            yield from inner
            return
    tail = f"{parent}/{box.type}"
    key = f"box/{tail}" if catalog.find(TABLE, f"box/{tail}") else f"box/{box.type}"
    yield _named(key, path, size, start, _value(parent, box))


def _inside(path: str, box: Box, offset: int | None, depth: int) -> Iterator[Finding]:
    body, start = box.body, box.body_start
    if box.type == "meta":
        inner = Box("meta", box.start, box.stop, meta_children(body))
        yield from _meta(path, inner, inner.body_start, offset, depth)
        return
    for child in children(body, start, path):
        yield from boxes(f"{path}/{child.type or 'slack'}", child, offset, box.type, depth + 1)


def _meta(path: str, box: Box, start: int, offset: int | None, depth: int) -> Iterator[Finding]:
    found = find(box.body, start, path)
    keys = _keys(found["keys"].body) if "keys" in found else []
    for child in children(box.body, start, path):
        if child.type == "ilst":
            for item in children(child.body, child.body_start, path):
                yield _item(path, item, offset, keys)
        elif child.type not in {"hdlr", "keys", "free"}:
            yield from boxes(f"{path}/{child.type or 'slack'}", child, offset, "meta", depth + 1)
    if "ilst" not in found and "keys" in found:
        for name in keys:
            yield _named(f"key/{name}", f"{path}/keys/{name}", len(name), None)


def _keys(body: memoryview) -> list[str]:
    """Names of the `mdta` keys, by index from 0."""
    names: list[str] = []
    at = 8
    while at + 8 <= len(body) and len(names) < _MOST:
        (size,) = struct.unpack_from(">I", body, at)
        if size < 8 or at + size > len(body):
            break
        names.append(bytes(body[at + 8 : at + size]).decode("utf-8", "replace")[:128])
        at += size
    return names


def _item(path: str, item: Box, offset: int | None, keys: list[str]) -> Finding:
    start = None if offset is None else offset + item.start
    size = item.stop - item.start
    value = None
    try:
        inside = find(item.body, item.body_start, path)
        if "data" in inside:
            value = text(inside["data"].body[8:])
    except ScrubError:
        inside = {}
    index = int.from_bytes(item.type.encode("latin-1"), "big")
    if 1 <= index <= len(keys):
        name = keys[index - 1]
        return _named(f"key/{name}", f"{path}/{name}", size, start, value)
    if item.type == "----" and "name" in inside:
        name = bytes(inside["name"].body[4:]).decode("utf-8", "replace")[:128]
        return _named("ilst/----", f"{path}/ilst/----/{name}", size, start, value)
    return _named(f"ilst/{item.type}", f"{path}/ilst/{item.type}", size, start, value)


def _value(parent: str, box: Box) -> str:
    body = box.body
    if parent == "udta" and len(body) >= 4 and box.type[:1] == "©":
        # QTFF user data text: size u16, language u16
        (size,) = struct.unpack_from(">H", body)
        if size + 4 <= len(body):
            return text(body[4 : 4 + size])
    return text(body)


def top_level(extent: Extent, source: Source) -> Iterator[Finding]:
    """Name a residue box of the file's top level."""
    size = extent.stop - extent.start
    head = source.read(extent.body, min(extent.stop - extent.body, 4096))
    if extent.type == SLACK:
        yield from trailer(extent.start, extent.stop, source)
        return
    if extent.type in {"udta", "meta", "moov", "moof"} and extent.stop - extent.body <= 1 << 20:
        body = memoryview(source.read(extent.body, extent.stop - extent.body))
        yield from boxes(extent.type, Box(extent.type, extent.start, extent.stop, body), 0, "")
        return
    key = f"uuid/{extent.uuid}" if extent.uuid else f"box/{extent.type}"
    if extent.type in {"free", "skip", "wide"} and not any(head) and size <= 4096:
        yield _named(key, extent.type, size, extent.start)
        return
    yield _named(key, extent.type, size, extent.start, text(head))


_TRAILERS = (
    (b"SEFT", "trailer/SEFT"),
    (b"QDIOBS", "trailer/SEFT"),
    (b"8db42d694ccc418790edff439fe026bf", "trailer/insta360"),
)


def trailer(start: int, stop: int, source: Source) -> Iterator[Finding]:
    """Name bytes after the last box."""
    tail = source.read(max(start, stop - 64), min(stop - start, 64))
    key = next((key for magic, key in _TRAILERS if magic in tail), "trailer/bytes")
    yield _named(key, "trailer", stop - start, start, text(source.read(start, min(stop - start, 512))))


_GAPS = (
    (b"moov", "gap/moov"),
    (b"freeGPS", "gap/freeGPS"),
    (b"GP\x06\0", "gap/GP"),
    (b"GPRO", "gap/GP"),
    (b"Exif\0\0", "gap/exif"),
    (b"\xff\xd8\xff", "gap/jpeg"),
    (b"mdat", "gap/mdat-header"),
)


def gaps(found: list[tuple[int, int]], source: Source) -> Iterator[Finding]:
    """Name ranges of the media area that no kept or dropped sample owns; unremarkable ones are summed."""
    rest = 0
    count = 0
    for i, (start, stop) in enumerate(found):
        if i < _MOST:
            head = source.read(start, min(stop - start, 512))
            key = next((key for magic, key in _GAPS if magic in head), None)
            if key is not None:
                yield _named(key, "mdat/gap", stop - start, start, text(head))
                continue
        rest += stop - start
        count += 1
    if count:
        start = found[0][0]
        yield replace(_named("gap/bytes", "mdat/gap", rest, start), count=count)


def track(raw: RawTrack, rule: str, offset: int | None, sample_bytes: int, samples: int) -> Iterator[Finding]:
    """Name a dropped track as a whole, then the metadata inside it."""
    entry = raw.entries[0].type if raw.entries else "none"
    path = f"{raw.where} ({rule})"
    finding = _named(f"track/{raw.handler}/{entry}", path, sample_bytes, None, _mebx_keys(raw))
    yield replace(finding, count=max(samples, 1))
    for name in ("udta", "meta"):
        box = find(raw.box.body, raw.box.body_start, raw.where).get(name)
        if box is not None:
            yield from boxes(f"{raw.where}/{name}", box, offset, "trak")


def _mebx_keys(raw: RawTrack) -> str | None:
    """The names of what a timed metadata track records, which stand in its sample description."""
    stsd = raw.tables.get("stsd")
    if stsd is None or not raw.entries or raw.entries[0].type != "mebx":
        return None
    body = bytes(stsd.body[:8192])
    names = [part.split(b"\0")[0].decode("latin-1") for part in body.split(b"mdta")[1:]]
    return ", ".join(name[:80] for name in names)[:_VALUE] or None


def unreadable_track(number: int, box: Box, offset: int | None) -> Iterator[Finding]:
    """Name a `trak` that can't be read at all."""
    kind = "none"
    try:
        mdia = find(find(box.body, box.body_start, "trak")["mdia"].body, 0, "mdia")
        kind = read_handler(mdia["hdlr"], "hdlr")
    except (ScrubError, KeyError):
        kind = "none"
    start = None if offset is None else offset + box.start
    yield _named(f"track/{kind}/unreadable", f"moov/trak[{number}]", box.stop - box.start, start)


def behind_header(size: int) -> Finding:
    """Name bytes behind the end of a compressed movie header."""
    return Finding("moov/cmov/cmvd", Kind.HIDDEN, "bytes behind the compressed movie header", size)


TELLING = frozenset({"mvhd", "tkhd", "mdhd", "hdlr", "stsd"})
"""Decoded boxes with values that don't cross."""


def fields(path: str, box: Box, offset: int | None, handler: str) -> Iterator[Finding]:
    """Name values that sit in decoded boxes and are written as constants: dates, names, languages."""
    kind = path.rsplit("/", 1)[-1]
    start = None if offset is None else offset + box.start
    body = box.body
    if kind in {"mvhd", "tkhd", "mdhd"} and len(body) >= 24:
        wide = body[0] == 1
        width = 8 if wide else 4
        for i, name in enumerate(("creation_time", "modification_time")):
            value = int.from_bytes(body[4 + i * width : 4 + (i + 1) * width], "big")
            if value:
                yield _named(f"field/{kind}.{name}", f"{path}.{name}", width, start, _date(value))
        if kind == "mdhd":
            at = 32 if wide else 20
            language = int.from_bytes(body[at : at + 2], "big")
            if language not in {0x55C4, 0, 0x7FFF}:
                yield _named("field/mdhd.language", f"{path}.language", 2, start, _language(language))
    elif kind == "hdlr" and len(body) > 24:
        if any(body[12:16]):
            yield _named("field/hdlr.manufacturer", f"{path}.manufacturer", 4, start, text(body[12:16]))
        title = bytes(body[24:]).strip(b"\0")
        if title.lstrip(b"\x0b\x0c\x0d") not in {b"", b"VideoHandler", b"SoundHandler", b"DataHandler"}:
            yield _named("field/hdlr.name", f"{path}.name", len(title), start, text(title))
    elif kind == "stsd":
        yield from _descriptions(path, box, start, handler)


def _descriptions(path: str, box: Box, start: int | None, handler: str) -> Iterator[Finding]:
    from .descriptions import READ_CHILDREN, VISUAL
    from .emit import SEQUENCE_CHILDREN

    body = box.body[8:]
    for entry in children(body, 8, path):
        if len(entry.body) < 28:
            continue
        if any(entry.body[12:16]):
            yield _named("field/stsd.vendor", f"{path}.vendor", 4, start, text(entry.body[12:16]))
        visual = handler in VISUAL and len(entry.body) >= 78
        if visual:
            name = bytes(entry.body[42:74])
            if any(name):
                yield _named("field/stsd.compressorname", f"{path}.compressorname", 32, start, text(name[1:]))
        for head in (78,) if visual else (28, 44, 64):
            try:
                nested = list(children(entry.body[head:], 0, path)) if len(entry.body) > head else []
            except ScrubError:
                continue
            for child in nested:
                if child.type in _RECORDS:
                    _, _, aside = _RECORDS[child.type](bytes(child.body))
                    yield from coded(f"{path}/{entry.type}/{child.type}", aside.dropped)
                if (child.type, bytes(child.body)) in SEQUENCE_CHILDREN.get(handler, ()):
                    continue
                if child.type and child.type not in READ_CHILDREN:
                    size = child.stop - child.start
                    inside = f"{path}/{entry.type}/{child.type}"
                    yield _named(f"box/{child.type}", inside, size, start, text(child.body))
            break


_RECORDS = {"avcC": h264.read_configuration, "hvcC": hevc.read_configuration}


def coded(path: str, dropped: Iterable[Dropped]) -> Iterator[Finding]:
    """Name what a codec left behind, by its key in the codec tables."""
    for one in dropped:
        place = catalog.find("codec", one.key) or catalog.find("codec_other", one.key)
        known = place is not None
        place = place or catalog.UNKNOWN
        yield Finding(
            f"{path}/{one.key}", place.kind, place.label, one.size, None, one.count, place.writer, known
        )


def _date(value: int) -> str:
    try:
        return (_EPOCH + dt.timedelta(seconds=value)).isoformat()
    except OverflowError:
        return str(value)


def _language(packed: int) -> str:
    if packed < 0x400:
        return str(packed)
    return "".join(chr((packed >> shift & 31) + 0x60) for shift in (10, 5, 0))


def brands(body: bytes, start: int) -> Iterator[Finding]:
    """Name a file type that isn't one of the canonical ones."""
    yield _named("field/ftyp.brands", "ftyp.brands", len(body), start, text(body[:4] + b" " + body[8:]))


def capped(findings: Iterator[Finding]) -> tuple[Finding, ...]:
    """The findings, or the first of them and one that counts the rest."""
    kept: list[Finding] = []
    more = 0
    size = 0
    for finding in findings:
        if len(kept) < _MOST:
            kept.append(finding)
        else:
            more += 1
            size += finding.size
    if more:
        kept.append(Finding("…", Kind.UNKNOWN, "further findings", size, None, more, known=False))
    return tuple(kept)
