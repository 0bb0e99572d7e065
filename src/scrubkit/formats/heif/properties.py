"""Item properties that say how a picture is shown, as typed values (ISO/IEC 23008-12 §6.5, ISO/IEC 23000-22).

What isn't in this table, or has bytes beyond its fields, stays behind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from ...codecs import hdr
from ...errors import Malformed, Unsupported
from ...essence import Colour, Orientation
from ..isobmff.boxes import full, unpack
from .structure import described
from .transform import MIRRORS, ROTATIONS, followed

if TYPE_CHECKING:
    from ..isobmff.boxes import Box
    from .structure import Meta

PROFILES = frozenset({b"prof", b"rICC"})
"""Kinds of `colr` that hold an ICC profile."""

NEUTRAL = frozenset(
    {
        *("pixi", "a1lx", "lhvC", "cclv", "amve", "ndwt", "reve"),
        *("udes", "altt", "elng", "crtt", "mdft", "itai", "taic", "cmin", "cmex", "free", "skip"),
    }
)
"""Properties that a reader may be told not to do without, and that are recomputed or say nothing here.

Those of the second row say things about the picture; some writers mark all properties as essential.
"""

_ONCE = frozenset({"hvcC", "av1C", "ispe", "clap", "colr/nclx", "colr/prof"})
"""Properties of which viewers take the first, the last or both where an item has two that differ."""

_TURNS = ("irot", "imir")

_PRIMARIES = frozenset({1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 22})
_TRANSFERS = frozenset({1, *range(4, 19)})
_MATRICES = frozenset({0, 1, *range(4, 15)})
_UNSPECIFIED = 2
_FINEST_ASPECT = 255

Aperture = tuple[int, int, int, int, int, int, int, int]


@dataclass(slots=True)
class Described:
    """What the properties of one item say; `used` is how many bytes of each property's body were decoded."""

    configuration: Box | None = None
    size: tuple[int, int] | None = None
    colour: Colour | None = None
    profile: bytes | None = None
    orientation: Orientation = Orientation.UPRIGHT
    disputed: bool = False
    """Whether programs that always rotate before they mirror show it otherwise."""
    aperture: Aperture | None = None
    aspect: tuple[int, int] | None = None
    mastering: bytes = b""
    light: bytes = b""
    auxiliary: bytes | None = None
    used: dict[int, int] = field(default_factory=dict)
    """By the start of the box, in the file."""


def describe(meta: Meta, identifier: int) -> Described:
    """Read an item's properties; of those that can be there once, the first counts.

    Raises `Unsupported` for one that must not be ignored and isn't known, and for
    two of which viewers choose.
    """
    found = Described()
    first: dict[str, Box] = {}
    for box, essential in described(meta, identifier):
        kind = _kind(box)
        before = first.setdefault(kind, box)
        if before is not box and kind not in _TURNS:
            if kind in _ONCE and before.body != box.body:
                raise Unsupported("ipma", "property-twice", box.start)
            continue
        used = _read(found, kind, box)
        if used is not None:
            found.used[box.start] = used
        elif essential and kind not in NEUTRAL:
            raise Unsupported("ipma", "essential-property", box.start)
    turns = Described()
    for kind in _TURNS:
        if kind in first:
            _read(turns, kind, first[kind])
    found.disputed = turns.orientation is not found.orientation
    return found


def _kind(box: Box) -> str:
    if box.type != "colr":
        return box.type
    kind = bytes(box.body[:4])
    return "colr/nclx" if kind == b"nclx" else "colr/prof" if kind in PROFILES else "colr"


def _read(found: Described, kind: str, box: Box) -> int | None:
    """Take in one property; return how many bytes of its body were decoded, None if nobody knows it."""
    body = box.body
    match kind:
        case "hvcC" | "av1C":
            found.configuration = box
            return len(body)
        case "ispe":
            _, _, rest = full(box, "ispe")
            width, height = unpack("II", rest, "ispe")
            found.size = width, height
            return 12
        case "pixi":
            _, _, rest = full(box, "pixi")
            (count,) = unpack("B", rest, "pixi")
            return 5 + count
        case "irot":
            (angle,) = unpack("B", body, "irot")
            found.orientation = followed(found.orientation, ROTATIONS[angle & 3])
            return 1
        case "imir":
            (axis,) = unpack("B", body, "imir")
            found.orientation = followed(found.orientation, MIRRORS[axis & 1])
            return 1
        case "clap":
            if found.orientation is not Orientation.UPRIGHT:
                raise Unsupported("clap", "after-a-rotation", box.start)
            found.aperture = _aperture(box)
            return 32
        case "pasp":
            across, down = unpack("II", body, "pasp")
            found.aspect = _aspect(across, down)
            return 8
        case "colr/nclx":
            primaries, transfer, matrix, flags = unpack("4xHHHB", body, "colr")
            found.colour = Colour(
                primaries if primaries in _PRIMARIES else _UNSPECIFIED,
                transfer if transfer in _TRANSFERS else _UNSPECIFIED,
                matrix if matrix in _MATRICES else _UNSPECIFIED,
                bool(flags & 0x80),
            )
            return 11
        case "colr/prof":
            found.profile = bytes(body[4:])
            return len(body)
        case "mdcv":
            found.mastering = hdr.mastering_display(bytes(body)) or b""
            return 24 if found.mastering else None
        case "clli":
            found.light = hdr.light_level(bytes(body)) or b""
            return 4 if found.light else None
        case "auxC":
            found.auxiliary = bytes(full(box, "auxC")[2]).partition(b"\0")[0]
            return 5 + len(found.auxiliary)
        case "a1op":
            if unpack("B", body, "a1op")[0]:
                raise Unsupported("a1op", "operating-point", box.start)
            return 1
        case "lsel":
            if unpack("H", body, "lsel")[0] != 0xFFFF:
                raise Unsupported("lsel", "layer", box.start)
            return 2
        case "iscl":
            raise Unsupported("iscl", "scaled-picture", box.start)
        case _:
            return None


def _aperture(box: Box) -> Aperture:
    """Return a clean aperture to half a pixel, the finest that any recorder needs, its fractions reduced."""
    values = unpack("IIIIiIiI", box.body, "clap")
    if not all(values[1::2]):
        raise Malformed("clap", "denominator", box.start)
    halves = [round(Fraction(2 * n, d)) for n, d in zip(values[0::2], values[1::2], strict=True)]
    width, height, across, down = (Fraction(half, 2).as_integer_ratio() for half in halves)
    return *width, *height, *across, *down


def _aspect(across: int, down: int) -> tuple[int, int] | None:
    if not across or not down or across == down or not Fraction(1, 8) <= Fraction(across, down) <= 8:
        return None
    found = Fraction(across, down).limit_denominator(_FINEST_ASPECT)
    return None if found == 1 else found.as_integer_ratio()
