"""Where in a run of samples bytes stand that no NAL unit may hold.

Hyperscan looks for them several times faster than `re`, and leaves the interpreter
free meanwhile.  Where it is not installed, or would find too much, `re` gives the same answers.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from .bits import FORBIDDEN

if TYPE_CHECKING:
    from collections.abc import Callable

    PairSearch = Callable[[memoryview], list[int] | None]

SIZE = 3
"""Bytes that `FORBIDDEN` matches."""

PAYS = 16 << 20
"""Bytes after which the engine is worth its import, 10 ms."""

WORTHWHILE = 16 << 10
"""Bytes of a run that are worth a call of the engine."""

BYTES_PER_PAIR = 256
"""Of a run, on average: where pairs of zeros are closer, so many calls back cost more than `re` does."""

_LAST = 2


class Lookout:
    """Owns the search through one run; quick if it is asked in ascending order."""

    __slots__ = ("_asked", "_data", "_found", "_pairs")

    def __init__(self, data: memoryview, search: PairSearch | None = None) -> None:
        """Look through `data`, with the engine if there is one."""
        self._data = data
        self._pairs = search(data) if search and len(data) >= WORTHWHILE else None
        self._asked = self._found = -1

    def next(self, at: int) -> int:
        """Return the first place of forbidden bytes from `at` on, or the size of the run if there is none."""
        if not self._asked <= at <= self._found:
            self._asked = at
            self._found = self._search(at)
        return self._found

    def _search(self, at: int) -> int:
        data, pairs = self._data, self._pairs
        if pairs is None:
            found = FORBIDDEN.search(data, at)
            return found.start() if found else len(data)
        for i in range(bisect_left(pairs, at), len(pairs)):
            third = pairs[i] + 2
            if third < len(data) and data[third] <= _LAST:
                return pairs[i]
        return len(data)


def engine() -> PairSearch | None:
    """Return a search for places where two zeros begin, or None where Hyperscan is not installed.

    It answers None if there are too many.  It is not to be shared between threads.
    """
    try:
        import hyperscan
    except ImportError:
        return None
    database: Any = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(expressions=[rb"\x00\x00"], flags=[hyperscan.HS_FLAG_DOTALL])
    except hyperscan.HyperscanError:  # not for this processor
        return None

    def search(data: memoryview) -> list[int] | None:
        found: list[int] = []
        most = len(data) // BYTES_PER_PAIR

        def note(_pattern: int, _start: int, stop: int, _flags: int, _context: object) -> bool:
            found.append(stop - 2)
            return len(found) > most

        try:
            database.scan(data, match_event_handler=note)
        except hyperscan.ScanTerminated:
            return None
        return found

    return search
