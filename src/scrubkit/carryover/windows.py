"""Stretches of an original that are worth looking for again: bytes that nothing else would hold."""

from __future__ import annotations

import re
from operator import eq
from typing import TYPE_CHECKING

from ..errors import ScrubError
from .constants import is_constant
from .meaning import bits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..source import Readable

SIZE = 20
"""Bytes of one window."""

LEAST = 56.0
"""Bits that a window must be worth."""

_READ = 1024
"""Bytes that are looked at around each place for the window worth most."""

_STEP = 4

_BEFORE = 448
"""Bytes before a place in which the table that it lies in may begin."""

_SEGMENT = re.compile(rb"\xff[\xc0-\xc4\xda\xdb]([\x00\x01].)", re.DOTALL)


def windows(source: Readable, start: int, size: int, most: int) -> Iterator[bytes]:
    """Yield up to `most` telling windows spread over `size` bytes from `start`; all of it if it is small.

    Yields nothing where the source can't be read: a search for what isn't there has no value.
    """
    size = min(size, source.size - start)
    if start < 0 or size < 8:
        return
    most = min(most, 1 + size // (2 * SIZE))
    reach = max(min(_READ, size // most), min(size, SIZE))
    for i in range(most):
        at = start + (size - reach) * i // max(most - 1, 1)
        try:
            before = min(_BEFORE, at - start)
            found = best(source.read(at - before, reach + before), before)
        except ScrubError:
            continue
        if found:
            yield found


def best(data: bytes, at: int = 0) -> bytes:
    """Return the window of the bytes from `at` that is worth most, or nothing if none is worth enough."""
    found, worth = b"", LEAST
    tables = tuple(_tables(data))
    for start in range(at, max(len(data) - SIZE, at) + 1, _STEP):
        window = data[start : start + SIZE]
        weight = bits(window)
        if weight <= worth:
            continue
        weight -= 6 * _runs(window)
        if weight <= worth or is_constant(window):
            continue
        if any(first < start + SIZE and start < last for first, last in tables):
            continue
        found, worth = window, weight
        if weight > SIZE * 7.7:
            break
    return found


def _runs(window: bytes) -> int:
    """How often a byte is one more than the one before, as in tables."""
    return sum(map(eq, window[1:], map((1).__add__, window)))


def _tables(data: bytes) -> Iterator[tuple[int, int]]:
    """Where quantisation and Huffman tables, frame and scan headers lie (ITU-T T.81, B.2).

    A picture that crosses may have the very same ones.
    """
    for match in _SEGMENT.finditer(data):
        yield match.start() - SIZE // 2, match.start() + 2 + int.from_bytes(match.group(1)) + SIZE // 2
