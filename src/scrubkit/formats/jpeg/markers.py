"""Markers and marker segments (ITU-T T.81 §B.1.1): FF, a code, and for most a length and a body.

A marker is searched for in blocks, so that a source of any size costs little memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import LimitExceeded, Malformed, Truncated

if TYPE_CHECKING:
    from ...source import Readable

TEM = 0x01
DHT = 0xC4
JPG = 0xC8
DAC = 0xCC
RST0 = 0xD0
RST7 = 0xD7
SOI = 0xD8
EOI = 0xD9
SOS = 0xDA
DQT = 0xDB
DNL = 0xDC
DRI = 0xDD
DHP = 0xDE
EXP = 0xDF
APP0 = 0xE0
APP1 = 0xE1
APP2 = 0xE2
APP14 = 0xEE
APP15 = 0xEF
COM = 0xFE

SOF55 = 0xF7
"""Frame of JPEG-LS (ITU-T T.87 Table C.1), which begins like JPEG."""

SOF = frozenset(range(0xC0, 0xD0)) - {DHT, JPG, DAC}
"""Start-of-frame codes (Table B.1)."""

MARKER = re.compile(rb"\xff[^\x00\xff]")
"""A marker: FF and a code that is neither a stuffed zero nor a fill byte."""

STEP = 1 << 20
"""Bytes searched at once, between its multiples: what one window of the source holds."""

GAP = 64 << 20
"""Fill and stray bytes that are skipped between two segments."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker and what belongs to it: `start` of its FF, `code`, and the half-open range of its body.

    Between `start` and `body` stand the marker and, unless it stands alone, a
    length of two bytes.
    """

    code: int
    start: int
    body: int
    stop: int


def name_of(code: int) -> str:
    """Return the marker's name in Table B.1, for paths."""
    if APP0 <= code <= APP15:
        return f"APP{code - APP0}"
    if RST0 <= code <= RST7:
        return "RST"
    if code in SOF:
        return f"SOF{code & 15}"
    return _NAMES.get(code, "reserved marker")


_NAMES = {
    TEM: "TEM",
    DHT: "DHT",
    JPG: "JPG",
    DAC: "DAC",
    SOI: "SOI",
    EOI: "EOI",
    SOS: "SOS",
    DQT: "DQT",
    DNL: "DNL",
    DRI: "DRI",
    DHP: "DHP",
    EXP: "EXP",
    COM: "COM",
}


def block(source: Readable, at: int, stop: int) -> memoryview:
    """Return the bytes from `at` to the next multiple of `STEP`, or to `stop`; at least two if there are."""
    size = STEP - at % STEP
    return source.view(at, min(size if size > 1 else size + STEP, stop - at))


def search(source: Readable, pattern: re.Pattern[bytes], at: int, stop: int | None = None) -> int | None:
    """Return where the two-byte `pattern`, which begins with FF, is next matched before `stop`, or None."""
    stop = source.size if stop is None else stop
    while stop - at >= 2:
        part = block(source, at, stop)
        if found := pattern.search(part):
            return at + found.start()
        at += len(part) - (part[-1] == 0xFF)
    return None


def next_segment(source: Readable, at: int, stop: int | None = None) -> Segment:
    """Return the first segment between `at` and `stop` (the end); what stands before it is part of none.

    As decoders do, skips fill bytes and stray bytes.  Raises `Truncated` if there
    is no marker, or its segment doesn't end in the file, `Malformed` if its length
    doesn't even cover itself, `LimitExceeded` if more than `GAP` bytes are in between.
    """
    stop = source.size if stop is None else stop
    reach = min(stop, at + GAP)
    start = search(source, MARKER, at, reach)
    if start is None:
        if reach < stop:
            raise LimitExceeded("jpeg", "bytes-between-segments", at)
        raise Truncated("jpeg", "no-end-of-image", stop)
    code = source.view(start + 1, 1)[0]
    if code in (SOI, EOI, TEM) or RST0 <= code <= RST7:
        return Segment(code, start, start + 2, start + 2)
    if start + 4 > stop:
        raise Truncated(name_of(code), "segment-beyond-the-file", start)
    length = int.from_bytes(source.view(start + 2, 2))
    if length < 2:
        raise Malformed(name_of(code), "length-below-two", start)
    if start + 2 + length > stop:
        raise Truncated(name_of(code), "segment-beyond-the-file", start)
    return Segment(code, start, start + 4, start + 2 + length)
