"""What a process gives up before it touches a file that somebody else wrote."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from . import landlock, seccomp

if TYPE_CHECKING:
    from collections.abc import Iterable

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38

FILES = 256
"""Descriptors that a confined process may hold."""

SYSTEM = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives")
"""Where shared libraries lie; nothing in there tells of a person."""

LIMITS = "limits"


def follow(parent: int) -> None:
    """Die with `parent`, whatever kills it; end at once if it has died already.  Linux only."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def give_up_privileges() -> None:
    """No program that this process starts gains rights by being set-user-ID."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def limit(seconds: int, memory: int) -> None:
    """Limit processor seconds and bytes of address space; no output, no core, few descriptors."""
    limits = [
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, FILES),
    ]
    if sys.platform != "linux":
        # Linux counts threads, and those of the whole user; there the filter denies a fork.
        limits.append((resource.RLIMIT_NPROC, 0))
    _set(limits)


def limit_output() -> None:
    """Write no byte to any file and leave no core: for this process and all that it starts."""
    _set([(resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)])


def _set(limits: list[tuple[int, int]]) -> None:
    for which, value in limits:
        # macOS refuses some of them; the parent watches the time too.
        with suppress(OSError, ValueError):
            resource.setrlimit(which, (value, value))


def confine(
    seconds: int,
    memory: int,
    *,
    readable: Iterable[int | str] = (),
    executable: Iterable[str] = (),
) -> tuple[str, ...]:
    """Give up everything but reading what is named; return what is in force, in words for a report.

    A process that may execute must do so next: it can't be told what it executes
    where there is no Landlock.
    """
    executable = tuple(executable)
    give_up_privileges()
    limit(seconds, memory)
    within = landlock.restrict(readable, executable)
    filtered = seccomp.install(seccomp.program(alone=True, executes=bool(executable)))
    words = (("landlock", within), ("seccomp", filtered), (LIMITS, True))
    return tuple(word for word, holds in words if holds)
