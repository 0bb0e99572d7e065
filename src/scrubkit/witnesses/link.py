"""The parent's side of the readers' server: started when first needed, one for each process, gone with it."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from . import confined
from .confined import ChildError
from .stream import EndedError, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GRACE = 5
"""Seconds that the server has to say that a child took too long, before it is killed itself."""

START = 30
"""Seconds until a server must have its libraries loaded, beyond those of the first request."""

WORDS = frozenset({"landlock", "seccomp", "limits"})
"""What confinement a child may say that it has; it says so before it looks into the file."""


@dataclass(frozen=True, slots=True)
class File:
    """An open file to be read; `path` is for systems where a reader can't be led to a descriptor."""

    fd: int
    path: bytes
    seconds: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader said, and what confinement was in force while it read."""

    said: bytes
    confinement: str


def ask(reader: str, files: Sequence[File], format_name: str) -> list[Answer | ChildError]:
    """Have a reader read one or two files, in this order; return its answer on each, or why there is none.

    What it says of the first is taken before it looks into the second.
    """
    request = {
        "reader": reader,
        "format": format_name,
        "paths": [file.path.hex() for file in files],
        "seconds": [file.seconds for file in files],
    }
    said = _server(os.getpid()).ask(request, [file.fd for file in files])
    return [each if isinstance(each, ChildError) else _answer(each) for each in said]


def _answer(answer: bytes) -> Answer | ChildError:
    words, _, said = answer.partition(b"\n")
    confinement = words.decode("ascii", "replace")
    if not said or not set(confinement.split(", ")) <= WORDS:
        return ChildError("ended abnormally")
    return Answer(said, confinement)


def versions() -> dict[str, str | None]:
    """Return the version of each reader as the server finds it; None for one that is missing.

    Raises `ChildError`.
    """
    (said,) = _server(os.getpid()).ask({"reader": "versions", "paths": [""], "seconds": [START]}, [])
    if isinstance(said, ChildError):
        raise said
    return {str(name): version for name, version in json.loads(said).items()}


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
        self._says: Stream | None = None

    def ask(self, request: dict[str, Any], fds: list[int]) -> list[bytes | ChildError]:
        """Return an answer for each of the times in a request, or why there is none.

        A server that fails costs the answer that it was at; another one gives those after it.
        """
        answers: list[bytes | ChildError] = []
        fresh = False
        while len(answers) < len(request["seconds"]):
            done = len(answers)
            left = request | {name: request[name][done:] for name in ("paths", "seconds")}
            try:
                for answer in self._answers(left, fds[done:]):
                    answers.append(answer)  # noqa: PERF402 (those before an error are kept)
            except ChildError as error:
                self.end()
                if fresh or len(answers) > done or not isinstance(error, EndedError):
                    answers.append(error)
                # It may have died of something between two questions.
                fresh = True
        return answers

    def _answers(self, request: dict[str, Any], fds: list[int]) -> Iterator[bytes | ChildError]:
        grace = GRACE
        if self._link is None:
            self._start()
            grace += START
        assert self._link is not None
        assert self._says is not None
        try:
            socket.send_fds(self._link, [json.dumps(request).encode("ascii") + b"\n"], fds)
        except OSError:
            raise EndedError from None
        for seconds in request["seconds"]:
            until = time.monotonic() + seconds + grace
            why, said = self._says.frame(until), self._says.frame(until)
            yield ChildError(why.decode("ascii", "replace")) if why else said
            grace = GRACE

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            actions = [
                (os.POSIX_SPAWN_DUP2, theirs.fileno(), 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ]
            module = f"{__package__}.server"
            environment = {"PYTHONPATH": confined.ROOT, **confined.MALLOC}
            command = [sys.executable, "-P", "-s", "-m", module, str(os.getpid())]
            try:
                # Not a fork: the caller may have threads.
                self._pid = os.posix_spawn(sys.executable, command, environment, file_actions=actions)
            except OSError:
                ours.close()
                raise ChildError("could not be started") from None
        self._link, self._says = ours, Stream(ours.fileno())

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
