"""Footage that lies in a file and stays behind: a motion photo's video, for instance.

Readers name it as residue; nothing of it crosses with the picture.  Whoever wants it
gets it as a file of its own, which goes the way of any other: read, written, verified.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import formats
from .errors import SourceFailed, Truncated
from .model import Kind
from .source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .model import Finding

_FOOTAGE = frozenset({"isobmff"})
"""Formats that are footage; a picture in a picture is a preview or another layer of it."""

_KINDS = frozenset({Kind.HIDDEN, Kind.PICTURE, Kind.UNKNOWN, Kind.IDENTIFIER})
"""What findings that may hold a file are called."""

_SMALLEST = 256
"""Bytes that a file with a track in it has at least."""

_LEAD = 128
"""Bytes that may stand before a file: the header of a box, the name of a record."""

_LOOKED_AT = 256
"""Findings of one file that are looked into."""

_MOST = 16
"""Stretches of one file."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """`size` bytes from `start` of a file, which are a file of their own."""

    start: int
    size: int


def hidden_footage(source: Source, findings: Iterable[Finding]) -> tuple[Stretch, ...]:
    """Return where movies lie in what stays behind of a file: disjoint, in file order.

    Only places that the findings name are looked at, and only their first bytes:
    reading a stretch tells whether it is whole.  Raises `SourceFailed`.
    """
    found: dict[int, int] = {}
    looked = 0
    for each in findings:
        if each.start is None or each.size < _SMALLEST or each.kind not in _KINDS:
            continue
        looked += 1
        if looked > _LOOKED_AT:
            break
        stop = min(each.start + each.size, source.size)
        at = _movie(source, each.start, stop)
        if at is not None:
            found[at] = max(found.get(at, 0), stop)
    out: list[Stretch] = []
    for start, stop in sorted(found.items()):
        if len(out) < _MOST and (not out or start >= out[-1].start + out[-1].size):
            out.append(Stretch(start, stop - start))
    return tuple(out)


def _movie(source: Source, start: int, stop: int) -> int | None:
    """Return where a movie begins near the beginning of a finding, or None."""
    # the file's own beginning is no stretch of it
    head = source.read(start, max(min(stop - start, _LEAD + formats.HEAD), 0))
    at = head.find(b"ftyp", 4, _LEAD) - 4
    if at < 0 or start + at == 0 or stop - start - at < _SMALLEST:
        return None
    format_ = formats.identify(head[at:])
    return start + at if format_ is not None and format_.name in _FOOTAGE else None


class Section(Source):
    """Owns a file of which only a stretch is to be seen, as if it were all of a file."""

    def __init__(self, path: Path, stretch: Stretch) -> None:
        """Raises what `Source` raises, `SourceFailed` if the file ends before the stretch does."""
        self._whole = Source(path)
        try:
            super().__init__(path)
        except BaseException:
            self._whole.__exit__()
            raise
        self._start = stretch.start
        self.size = stretch.size
        if stretch.start < 0 or stretch.size < 0 or stretch.start + stretch.size > self._whole.size:
            self.__exit__()
            raise SourceFailed("file", "shrank-while-reading")

    def __exit__(self, *details: object) -> None:
        super().__exit__(*details)
        self._whole.__exit__(*details)

    def read(self, at: int, size: int) -> bytes:
        """Return exactly `size` bytes of the stretch; raises `Truncated` where it has fewer."""
        if at < 0 or size < 0 or at + size > self.size:
            raise Truncated("file", "", min(max(at, 0), self.size))
        return self._whole.read(self._start + at, size)

    def check_unchanged(self) -> None:
        """Raise `SourceFailed` if the file was written to since it was opened."""
        super().check_unchanged()
        self._whole.check_unchanged()
