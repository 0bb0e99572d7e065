"""The fixed headers of a movie: `mvhd`, `tkhd`, `mdhd`, `hdlr`, `elst`, `dref` (ISO/IEC 14496-12 §8).

Only what the model needs is returned; dates, names and languages are picked up
by `residue` for the report.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import Malformed, Unsupported
from ...essence import Orientation
from .boxes import Box, full, unpack

ONE = 0x10000
"""1.0 as 16.16 fixed point."""

_ORIENTATIONS = {
    # signs of (a, b, c, d): x' = ax + cy, y' = bx + dy
    (1, 0, 0, 1): Orientation.UPRIGHT,
    (-1, 0, 0, 1): Orientation.MIRRORED,
    (-1, 0, 0, -1): Orientation.HALF_TURN,
    (1, 0, 0, -1): Orientation.FLIPPED,
    (0, 1, 1, 0): Orientation.TRANSPOSED,
    (0, 1, -1, 0): Orientation.CLOCKWISE,
    (0, -1, -1, 0): Orientation.TRANSVERSED,
    (0, -1, 1, 0): Orientation.ANTICLOCKWISE,
}
SIGNS = {orientation: signs for signs, orientation in _ORIENTATIONS.items()}
"""The signs of (a, b, c, d) of the matrix that shows a picture so."""


@dataclass(frozen=True, slots=True)
class MovieHeader:
    """`mvhd` §8.2.2: ticks per second, and how the whole presentation is turned."""

    timescale: int
    orientation: Orientation


@dataclass(frozen=True, slots=True)
class TrackHeader:
    """`tkhd` §8.3.2."""

    track_id: int
    enabled: bool
    alternate_group: int
    orientation: Orientation
    size: tuple[int, int] = (0, 0)
    """Width and height of the picture as shown, in 16.16; 0 if the header ends before."""


@dataclass(frozen=True, slots=True)
class RawEdit:
    """One `elst` entry §8.6.6: duration in movie ticks, media time in track ticks (-1: empty)."""

    duration: int
    media_time: int


def _orientation(matrix: tuple[int, ...], where: str) -> Orientation:
    """Map a matrix to one of eight orientations.

    Scale is not orientation: players take the size of the picture from its
    description.  A zero matrix, which some recorders write, shows the picture as
    it is; a skewed or freely turned one has no place in the model.
    """
    a, b, _, c, d = matrix[:5]
    if not (a or b or c or d):
        return Orientation.UPRIGHT
    largest = max(abs(a), abs(b), abs(c), abs(d))

    def sign(value: int) -> int:
        # sines of quarter turns computed in floating point leave a stray last bit
        return 0 if abs(value) * 1000 < largest else 1 if value > 0 else -1

    orientation = _ORIENTATIONS.get((sign(a), sign(b), sign(c), sign(d)))
    if orientation is None:
        raise Unsupported(where, "matrix")
    return orientation


def movie_header(box: Box) -> MovieHeader:
    """Read `mvhd`; raises `Malformed`, or `Unsupported` for a matrix that is no quarter turn."""
    where = "moov/mvhd"
    version, _, body = full(box, where)
    at = {0: 8, 1: 16}.get(version)
    if at is None:
        raise Unsupported(where, "version")
    (timescale,) = unpack("I", body, where, at)
    if not timescale:
        raise Malformed(where, "timescale")
    matrix = unpack("9i", body, where, at + (8 if version == 0 else 12) + 16)
    return MovieHeader(timescale, _orientation(matrix, where))


def track_header(box: Box, where: str) -> TrackHeader:
    """Read `tkhd`; raises `Malformed`, or `Unsupported` for a matrix that is no quarter turn."""
    version, flags, body = full(box, where)
    if version > 1:
        raise Unsupported(where, "version")
    (track_id,) = unpack("I", body, where, 8 if version == 0 else 16)
    layout = 20 if version == 0 else 32
    (group,) = unpack("H", body, where, layout + 10)
    matrix = unpack("9i", body, where, layout + 16)
    at = layout + 52
    size = (0, 0)
    if len(body) >= at + 8:
        width, height = unpack("II", body, where, at)
        size = (width, height)
    return TrackHeader(track_id, bool(flags & 1), group, _orientation(matrix, where), size)


def media_timescale(box: Box, where: str) -> int:
    """Read the time scale of `mdhd` §8.4.2; raises `Malformed` if it is 0."""
    version, _, body = full(box, where)
    if version > 1:
        raise Unsupported(where, "version")
    # with language and pre_defined, so that a version that doesn't fit the length is noticed
    timescale, *_ = unpack("8xII4x" if version == 0 else "16xIQ4x", body, where)
    if not timescale:
        raise Malformed(where, "timescale", box.start)
    return timescale


def handler(box: Box, where: str) -> str:
    """Read the handler type of `hdlr` §8.4.3."""
    _, _, body = full(box, where)
    unpack("8x", body, where)
    return bytes(body[4:8]).decode("latin-1")


def edits(box: Box, where: str) -> tuple[RawEdit, ...]:
    """Read `elst`; raises `Unsupported` for a rate other than 1, `Malformed` if entries are missing."""
    version, _, body = full(box, where)
    (count,) = unpack("I", body, where)
    layout, size = ("Ii", 12) if version == 0 else ("Qq", 20)
    if version > 1 or 4 + count * size > len(body):
        raise Malformed(where, "entry-count", box.start)
    found = []
    for i in range(count):
        at = 4 + i * size
        duration, media_time = unpack(layout, body, where, at)
        (rate,) = unpack("i", body, where, at + size - 4)
        if media_time < -1:
            raise Malformed(where, "media-time", box.start)
        # an empty edit shows nothing, at whatever rate
        if media_time >= 0 and rate != ONE:
            raise Unsupported(where, "rate", box.start)
        found.append(RawEdit(duration, media_time))
    return tuple(found)


def external(entry: Box) -> bool:
    """Whether a `dref` entry §8.7.2 says that media lies elsewhere; an empty location says it doesn't."""
    _, flags, body = full(entry, "dref")
    return not flags & 1 and any(body)
