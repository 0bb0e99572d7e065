"""Bounded, positioned, read-only access to one untrusted file."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Protocol, Self

from .errors import NotRegular, SourceFailed, Truncated

if TYPE_CHECKING:
    from pathlib import Path

WINDOW = 1 << 20
"""Bytes read ahead of a view."""

ALIGN = 64 << 10
"""Windows begin at multiples of it."""

CACHE = 16 << 20
"""Bytes of windows kept: half a second of a track and more, so that the tracks beside it share its reads."""

DIRECT = CACHE // 4
"""Views of at least this size are read for themselves and not kept."""


class Readable(Protocol):
    """What a parser needs of a source: its size, and bytes by position."""

    size: int

    def read(self, at: int, size: int) -> bytes:
        """Return exactly `size` bytes; raises `Truncated` where there are fewer."""

    def view(self, at: int, size: int) -> memoryview:
        """Return exactly `size` bytes, perhaps without a copy."""


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


class Source:
    """Owns one file descriptor.

    Opened without following a link, without blocking on a FIFO and without
    touching the access time where the system allows.  All positions are bytes
    from the start, all reads are bounded by the size at opening.
    """

    def __init__(self, path: Path) -> None:
        """Raises `NotRegular` for anything but a regular file, `SourceFailed` if it can't be opened."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            if not stat.S_ISREG(os.lstat(path).st_mode):
                raise NotRegular("file")
            try:
                self._fd = os.open(path, flags | getattr(os, "O_NOATIME", 0))
            except PermissionError:
                self._fd = os.open(path, flags)
            self._stat = os.fstat(self._fd)
        except OSError as error:
            raise SourceFailed("file", _rule(error)) from None
        if not stat.S_ISREG(self._stat.st_mode):
            os.close(self._fd)
            raise NotRegular("file")
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

    def check_unchanged(self) -> None:
        """Raise `SourceFailed` if the file was written to since it was opened."""
        now = os.fstat(self._fd)
        if (now.st_size, now.st_mtime_ns) != (self._stat.st_size, self._stat.st_mtime_ns):
            raise SourceFailed("file", "changed-while-reading")


def _rule(error: OSError) -> str:
    import errno

    return errno.errorcode.get(error.errno or 0, "EUNKNOWN")
