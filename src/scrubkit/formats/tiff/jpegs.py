"""JPEG in strips and tiles (TIFF Technical Note 2, DNG): each becomes a whole canonical stream of its own.

Tables that stand apart in JPEGTables are joined with the streams that they belong
to.  What the colours mean, the directory says; application segments say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from ...errors import LimitExceeded, Malformed, Unsupported
from ...essence import HuffmanTable, Jpeg, ScanComponent
from ...model import Residual
from ...pieces import Coded, Span
from ...source import Memory
from ..jpeg import tables as jpeg_tables
from ..jpeg.entropy import read_entropy
from ..jpeg.frame import LOSSLESS, Frame, blocks, capacity, read_scan, restarts_due
from ..jpeg.markers import APP0, APP15, COM, DHT, DQT, DRI, EOI, SOI, SOS, name_of, next_segment
from ..jpeg.read import read as read_jpeg
from ..jpeg.read import read_one
from ..jpeg.tails import SAMPLES, Tails
from ..jpeg.write import JFIF, application_segments, segment
from ..jpeg.write import write as write_jpeg

if TYPE_CHECKING:
    from ...model import Policy
    from ...source import Readable
    from .streams import Pieces

SEGMENTS = 4096
_SOF3 = 0xC3
_START, _END = b"\xff\xd8", b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class Stream:
    """What crosses of one stream; `used` of its bytes are needed.

    `shape` is width, height, components and bits, `sampling` that of the first component;
    `walked` says that the entropy-coded data was followed to its last block.
    """

    pieces: Pieces
    used: int
    shape: tuple[int, int, int, int]
    sampling: tuple[int, int]
    walked: bool


STREAMS = 256
"""Streams of one picture that are walked; each may have tables of its own, which are made ready for it."""


def affordable(streams: int, samples: int) -> bool:
    """Whether the streams of a picture, with so many samples together, are walked unless a policy is deep.

    Their sizes don't count: they are others once something was cut off.
    """
    return streams <= STREAMS and samples <= SAMPLES


def _shifted(pieces: list[bytes | Span], by: int) -> Pieces:
    """Pieces of a stream of its own as pieces of the source: what is structure there is payload here."""
    out: list[Span | Coded] = []
    literal = b""
    for piece in pieces:
        if isinstance(piece, Span):
            if literal:
                out.append(Coded(literal))
                literal = b""
            out.append(Span(piece.start + by, piece.size))
        else:
            literal += piece
    return (*out, Coded(literal)) if literal else tuple(out)


def _process(stream: Memory) -> tuple[int, int]:
    """Return the low nibble of the first SOF marker, and the number of components."""
    at = 2
    for _ in range(SEGMENTS):
        found = next_segment(stream, at)
        if found.code in range(0xC0, 0xD0) and found.code not in (DHT, 0xC8, 0xCC):
            return found.code & 15, stream.view(found.body, 6)[5]
        if found.code in (EOI, SOS):
            break
        at = found.stop
    raise Malformed("jpeg", "no-picture")


def read_stream(
    source: Readable, start: int, size: int, tables: bytes, policy: Policy, *, walk: bool
) -> Stream:
    """Read one strip's or tile's stream, and walk its entropy-coded data if asked to.

    `tables` are the segments of JPEGTables without its SOI and EOI.  Raises `Refused` errors.
    """
    if size > policy.limits.sample:
        raise LimitExceeded("jpeg", "strip", start)
    data = bytes(source.view(start, size))
    if data[:2] != _START:
        raise Malformed("jpeg", "no-start-of-image", start)
    process, components = _process(Memory(memoryview(_START + tables + data[2:])))
    if process == LOSSLESS:
        tails = Tails(policy.deep) if walk else None
        return _lossless(Memory(memoryview(_START + tables + data[2:])), start - len(tables), size, tails)
    # The reader takes JFIF for YCbCr; here it keeps an Adobe segment from being asked for.
    prefix = (segment(0xE0, JFIF) if components in (1, 3) else b"") + tables
    stream = Memory(memoryview(_START + prefix + data[2:]))
    reading = (read_one if walk else read_jpeg)(stream, policy)
    picture = reading.essence
    assert isinstance(picture, Jpeg)
    pieces = list(write_jpeg(picture, policy))
    skipped = 1 + len(application_segments(picture))
    kept = [piece for piece in (_START, *islice(pieces, skipped, None)) if isinstance(piece, bytes | Span)]
    left = sum(row.size for row in reading.ledger.rows if row.fate.value == "residue")
    shape = (picture.width, picture.height, len(picture.components), picture.precision)
    first = picture.components[0]
    walked = all(each.what is not Residual.BEHIND_PICTURE for each in reading.remaining)
    sampling = first.horizontal, first.vertical
    return Stream(_shifted(kept, start - len(prefix)), max(size - left, 0), shape, sampling, walked)


def _lossless(stream: Memory, shift: int, size: int, tails: Tails | None) -> Stream:
    """Read a lossless stream (T.81 §H) of one scan; DNG has them with any number of components up to 4."""
    huffman: dict[int, HuffmanTable] = {}
    frame: Frame | None = None
    interval = 0
    left = 0
    at = 2
    for _ in range(SEGMENTS):
        found = next_segment(stream, at)
        left += found.start - at
        at = found.stop
        body = bytes(stream.view(found.body, found.stop - found.body))
        match found.code:
            case 0xC4:
                for table in jpeg_tables.read_huffman(body, found.body):
                    if table.kind == jpeg_tables.DC:
                        huffman[table.destination] = table.table
            case 0xC3 if frame is None:
                frame = _frame(body, found.body)
            case 0xDD if len(body) == 2:
                interval = int.from_bytes(body)
            case 0xDA if frame is not None:
                pieces, end, surplus = _scan(stream, frame, huffman, interval, body, found.stop, tails)
                left += stream.size - end + surplus
                shape = (frame.width, frame.height, len(frame.ids), frame.precision)
                walked = tails is not None and tails.whole
                return Stream(_shifted(pieces, shift), max(size - left, 0), shape, frame.sampling[0], walked)
            case code if code in (DQT, COM) or APP0 <= code <= APP15:
                left += found.stop - found.start
            case _:
                raise Malformed(name_of(found.code), "out-of-place")
    raise LimitExceeded("jpeg", "segments")


def _frame(body: bytes, at: int) -> Frame:
    if len(body) < 6 or len(body) != 6 + 3 * body[5] or not 1 <= body[5] <= 4:
        raise Malformed("SOF3", "bad-length", at)
    sampling = tuple((value >> 4, value & 15) for value in body[7::3])
    if any(factors != (1, 1) for factors in sampling):
        raise Unsupported("SOF3", "sampling", at)
    height, width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
    if not (width and height and 2 <= body[0] <= 16) or len(set(body[6::3])) != body[5]:
        raise Malformed("SOF3", "bad-frame", at)
    return Frame(LOSSLESS, body[0], width, height, body[6::3], sampling, (0,) * body[5])


def _scan(
    stream: Memory,
    frame: Frame,
    huffman: dict[int, HuffmanTable],
    interval: int,
    body: bytes,
    start: int,
    tails: Tails | None,
) -> tuple[list[bytes | Span], int, int]:
    """Return the pieces of the whole stream, where it ends, and how many bytes lay behind its samples."""
    header = read_scan(frame, body, start)
    if len(header.components) != len(frame.ids):
        raise Unsupported("SOS", "several-lossless-scans", start)
    used: list[HuffmanTable] = []
    for _, destination, _ in header.components:
        table = huffman.get(destination)
        if table is None:
            raise Malformed("SOS", "Huffman-table-missing", start)
        jpeg_tables.check_huffman(table, jpeg_tables.DC, 16, start)
        used.append(table)
    distinct = list(dict.fromkeys(used))
    mcus, _ = blocks(frame, header)
    restarts = restarts_due(mcus, interval)
    entropy = read_entropy(stream, start, restarts)
    end = next_segment(stream, entropy.end)
    if end.code != EOI or end.start != entropy.end:
        raise Malformed("jpeg", "no-end-of-image", entropy.end)
    spans, surplus = entropy.spans, 0
    if tails is not None:
        rows = zip(header.components, used, strict=True)
        components = tuple(ScanComponent(index, table, None) for (index, _, _), table in rows)
        due = interval if restarts else 0
        trimmed = tails.trim(stream, frame, header, components, entropy, due)
        spans, surplus = trimmed.spans, trimmed.surplus
    if sum(span.size for span in spans) > capacity(frame, header) + 2 * restarts:
        raise Malformed("entropy-coded data", "more-than-the-picture-can-hold", start)
    count = len(frame.ids)
    sof = bytes([frame.precision]) + frame.height.to_bytes(2) + frame.width.to_bytes(2) + bytes([count])
    sof += b"".join(bytes([number, 0x11, 0]) for number in range(1, count + 1))
    sos = bytes([count])
    sos += b"".join(bytes([n, distinct.index(table) << 4]) for n, table in enumerate(used, 1))
    sos += bytes([header.spectral_start, 0, header.low])
    pieces: list[bytes | Span] = [_START, segment(_SOF3, sof)]
    pieces += [
        jpeg_tables.write_huffman(jpeg_tables.DC, number, table) for number, table in enumerate(distinct)
    ]
    if restarts:
        pieces.append(segment(DRI, interval.to_bytes(2)))
    pieces.append(segment(SOS, sos))
    return [*pieces, *spans, _END], end.stop, surplus


def read_tables(data: bytes) -> bytes:
    """Return the table segments of JPEGTables; raises `Malformed` if it isn't tables between SOI and EOI."""
    if not data:
        return b""
    stream = Memory(memoryview(data))
    if data[:2] != _START:
        raise Malformed("JPEGTables", "no-start-of-image")
    out = b""
    at = 2
    for _ in range(SEGMENTS):
        found = next_segment(stream, at)
        if found.code == EOI:
            return out
        if found.code in (DQT, DHT, DRI):
            out += data[found.start : found.stop]
        elif found.code == SOI or not (found.code == COM or APP0 <= found.code <= APP15):
            raise Malformed("JPEGTables", "not-a-table")
        at = found.stop
    raise LimitExceeded("JPEGTables", "segments")
