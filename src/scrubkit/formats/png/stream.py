"""The zlib stream of one picture, gathered from its chunks as they come and proven once they have."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from blake3 import blake3

from ...errors import LimitExceeded, Malformed
from ...essence import Deflated
from ...inflater import ENGINE
from ...model import Fate
from ...pieces import Span
from . import names
from .chunks import LARGEST, blocks
from .deflate import Coded, check_header, inflate
from .header import INDEXED, layout

if TYPE_CHECKING:
    from ...source import Readable
    from ...tiling import Findings, Tile, Tiling
    from .chunks import Chunk
    from .header import Header

HEADER, CHECK = 2, 4
"""Bytes of a zlib header and of its check value."""


@dataclass(slots=True)
class Stream:
    """Owns the data chunks of one picture met so far; `skip` bytes of each are no data."""

    where: str
    skip: int = 0
    parts: list[tuple[int, int]] = field(default_factory=list)
    size: int = 0
    seen: bytes | None = None
    """Values of the bytes of an indexed picture, once they are known."""
    _tiles: list[Tile] = field(default_factory=list)
    _digest: blake3 = field(default_factory=blake3)
    _damaged: list[int] = field(default_factory=list)
    """Where the wrong CRCs stand."""

    def add(self, source: Readable, chunk: Chunk, tiling: Tiling) -> None:
        """Take in a chunk: name its bytes, digest and check them."""
        start, size = chunk.body + self.skip, chunk.size - self.skip
        if self._tiles and tiling.tiles[-1] is self._tiles[-1]:
            self._tiles[-1].size += chunk.stop - chunk.start
            tiling.at = chunk.stop
        else:
            self._tiles.append(tiling.lay(f"{self.where}/data", Fate.ESSENCE, chunk.stop - chunk.start))
        crc = ENGINE.crc32(source.view(chunk.start + 4, 4 + self.skip))
        left = max(HEADER - self.size, 0)
        for block in blocks(source, start, size):
            crc = ENGINE.crc32(block, crc)
            self._digest.update(block[left:])
            left = max(left - len(block), 0)
        if source.view(chunk.stop - 4, 4) != crc.to_bytes(4):
            self._damaged.append(chunk.stop - 4)
        self.parts.append((start, size))
        self.size += size

    def finish(
        self, source: Readable, header: Header, size: tuple[int, int], head: bytes, findings: Findings
    ) -> Deflated:
        """Inflate what was gathered to exactly a picture of `size` pixels, and name what doesn't cross.

        `head` is what stands before the deflate data in the canonical chunk.  Raises
        what `inflate` raises, and `Malformed` if nothing vouches for the data.
        """
        at = self.parts[0][0]
        check_header(b"".join(self._cut(source, 0, HEADER)), self.where, at)
        with closing(self._cut(source, HEADER, self.size)) as data:
            inflated = inflate(
                Coded(self._digest.digest(), data),
                layout(header, *size),
                self.where,
                indexed=header.colour_type == INDEXED,
            )
        self.seen = inflated.seen
        end = HEADER + inflated.size
        stated = b"".join(self._cut(source, end, end + CHECK))
        adler = inflated.adler.to_bytes(CHECK)
        if self._damaged and stated != adler:
            raise Malformed(self.where, "bad-checksum", self._damaged[0])
        self._carve(self.where, Fate.STRUCTURE, len(self.parts) * (12 + self.skip) + HEADER)
        self._leave("check", len(stated), None, findings, kept=stated == adler)
        self._leave("CRC", 4 * len(self._damaged), None, findings)
        self._leave("behind", self.size - end - len(stated), self._place(end + CHECK), findings)
        spans = tuple(self._spans(HEADER, end))
        if len(head) - 4 + inflated.size + CHECK > LARGEST:
            raise LimitExceeded(self.where, "size", at)
        crc = ENGINE.crc32(head)
        for span in spans:
            for block in blocks(source, span.start, span.size):
                crc = ENGINE.crc32(block, crc)
        return Deflated(spans, inflated.adler, ENGINE.crc32(adler, crc))

    def _leave(self, name: str, size: int, at: int | None, findings: Findings, *, kept: bool = False) -> None:
        """Count bytes as recomputed, or as staying behind with a finding."""
        if not size:
            return
        path = self.where if kept else f"{self.where}/{name}"
        if name == "CRC":
            # They were counted with the chunk headers.
            findings.add(names.whole(path, size, at))
            return
        self._carve(path, Fate.STRUCTURE if kept else Fate.RESIDUE, size)
        if not kept:
            findings.add(names.whole(path, size, at))

    def _carve(self, path: str, fate: Fate, size: int) -> None:
        for tile in self._tiles:
            part = min(size, tile.size)
            tile.carve(path, fate, part)
            size -= part

    def _spans(self, start: int, stop: int) -> Iterator[Span]:
        """Yield where the bytes from `start` to `stop` of the stream lie in the source."""
        before = 0
        for at, size in self.parts:
            first, last = max(start - before, 0), min(stop - before, size)
            if first < last:
                yield Span(at + first, last - first)
            before += size
            if before >= stop:
                break

    def _cut(self, source: Readable, start: int, stop: int) -> Generator[memoryview, None, None]:
        for span in self._spans(start, stop):
            yield from blocks(source, span.start, span.size)

    def _place(self, offset: int) -> int | None:
        return next((span.start for span in self._spans(offset, self.size)), None)
