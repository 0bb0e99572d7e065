"""Looks for thousands of byte strings at once, in blocks of a file; wraps Hyperscan."""

from __future__ import annotations

from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Protocol, cast

from .anchors import anchors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..source import Readable
    from .meaning import Needle

    Buffer = bytes | memoryview

BLOCK = 4 << 20
"""Bytes that are searched in one call."""

SMALL = 16 << 20
"""Bytes of a file up to which compiling takes longer than scanning."""

SHORT, LONG = 4, 8
"""Bytes of anchors: fewer of the short ones are needed, and they are met by chance in large files."""

COMPARED = 20_000
EACH_COMPARED = 40
"""Comparisons behind anchors, for a file and for each needle, after which the needles are compiled: about
as long as that takes."""


class _Database(Protocol):
    """What the engine compiled."""

    def scan(self, data: Sequence[Buffer], /, *, match_event_handler: Callable[..., object]) -> object:
        """Tell of each place: the string's number, 0, where it ends, 0, and nothing."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Needles as the engine wants them; `overlap` bytes of a block are searched again with the next."""

    database: _Database
    lengths: tuple[int, ...]
    overlap: int


def available() -> bool:
    """Whether the engine can be used on this machine."""
    try:
        import hyperscan  # noqa: F401
    except ImportError:
        return False
    return True


_ESCAPES = tuple(f"\\x{code:02x}".encode() for code in range(256))


def compile_needles(needles: Sequence[Needle], *, every: bool = False) -> Compiled | None:
    """Compile needles as they are, at about 20 microseconds each; None if there is nothing to search for.

    With `every`, all places of a needle are told instead of one per block.
    """
    if not needles:
        return None
    import hyperscan

    once = 0 if every else hyperscan.HS_FLAG_SINGLEMATCH
    flags = [once | hyperscan.HS_FLAG_CASELESS if needle.caseless else once for needle in needles]
    database = _database([needle.data for needle in needles], flags)
    lengths = tuple(len(needle.data) for needle in needles)
    return Compiled(database, lengths, max(lengths) - 1)


def _database(strings: Sequence[bytes], flags: Sequence[int]) -> _Database:
    import hyperscan

    # In block mode the compiler also builds an automaton for small blocks, at ten times the cost.
    # The interface for literals ends them at their first zero byte; expressions take any byte.
    expressions = [b"".join([_ESCAPES[code] for code in string]) for string in strings]
    database: Any = hyperscan.Database(mode=hyperscan.HS_MODE_VECTORED)
    count = len(expressions)
    database.compile(expressions=expressions, ids=list(range(count)), elements=count, flags=list(flags))
    return cast("_Database", database)


def scan(compiled: Compiled, data: Buffer) -> dict[int, int]:
    """Return where each needle that is there begins, by its number: one place of each."""
    found: dict[int, int] = {}

    def met(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        found.setdefault(number, end - compiled.lengths[number])

    compiled.database.scan([data], match_event_handler=met)
    return found


class Finder:
    """Finds needles in one stretch of data after another; owns what the engine compiled for them.

    They are met by their anchors and compared in full.  In data that are full of anchors
    (a picture of a pattern, say) that would take forever: after some comparisons the
    needles themselves are compiled.
    """

    def __init__(self, needles: Sequence[Needle], size: int) -> None:
        """`size` is that of the file; there is at least one needle."""
        import hyperscan

        self.overlap = max(len(needle.data) for needle in needles) - 1
        """Bytes of a stretch that are to be searched again with the next."""
        self._needles = needles
        self._folded = [needle.data.lower() for needle in needles]
        found = anchors(needles, SHORT if size <= SMALL else LONG)
        self._holders = list(found.values())
        self._anchors = _database(list(found), [hyperscan.HS_FLAG_CASELESS] * len(found))
        self._left = COMPARED + EACH_COMPARED * len(needles)
        self._exact: Compiled | None = None

    def find(self, data: Buffer) -> dict[int, int]:
        """Return where each needle that is there begins first, by its number."""
        if self._exact is None:
            found = self._by_anchors(data)
            if self._left > 0:
                return found
            self._exact = compile_needles(self._needles)
            assert self._exact is not None
        return scan(self._exact, data)

    def find_among(self, parts: Sequence[tuple[int, bytes]]) -> dict[int, int]:
        """Return the place of the first of many short stretches that holds a needle, by the needle's number.

        `parts` are stretches with their places.
        """
        if not parts:
            return {}
        ends = list(accumulate(len(part) for _, part in parts))
        found: dict[int, int] = {}
        for number, begin in self.find(b"".join(part for _, part in parts)).items():
            at = bisect_right(ends, begin)
            if begin + len(self._needles[number].data) > ends[at]:
                # It lies across two stretches, which are no neighbours: each is searched alone.
                return self._apart(parts)
            found[number] = parts[at][0]
        return found

    def _apart(self, parts: Sequence[tuple[int, bytes]]) -> dict[int, int]:
        found: dict[int, int] = {}
        for place, part in parts:
            for number in self.find(part):
                found.setdefault(number, place)
        return found

    def _by_anchors(self, data: Buffer) -> dict[int, int]:
        import hyperscan

        found: dict[int, int] = {}

        def met(anchor: int, _start: int, end: int, _flags: int, _context: object) -> bool:
            holders = self._holders[anchor]
            for number, reach in holders:
                begin = end - reach
                if begin < 0 or number in found:
                    continue
                needle = self._needles[number]
                there = bytes(data[begin : begin + len(needle.data)])
                if there == needle.data or (needle.caseless and there.lower() == self._folded[number]):
                    found[number] = begin
            self._left -= len(holders)
            return self._left <= 0

        with suppress(hyperscan.ScanTerminated):
            self._anchors.scan([data], match_event_handler=met)
        return found


def scan_all(compiled: Compiled, data: Buffer) -> Iterator[tuple[int, int]]:
    """Yield number and beginning of needles that are there: every place of each, if so compiled."""
    found: list[tuple[int, int]] = []

    def met(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        found.append((number, end - compiled.lengths[number]))

    compiled.database.scan([data], match_event_handler=met)
    yield from found


def blocks_of(
    source: Readable, overlap: int, start: int = 0, stop: int | None = None
) -> Iterator[tuple[int, memoryview]]:
    """Yield position and bytes of the blocks of a source, each with `overlap` bytes of the one before."""
    stop = source.size if stop is None else min(stop, source.size)
    for at in range(start, stop, BLOCK):
        before = min(overlap, at - start)
        yield at - before, source.view(at - before, before + min(BLOCK, stop - at))


def each_match(expressions: Sequence[bytes]) -> Callable[[memoryview], list[tuple[int, int]]]:
    """Return a function that lists all matches of some regular expressions in order: number and end."""
    import hyperscan

    database: Any = hyperscan.Database(mode=hyperscan.HS_MODE_VECTORED)
    count = len(expressions)
    flags = [hyperscan.HS_FLAG_DOTALL] * count
    database.compile(expressions=list(expressions), ids=list(range(count)), elements=count, flags=flags)

    def matches(data: memoryview) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []

        def met(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found.append((number, end))

        database.scan([data], match_event_handler=met)
        return found

    return matches
