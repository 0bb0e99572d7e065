"""The byte map of one file while it is read: tiles laid end to end, so that no byte goes without a name."""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import Malformed
from .model import Fate, Finding, Ledger, LedgerRow


@dataclass(slots=True)
class Tile:
    """Bytes that share a name and a fate; the fate may be settled later, when a table is used."""

    path: str
    fate: Fate
    start: int
    size: int
    carved: list[tuple[str, Fate, int]] = field(default_factory=list)

    def carve(self, path: str, fate: Fate, size: int) -> None:
        """Count `size` of the bytes under another name."""
        size = min(size, self.size)
        if size:
            self.size -= size
            self.carved.append((path, fate, size))


@dataclass(slots=True)
class Tiling:
    """Owns the tiles laid so far; each begins where the one before it ends."""

    at: int = 0
    tiles: list[Tile] = field(default_factory=list)

    def lay(self, path: str, fate: Fate, size: int) -> Tile:
        """Name the next `size` bytes."""
        tile = Tile(path, fate, self.at, size)
        if size:
            self.tiles.append(tile)
            self.at += size
        return tile

    def close(self, size: int) -> Ledger:
        """Return the ledger; raises `Malformed` if the tiles don't end where the file does."""
        if self.at != size:
            raise Malformed("file", "ledger-gap", self.at)
        rows: dict[tuple[str, Fate], list[int]] = {}
        for tile in self.tiles:
            for path, fate, part in ((tile.path, tile.fate, tile.size), *tile.carved):
                if part:
                    row = rows.setdefault((path, fate), [0, 0])
                    row[0] += part
                    row[1] += 1
        return Ledger(
            size, tuple(LedgerRow(path, fate, part, count) for (path, fate), (part, count) in rows.items())
        )


@dataclass(slots=True)
class Findings:
    """Owns the findings so far: those of one path and label are one, with a count."""

    _met: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def add(self, found: Finding) -> None:
        """Take one in, or count it with its like, whose value stays the first one's."""
        key = (found.path, found.label)
        earlier = self._met.get(key)
        if earlier is None:
            self._met[key] = found
            return
        self._met[key] = Finding(
            earlier.path,
            earlier.kind,
            earlier.label,
            earlier.size + found.size,
            earlier.start,
            earlier.count + found.count,
            earlier.writer,
            earlier.known,
            earlier.untrusted_value or found.untrusted_value,
        )

    def all(self) -> tuple[Finding, ...]:
        """Return them in order of first appearance."""
        return tuple(self._met.values())
