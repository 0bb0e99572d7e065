"""Numbers of a set that lie closer together than chance puts them.

What records in pieces cuts them at one length or size; the pieces then have almost the
same number, where other recordings have any.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST = 3
"""Files that make a cluster; two may always be alike."""

_STEP = math.log1p(0.005)
"""Numbers that differ by less than half a percent are almost the same."""

_AROUND = 20
"""Steps on either side by which it is judged what chance does: ten percent."""


def clusters(numbers: Sequence[float], least: float) -> list[list[int]]:
    """Return the places of numbers of at least `least` that are almost the same, largest cluster first.

    Takes time linear in the numbers.
    """
    steps = [math.floor(math.log(each) / _STEP) if each >= least else None for each in numbers]
    counts = Counter(step for step in steps if step is not None)
    first: dict[int, int] = {}
    for low in sorted(counts, key=lambda each: (-_pair(counts, each), each)):
        if low in first or low + 1 in first:
            continue
        if _pair(counts, low) >= _expected(counts, low):
            first[low] = first[low + 1] = low
    found: dict[int, list[int]] = {}
    for place, step in enumerate(steps):
        if step is not None and step in first:
            found.setdefault(first[step], []).append(place)
    return sorted(found.values(), key=lambda places: (-len(places), places))


def _pair(counts: Counter[int], step: int) -> int:
    # Two steps, because a length may lie on the border of one.
    return counts[step] + counts[step + 1]


def _expected(counts: Counter[int], step: int) -> float:
    """Return how many numbers are too many for chance, judged by those around."""
    near = range(step - _AROUND, step + _AROUND + 2)
    around = sum(counts[each] for each in near) - _pair(counts, step)
    chance = 2 * around / (2 * _AROUND)
    return max(LEAST, 2 + chance + 4 * math.sqrt(chance))
