"""Live Photos: a picture and a short clip that name each other by one identifier.

The identifier stays behind with both.  That there was a pair is still worth a line in
the report: the two outputs show the same moment, and belong to one person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from .model import Kind, Media

if TYPE_CHECKING:
    from .model import FileReport

_PLACES = ("/Apple/0x0011", "/com.apple.quicktime.content.identifier")
"""Where the halves hold it: a tag of Apple's maker note, a key of QuickTime metadata."""

_LONGEST = 256
"""Characters of an identifier; Apple's are UUIDs."""

_MOST = 1 << 20
"""Identifiers that are remembered."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Live Photos of a run.  `numbers` (picture and clip of each pair) are private, the counts are not."""

    count: int
    single: int
    """Halves without the other one."""
    numbers: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class _Halves:
    photo: int | None = None
    clip: int | None = None


class Pairing:
    """Owns digests of the identifiers met in a run, and the numbers of the files that hold them."""

    __slots__ = ("_met",)

    def __init__(self) -> None:
        self._met: dict[bytes, _Halves] = {}

    def add(self, number: int, report: FileReport) -> None:
        """Take in the report of one file; the first picture and the first clip of an identifier count."""
        for identifier in _identifiers(report):
            key = blake2b(identifier.encode(), digest_size=16).digest()
            if key not in self._met and len(self._met) >= _MOST:
                continue
            halves = self._met.setdefault(key, _Halves())
            if report.media is Media.PHOTO and halves.photo is None:
                halves.photo = number
            elif report.media is Media.CLIP and halves.clip is None:
                halves.clip = number

    def pairs(self) -> Pairs:
        """Return what there was, pairs in the order in which their first half was met."""
        found = tuple(
            (halves.photo, halves.clip)
            for halves in self._met.values()
            if halves.photo is not None and halves.clip is not None
        )
        return Pairs(len(found), len(self._met) - len(found), found)


def _identifiers(report: FileReport) -> Iterator[str]:
    for each in report.findings:
        if each.kind is Kind.LINK and each.untrusted_value and each.path.endswith(_PLACES):
            yield each.untrusted_value.strip(" \0").upper()[:_LONGEST]
