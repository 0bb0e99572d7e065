"""Sums over the samples of one track: what was left behind and what crosses, by key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import Dropped, Kept, Skimmed

if TYPE_CHECKING:
    from . import Run

_NONE = Skimmed(0, b"")


class Tally:
    """Owns the running sums; sizes are bytes of the source."""

    __slots__ = ("_behind", "_dropped", "_kept")

    def __init__(self) -> None:
        self._dropped: dict[str, list[int]] = {}
        self._kept: dict[str, list[int]] = {}
        self._behind = 0
        """Bytes left behind since `rest` was called last."""

    def add(self, key: str, size: int) -> None:
        """Count one more of `size` bytes left behind."""
        pair = self._dropped.setdefault(key, [0, 0])
        pair[0] += 1
        pair[1] += size
        self._behind += size

    def extend(self, key: str, size: int) -> None:
        """Add `size` bytes to what was counted last under that key, or count it first."""
        if key in self._dropped:
            self._dropped[key][1] += size
            self._behind += size
        else:
            self.add(key, size)

    def rows(self) -> tuple[Dropped, ...]:
        """Return what was left behind, in key order."""
        return tuple(Dropped(key, *self._dropped[key]) for key in sorted(self._dropped))

    def counter(self, key: str) -> list[int]:
        """Return count and size of what crosses under a key, for a fast path to add to."""
        return self._kept.setdefault(key, [0, 0])

    def keep(self, key: str, size: int) -> None:
        """Count one more of `size` bytes that crosses."""
        pair = self.counter(key)
        pair[0] += 1
        pair[1] += size

    def whole(self, key: str, count: int, size: int) -> None:
        """Count samples that cross without anything left behind, of `size` bytes together."""
        pair = self.counter(key)
        pair[0] += count
        pair[1] += size

    def rest(self, key: str, size: int) -> None:
        """Count one more that crosses: a sample of `size` bytes, less what of it was left behind."""
        self.keep(key, max(size - self._behind, 0))
        self._behind = 0

    def kept(self) -> tuple[Kept, ...]:
        """Return what crosses, in key order."""
        return tuple(Kept(key, *self._kept[key]) for key in sorted(self._kept) if self._kept[key][0])


class Tallied:
    """Owns the tally of a filter, and answers from it."""

    __slots__ = ("_tally",)

    def __init__(self) -> None:
        self._tally = Tally()

    def skim(self, run: Run, first: int) -> Skimmed:  # noqa: ARG002 (protocol)
        """Take no sample: no coding that has no more to say is decided at a glance."""
        return _NONE

    def dropped(self) -> tuple[Dropped, ...]:
        """Return what was left behind, by key, in key order."""
        return self._tally.rows()

    def kept(self) -> tuple[Kept, ...]:
        """Return what crosses, by key, in key order."""
        return self._tally.kept()
