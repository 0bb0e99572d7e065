"""How a picture is cut into strips or tiles, and how many bytes each must decode to (TIFF 6.0 §3, §15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import LimitExceeded, Malformed, Unsupported
from . import tags
from .directory import integers

if TYPE_CHECKING:
    from ...source import Readable
    from .directory import Directory, Header

SEGMENTS = 200_000
DECODED = 5 << 29
"""Bytes that a compressed picture may decode to."""

BITS = frozenset({1, 2, 4, 8, 10, 12, 14, 16, 24, 32, 64})

STRIP = 1 << 16
"""Bytes of an uncompressed strip that is written, or a row if that is longer."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """The layout of one picture; `across` and `down` are pixels of a tile, or the width and rows of a strip.

    `subsampling` is other than (1, 1) only where samples are stored in units of
    several pixels (YCbCr without JPEG, TIFF 6.0 §21).
    """

    width: int
    length: int
    samples: int
    bits: int
    compression: int
    photometric: int
    planar: bool
    tiled: bool
    across: int
    down: int
    subsampling: tuple[int, int] = (1, 1)

    @property
    def planes(self) -> int:
        """Runs of strips or tiles: one for each sample if they are stored apart."""
        return self.samples if self.planar else 1

    @property
    def per_plane(self) -> int:
        """Strips or tiles of one plane."""
        return -(-self.length // self.down) * (-(-self.width // self.across) if self.tiled else 1)

    def row(self) -> int:
        """Bytes of one uncompressed row of a strip or tile, of a row of units if subsampled."""
        across, up = self.subsampling
        if (across, up) != (1, 1):
            return -(-self.across // across) * (across * up + 2)
        return -(-self.across * self.bits * (1 if self.planar else self.samples) // 8)

    def rows(self, index: int) -> int:
        """Rows of the strip or tile with that index, rows of units if subsampled."""
        left = self.down if self.tiled else self.length - self.down * (index % self.per_plane)
        return -(-min(self.down, left) // self.subsampling[1])

    def visible(self, index: int) -> tuple[int, int]:
        """Return the bits of a row that hold pixels of the picture, and the rows that do."""
        if self.subsampling != (1, 1):
            return 8 * self.row(), self.rows(index)
        across, down = self.across, self.rows(index)
        if self.tiled:
            columns = -(-self.width // self.across)
            y, x = divmod(index % self.per_plane, columns)
            across = min(across, self.width - x * self.across)
            down = min(down, self.length - y * self.down)
        return across * self.bits * (1 if self.planar else self.samples), down

    def expected(self, index: int) -> int:
        """Bytes that a strip or tile decodes to."""
        return self.row() * self.rows(index)


def one(source: Readable, header: Header, directory: Directory, tag: int, default: int | None = None) -> int:
    """Return a tag's first integer, or the default; raises `Malformed` if it must be there and isn't."""
    values = integers(source, header, directory.get(tag), 1)
    if values and values[0] >= 0:
        return values[0]
    if default is None:
        raise Malformed("IFD", "required-tag-missing", directory.start)
    return default


def read_geometry(source: Readable, header: Header, directory: Directory) -> Geometry:
    """Read a picture's layout.

    Raises `Malformed`, `Unsupported` for layouts that the model has no place for,
    and `LimitExceeded` for more than the tool will spend on one.
    """

    def value(tag: int, default: int | None = None) -> int:
        return one(source, header, directory, tag, default)

    at = directory.start
    width, length = value(tags.WIDTH), value(tags.LENGTH)
    if not (0 < width < 1 << 24 and 0 < length < 1 << 24):
        raise Malformed("IFD", "picture-size", at)
    samples = value(tags.SAMPLES, 1)
    if not 1 <= samples <= 64:
        raise Unsupported("IFD", "samples-per-pixel", at)
    bits = set(integers(source, header, directory.get(tags.BITS), samples)) or {1}
    if len(bits) != 1 or not bits <= BITS:
        raise Unsupported("IFD", "bits-per-sample", at)
    compression = value(tags.COMPRESSION, 1)
    if compression == tags.OLD_DEFLATE:
        compression = tags.DEFLATE
    photometric = value(tags.PHOTOMETRIC, 0)
    planar = value(tags.PLANAR, 1) == 2 and samples > 1
    tiled = directory.get(tags.TILE_WIDTH) is not None
    if tiled:
        across, down = value(tags.TILE_WIDTH), value(tags.TILE_LENGTH)
        if not (0 < across < 1 << 20 and 0 < down < 1 << 20):
            raise Malformed("IFD", "tile-size", at)
    else:
        across, down = width, min(value(tags.ROWS_PER_STRIP, length), length)
        if not down:
            raise Malformed("IFD", "strip-without-rows", at)
    subsampling = (1, 1)
    if photometric == tags.YCBCR and compression != tags.JPEG:
        stated = tuple(integers(source, header, directory.get(tags.YCBCR_SUBSAMPLING), 2)) or (2, 2)
        if len(stated) != 2 or not set(stated) <= {1, 2, 4}:
            raise Malformed("IFD", "subsampling", at)
        subsampling = (stated[0], stated[1])
        if planar or samples != 3 or bits != {8}:
            raise Unsupported("IFD", "YCbCr-layout", at)
    found = Geometry(
        width,
        length,
        samples,
        bits.pop(),
        compression,
        photometric,
        planar,
        tiled,
        across,
        down,
        subsampling,
    )
    if found.per_plane * found.planes > SEGMENTS:
        raise LimitExceeded("tiff", "strips", at)
    return found
