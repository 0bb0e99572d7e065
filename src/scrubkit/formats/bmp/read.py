"""A BMP read into its essence: header, masks, palette, pixels, and a name for all else."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...catalog import UNKNOWN, find
from ...codecs import icc, icc_names
from ...errors import LimitExceeded, Malformed, Truncated, Unsupported
from ...essence import Bitmap
from ...model import Fate, Finding, Ledger, Media, Remaining, Residual
from ...pieces import Payload, Span, merged
from ...tiling import Findings, Tile, Tiling
from .. import Reading
from ..jpeg import names as jpeg_names
from ..jpeg import trailer
from .headers import CORE
from .runs import walk_runs
from .write import EMBEDDED, MASKED, PLAIN, RLE4, RLE8, row_bytes

if TYPE_CHECKING:
    from ...model import Policy
    from ...source import Readable

ALPHA_MASKED = 6
DEPTHS = {PLAIN: (1, 2, 4, 8, 16, 24, 32), RLE8: (8,), RLE4: (4,), MASKED: (16, 32), ALPHA_MASKED: (16, 32)}

HEIGHT = 1 << 18
LINKED = b"KNIL"
PROFILE = 4 << 20


@dataclass(slots=True)
class _Part:
    """A stretch of the file."""

    start: int
    size: int
    path: str
    fate: Fate


@dataclass(slots=True)
class _Reader:
    """Owns what has been read so far of one file."""

    source: Readable
    findings: Findings = field(default_factory=Findings)
    parts: list[_Part] = field(default_factory=list)
    width: int = 0
    height: int = 0
    top_down: bool = False
    bits: int = 0
    compression: int = 0
    stated: int = 0
    masks: tuple[int, int, int, int] = (0, 0, 0, 0)
    header: bytes = b""
    padding: int = 0
    missing: range = range(0)
    """Palette entries that should be there and lie behind the beginning of the pixels."""

    def add(self, start: int, size: int, path: str, fate: Fate) -> None:
        """Give a stretch a name and fate."""
        if size:
            self.parts.append(_Part(start, size, path, fate))

    def leave(self, path: str, size: int, start: int | None, value: str | None = None) -> None:
        """Name what stays behind."""
        self.findings.add(_whole(path, size, start, value))

    def read_header(self) -> int:
        """Read the headers and masks; return where they end."""
        source = self.source
        if source.size < 18:
            raise Truncated("bmp", "header", source.size)
        if any(source.view(6, 4)):
            self.leave("header/reserved", 4, 6, bytes(source.view(6, 4)).hex())
        size = int.from_bytes(source.view(14, 4), "little")
        if 14 + size > source.size:
            raise Truncated("bmp", "header", source.size)
        self.header = bytes(source.view(14, size))
        if size == CORE:
            self.width, height, _, self.bits = struct.unpack_from("<4H", self.header, 4)
        else:
            self.header = self.header.ljust(124, b"\0")
            self.width, height, _, self.bits, self.compression, self.stated = struct.unpack_from(
                "<iiHHII", self.header, 4
            )
        self.top_down, self.height = height < 0, abs(height)
        if self.width <= 0 or not self.height:
            raise Malformed("bmp", "picture-size", 18)
        if self.height > HEIGHT:
            raise LimitExceeded("bmp", "rows", 18)
        if size == 64 and self.compression in (3, 4):
            raise Unsupported("bmp", "OS/2-coding", 30)
        if self.compression not in DEPTHS:
            raise Unsupported("bmp", "coding", 30)
        if self.bits not in DEPTHS[self.compression]:
            raise Malformed("bmp", "bits-per-pixel", 28)
        if self.top_down and self.compression in (RLE8, RLE4):
            raise Malformed("bmp", "run-lengths-top-down", 22)
        return 14 + size + self._masks(size)

    def _masks(self, size: int) -> int:
        """Read the masks; return how many bytes they have behind the header."""
        if self.compression not in (MASKED, ALPHA_MASKED):
            return 0
        count = 4 if self.compression == ALPHA_MASKED or size >= 56 else 3
        behind = 0
        raw = self.header[40 : 40 + 4 * count]
        if size == 40:
            behind = 4 * count
            if 54 + behind > self.source.size:
                raise Truncated("bmp", "masks", self.source.size)
            raw = bytes(self.source.view(54, behind))
        masks = struct.unpack(f"<{count}I", raw)
        self.masks = (masks[0], masks[1], masks[2], masks[3] if count == 4 else 0)
        self.compression = MASKED
        seen = 0
        for mask in self.masks:
            low = mask & -mask
            if mask >> self.bits or seen & mask or (mask and (mask // low) & (mask // low + 1)):
                raise Malformed("bmp", "masks", 54)
            seen |= mask
        return behind

    def read_palette(self, at: int, end: int) -> tuple[bytes, int]:
        """Return the colour table as entries of 4 bytes, and how many bytes it has in the file."""
        if self.bits > 8:
            return b"", 0
        width = 3 if len(self.header) == CORE else 4
        count = int.from_bytes(self.header[32:36], "little") if width == 4 else 0
        most = 1 << self.bits
        stated = min(count or most, most)
        count = min(stated, max(end - at, 0) // width)
        self.missing = range(count, stated)
        raw = bytes(self.source.view(at, count * width))
        entries = [raw[i : i + 3] + b"\0" for i in range(0, len(raw), width)]
        surplus = sum(bool(raw[i]) for i in range(3, len(raw), 4)) if width == 4 else 0
        if surplus:
            self.leave("palette/reserved", surplus, None)
        return b"".join(entries).ljust(4 * most, b"\0"), len(raw)

    def read_rows(self, start: int) -> tuple[tuple[Span, ...], set[int]]:
        """Claim plain rows; return them and the colours that pixels have."""
        used, stride = row_bytes(self.width, self.bits)
        size = stride * self.height
        if start + size > self.source.size:
            raise Truncated("bmp", "rows", self.source.size)
        colours: set[int] = set()
        rest = self.width * self.bits % 8
        if used != stride or rest or self.bits <= 8:
            for at in range(start, start + size, stride):
                row = self.source.view(at, stride)
                self.padding += sum(map(bool, row[used:]))
                self.padding += bool(rest and row[used - 1] & (0xFF >> rest))
                if self.bits <= 8:
                    colours.update(row[: used - 1] if rest else row[:used])
                    if rest:
                        colours |= {(1 << 8) + (row[used - 1] & (0xFF << (8 - rest) & 0xFF))}
        self.add(start, size, "pixels", Fate.ESSENCE)
        return (Span(start, size),), self._spread(colours, rest)

    def _spread(self, values: set[int], rest: int) -> set[int]:
        """Return the indices in whole bytes and, marked by bit 8, in last bytes with `rest` bits in use."""
        if self.bits >= 8:
            return values
        mask = (1 << self.bits) - 1
        out = set()
        for value in values:
            lowest = 8 - rest if value >> 8 else 0
            out |= {value >> shift & mask for shift in range(lowest, 8, self.bits)}
        return out

    def profile(self) -> tuple[bytes, bool]:
        """Return what crosses of an embedded profile, and whether it is none or a constant of ours."""
        if len(self.header) < 124 or int.from_bytes(self.source.view(14, 4), "little") != 124:
            return b"", True
        place, size = struct.unpack_from("<II", self.header, 112)
        kind = self.header[56:60]
        start = 14 + place
        if kind not in (EMBEDDED, LINKED) or not size or start + size > self.source.size:
            return b"", True
        if kind == LINKED:
            self.add(start, size, "profile/link", Fate.RESIDUE)
            self.leave("profile/link", size, start)
            return b"", True
        data = bytes(self.source.view(start, min(size, PROFILE)))
        kept = icc.Canonical(b"", constant=True)
        if icc_names.colour_space(data) == "RGB ":
            try:
                kept = icc.canonical(data)
            except Malformed:
                kept = icc.Canonical(b"", constant=True)
        used = size if kept.profile == data else icc_names.used_bytes(data) if kept.profile else 0
        self.add(start, used, "profile", Fate.STRUCTURE)
        self.add(start + used, size - used, "profile/rest", Fate.RESIDUE)
        if kept.profile != data:
            self.leave("profile", size, start)
            for found in icc_names.findings(data, "profile"):
                self.findings.add(found)
        return kept.profile, kept.constant

    def leave_header(self) -> None:
        """Name the fields of the header that say nothing of the picture's look."""
        if len(self.header) == CORE:
            return
        if any(self.header[24:32]):
            self.leave("header/resolution", 8, 38, str(struct.unpack_from("<ii", self.header, 24)))
        if any(self.header[36:40]):
            self.leave("header/important", 4, 50)
        if int.from_bytes(self.header[:4], "little") == 64:
            if any(self.header[40:64]):
                self.leave("header/OS2", 24, 54)
        elif any(self.header[60:108]):
            self.leave("header/calibration", 48, 74)

    def ledger(self) -> Ledger:
        """Lay the parts out; what is between them stays behind."""
        tiling = Tiling()
        for part in sorted(self.parts, key=lambda each: each.start):
            if part.start < tiling.at:
                raise Malformed("bmp", "parts-share-bytes", part.start)
            self._gap(tiling, part.start)
            tile: Tile = tiling.lay(part.path, part.fate, part.size)
            if part.path == "pixels" and self.padding:
                tile.carve("pixels/padding", Fate.RESIDUE, self.padding)
                self.leave("pixels/padding", self.padding, None)
        self._trailer(tiling)
        return tiling.close(self.source.size)

    def _gap(self, tiling: Tiling, stop: int) -> None:
        size = stop - tiling.at
        if size:
            self.leave("gap", size, tiling.at)
            tiling.lay("gap", Fate.RESIDUE, size)

    def _trailer(self, tiling: Tiling) -> None:
        if tiling.at == self.source.size:
            return
        for part in trailer.cut(self.source, tiling.at):
            size = part.stop - part.start
            tiling.lay(part.path, Fate.RESIDUE, size)
            self.findings.add(jpeg_names.whole(part.path, size, part.start, part.untrusted_value))


def _whole(path: str, size: int, start: int | None, value: str | None = None) -> Finding:
    place = find("bmp", path) or UNKNOWN
    return Finding(path, place.kind, place.label, size, start, 1, place.writer, place is not UNKNOWN, value)


def _without_unused(reader: _Reader, palette: bytes, used: set[int]) -> bytes:
    """Return the palette without colours that no pixel has; a plain scale of greys stays whole."""
    steps = len(palette) // 4 - 1
    if all(palette[4 * step : 4 * step + 3] == bytes([step * 255 // steps]) * 3 for step in range(steps + 1)):
        return palette
    out = bytearray(palette)
    dropped = 0
    for index in range(len(out) // 4):
        if index not in used and any(out[4 * index : 4 * index + 4]):
            out[4 * index : 4 * index + 4] = bytes(4)
            dropped += 3
    if dropped:
        reader.leave("palette/unused", dropped, None)
    return bytes(out)


def read(source: Readable, policy: Policy) -> Reading:  # noqa: ARG001 (one signature)
    """Read a BMP; raises `Refused` errors only."""
    reader = _Reader(source)
    behind = reader.read_header()
    start = int.from_bytes(source.view(10, 4), "little")
    if start < behind or start > source.size:
        raise Malformed("bmp", "place-of-the-pixels", 10)
    palette, size = reader.read_palette(behind, start)
    reader.add(0, behind, "header", Fate.STRUCTURE)
    reader.add(behind, size, "palette", Fate.STRUCTURE)
    if reader.compression in (RLE8, RLE4):
        stop = source.size if not reader.stated else min(source.size, start + reader.stated)
        pieces, end, used = walk_runs(source, start, stop, (reader.width, reader.height), reader.bits)
        reader.add(start, end - start, "pixels", Fate.ESSENCE)
    else:
        pieces, used = reader.read_rows(start)
    if not used.isdisjoint(reader.missing):
        # What is drawn then, viewers make up.
        raise Malformed("bmp", "palette-missing", 10)
    if palette:
        palette = _without_unused(reader, palette, used)
    profile, constant = reader.profile()
    reader.leave_header()
    spans = ((piece.start, piece.start + piece.size) for piece in pieces if isinstance(piece, Span))
    picture = Bitmap(
        reader.width,
        reader.height,
        reader.top_down,
        reader.bits,
        reader.compression,
        reader.masks,
        palette,
        pieces,
        profile,
        Payload(source, *merged(spans)),
    )
    remaining = [Residual.CODED_PAYLOAD, Residual.ENCODER_PARAMETERS]
    if not constant:
        remaining.append(Residual.COLOUR_PROFILE)
    ledger = reader.ledger()
    return Reading(
        picture,
        Media.PHOTO,
        ".bmp",
        reader.findings.all(),
        tuple(Remaining(what) for what in remaining),
        ledger,
    )
