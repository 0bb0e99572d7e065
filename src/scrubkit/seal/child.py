"""The process that encrypts: text comes in on stdin, an age file goes out on stdout.

First a list of public keys as JSON, then the text, each stretch after its length
(4 bytes, big-endian); length 0 ends it.  Where the text just stops, the file is ended
all the same.  Exits with 0, or the number of the error that a write met.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import sys
from typing import TYPE_CHECKING

from .sealed import HEADER, length_of, padded, send_all

if TYPE_CHECKING:
    from typing import BinaryIO


def main() -> int:
    """Encrypt stdin to stdout."""
    # A core dump would hold text.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from pyrage import encrypt_io, ssh, x25519

    text = _Text(sys.stdin.buffer)
    out = _Out(1)
    keys = json.loads(text.stretch())
    found = [(ssh if key.startswith("ssh-") else x25519).Recipient.from_str(key) for key in keys]
    try:
        encrypt_io(text, out, found)
    except Exception:  # noqa: BLE001 (its message is of no use to anyone)
        return out.error or errno.EIO
    return 0


class _Text:
    """Owns the reading end: the text, then line ends up to the padded size."""

    def __init__(self, link: BinaryIO) -> None:
        self._link = link
        self._left = b""
        self._size = 0
        self._padding: int | None = None

    def stretch(self) -> bytes:
        """Return the next stretch; nothing at the end, also one that comes too early."""
        header = self._link.read(HEADER)
        length = length_of(header) if len(header) == HEADER else 0
        return self._link.read(length) if length else b""

    def read(self, most: int) -> bytes:
        """Return up to `most` bytes; nothing at the end."""
        if self._padding is None and not self._left:
            self._left = self.stretch()
            self._size += len(self._left)
            if not self._left:
                self._padding = padded(self._size) - self._size
        if self._padding is not None:
            part = b"\n" * min(most, self._padding)
            self._padding -= len(part)
        else:
            part, self._left = self._left[:most], self._left[most:]
        return part


class _Out:
    """Owns the writing end, and remembers what went wrong there: the encrypting library doesn't."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.error = 0

    def write(self, data: bytes) -> int:
        try:
            return send_all(self._descriptor, data)
        except OSError as error:
            self.error = error.errno or errno.EIO
            raise

    def flush(self) -> None:
        """Nothing is held back."""


if __name__ == "__main__":
    # Not sys.exit: nothing of what is left to do may fail after the file is whole.
    os._exit(main())
