"""A filter on system calls (seccomp-BPF): no network, no other process, nothing written or changed.

A list of what is denied, not of what is allowed: what a native library needs differs by
version, and a reader that dies of a harmless call tells nothing.  Landlock is the wall
around files; this closes what it leaves open, and stands alone where there is no Landlock.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from functools import cache

PR_SET_SECCOMP, FILTER = 22, 2

_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""AUDIT_ARCH of each machine, and its column in the tables below."""

PRCTL = {"x86_64": 157, "aarch64": 167}

_Table = dict[str, tuple[int, int]]

_OFTEN: _Table = {
    "read": (0, 63),
    "pread64": (17, 67),
    "lseek": (8, 62),
    "write": (1, 64),
    "brk": (12, 214),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "futex": (202, 98),
}
"""Allowed without looking further."""

_ALWAYS: _Table = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "setns": (308, 268),
    "unshare": (272, 97),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "personality": (135, 92),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "truncate": (76, 45),
    "ftruncate": (77, 46),
    "fallocate": (285, 47),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "mkdirat": (258, 34),
    "linkat": (265, 37),
    "unlinkat": (263, 35),
    "symlinkat": (266, 36),
    "mknodat": (259, 33),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
}
"""Denied to all, the server included."""

_OLD = (
    *(85, 82, 83, 84, 86, 87, 88, 133),  # creat rename mkdir rmdir link unlink symlink mknod
    *(90, 92, 94, 132, 235, 261),  # chmod chown lchown utime utimes futimesat
    *(172, 173, 154),  # iopl ioperm modify_ldt
)
"""Denied to all; calls that only x86-64 has."""

_ALONE: _Table = {
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "recvfrom": (45, 207),
    "recvmsg": (47, 212),
    "recvmmsg": (299, 243),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "execveat": (322, 281),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "setrlimit": (160, 164),
}
"""Denied to whoever reads a file: it has no link, signals nobody, and stays in its group and its limits."""

_FORK, _VFORK = 57, 58
_CLONE = (56, 220)
_EXECVE = (59, 221)
_OPEN, _OPENAT = 2, (257, 56)
_IOCTL = (16, 29)
_PRLIMIT = (302, 261)

_CLONE_THREAD = 0x10000
_TIOCSTI = 0x5412
_CHANGING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _DENY, _ABSENT, _DIE = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS, 0x80000000


def program(*, alone: bool, executes: bool = False) -> bytes | None:
    """An array of `struct sock_filter`; None for a machine whose numbers we don't have.

    `alone` is for a process that reads files; `executes` lets it start a program first.
    """
    machine = os.uname().machine
    if sys.platform != "linux" or machine not in _ARCHITECTURES:
        return None
    return _program(machine, alone=alone, executes=executes)


@cache
def _program(machine: str, *, alone: bool, executes: bool) -> bytes:
    architecture, column = _ARCHITECTURES[machine]
    code = _step(_LOAD, 4) + _step(_EQUAL, architecture, 1, 0) + _step(_RETURN, _DIE) + _step(_LOAD, 0)
    if column == 0:
        # The x32 numbers would go around the table.
        code += _step(_AT_LEAST, 0x40000000, 0, 1) + _step(_RETURN, _DIE)
    code += b"".join(_answer(row[column], _ALLOW) for row in _OFTEN.values())
    denied = [row[column] for row in _ALWAYS.values()] + (list(_OLD) if column == 0 else [])
    if alone:
        denied += [row[column] for row in _ALONE.values()] + ([_FORK, _VFORK] if column == 0 else [])
        code += _when_bits(_CLONE[column], 0, _CLONE_THREAD, _ALLOW, _DENY)
        # Its flags lie in memory, out of the filter's sight: the C library falls back to clone.
        code += _answer(435, _ABSENT)
        # Whoever has forked it sets its limits; reading them is harmless.
        code += _unless_null(_PRLIMIT[column], 2)
        if not executes:
            denied.append(_EXECVE[column])
    code += b"".join(_answer(number, _DENY) for number in denied)
    code += _when_bits(_OPENAT[column], 2, _CHANGING, _DENY, _ALLOW)
    if column == 0:
        code += _when_bits(_OPEN, 1, _CHANGING, _DENY, _ALLOW)
    code += _answer(437, _ABSENT)
    code += _when_equal(_IOCTL[column], 1, _TIOCSTI, _DENY)
    return code + _step(_RETURN, _ALLOW)


def install(code: bytes | None) -> bool:
    """Put a filter on this process and all that it starts; return whether the kernel does it."""
    if code is None:
        return False
    kept = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(kept))
    done: int = ctypes.CDLL(None, use_errno=True).prctl(PR_SET_SECCOMP, FILTER, header, 0, 0)
    return done == 0


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)


def _answer(number: int, answer: int) -> bytes:
    return _step(_EQUAL, number, 0, 1) + _step(_RETURN, answer)


def _when_bits(number: int, argument: int, bits: int, answer: int, otherwise: int) -> bytes:
    """Answer a call by whether the low half of an argument has any of some bits."""
    return (
        _step(_EQUAL, number, 0, 4)
        + _step(_LOAD, 16 + 8 * argument)
        + _step(_ANY_BIT, bits, 0, 1)
        + _step(_RETURN, answer)
        + _step(_RETURN, otherwise)
    )


def _unless_null(number: int, argument: int) -> bytes:
    """Deny a call whose argument is a pointer to something."""
    return (
        _step(_EQUAL, number, 0, 6)
        + _step(_LOAD, 16 + 8 * argument)
        + _step(_ANY_BIT, 0xFFFFFFFF, 2, 0)
        + _step(_LOAD, 20 + 8 * argument)
        + _step(_ANY_BIT, 0xFFFFFFFF, 0, 1)
        + _step(_RETURN, _DENY)
        + _step(_RETURN, _ALLOW)
    )


def _when_equal(number: int, argument: int, value: int, answer: int) -> bytes:
    return (
        _step(_EQUAL, number, 0, 4)
        + _step(_LOAD, 16 + 8 * argument)
        + _step(_EQUAL, value, 0, 1)
        + _step(_RETURN, answer)
        + _step(_RETURN, _ALLOW)
    )
