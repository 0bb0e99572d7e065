"""Short stretches by which needles are found: what the engine compiles instead of them.

Compiling costs the engine ten microseconds and more for each string, and most encodings
share stretches with others: spellings of one moment its hours, a text its words, UTF-16 of
one byte order nearly all of the other.  Every needle holds an anchor; where one is met,
the needles that hold it are compared in full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .meaning import weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .meaning import Needle

Holders = list[tuple[int, int]]
"""Numbers of needles, with the bytes from the beginning of each to the end of an anchor in it."""

_SLIGHT = 0.7
"""Share of full weight below which the beginning of a needle is no anchor if another part weighs more."""


def anchors(needles: Sequence[Needle], size: int) -> dict[bytes, Holders]:
    """Return stretches of `size` bytes, in lower case, such that each needle holds one, and who holds them.

    Needles that are shorter are their own anchors.
    """
    found: dict[bytes, Holders] = {}
    # The short ones first: what they have for an anchor is often in longer ones.
    for number in sorted(range(len(needles)), key=lambda each: len(needles[each].data)):
        data = needles[number].data.lower()
        last = len(data) - size
        if last <= 0:
            found.setdefault(data, []).append((number, len(data)))
            continue
        for at in range(last + 1):
            if (holders := found.get(data[at : at + size])) is not None:
                holders.append((number, at + size))
                break
        else:
            at = _telling(data, size)
            found[data[at : at + size]] = [(number, at + size)]
    return found


def _telling(data: bytes, size: int) -> int:
    """Where a stretch of bytes begins that rarely stands anywhere: zeros and runs don't tell anything.

    If it can be it is the beginning, for needles that begin alike share it.
    """
    each = weights(data)
    if sum(each[:size]) >= _FULL * size * _SLIGHT and len(set(data[:size])) > size // 2:
        return 0
    return max(
        range(len(data) - size + 1),
        key=lambda at: sum(each[at : at + size]) + _FULL * len(set(data[at : at + size])),
    )


_FULL = 80
"""Weight of a byte of noise."""
