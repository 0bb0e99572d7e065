"""The parent's side of the readers' server: started when first needed, one for each process, gone with it."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from . import confined
from .confined import ANSWER, ChildError

GRACE = 5
"""Seconds that the server has to say that a child took too long, before it is killed itself."""

START = 30
"""Seconds until a server must have its libraries loaded, beyond those of the first request."""

WORDS = frozenset({"landlock", "seccomp", "limits"})
"""What confinement a child may say that it has; it says so before it looks into the file."""

_HEADER = 4096


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader said, and what confinement was in force while it read."""

    said: bytes
    confinement: str


def ask(reader: str, fd: int, path: bytes, format_name: str, seconds: int) -> Answer:
    """Have a reader read an open file, in a confined child; `path` is for systems that can't reopen one.

    Raises `ChildError` with static words.
    """
    request = {"reader": reader, "format": format_name, "path": path.hex(), "seconds": seconds}
    words, _, said = _server(os.getpid()).ask(request, [fd], seconds).partition(b"\n")
    confinement = words.decode("ascii", "replace")
    if not said or not set(confinement.split(", ")) <= WORDS:
        raise ChildError("ended abnormally")
    return Answer(said, confinement)


def versions() -> dict[str, str | None]:
    """Return the version of each reader as the server finds it; None for one that is missing."""
    found = json.loads(_server(os.getpid()).ask({"reader": "versions", "seconds": START}, [], START))
    return {str(name): version for name, version in found.items()}


def close() -> None:
    """End this process's server, if there is one; the next question starts another."""
    _server(os.getpid()).end()


@cache
def _server(process: int) -> _Server:
    """One for each process: a fork has a number of its own, and so a server of its own."""
    return _Server(process)


class _Server:
    """Owns a server process and the link to it."""

    def __init__(self, owner: int) -> None:
        self._owner = owner
        self._pid = 0
        self._link: socket.socket | None = None

    def ask(self, request: dict[str, Any], fds: list[int], seconds: int) -> bytes:
        """Return the answer to a request; raises `ChildError`."""
        line = json.dumps(request).encode("ascii") + b"\n"
        until = time.monotonic() + seconds + GRACE
        for again in (True, False):
            try:
                if self._link is None:
                    self._start()
                    until += START
                assert self._link is not None
                socket.send_fds(self._link, [line], fds)
                return self._receive(self._link, until)
            except ChildError:
                self.end()
                raise
            except OSError:
                # It may have died of something between two questions.
                self.end()
                if not again:
                    raise ChildError("ended abnormally") from None
        raise AssertionError

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            actions = [
                (os.POSIX_SPAWN_DUP2, theirs.fileno(), 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ]
            module = f"{__package__}.server"
            command = [sys.executable, "-P", "-s", "-m", module, str(os.getpid())]
            try:
                # Not a fork: the caller may have threads.
                self._pid = os.posix_spawn(
                    sys.executable, command, {"PYTHONPATH": confined.ROOT}, file_actions=actions
                )
            except OSError:
                ours.close()
                raise ChildError("could not be started") from None
        self._link = ours

    def _receive(self, link: socket.socket, until: float) -> bytes:
        header = bytearray()
        while b"\n" not in header:
            header += self._some(link, _HEADER, until)
            if len(header) > _HEADER:
                break
        first, _, rest = bytes(header).partition(b"\n")
        try:
            answer = json.loads(first)
            why, size = str(answer["why"]), int(answer["size"])
        except (ValueError, KeyError, TypeError):
            raise ChildError("gave no answer") from None
        if why:
            raise ChildError(why)
        said = bytearray(rest)
        while len(said) < min(size, ANSWER + 1):
            said += self._some(link, 1 << 20, until)
        return bytes(said)

    def _some(self, link: socket.socket, size: int, until: float) -> bytes:
        ready, _, _ = select.select([link], [], [], max(0, until - time.monotonic()))
        if not ready:
            raise ChildError("took too long")
        data = link.recv(size)
        if not data:
            raise ConnectionResetError
        return data

    def end(self) -> None:
        """Kill the server; what it has forked dies with it."""
        if self._link is not None:
            self._link.close()
            self._link = None
        if self._pid and self._owner == os.getpid():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(self._pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
            self._pid = 0
