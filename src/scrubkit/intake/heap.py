"""What the C library does with memory that was freed.

Files are read in windows of a megabyte and more.  Left to itself, the GNU C library gives
each back to the system and asks for a new one, which the system clears page by page:
a third of the processor time of a small file.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

KEPT = 32 << 20
"""Bytes of freed memory that a process keeps; also the largest threshold that the library takes."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""`M_TRIM_THRESHOLD` and `M_MMAP_THRESHOLD` of <malloc.h>."""


def keep_freed() -> None:
    """Have this process keep up to `KEPT` bytes that it freed; other C libraries go on as they do."""
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, KEPT)
        mallopt(_TRIM_THRESHOLD, KEPT)
