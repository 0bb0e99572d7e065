"""What a process says through a pipe or socket, taken piece by piece, each in its time.

What it says later changes nothing of what was taken before.
"""

from __future__ import annotations

import os
import select
import time

from .confined import ANSWER, ChildError

_PIECE = 1 << 16
_DIGITS = 16


class EndedError(ChildError):
    """The process has ended before it said all."""

    def __init__(self) -> None:
        super().__init__("ended abnormally")


class Gone(Exception):
    """Nobody waits for an answer any more."""


def frame(data: bytes) -> bytes:
    """Return bytes as `Stream.frame` takes them: a line with their number, then these."""
    return b"%d\n%b" % (len(data), data)


class Stream:
    """Owns the reading end of a pipe, and what was read too far.

    Every method raises `ChildError` when it is past a time (of `time.monotonic`) or more than
    `ANSWER` bytes are said, and `Gone` if whoever is `asking` closes its end meanwhile.
    """

    def __init__(self, pipe: int, asking: int | None = None) -> None:
        self._pipe = pipe
        self._watched = [pipe] if asking is None else [pipe, asking]
        self._rest = bytearray()

    def close(self) -> None:
        """Read no more."""
        os.close(self._pipe)

    def line(self, until: float) -> bytes:
        """Return what stands before the end of a short line; raises `EndedError` without one."""
        while b"\n" not in self._rest:
            if len(self._rest) > _DIGITS or not self._more(until):
                raise EndedError
        line, _, self._rest = self._rest.partition(b"\n")
        return bytes(line)

    def frame(self, until: float) -> bytes:
        """Return so many bytes as a line before them says; raises `EndedError` if there are fewer."""
        line = self.line(until)
        if not line.isdigit() or len(line) > _DIGITS:
            raise EndedError
        size = int(line)
        if size > ANSWER:
            raise ChildError("said too much")
        while len(self._rest) < size:
            if not self._more(until):
                raise EndedError
        said = bytes(self._rest[:size])
        del self._rest[:size]
        return said

    def to_end(self, until: float) -> bytes:
        """Return all that is said until the pipe is closed."""
        while self._more(until):
            if len(self._rest) > ANSWER:
                raise ChildError("said too much")
        return bytes(self._rest)

    def _more(self, until: float) -> bool:
        """Read on; return whether there was anything."""
        ready, _, _ = select.select(self._watched, [], [], max(0, until - time.monotonic()))
        if not ready:
            raise ChildError("took too long")
        if self._pipe not in ready:
            raise Gone
        try:
            data = os.read(self._pipe, _PIECE)
        except ConnectionError:
            return False
        self._rest += data
        return bool(data)
