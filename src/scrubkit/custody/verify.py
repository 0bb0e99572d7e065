"""Hash lists that come with a drive: which of their files are still what they were.

A list is as untrusted as the rest of the drive.  Nothing it says is told but counts:
names and digests of originals stay in memory.
"""

from __future__ import annotations

import os
import unicodedata
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING

from ..errors import LimitExceeded, ScrubError
from ..model import Check, Outcome
from .below import Absent, Below
from .chain import Link, links
from .digests import STEP, algorithm, digests, readings
from .lists import FOLDER, entries, generation, is_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from .lists import Entry

__all__ = ["Custody", "Listed", "Status", "is_list", "verify"]

NAME = "custody"

DETAILS = 10_000
"""Files that are kept by name because something is wrong with them."""

MOST = 1_000_000
"""Files of the lists of one folder."""


class Status(StrEnum):
    """What became of a file that a list names, worst first."""

    CHANGED = "changed"
    MISSING = "missing"
    OUTSIDE = "not below their list"
    UNCHANGED = "unchanged"
    NOT_COMPARED = "not comparable"


_WORST_FIRST = tuple(Status)
_ABSENT = {
    Absent.MISSING: Status.MISSING,
    Absent.OUTSIDE: Status.OUTSIDE,
    Absent.UNREADABLE: Status.NOT_COMPARED,
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of a list that is not what it was, or can't be said to be; private."""

    status: Status
    untrusted_path: str


@dataclass(slots=True)
class Custody:
    """Owns the sums over all lists of a run."""

    lists: int = 0
    unreadable: int = 0
    """Lists that could not be read to their end."""
    files: Counter[Status] = field(default_factory=Counter)
    chains: Counter[Link] = field(default_factory=Counter)
    unlisted: int = 0
    """Files beside and below the lists that none of them names."""
    details: list[Listed] = field(default_factory=list)
    """At most `DETAILS`; private."""

    def check(self) -> Check | None:
        """Return the check `custody`; None if there was no list."""
        if not self.lists:
            return None
        scope = self._scope()
        if reason := self._failure():
            return Check(NAME, Outcome.FAILED, scope, reason)
        if reason := self._gap():
            return Check(NAME, Outcome.NOT_RUN, scope, reason)
        return Check(NAME, Outcome.PASSED, scope)

    def _scope(self) -> str:
        files = ", ".join(f"{self.files[each]} {each}" for each in Status if self.files[each])
        lists = "1 hash list" if self.lists == 1 else f"{self.lists} hash lists"
        unlisted = f"; files that no list names: {self.unlisted}" if self.unlisted else ""
        return f"{lists} on the drive; files that they name: {files or 'none'}{unlisted}"

    def _failure(self) -> str:
        if self.files[Status.CHANGED] or self.files[Status.MISSING]:
            return "files differ from their hash list, or are missing"
        if self.chains[Link.CHANGED] or self.chains[Link.MISSING]:
            return "hash lists differ from their chain, or are missing"
        return ""

    def _gap(self) -> str:
        if self.unreadable or self.chains[Link.UNREADABLE]:
            return "a hash list or its chain can't be read"
        if self.files[Status.NOT_COMPARED] or self.files[Status.OUTSIDE]:
            return "files of a hash list could not be compared"
        if self.chains[Link.NOT_IN_CHAIN]:
            return "a hash list stands in no chain, so it can't be said to be unchanged itself"
        return "" if self.files[Status.UNCHANGED] else "the hash lists name no file"


def verify(paths: Iterable[Path]) -> Custody:
    """Verify every file that some hash lists name; nothing is written, no link is followed.

    Lists of one folder are taken together, newest generation first, and each file
    is read once for all of them.
    """
    sums = Custody()
    folders: dict[Path, list[Path]] = defaultdict(list)
    for path in paths:
        sums.lists += 1
        parent = path.absolute().parent
        folders[parent.parent if parent.name.lower() == FOLDER else parent].append(path)
    seen: set[tuple[int, int]] = set()
    for folder, lists in folders.items():
        history = [each for each in lists if each.parent.name.lower() == FOLDER]
        for ascmhl in dict.fromkeys(each.parent for each in history):
            sums.chains.update(links(ascmhl, [each for each in history if each.parent == ascmhl]))
        lists.sort(key=lambda each: (-generation(each.name), each.name))
        try:
            with Below(folder) as below:
                _Folder(below, sums, seen).verify(lists)
        except ScrubError:
            sums.unreadable += 1
    for folder in folders:
        if not any(each in folders for each in folder.parents):
            sums.unlisted += _unlisted(folder, seen)
    return sums


class _Folder:
    """Owns what is known of the files below one folder while its lists are gone through."""

    def __init__(self, below: Below, sums: Custody, seen: set[tuple[int, int]]) -> None:
        self._below = below
        self._sums = sums
        self._seen = seen
        self._algorithms: set[str] = set()
        self._states: dict[bytes, Status] = {}
        self._digests: dict[tuple[int, int], dict[str, bytes]] = {}
        self._renamed: dict[str, str] = {}
        """The newest path of a file by one that it had before."""
        self._wrong: dict[bytes, str] = {}

    def verify(self, lists: Sequence[Path]) -> None:
        for path in lists:
            # What is wrong with a list is told when it is gone through again.
            with suppress(ScrubError):
                for entry in entries(path):
                    self._algorithms |= {name for each, _ in entry.hashes if (name := algorithm(each))}
        for path in lists:
            earlier: dict[str, str] = {}
            try:
                for entry in entries(path):
                    self._note(entry, earlier)
            except ScrubError:
                self._sums.unreadable += 1
            self._renamed |= earlier
        self._sums.files.update(self._states.values())
        room = DETAILS - len(self._sums.details)
        self._sums.details += [
            Listed(self._states[key], path) for key, path in islice(self._wrong.items(), max(room, 0))
        ]

    def _note(self, entry: Entry, earlier: dict[str, str]) -> None:
        path = self._renamed.get(_key(entry.untrusted_path), entry.untrusted_path)
        if entry.untrusted_previous:
            earlier[_key(entry.untrusted_previous)] = path
        # Digests of paths: a list may have a million of them, each as long as it likes.
        key = blake2b(_key(path).encode("utf-8"), digest_size=16).digest()
        before = self._states.get(key)
        if len(self._renamed) + len(earlier) > MOST or (before is None and len(self._states) >= MOST):
            raise LimitExceeded("mhl", "files")
        status = self._compared(path, entry)
        if before is not None and _WORST_FIRST.index(status) >= _WORST_FIRST.index(before):
            return
        self._states[key] = status
        if status is Status.UNCHANGED:
            self._wrong.pop(key, None)
        elif len(self._wrong) < DETAILS:
            self._wrong[key] = path

    def _compared(self, path: str, entry: Entry) -> Status:
        descriptor = self._below.open(path)
        if isinstance(descriptor, Absent):
            return _ABSENT[descriptor]
        try:
            found = os.fstat(descriptor)
            itself = found.st_dev, found.st_ino
            self._seen.add(itself)
            if entry.size is not None and entry.size != found.st_size:
                return Status.CHANGED
            wanted = [(name, said) for name, text in entry.hashes if (said := readings(name, text))]
            if not wanted:
                return Status.NOT_COMPARED
            if itself not in self._digests:
                self._digests[itself] = digests(_blocks(descriptor), self._algorithms)
                if _times(os.fstat(descriptor)) != _times(found):
                    del self._digests[itself]
                    return Status.NOT_COMPARED
            known = self._digests[itself]
        except OSError:
            return Status.NOT_COMPARED
        finally:
            os.close(descriptor)
        same = all(known[algorithm(name) or ""] in said for name, said in wanted)
        return Status.UNCHANGED if same else Status.CHANGED


def _blocks(descriptor: int) -> Iterator[bytes]:
    while block := os.read(descriptor, STEP):
        yield block


def _times(found: os.stat_result) -> tuple[int, int]:
    return found.st_size, found.st_mtime_ns


def _key(path: str) -> str:
    """Return a path as it is looked up: accents composed, separators as they are here."""
    parts = unicodedata.normalize("NFC", path.strip().replace("\\", "/")).split("/")
    return "/".join(part for part in parts if part not in {"", "."})


def _unlisted(folder: Path, seen: set[tuple[int, int]]) -> int:
    """Return how many files below a folder no list names; folders that can't be read hold none."""
    count = 0
    folders = [os.fspath(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as found:
                for each in found:
                    if each.is_dir(follow_symlinks=False):
                        if each.name.lower() != FOLDER:
                            folders.append(each.path)
                    elif each.is_file(follow_symlinks=False) and not _is_beside(each.name):
                        itself = each.stat(follow_symlinks=False)
                        count += (itself.st_dev, itself.st_ino) not in seen
        except OSError:
            continue
    return count


def _is_beside(name: str) -> bool:
    """Whether a file belongs to the lists or to a desktop, as the format ignores it (ASC MHL §5)."""
    return is_list(name) or name == ".DS_Store"
