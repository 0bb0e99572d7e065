"""A gain map behind a JPEG: which second picture is one, and by what numbers (Ultra HDR 1.1, ISO 21496-1)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...codecs import gain_map, icc, icc_names, icc_profile, xmp
from ...errors import Malformed, Truncated, Unsupported
from ...essence import Orientation
from ...pieces import Span
from ...tiling import Tile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...essence import GainMap, Jpeg
    from ...model import Finding
    from ...source import Readable
    from ...tiling import Tiling
    from .application import Shown

PREFIX = "gain-map/"

SRGB = icc_profile.build(icc.SRGB, "sRGB")

_SKEWED = 20
"""A gain map may be off the picture's shape by 1 in this many."""


class Within:
    """A stretch of a source that is read as if there were nothing around it."""

    __slots__ = ("_source", "_start", "size")

    def __init__(self, source: Readable, start: int, stop: int) -> None:
        """Take the half-open range `start` to `stop`, which lies in the source."""
        self._source = source
        self._start = start
        self.size = stop - start

    def read(self, at: int, size: int) -> bytes:
        """Return exactly `size` bytes; raises `Truncated` where there are fewer."""
        self._check(at, size)
        return self._source.read(self._start + at, size)

    def view(self, at: int, size: int) -> memoryview:
        """Return exactly `size` bytes; raises `Truncated` where there are fewer."""
        self._check(at, size)
        return self._source.view(self._start + at, size)

    def part(self, at: int, size: int) -> memoryview:
        """Return the first of `size` bytes, at least one; raises `Truncated` where there are fewer."""
        self._check(at, size)
        return self._source.part(self._start + at, size)

    def _check(self, at: int, size: int) -> None:
        if at < 0 or size < 0 or at + size > self.size:
            raise Truncated("file", "", self._start + min(max(at, 0), self.size))


def numbers(segments: Iterable[tuple[str, bytes]]) -> GainMap:
    """Return the numbers that a picture's segments (path and body) state; raises `Malformed`, `Unsupported`.

    Those of ISO 21496-1 count before those of XMP, as decoders have it.
    """
    by_path: dict[str, bytes] = {}
    for path, body in segments:
        by_path.setdefault(path, body)
    found = None
    stated = by_path.get("APP2/gain-map", b"").removeprefix(gain_map.SIGNATURE)
    if len(stated) > len(gain_map.VERSION):
        found, _ = gain_map.read(stated)
    elif (packet := by_path.get("APP1/XMP", b"")).startswith(xmp.SIGNATURE):
        found = gain_map.read_xmp(packet.removeprefix(xmp.SIGNATURE))
    if found is None:
        raise Malformed("gain map", "no-numbers")
    if found.alternate_headroom <= found.base_headroom:
        raise Unsupported("gain map", "direction")
    return found


_NUMBERS = ("APP1/XMP/hdrgm:", "APP1/XMP/Item:", "APP1/XMP/Container:")
"""Properties that are written again."""

_SEGMENTS = frozenset({"gain-map/APP1/XMP", "gain-map/APP2/gain-map"})


def without_numbers(found: Finding) -> Finding:
    """Take out of a finding what crosses of it: a number is not what the original tells of its maker.

    Of the segments that the numbers stand in only that they are there is said, not where.
    """
    path = found.path.removeprefix(PREFIX)
    if path.startswith(_NUMBERS):
        return replace(found, untrusted_value=None)
    return replace(found, start=None) if found.path in _SEGMENTS else found


def fitted(picture: Jpeg, shown: Shown, whole: tuple[int, int], start: int) -> Jpeg:
    """Return a gain map that lies at `start` of the file, without an orientation of its own.

    Its profile is that of what comes out (ISO 21496-1 §C.4), so sRGB is said, too.
    Raises `Unsupported` if it is larger than the picture, `whole`, or of another shape.
    """
    width, height = whole
    off = abs(picture.width * height - picture.height * width)
    if picture.width > width or picture.height > height:
        raise Unsupported("gain map", "larger-than-the-picture")
    if off * _SKEWED > picture.width * height:
        raise Unsupported("gain map", "not-of-the-picture's-shape")
    scans = tuple(
        replace(scan, entropy=tuple(Span(span.start + start, span.size) for span in scan.entropy))
        for scan in picture.scans
    )
    profile = SRGB if shown.plain else picture.profile
    if icc_names.colour_space(profile) != "RGB ":
        profile = b""
    return replace(picture, scans=scans, orientation=Orientation.UPRIGHT, profile=profile)


def adopt(tiling: Tiling, inner: Tiling) -> None:
    """Lay the tiles of the gain map into those of the file."""
    start = tiling.at
    for tile in inner.tiles:
        carved = [(PREFIX + path, fate, size) for path, fate, size in tile.carved]
        tiling.tiles.append(Tile(PREFIX + tile.path, tile.fate, start + tile.start, tile.size, carved))
    tiling.at = start + inner.at
