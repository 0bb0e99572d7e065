"""One output while it is being made: written beside its final name, published whole or not at all.

The name of a staged file says nothing about its source.  Its times are a constant,
so that neither the recording nor the run can be dated from them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import threading
from typing import TYPE_CHECKING, Self

from .errors import DestinationFailed

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = 946_684_800
"""Modification and access time of every output: 2000-01-01T00:00:00Z.  Zero would be odd itself."""

MODE = 0o644

_STAGED = re.compile(r"\.scrubkit-[0-9a-f]{16}\.part")

_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
"""What file systems without hard links (FAT, exFAT) answer to `link`."""


def staged_name() -> str:
    """Return a fresh neutral name for a file that is not finished."""
    return f".scrubkit-{os.urandom(8).hex()}.part"


def is_staged(name: str) -> bool:
    """Whether a file that is not finished may be called so."""
    return _STAGED.fullmatch(name) is not None


def failure(error: OSError) -> DestinationFailed:
    """Return the error as ours, without the path that the system's message holds."""
    return DestinationFailed("output", errno.errorcode.get(error.errno or 0, "EUNKNOWN"))


class Staged:
    """Owns the descriptor of a new file that nobody else has; a `Sink`.

    Raises `DestinationFailed` wherever the system refuses.
    """

    def __init__(self, path: Path, size: int = 0) -> None:
        """Create the file, mode 0600, where there is none; `size` bytes must be free."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            room = os.statvfs(path.parent)
            # Some FUSE file systems know no sizes.
            enough = not room.f_blocks or size <= room.f_bavail * room.f_frsize
            self._fd = os.open(path, flags, 0o600) if enough else -1
        except OSError as error:
            raise failure(error) from None
        if not enough:
            raise DestinationFailed("output", "ENOSPC")
        self._path = path
        self._syncing: threading.Thread | None = None
        self._sync_error: OSError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        """Close; whatever ends the block early takes the file with it."""
        if failed is not None:
            discard(self._path)
        if self._syncing is not None:
            self._syncing.join()
        os.close(self._fd)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append."""
        try:
            done = os.write(self._fd, data)
            while done < len(data):
                done += os.write(self._fd, memoryview(data)[done:])
        except OSError as error:
            raise failure(error) from None

    def patch(self, at: int, data: bytes) -> None:
        """Overwrite at an absolute position."""
        try:
            if os.pwrite(self._fd, data, at) != len(data):
                raise DestinationFailed("output", "short-write")
        except OSError as error:
            raise failure(error) from None

    def start_sync(self) -> None:
        """Begin to put the bytes on the disk while the caller reads them back."""
        self._set_times()
        self._syncing = threading.Thread(target=self._sync, daemon=True)
        self._syncing.start()

    def settle(self) -> None:
        """Wait until the bytes are on the disk; then give the file its constant times and mode."""
        if self._syncing is None:
            self._sync()
        else:
            self._syncing.join()
            self._syncing = None
        if self._sync_error is not None:
            raise failure(self._sync_error)
        self._set_times()
        # FAT has no modes to set and says so.
        with contextlib.suppress(OSError):
            os.fchmod(self._fd, MODE)

    def _sync(self) -> None:
        try:
            os.fsync(self._fd)
        except OSError as error:
            self._sync_error = error

    def _set_times(self) -> None:
        try:
            os.utime(self._fd, (EPOCH, EPOCH))
        except OSError as error:
            raise failure(error) from None


def publish(staged: Path, final: Path, *, force: bool = False) -> None:
    """Give a settled file its final name in one step.

    Never replaces an existing file, link or folder unless `force` is set (and a
    folder not even then): raises `DestinationFailed`.
    """
    try:
        if force:
            staged.replace(final)
            return
        try:
            os.link(staged, final)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            # Reserve the name, then rename over our own placeholder.
            os.close(os.open(final, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
            try:
                staged.replace(final)
            except OSError:
                discard(final)
                raise
        else:
            staged.unlink()
    except OSError as error:
        raise failure(error) from None


def discard(staged: Path) -> None:
    """Remove a staged file if it is still there."""
    with contextlib.suppress(OSError):
        staged.unlink()


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk; raises `DestinationFailed`."""
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError as error:
        # Some network and FUSE file systems can't sync a folder; that is no loss of the file.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise failure(error) from None
