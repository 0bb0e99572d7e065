"""The byte map of one TIFF: stretches claimed in any order, laid out so that no byte goes without a name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...errors import Malformed
from ...model import Fate, Ledger, LedgerRow

if TYPE_CHECKING:
    from collections.abc import Iterator

GAP = "unreferenced"


@dataclass(slots=True)
class Claims:
    """Owns what was claimed so far: start, stop, path and fate of each stretch."""

    rows: list[tuple[int, int, str, Fate]] = field(default_factory=list)
    carved: list[tuple[str, str, int]] = field(default_factory=list)

    def add(self, start: int, size: int, path: str, fate: Fate) -> None:
        """Claim `size` bytes."""
        if size > 0:
            self.rows.append((start, start + size, path, fate))

    def carve(self, path: str, below: str, size: int) -> None:
        """Count `size` bytes of the picture, wherever they lie in it, as left behind."""
        self.carved.append((path, below, size))

    def ledger(self, size: int) -> tuple[Ledger, list[tuple[int, int]]]:
        """Return the ledger of a file of `size` bytes, and the gaps (start, stop) that nothing claimed.

        Raises `Malformed` if the picture's bytes are claimed by something else too:
        then metadata might pass for picture.
        """
        totals: dict[tuple[str, Fate], list[int]] = {}
        gaps: list[tuple[int, int]] = []
        for start, stop, path, fate in self._laid(size):
            if path == GAP:
                gaps.append((start, stop))
            row = totals.setdefault((path, fate), [0, 0])
            row[0] += stop - start
            row[1] += 1
        for path, below, part in self.carved:
            totals[path, Fate.ESSENCE][0] -= part
            totals[below, Fate.RESIDUE] = [part, 1]
        rows = (LedgerRow(path, fate, total, count) for (path, fate), (total, count) in totals.items())
        return Ledger(size, tuple(rows)), gaps

    def _laid(self, size: int) -> Iterator[tuple[int, int, str, Fate]]:
        at = 0
        picture = 0
        for start, stop, path, fate in sorted(self.rows, key=lambda row: row[:2]):
            if start < (at if fate is Fate.ESSENCE else picture):
                raise Malformed("tiff", "picture-shares-bytes", start)
            if fate is Fate.ESSENCE:
                picture = stop
            if start > at:
                yield at, start, GAP, Fate.RESIDUE
            if stop > at:
                yield max(start, at), stop, path, fate
                at = stop
        if at < size:
            yield at, size, GAP, Fate.RESIDUE
