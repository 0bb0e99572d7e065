"""A child process for code that isn't ours: it reads the files that it is given, and nothing else.

In a session of its own, so that it is killed with all it started.  No environment, no
network, nothing written; its stderr goes nowhere, since a native library's log may quote
the file.  What the kernel can't enforce is left out, and the child's answer is judged by
the parent all the same.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import sandbox

MEMORY = 4 << 30
"""Bytes of address space."""

ANSWER = 16 << 20
"""Bytes of an answer; a child that says more is broken."""

ROOT = str(Path(__file__).parents[2])
"""Where the package lies, for a child that has no environment."""


_KEPT = "glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=134217728"
"""Room that one file was held in is kept for the next, not mapped anew page by page."""

_LARGE_PAGES = "glibc.malloc.hugetlb=1"
"""Where the kernel has them: a fork copies one entry for 512."""

MALLOC = {"GLIBC_TUNABLES": f"{_KEPT}:{_LARGE_PAGES}"}
"""All the environment of processes that fork readers; C libraries other than glibc don't look at it."""


class ChildError(Exception):
    """The child gave no answer; the message is static words."""


def ask(module: str, request: dict[str, Any], seconds: int) -> dict[str, Any]:
    """Run `python -m module`, hand it JSON on stdin and return the JSON of its stdout.

    `request["paths"]`, if there, are the files it may read, as hex of absolute paths.
    Raises `ChildError` if it dies, takes too long or doesn't answer in JSON.
    """
    order = request | {"seconds": seconds, "memory": MEMORY, "parent": os.getpid()}
    try:
        child = subprocess.Popen(  # noqa: S603 (our own interpreter, no value from a file)
            [sys.executable, "-P", "-s", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": ROOT},
            cwd="/",
            start_new_session=True,
        )
    except OSError:
        raise ChildError("could not be started") from None
    with child:
        try:
            said = _talk(child, json.dumps(order).encode("ascii"), time.monotonic() + seconds)
        except BaseException:
            kill_group(child.pid)
            raise
    if child.returncode:
        raise ChildError("ended abnormally")
    return as_object(said)


def _talk(child: subprocess.Popen[bytes], order: bytes, until: float) -> bytes:
    """Hand a child its order and read what it says, up to `ANSWER` bytes; then wait for its end."""
    assert child.stdin is not None
    assert child.stdout is not None
    with suppress(BrokenPipeError), child.stdin:
        child.stdin.write(order)
    said = bytearray()
    while True:
        ready, _, _ = select.select([child.stdout.fileno()], [], [], max(0, until - time.monotonic()))
        if not ready:
            raise ChildError("took too long")
        data = os.read(child.stdout.fileno(), 1 << 16)
        if not data:
            break
        said += data
        if len(said) > ANSWER:
            raise ChildError("said too much")
    try:
        child.wait(max(0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise ChildError("took too long") from None
    return bytes(said)


def accept() -> dict[str, Any]:
    """Return the request, in the child, after giving up what it doesn't need."""
    request: dict[str, Any] = json.load(sys.stdin)
    sandbox.follow(request["parent"])
    files = [os.fsdecode(bytes.fromhex(path)) for path in request.get("paths", ())]
    libraries = {*sandbox.SYSTEM, sys.prefix, sys.base_prefix, ROOT, *filter(None, sys.path)}
    sandbox.confine(4 * request["seconds"], request["memory"], readable=[*files, *sorted(libraries)])
    return request


def as_object(said: bytes) -> dict[str, Any]:
    """Return the JSON object that a child said; raises `ChildError` for anything else."""
    try:
        answer = json.loads(said)
    except (ValueError, RecursionError):
        raise ChildError("gave no answer") from None
    if not isinstance(answer, dict):
        raise ChildError("gave no answer")
    return answer


def kill_group(leader: int) -> None:
    """Kill a process that leads its group, and the group."""
    # macOS says EPERM of a group in which only a zombie is left.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
