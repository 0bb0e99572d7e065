"""Files below one folder, by paths that somebody else wrote.

Each part of a path is opened from the folder before it, and none of them through a
link, so that no path leads out, whatever is swapped in meanwhile.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, Self

from ..errors import LimitExceeded, SourceFailed
from ..source import open_plainly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST = 4_000_000
"""Names of folders that are remembered, to find those that are spelt in another way."""

_DEEPEST = 256
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EISDIR})


class Absent(Enum):
    """Why there is no file to read."""

    MISSING = "missing"
    OUTSIDE = "outside"
    """The path leads out of the folder, or through a link."""
    UNREADABLE = "unreadable"
    """Something is there that can't be read, or two things are that the path may mean."""


class _StopError(Exception):
    """Ends one lookup."""

    def __init__(self, why: Absent) -> None:
        super().__init__(why)
        self.why = why


class Below:
    """Owns the descriptors of a folder and of the one below it that was last looked into."""

    def __init__(self, top: Path) -> None:
        """Raises `SourceFailed` if the folder can't be opened."""
        try:
            self._top = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise SourceFailed("mhl", errno.errorcode.get(error.errno or 0, "EUNKNOWN")) from None
        self._last: tuple[tuple[str, ...], int] | None = None
        self._spellings: dict[tuple[int, int], dict[str, list[str]]] = {}
        self._names = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()
        os.close(self._top)

    def open(self, untrusted_path: str) -> int | Absent:
        """Return a descriptor of a regular file, which the caller closes, or why there is none.

        A path that isn't there as it stands is tried with its backslashes as
        separators, and without spaces around it.  Names may differ from the disk's in
        how accents are composed and in case, if only one is like that.
        Raises `LimitExceeded` where folders hold too many names to remember.
        """
        bare = untrusted_path.strip()
        for path in dict.fromkeys((untrusted_path, bare, bare.replace("\\", "/"))):
            try:
                return self._open(_parts(path))
            except _StopError as stop:
                if stop.why is not Absent.MISSING:
                    return stop.why
            if _WINDOWS.match(bare):
                return Absent.OUTSIDE
        return Absent.MISSING

    def _open(self, parts: tuple[str, ...]) -> int:
        folder = self._folder(parts[:-1])
        with _lookup():
            name, kind = self._entry(folder, parts[-1])
            if not stat.S_ISREG(kind):
                raise _StopError(Absent.MISSING)
            found = open_plainly(name, folder)
            if not stat.S_ISREG(os.fstat(found).st_mode):
                os.close(found)
                raise _StopError(Absent.UNREADABLE)
            return found

    def _folder(self, parts: tuple[str, ...]) -> int:
        if not parts:
            return self._top
        if self._last is not None and self._last[0] == parts:
            return self._last[1]
        self._forget()
        here = self._top
        for part in parts:
            before = here
            try:
                with _lookup():
                    name, kind = self._entry(before, part)
                    if not stat.S_ISDIR(kind):
                        raise _StopError(Absent.MISSING)
                    here = open_plainly(name, before, os.O_DIRECTORY)
            finally:
                if before != self._top:
                    os.close(before)
        self._last = parts, here
        return here

    def _forget(self) -> None:
        if self._last is not None:
            os.close(self._last[1])
            self._last = None

    def _entry(self, folder: int, name: str) -> tuple[str, int]:
        """Return the name of an entry as the disk spells it, and its mode; links end the lookup."""
        try:
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            name = self._spelt(folder, name)
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISLNK(found.st_mode):
            raise _StopError(Absent.OUTSIDE)
        return name, found.st_mode

    def _spelt(self, folder: int, name: str) -> str:
        itself = os.fstat(folder)
        key = itself.st_dev, itself.st_ino
        if key not in self._spellings:
            names: dict[str, list[str]] = {}
            with os.scandir(folder) as found:
                for each in found:
                    self._names += 1
                    if self._names > MOST:
                        raise LimitExceeded("mhl", "names")
                    names.setdefault(_folded(each.name), []).append(each.name)
            self._spellings[key] = names
        alike = self._spellings[key].get(_folded(name), [])
        composed = unicodedata.normalize("NFC", name)
        same = [each for each in alike if unicodedata.normalize("NFC", each) == composed]
        match same or alike:
            case []:
                raise _StopError(Absent.MISSING)
            case [one]:
                return one
            case _:
                raise _StopError(Absent.UNREADABLE)


@contextmanager
def _lookup() -> Iterator[None]:
    """End the lookup where the system ends it."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _StopError(Absent.OUTSIDE) from None
        raise _StopError(Absent.MISSING if error.errno in _NOT_THERE else Absent.UNREADABLE) from None
    except ValueError:
        # A name that this system can't spell at all.
        raise _StopError(Absent.MISSING) from None


def _parts(path: str) -> tuple[str, ...]:
    parts = tuple(part for part in path.split("/") if part not in {"", "."})
    if path.startswith("/") or ".." in parts or not parts:
        raise _StopError(Absent.OUTSIDE)
    if len(parts) > _DEEPEST:
        raise _StopError(Absent.UNREADABLE)
    return parts


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
