"""Hash lists that come with a drive: which of their files are still what they were.

A list is as untrusted as the rest of the drive.  It is read by Expat with no document
type and no entity allowed, and its paths lead nowhere but below its own folder.
"""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from xml.parsers import expat

from ..errors import LimitExceeded, Malformed, ScrubError, Truncated
from ..model import Check, Outcome
from ..source import Source
from .digests import digests, equal, supported

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

NAME = "custody"

LARGEST = 256 << 20
"""Bytes of one list."""

MOST = 1_000_000
"""Files of one list."""

_DEEPEST = 16
_LONGEST = 4096
_STEP = 1 << 20
_FORMATS = {
    "md5": "md5",
    "sha1": "sha1",
    "c4": "c4",
    "xxh32": "xxh32",
    "xxh64": "xxh64",
    "xxhash64be": "xxh64",
    "xxh3": "xxh3",
    "xxh128": "xxh128",
}
"""Element names of MHL 2.0 and 1.x, and our names."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a list: its path below the list's folder, and digests by format; untrusted."""

    untrusted_path: str
    size: int | None
    hashes: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Custody:
    """Owns the sums over all lists of a run."""

    lists: int = 0
    unreadable: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    """Files: `unchanged`, `changed`, `missing`, `outside`, `not comparable`."""

    def check(self) -> Check | None:
        """Return the check `custody`; None if there was no list."""
        if not self.lists:
            return None
        told = ", ".join(f"{count} {word}" for word, count in sorted(self.counts.items()))
        scope = f"{self.lists} hash lists on the drive, files: {told or 'none'}"
        if self.counts["changed"] or self.counts["missing"]:
            return Check(NAME, Outcome.FAILED, scope, "files differ from their hash list, or are missing")
        if self.unreadable or not self.counts["unchanged"]:
            return Check(NAME, Outcome.NOT_RUN, scope, "a hash list is unreadable or compares nothing")
        return Check(NAME, Outcome.PASSED, scope)


def is_list(name: str) -> bool:
    """Whether a file may be a hash list by its name."""
    return name.lower().endswith(".mhl")


def verify(paths: Iterable[Path]) -> Custody:
    """Verify every file that some hash lists name; nothing is written, no link is followed."""
    sums = Custody()
    for path in paths:
        sums.lists += 1
        folder = path.parent.parent if path.parent.name.lower() == "ascmhl" else path.parent
        known: dict[Path, dict[str, str]] = {}
        try:
            for entry in entries(path):
                sums.counts[_compared(folder, entry, known)] += 1
        except ScrubError:
            sums.unreadable += 1
    return sums


def _compared(folder: Path, entry: Entry, known: dict[Path, dict[str, str]]) -> str:
    """Say what became of one file; `known` has digests of this list's files, so that none is read again."""
    relative = PurePosixPath(entry.untrusted_path.replace("\\", "/"))
    if relative.is_absolute() or ".." in relative.parts or not relative.parts:
        return "outside"
    wanted = [(name, said) for name, said in entry.hashes if supported(name)]
    if not wanted:
        return "not comparable"
    here = folder
    try:
        for part in relative.parts:
            if here.is_symlink() and here != folder:
                return "outside"
            here = _spelt(here, part)
        found = known.setdefault(here, {})
        if missing := {name for name, _ in wanted} - found.keys():
            with Source(here) as source:
                found |= digests(source, missing)
    except (ScrubError, ValueError, OSError):
        return "missing"
    return "unchanged" if all(equal(name, found[name], said) for name, said in wanted) else "changed"


def _spelt(folder: Path, name: str) -> Path:
    """Return the entry of a folder as the disk spells its accents: composed, decomposed, or as given."""
    forms = (name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name))
    return next((path for form in forms if os.path.lexists(path := folder / form)), folder / name)


def entries(path: Path) -> Iterator[Entry]:
    """Yield the files of a hash list; raises `Malformed`, `Truncated`, `LimitExceeded` and as `Source`."""
    reader = _Reader()
    with Source(path) as source:
        if source.size > LARGEST:
            raise LimitExceeded("mhl", "size")
        for at in range(0, source.size, _STEP):
            last = at + _STEP >= source.size
            yield from reader.feed(source.read(at, min(_STEP, source.size - at)), last=last)
        if not source.size:
            raise Truncated("mhl")


class _Reader:
    """Owns one parser, and what it has of the current file."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._names: list[str] = []
        self._said: list[str] = []
        self._path = ""
        self._size: int | None = None
        self._hashes: list[tuple[str, str]] = []
        self._done: list[Entry] = []
        self._count = 0

    def feed(self, data: bytes, *, last: bool) -> list[Entry]:
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError:
            raise Malformed("mhl", "not-well-formed") from None
        done, self._done = self._done, []
        return done

    def _refuse(self, *_: object) -> None:
        raise Malformed("mhl", "document-type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        leaf = name.rpartition(" ")[2]
        if not self._names and leaf != "hashlist":
            raise Malformed("mhl", "not-a-hash-list")
        if len(self._names) >= _DEEPEST:
            raise LimitExceeded("mhl", "depth")
        self._names.append(leaf)
        self._said = []
        if leaf == "hash":
            self._path, self._size, self._hashes = "", None, []
        elif leaf == "path" and self._within():
            size = attributes.get("size", "")
            self._size = int(size) if size.isdecimal() and len(size) < 20 else None

    def _text(self, text: str) -> None:
        if self._within() and sum(map(len, self._said)) < _LONGEST:
            self._said.append(text)

    def _end(self, _: str) -> None:
        leaf = self._names.pop()
        said = "".join(self._said).strip()
        if self._within():
            if leaf in {"path", "file"}:
                self._path = said
            elif leaf in _FORMATS:
                self._hashes.append((_FORMATS[leaf], said))
        elif leaf == "hash":
            self._count += 1
            if self._count > MOST:
                raise LimitExceeded("mhl", "files")
            self._done.append(Entry(self._path, self._size, tuple(self._hashes)))
        self._said = []

    def _within(self) -> bool:
        return "hash" in self._names
