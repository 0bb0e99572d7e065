"""Sealing: text goes to a child process, which encrypts it into a file.

A process of its own, because threads and pipes of ours would meet the forks that other
parts of a run make.  And whatever ends the run, the child ends the file properly: what
was written until then can be opened.
"""

from __future__ import annotations

import errno
import json
import os
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DestinationFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

SMALLEST = 64 << 10
"""Bytes of text that the smallest sealed report holds."""

ROOT = str(Path(__file__).parents[2])
"""Where the package lies, for a child that has no environment."""

_LENGTH = struct.Struct(">I")
_FRAME = 1 << 20


def recipients(texts: Sequence[str]) -> list[str]:
    """Return public keys (`age1…`, or an OpenSSH line), each once.

    Raises `UsageError`, which never quotes what was given: it may be a secret key.
    """
    from pyrage import RecipientError, ssh, x25519

    found: dict[str, None] = {}
    for given in texts:
        text = given.strip()
        if text.upper().startswith("AGE-SECRET-KEY-") or "PRIVATE KEY" in text:
            raise UsageError("seal-to", "that-is-a-secret-key-give-the-public-one")
        kind = ssh.Recipient if text.startswith("ssh-") else x25519.Recipient
        try:
            kind.from_str(text)
        except (RecipientError, ValueError):
            raise UsageError("seal-to", "not-a-public-key") from None
        found[text] = None
    return list(found)


def padded(size: int) -> int:
    """Return the size to which a text of `size` bytes is padded: steps of a quarter of a power of two.

    So at most a quarter is added, and the size of a sealed report tells of its contents
    no more than which of four steps to the next doubling they reach.
    """
    if size <= SMALLEST:
        return SMALLEST
    step = 1 << ((size - 1).bit_length() - 3)
    return -(-size // step) * step


class Sealed:
    """Owns a child that encrypts what is written into an open file, padded at the end.

    Raises `OSError` with the number of what went wrong in the child.
    """

    def __init__(self, descriptor: int, keys: Sequence[str]) -> None:
        """Begin; `keys` are of `recipients`.  The file stays open, and is the caller's to sync."""
        self._child = subprocess.Popen(  # noqa: S603 (our own interpreter, no value from a file)
            [sys.executable, "-P", "-s", "-m", f"{__package__}.child"],
            stdin=subprocess.PIPE,
            stdout=descriptor,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": ROOT},
            cwd="/",
            # A Ctrl-C is ours to act on.
            start_new_session=True,
        )
        assert self._child.stdin is not None
        self._link = self._child.stdin
        self._send(json.dumps(list(keys)).encode("ascii"))

    def write(self, text: str) -> int:
        """Append text, which is ASCII; it is on its way when this returns."""
        data = text.encode("ascii")
        for at in range(0, len(data), _FRAME):
            self._send(data[at : at + _FRAME])
        return len(text)

    def finish(self) -> None:
        """Pad, and wait until the file is whole."""
        # Not by closing alone: a fork of ours may still hold the link.
        self._send(b"")
        self._end()

    def close(self) -> None:
        """End early: what was written so far can be opened, whatever is missing."""
        with suppress(OSError):
            self._end()

    def _send(self, data: bytes) -> None:
        try:
            self._link.write(_LENGTH.pack(len(data)) + data)
            self._link.flush()
        except BrokenPipeError:
            self._end()
            raise

    def _end(self) -> None:
        with suppress(OSError):
            self._link.close()
        if code := self._child.wait():
            raise OSError(code if code > 0 else errno.EPIPE, "sealing failed")


def failure(error: OSError, where: str = "private") -> DestinationFailed:
    """Return the error as ours, without the path that the system's message holds."""
    return DestinationFailed(where, errno.errorcode.get(error.errno or 0, "EUNKNOWN"))


def length_of(header: bytes) -> int:
    """Return the length that stands before a stretch of text; 0 ends the text."""
    (length,) = _LENGTH.unpack(header)
    return int(length)


HEADER = _LENGTH.size


def send_all(descriptor: int, data: bytes) -> int:
    """Write all of `data`; returns how much that was."""
    done = os.write(descriptor, data)
    while done < len(data):
        done += os.write(descriptor, memoryview(data)[done:])
    return done
