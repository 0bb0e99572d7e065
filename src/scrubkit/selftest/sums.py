"""The totals of a self-test, by format, and what they come to."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .planting import Row

COUNTS = ("places", "gone", "same", "refused", "searched", "survived", "told", "failed", "not_planted")


def _formats() -> defaultdict[str, Counter[str]]:
    return defaultdict(Counter)


@dataclass(slots=True)
class Sums:
    """Owns the totals of a self-test."""

    formats: defaultdict[str, Counter[str]] = field(default_factory=_formats)
    """By format, what `COUNTS` names."""
    not_run: list[tuple[str, str]] = field(default_factory=list)
    """Cases that could not be tried, and why."""
    faulty: int = 0
    """Cases that could not be tried by a fault of ours, or of whose files none came through."""

    def add(self, row: Row) -> None:
        """Count one row."""
        counts = self.formats[row.format]
        for name in COUNTS:
            value = getattr(row, name)
            counts[name] += value if isinstance(value, int) else len(value)
        if row.reason:
            self.not_run.append((row.case, row.reason))
        # Who refuses everything lets nothing through, and is of no use all the same.
        self.faulty += row.faulty or (row.places > 0 and not row.gone)

    def total(self, name: str) -> int:
        """Return the sum over all formats of one of `COUNTS`."""
        return sum(counts[name] for counts in self.formats.values())

    @property
    def exit_status(self) -> int:
        """3 if a secret survived, a check failed or the search is blind; 1 if something broke or none ran."""
        if any(self.total(name) for name in ("survived", "told", "failed", "not_planted")):
            return 3
        return 1 if self.faulty or not self.total("gone") else 0
