"""What a process gives up before it touches a file that somebody else wrote."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
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


def limit(seconds: int, memory: int) -> bool:
    """Limit processor seconds and bytes of address space; no output, no core, few descriptors.

    Return whether the system does it.
    """
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
    refused = _set(limits)
    # macOS has no limit on address space; it takes that on processor time.
    return not refused if sys.platform == "linux" else resource.RLIMIT_CPU not in refused


def limit_output() -> None:
    """Write no byte to any file and leave no core: for this process and all that it starts."""
    _set([(resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)])


def _set(limits: list[tuple[int, int]]) -> set[int]:
    """Set each limit, unless a lower one holds already; return those that the system refuses."""
    refused = set()
    for which, value in limits:
        try:
            hard = resource.getrlimit(which)[1]
            lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(which, (lowest, lowest))
        except (OSError, ValueError):
            refused.add(which)
    return refused


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
    limited = limit(seconds, memory)
    within = landlock.restrict(readable, executable)
    filtered = seccomp.install(seccomp.program(alone=True, executes=bool(executable)))
    words = (("landlock", within), ("seccomp", filtered), (LIMITS, limited))
    return tuple(word for word, holds in words if holds)
