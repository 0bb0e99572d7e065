"""Rotations and mirrorings (ISO/IEC 23008-12 §6.5.10, §6.5.12) as one of the eight orientations."""

from __future__ import annotations

from ...essence import Orientation

Turn = tuple[int, int, int, int]
"""a, b, c, d: a point (x, y), y downwards, is seen at (a·x + b·y, c·x + d·y)."""

_TURNS: dict[Orientation, Turn] = {
    Orientation.UPRIGHT: (1, 0, 0, 1),
    Orientation.MIRRORED: (-1, 0, 0, 1),
    Orientation.HALF_TURN: (-1, 0, 0, -1),
    Orientation.FLIPPED: (1, 0, 0, -1),
    Orientation.TRANSPOSED: (0, 1, 1, 0),
    Orientation.CLOCKWISE: (0, -1, 1, 0),
    Orientation.TRANSVERSED: (0, -1, -1, 0),
    Orientation.ANTICLOCKWISE: (0, 1, -1, 0),
}
_NAMES = {turn: name for name, turn in _TURNS.items()}

ROTATIONS = (Orientation.UPRIGHT, Orientation.ANTICLOCKWISE, Orientation.HALF_TURN, Orientation.CLOCKWISE)
"""By `irot.angle`, in quarter turns anticlockwise."""

MIRRORS = (Orientation.FLIPPED, Orientation.MIRRORED)
"""By `imir.axis`: 0 swaps top and bottom, 1 left and right."""

PROPERTIES: dict[Orientation, tuple[int, int | None]] = {
    Orientation.UPRIGHT: (0, None),
    Orientation.MIRRORED: (0, 1),
    Orientation.HALF_TURN: (2, None),
    Orientation.FLIPPED: (0, 0),
    Orientation.TRANSPOSED: (1, 0),
    Orientation.CLOCKWISE: (3, None),
    Orientation.TRANSVERSED: (1, 1),
    Orientation.ANTICLOCKWISE: (1, None),
}
"""`irot.angle` and `imir.axis` (None: no `imir`) that make an orientation, the rotation done first."""


def followed(first: Orientation, then: Orientation) -> Orientation:
    """Return the orientation that two make, one done after the other."""
    a, b, c, d = _TURNS[then]
    e, f, g, h = _TURNS[first]
    return _NAMES[a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h]
