"""A JPEG: tables, scans, and how they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .shown import Orientation

if TYPE_CHECKING:
    from ..pieces import Payload, Span
    from .gain import GainMap


@dataclass(frozen=True, slots=True)
class Component:
    """A frame component of a JPEG (T.81 §B.2.2): sampling factors and index into `Jpeg.quantisation`."""

    horizontal: int
    vertical: int
    table: int = 0


@dataclass(frozen=True, slots=True)
class HuffmanTable:
    """One Huffman table (T.81 §B.2.4.2): 16 counts by code length, and the symbols in code order."""

    counts: bytes
    symbols: bytes


@dataclass(frozen=True, slots=True)
class Conditioning:
    """Arithmetic conditioning (T.81 §B.2.4.3): statistics area within the scan and the value Cs."""

    area: int
    value: int


@dataclass(frozen=True, slots=True)
class ScanComponent:
    """A scan's component (T.81 §B.2.3): index into `Jpeg.components`, and what codes it where needed."""

    index: int
    dc: HuffmanTable | Conditioning | None
    ac: HuffmanTable | Conditioning | None


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan with everything that it is coded by.

    `high` and `low` are the successive approximation (Ah, Al), in a lossless scan
    `low` is the point transform.  `restart_interval` is in MCU, 0 if no restart
    marker stands in the scan.  `entropy` are the spans of entropy-coded data with
    their restart markers, in order, fill bytes left out.
    """

    components: tuple[ScanComponent, ...]
    spectral_start: int
    spectral_end: int
    high: int
    low: int
    restart_interval: int
    entropy: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Jpeg:
    """One still picture in one JPEG frame.

    `process` is the low nibble of the SOF marker: 0 for sequential Huffman coding
    (written as baseline SOF0 where the tables allow it, else as SOF1), 2 progressive,
    3 lossless, 9 and 10 sequential and progressive arithmetic coding.
    `quantisation` are distinct tables of 64 values in zigzag order, numbered by
    first use.  `adobe_transform` is None unless a decoder needs APP14 to show the
    colours as meant; `profile` is a canonical ICC profile or empty.
    """

    process: int
    precision: int
    width: int
    height: int
    components: tuple[Component, ...]
    quantisation: tuple[tuple[int, ...], ...]
    scans: tuple[Scan, ...]
    payload: Payload
    orientation: Orientation = Orientation.UPRIGHT
    adobe_transform: int | None = None
    profile: bytes = b""
    gain: JpegGain | None = None


@dataclass(frozen=True, slots=True)
class JpegGain:
    """A gain map behind a JPEG: a JPEG of its own, its profile that of what comes out, and its numbers."""

    picture: Jpeg
    numbers: GainMap
