"""A child process for code that isn't ours: limited in time and memory, no environment, no output files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

MEMORY = 4 << 30
"""Bytes of address space."""

_ROOT = str(Path(__file__).parents[2])


class ChildError(Exception):
    """The child gave no answer; the message is static words."""


def ask(module: str, request: dict[str, Any], seconds: int) -> dict[str, Any]:
    """Run `python -m module`, hand it JSON on stdin and return the JSON of its stdout.

    Raises `ChildError` if it dies, takes too long or doesn't answer in JSON.
    """
    try:
        done = subprocess.run(  # noqa: S603 (our own interpreter, no value from a file)
            [sys.executable, "-m", module],
            input=json.dumps(request | {"seconds": seconds, "memory": MEMORY}).encode("ascii"),
            stdout=subprocess.PIPE,
            # A native library's log may quote the file.
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            env={"PYTHONPATH": _ROOT},
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ChildError("took too long") from None
    except OSError:
        raise ChildError("could not be started") from None
    if done.returncode:
        raise ChildError("ended abnormally")
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise ChildError("gave no answer") from None
    return answer


def accept() -> dict[str, Any]:
    """Return the request, in the child, after giving up what it doesn't need."""
    import resource

    request: dict[str, Any] = json.load(sys.stdin)
    for limit, value in (
        (resource.RLIMIT_CPU, 4 * request["seconds"]),
        (resource.RLIMIT_AS, request["memory"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(limit, (value, value))
        except (OSError, ValueError):
            # macOS refuses some of them; time is limited by the parent too.
            continue
    return request
