"""Bounded, positioned, read-only access to one untrusted file."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import PosixPath
from typing import TYPE_CHECKING, Protocol, Self

from .errors import NotRegular, SourceFailed, Truncated

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

WINDOW = 1 << 20
"""Bytes read ahead of a view."""

ALIGN = 64 << 10
"""Windows begin at multiples of it."""

CACHE = 16 << 20
"""Bytes of windows kept: half a second of a track and more, so that the tracks beside it share its reads."""

DIRECT = CACHE // 4
"""Views of at least this size are read for themselves and not kept."""

_PLAINLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_NO_LINK = frozenset({errno.ELOOP, errno.EMLINK})
"""What systems answer to `O_NOFOLLOW` where the name is a link."""


class Below(PosixPath):
    """The path of something that was found below a folder: opened from that folder down, through no link.

    A plain path is opened by the system, which follows links to folders: that is the
    choice of whoever typed it.  Nobody typed the names on a drive, and between the
    walk and the opening someone may put a link in the place of a folder.
    """

    names = 1
    """How many of its last parts nobody typed."""

    @property
    def folder(self) -> str:
        """The folder that was given; without a slash at its end, which would follow a link."""
        return os.fspath(PosixPath(*self.parts[: -self.names]))

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with the number of names."""
        return below, (self.folder, "/".join(self.parts[-self.names :]))


def below(folder: str, names: str) -> Below:
    """Return the path of what is called `names` (separated by `/`) below a folder that was given."""
    path = Below(folder, names)
    path.names = names.count("/") + 1
    return path


def open_folder(folder: str, names: Iterable[str] = ()) -> int:
    """Open a folder, then one below the other by their names; raises `OSError` at a link or no folder.

    Any depth will do, also where the whole path is longer than the system takes.
    """
    fd = open_plainly(folder, flags=os.O_DIRECTORY)
    for name in names:
        try:
            inner = open_plainly(name, fd, os.O_DIRECTORY)
        finally:
            os.close(fd)
        fd = inner
    return fd


def open_file(path: Path) -> int:
    """Open a regular file to read, without following a link, blocking or touching its access time.

    Raises `NotRegular` for anything else, `SourceFailed` if it can't be opened.
    """
    folder, name = None, os.fspath(path)
    fd = -1
    try:
        if isinstance(path, Below):
            *folders, name = path.parts[-path.names :]
            folder = open_folder(path.folder, folders)
        if stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            fd = open_plainly(name, folder)
        # It may have become something else meanwhile.
        if fd < 0 or not stat.S_ISREG(os.fstat(fd).st_mode):
            raise NotRegular("file")
        opened, fd = fd, -1
    except OSError as error:
        if error.errno in _NO_LINK:
            raise NotRegular("file") from None
        raise SourceFailed("file", _rule(error)) from None
    finally:
        for each in (folder, fd):
            if each is not None and each >= 0:
                os.close(each)
    return opened


def open_plainly(name: str, folder: int | None = None, flags: int = 0) -> int:
    """Open what is called `name` in an open folder, to read: through no link, never blocking.

    Its access time stays if the system lets us.  Raises `OSError`.
    """
    flags |= _PLAINLY
    try:
        return os.open(name, flags | getattr(os, "O_NOATIME", 0), dir_fd=folder)
    except PermissionError:
        # Only a file's owner may leave its access time alone.
        return os.open(name, flags, dir_fd=folder)


class Readable(Protocol):
    """What a parser needs of a source: its size, and bytes by position."""

    size: int

    def read(self, at: int, size: int) -> bytes:
        """Return exactly `size` bytes; raises `Truncated` where there are fewer."""

    def view(self, at: int, size: int) -> memoryview:
        """Return exactly `size` bytes, perhaps without a copy."""

    def part(self, at: int, size: int) -> memoryview:
        """Return the first of `size` bytes, at least one: those that are in memory, or are read at once."""


class Memory:
    """Bytes in memory that are read like a source: one picture of a movie, for instance."""

    __slots__ = ("_data", "size")

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self.size = len(data)

    def read(self, at: int, size: int) -> bytes:
        """Return exactly `size` bytes; raises `Truncated` where there are fewer."""
        return bytes(self.view(at, size))

    def view(self, at: int, size: int) -> memoryview:
        """Return exactly `size` bytes, without a copy; raises `Truncated` where there are fewer."""
        if at < 0 or size < 0 or at + size > self.size:
            raise Truncated("file", "", min(max(at, 0), self.size))
        return self._data[at : at + size]

    def part(self, at: int, size: int) -> memoryview:
        """Return all of `size` bytes; raises `Truncated` where there are fewer."""
        return self.view(at, size)


class Source:
    """Owns one file descriptor.

    Opened as `open_file` does.  All positions are bytes from the start, all reads
    are bounded by the size at opening.
    """

    def __init__(self, path: Path) -> None:
        """Raises `NotRegular` for anything but a regular file, `SourceFailed` if it can't be opened."""
        self._fd = open_file(path)
        self._stat = os.fstat(self._fd)
        self._found = isinstance(path, Below)
        self.size = self._stat.st_size
        self._windows: list[tuple[int, memoryview]] = []
        self._kept = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._windows.clear()
        os.close(self._fd)

    def read(self, at: int, size: int) -> bytes:
        """Return exactly `size` bytes; raises `Truncated` where the file has fewer."""
        if at < 0 or size < 0 or at + size > self.size:
            raise Truncated("file", "", min(max(at, 0), self.size))
        parts = []
        while size:
            try:
                part = os.pread(self._fd, size, at)
            except OSError as error:
                raise SourceFailed("file", _rule(error), at) from None
            if not part:
                raise SourceFailed("file", "shrank-while-reading", at)
            parts.append(part)
            at += len(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def view(self, at: int, size: int) -> memoryview:
        """Return exactly `size` bytes, read through a small cache of windows; valid for good."""
        if size < 0:
            raise Truncated("file", "", min(max(at, 0), self.size))
        for i, (start, window) in enumerate(self._windows):
            if start <= at and at + size <= start + len(window):
                if i:
                    self._windows.insert(0, self._windows.pop(i))
                return window[at - start : at - start + size]
        if size >= DIRECT:
            return memoryview(self.read(at, size))
        # From a little before: whoever asks for one byte often asks for those before it next.
        start = at - at % ALIGN
        window = memoryview(self.read(start, max(at - start + size, min(WINDOW, self.size - start))))
        self._windows.insert(0, (start, window))
        self._kept += len(window)
        while self._kept > CACHE:
            self._kept -= len(self._windows.pop()[1])
        return window[at - start : at - start + size]

    def part(self, at: int, size: int) -> memoryview:
        """Return the first of `size` bytes, at least one: those of a window, or what is read at once."""
        for start, window in self._windows:
            if start <= at < start + len(window):
                return window[at - start : at - start + size]
        return self.view(at, min(size, DIRECT))

    def check_unchanged(self) -> None:
        """Raise `SourceFailed` if the file was written to since it was opened."""
        now, before = os.fstat(self._fd), self._stat
        # Whoever writes can set the time of writing back, but not the time of that.  Of our own new
        # files a server may say the latter whenever it comes to write them down.
        if (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns) or (
            self._found and now.st_ctime_ns != before.st_ctime_ns
        ):
            raise SourceFailed("file", "changed-while-reading")


def _rule(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "EUNKNOWN")
