"""Landlock: from here on this process, and all that it starts, opens only what is named here.

System calls by number (they are the same on every machine): C libraries have no names for
them.  See landlock(7).
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3

_FILES = (0, 0x1FFF, 0x3FFF, 0x7FFF, 0x7FFF, 0xFFFF)
"""Rights on files that each version of the interface knows; the last holds for all later ones."""

_NETWORK = 0x3
"""TCP bind and connect, from version 4 on."""

_SCOPED = 0x3
"""Abstract UNIX sockets and signals, from version 6 on."""

_PATH_BENEATH = 1


def version() -> int:
    """Version of the kernel's interface, 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, _call(CREATE_RULESET, None, 0, 1))


def attributes() -> bytes:
    """`struct landlock_ruleset_attr`: everything that the kernel can forbid."""
    known = version()
    words = [_FILES[min(known, len(_FILES) - 1)], _NETWORK, _SCOPED]
    return struct.pack("=3Q", *words)[: 8 if known < 4 else 16 if known < 6 else 24]


def restrict(readable: Iterable[int | str] = (), executable: Iterable[str] = ()) -> bool:
    """Allow reading of files and folders (open descriptors or paths) and executing of programs, nothing else.

    Return whether the kernel does it; needs `no_new_privs`.  A path that isn't there is no error.
    """
    if not version():
        return False
    wanted = attributes()
    rules = _call(CREATE_RULESET, wanted, len(wanted), 0)
    if rules < 0:
        return False
    try:
        for path in readable:
            _allow(rules, path, READ_FILE | READ_DIR)
        for path in executable:
            _allow(rules, path, READ_FILE | EXECUTE)
        return _call(RESTRICT_SELF, rules, 0) == 0
    finally:
        os.close(rules)


def _allow(rules: int, path: int | str, rights: int) -> None:
    with suppress(OSError):
        fd = path if isinstance(path, int) else os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(fd).st_mode):
                rights &= ~READ_DIR
            _call(ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, fd), 0)
        finally:
            if fd is not path:
                os.close(fd)


def _call(number: int, *arguments: int | bytes | None) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    words = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return int(libc.syscall(ctypes.c_long(number), *words))
