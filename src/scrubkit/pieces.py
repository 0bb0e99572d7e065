"""Output as an iterable of pieces; copying, digest and comparison in one pass.

A writer is a generator of pieces.  It never holds a file in memory, and it never
sees the source: a `Span` names bytes of the source's payload, and `Payload`
hands out those that the essence listed and no others (the airlock).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from blake3 import blake3

from .behind import Behind
from .errors import Malformed

if TYPE_CHECKING:
    from array import array

    from .model import Finding, LedgerRow, Remaining
    from .source import Readable, Source

GATHER = 256 << 10
"""Bytes that small pieces gather to: what was just copied should still be in the processor's cache when
it is hashed and written."""

DIRECT = 64 << 10
"""Spans of at least this size are not gathered: a system call costs less than another copy."""

JOIN = DIRECT
"""Adjacent spans are joined up to here: longer ones are passed on as they lie in memory, each for itself."""

FETCHED = range(64 << 10, 16 << 20)
"""Sizes of intervals that are fetched: smaller ones come with a window of the source, larger ones would take
too much memory."""


@dataclass(frozen=True, slots=True)
class Span:
    """`size` payload bytes of the source, from `start`."""

    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Amended:
    """A span in which single bytes are replaced: by (place from its start, value), ascending."""

    start: int
    size: int
    changes: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Coded:
    """Payload bytes made by a codec filter, such as a length prefix."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Reserve:
    """`size` structure bytes (zeros for now) whose value is known only later."""

    size: int


@dataclass(frozen=True, slots=True)
class Patch:
    """The value of an earlier `Reserve`, at an absolute position of the output."""

    at: int
    data: bytes


Piece = bytes | Span | Amended | Coded | Reserve | Patch
"""`bytes` are canonical structure; `Span`, `Amended` and `Coded` are payload and enter the digest."""


@dataclass(frozen=True, slots=True)
class Walked:
    """What a writer learns only while it walks the payload.

    `dropped` are findings inside samples (their sizes were counted as essence by
    the reader; their path begins with that of the samples' ledger row).
    `remaining` is what the walk knowingly left in.  `kept` are parts of the samples'
    ledger rows by what they are; their path begins with that of the row.
    """

    dropped: tuple[Finding, ...] = ()
    remaining: tuple[Remaining, ...] = ()
    kept: tuple[LedgerRow, ...] = ()


Pieces = Generator[Piece, None, Walked]


_Blocks = Sequence[tuple[int, int, memoryview]]
"""Bytes of the source from one position to another."""


class Payload:
    """The only bytes of a source that a writer or a copy can reach.

    `starts` and `stops` are parallel, ascending, half-open and disjoint, in bytes
    from the start of the file.
    """

    __slots__ = ("_fetched", "_source", "_starts", "_stops")

    def __init__(self, source: Readable, starts: array[int], stops: array[int]) -> None:
        """Take merged intervals; adjacent ones must have been joined."""
        self._source = source
        self._starts = starts
        self._stops = stops
        self._fetched: tuple[_Blocks, _Blocks] = ((), ())

    def view(self, start: int, size: int) -> memoryview:
        """Return those bytes, valid for good; `Malformed` if the essence lists them not."""
        found = self._fetched_part(start, start + size)
        if found is not None and len(found) == size:
            return found
        self._check(start, start + size)
        return self._source.view(start, size)

    def parts(self, start: int, size: int) -> Iterator[memoryview]:
        """Yield those bytes in order, as they lie in memory together; else as `view`."""
        stop = start + size
        self._check(start, stop)
        while start < stop:
            found = self._fetched_part(start, stop) or self._source.part(start, stop - start)
            yield found
            start += len(found)

    def _fetched_part(self, start: int, stop: int) -> memoryview | None:
        for blocks in self._fetched:
            for first, last, data in blocks:
                if first <= start < last:
                    return data[start - first : stop - first]
        return None

    def fetch(self, intervals: Iterable[tuple[int, int]]) -> None:
        """Read these bytes, once, for the views to come; those fetched last stay, those before them go.

        `intervals` are ascending, half-open and disjoint.
        """
        last = self._fetched[0]
        self._fetched = (), last
        fetched = []
        for start, stop in intervals:
            if stop - start in FETCHED:
                self._check(start, stop)
                fetched.append((start, stop, memoryview(self._source.read(start, stop - start))))
        self._fetched = fetched, last

    def _check(self, start: int, stop: int) -> None:
        i = bisect_right(self._starts, start) - 1
        if i < 0 or stop > self._stops[i]:
            raise Malformed("payload", "span-outside-essence", start)


class Sink(Protocol):
    """Where a copy goes."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append."""

    def patch(self, at: int, data: bytes) -> None:
        """Overwrite at an absolute position."""


@dataclass(frozen=True, slots=True)
class Copied:
    """`size` bytes written, of which `payload` are coded; `digest` is that of the payload."""

    size: int
    payload: int
    digest: str
    walked: Walked


class _Digest:
    """Owns the running payload digest."""

    __slots__ = ("_hash", "size")

    def __init__(self) -> None:
        self._hash = blake3()
        self.size = 0

    def update(self, data: bytes | bytearray | memoryview) -> None:
        self._hash.update(data)
        self.size += len(data)

    def hex(self) -> str:
        return self._hash.hexdigest()


def copy(pieces: Pieces, payload: Payload, sink: Sink) -> Copied:
    """Write every piece to `sink` in order, digesting the payload on the way.

    Raises what the source or the sink raises; the sink is then half-written and
    its owner throws it away.
    """
    digest = _Digest()
    # Small pieces gather in a block until their class changes or it is full; large ones go
    # from the source's window to the sink without a copy in between.  Blocks that were
    # written are used again: fresh memory costs as much as the copy.
    # A file that never fills its first, small block gets no other.
    free: list[bytearray] = []
    block = bytearray(2 * DIRECT)
    filled = 0
    is_payload = False
    size = 0

    def take(data: bytes | bytearray | memoryview) -> None:
        digest.update(data)
        sink.write(data)

    def pass_on(data: bytes | bytearray | memoryview, payload: bool) -> None:
        nonlocal size
        behind.call(take if payload else sink.write, data)
        size += len(data)

    def give_back(written: bytearray, _: object) -> None:
        free.append(written)

    def pass_block() -> None:
        nonlocal block, filled
        part = memoryview(block)[:filled]
        if filled >= DIRECT:
            pass_on(part, is_payload)
            if len(block) > GATHER:
                behind.call(partial(give_back, block), b"")
            block = free.pop() if free else bytearray(GATHER + DIRECT)
        elif filled:
            # a copy costs less than the call that gives the block back
            pass_on(bytes(part), is_payload)
        filled = 0

    walk = _Walk(pieces)
    with Behind() as behind:
        for piece in walk:
            coded = isinstance(piece, Span | Amended | Coded)
            if coded is not is_payload or filled >= len(block) - DIRECT or isinstance(piece, Patch):
                pass_block()
            is_payload = coded
            if isinstance(piece, Span):
                if piece.size >= DIRECT:
                    pass_block()
                    for view in payload.parts(piece.start, piece.size):
                        pass_on(view, payload=True)
                    continue
                data: bytes | bytearray | memoryview = payload.view(piece.start, piece.size)
            elif isinstance(piece, Amended):
                if piece.size >= DIRECT:
                    pass_block()
                    for amended in _amended(payload, piece):
                        pass_on(amended, payload=True)
                    continue
                data = b"".join(_amended(payload, piece))
            elif isinstance(piece, Patch):
                behind.call(partial(sink.patch, piece.at), piece.data)
                continue
            elif isinstance(piece, Reserve):
                data = bytes(piece.size)
            else:
                data = piece.data if isinstance(piece, Coded) else piece
                if len(data) >= DIRECT:
                    pass_block()
                    pass_on(data, is_payload)
                    continue
            end = filled + len(data)
            block[filled:end] = data
            filled = end
        pass_block()
        behind.finish()
    return Copied(size, digest.size, digest.hex(), walk.walked)


@dataclass(frozen=True, slots=True)
class Compared:
    """Whether a file is exactly what the pieces say; `difference` is the first byte that is not."""

    same: bool
    difference: int | None
    digest: str
    walked: Walked


def compare(pieces: Pieces, payload: Payload, source: Source, *, digest: bool) -> Compared:
    """Compare `source` with what the pieces would make of it.

    A span that lies where it would be written needs no reading, so comparing a
    canonical file costs its structure only, unless `digest` asks for the payload.
    """
    running = _Digest()
    at = 0
    difference: int | None = None

    def differs(place: int) -> None:
        nonlocal difference
        if difference is None or place < difference:
            difference = place

    def literal(place: int, data: bytes) -> None:
        if place + len(data) > source.size:
            differs(min(place, source.size))
        elif source.view(place, len(data)) != data:
            differs(place)

    walk = _Walk(pieces)
    with Behind() as behind:
        for piece in walk:
            if isinstance(piece, Span):
                if piece.start != at:
                    differs(at)
                if digest:
                    for view in payload.parts(piece.start, piece.size):
                        behind.call(running.update, view)
                at += piece.size
            elif isinstance(piece, Amended):
                if piece.start != at:
                    differs(at)
                for place, value in piece.changes:
                    if payload.view(piece.start + place, 1)[0] != value:
                        differs(at + place)
                        break
                if digest:
                    for amended in _amended(payload, piece):
                        behind.call(running.update, amended)
                at += piece.size
            elif isinstance(piece, Patch):
                literal(piece.at, piece.data)
            elif isinstance(piece, Reserve):
                at += piece.size
            else:
                data = piece.data if isinstance(piece, Coded) else piece
                if digest and isinstance(piece, Coded):
                    behind.call(running.update, data)
                literal(at, data)
                at += len(data)
        behind.finish()
    if at != source.size:
        differs(min(at, source.size))
    return Compared(difference is None, difference, running.hex() if digest else "", walk.walked)


class _Walk:
    """Owns the iteration over a writer's pieces: joins adjacent spans, keeps what the writer returns."""

    __slots__ = ("_pieces", "walked")

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self.walked = Walked()

    def __iter__(self) -> Iterator[Piece]:
        start = size = 0
        pieces = self._pieces
        while True:
            try:
                piece = next(pieces)
            except StopIteration as stop:
                self.walked = stop.value
                break
            if isinstance(piece, Span):
                if start + size == piece.start and size + piece.size <= JOIN:
                    size += piece.size
                    continue
                if size:
                    yield Span(start, size)
                start, size = piece.start, piece.size
            else:
                if size:
                    yield Span(start, size)
                    start = size = 0
                yield piece
        if size:
            yield Span(start, size)


def _steps(payload: Payload, span: Amended) -> Iterator[memoryview]:
    for first in range(0, span.size, GATHER):
        yield payload.view(span.start + first, min(span.size - first, GATHER))


def _amended(payload: Payload, span: Amended) -> Iterator[bytearray]:
    """Yield the bytes of a span with its changes, in new memory."""
    at = i = 0
    for view in _steps(payload, span):
        data = bytearray(view)
        stop = at + len(data)
        while i < len(span.changes) and span.changes[i][0] < stop:
            place, value = span.changes[i]
            data[place - at] = value
            i += 1
        at = stop
        yield data


def merged(intervals: Iterable[tuple[int, int]]) -> tuple[array[int], array[int]]:
    """Join ascending half-open `(start, stop)` pairs that touch or overlap; two parallel arrays."""
    from array import array as make

    starts, stops = make("Q"), make("Q")
    for start, stop in intervals:
        if stops and start <= stops[-1]:
            stops[-1] = max(stops[-1], stop)
        elif stop > start:
            starts.append(start)
            stops.append(stop)
    return starts, stops
