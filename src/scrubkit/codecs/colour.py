"""Colour description: which code points of ITU-T H.273 cross, whether a container or a stream says them."""

from __future__ import annotations

from ..essence import Colour

_PRIMARIES = frozenset({1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 22})
_TRANSFERS = frozenset(range(1, 19)) - {2, 3}
_MATRICES = frozenset(range(15)) - {2, 3}
_UNSPECIFIED = 2


def known(colour: Colour | None) -> Colour | None:
    """Return a colour description with unassigned code points as unspecified; None if it says nothing."""
    if colour is None:
        return None
    assigned = colour.primaries in _PRIMARIES, colour.transfer in _TRANSFERS, colour.matrix in _MATRICES
    if not any(assigned):
        return None
    return Colour(
        colour.primaries if assigned[0] else _UNSPECIFIED,
        colour.transfer if assigned[1] else _UNSPECIFIED,
        colour.matrix if assigned[2] else _UNSPECIFIED,
        colour.full_range,
    )
