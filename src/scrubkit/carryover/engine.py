"""Looks for thousands of byte strings at once, in blocks of a file; wraps Hyperscan."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import SourceFailed
from ..source import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ..source import Readable
    from .meaning import Needle

BLOCK = 4 << 20
"""Bytes that are searched in one call."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Needles as the engine wants them; `overlap` bytes of a block are searched again with the next."""

    database: Any
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
    """Compile, at about 12 microseconds a needle; None if there is nothing to search for.

    With `every`, all places of a needle are told instead of one per block.
    """
    if not needles:
        return None
    import hyperscan

    # In block mode the compiler also builds an automaton for small blocks, at ten times the cost.
    # The interface for literals ends them at their first zero byte; expressions take any byte.
    expressions = [b"".join([_ESCAPES[code] for code in needle.data]) for needle in needles]
    once = 0 if every else hyperscan.HS_FLAG_SINGLEMATCH
    flags = [once | hyperscan.HS_FLAG_CASELESS if needle.caseless else once for needle in needles]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_VECTORED)
    database.compile(
        expressions=expressions, ids=list(range(len(needles))), elements=len(needles), flags=flags
    )
    lengths = tuple(len(needle.data) for needle in needles)
    return Compiled(database, lengths, max(lengths) - 1)


def scan(compiled: Compiled, data: bytes | memoryview) -> dict[int, int]:
    """Return where each needle that is there begins, by its number: one place of each."""
    found: dict[int, int] = {}

    def met(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        found.setdefault(number, end - compiled.lengths[number])

    compiled.database.scan([data], match_event_handler=met)
    return found


def scan_all(compiled: Compiled, data: bytes | memoryview) -> Iterator[tuple[int, int]]:
    """Yield number and beginning of needles that are there: every place of each, if so compiled."""
    found: list[tuple[int, int]] = []

    def met(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        found.append((number, end - compiled.lengths[number]))

    compiled.database.scan([data], match_event_handler=met)
    yield from found


def blocks(
    path: Path, overlap: int, start: int = 0, stop: int | None = None
) -> Iterator[tuple[int, memoryview]]:
    """Yield position and bytes of a file's blocks, each behind `overlap` bytes of the one before.

    The buffer is used again for the next block.  Raises `SourceFailed`, `NotRegular`.
    """
    buffer = bytearray(BLOCK + overlap)
    view = memoryview(buffer)
    kept = 0
    try:
        with os.fdopen(open_file(path), "rb", buffering=0) as file:
            file.seek(start)
            while stop is None or start < stop:
                wanted = BLOCK if stop is None else min(BLOCK, stop - start)
                got = file.readinto(view[kept : kept + wanted])
                if not got:
                    return
                yield start - kept, view[: kept + got]
                start += got
                tail = min(overlap, kept + got)
                view[:tail] = bytes(view[kept + got - tail : kept + got])
                kept = tail
    except OSError as error:
        raise SourceFailed("file", _name(error)) from None


def blocks_of(source: Readable, overlap: int) -> Iterator[tuple[int, memoryview]]:
    """Yield the same of a source that is open, perhaps a part of a file."""
    start = 0
    while start < source.size:
        before = min(overlap, start)
        size = min(BLOCK, source.size - start)
        yield start - before, memoryview(source.read(start - before, before + size))
        start += size


def _name(error: OSError) -> str:
    import errno

    return errno.errorcode.get(error.errno or 0, "EUNKNOWN")


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
