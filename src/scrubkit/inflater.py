"""The inflater and the check values: zlib-ng's where it is installed, else those of the standard library.

zlib-ng goes back to the same decoder: it stops at the same bits, leaves the same
input over and refuses the same streams (decision 0024), in two thirds of the time.
Inflaters that read ahead, like ISA-L, can't say what follows the last pixel.
"""

from __future__ import annotations

import zlib
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    Buffer = bytes | memoryview


class Inflater(Protocol):
    """A running decompression, with the attributes of `zlib.decompressobj`."""

    @property
    def eof(self) -> bool:
        """Whether the final block has ended."""

    @property
    def unconsumed_tail(self) -> bytes:
        """Input that was not looked at because the output was full."""

    @property
    def unused_data(self) -> bytes:
        """Input behind the final block."""

    def decompress(self, data: Buffer, max_length: int = 0, /) -> bytes:
        """Return at most `max_length` bytes."""


class Engine(Protocol):
    """What is used of a module with zlib's functions."""

    error: type[Exception]

    def decompressobj(self, wbits: int = 15, /) -> Inflater:
        """Return a new inflater; a window of 32 KiB without a header for -15."""

    def crc32(self, data: Buffer, value: int = 0, /) -> int:
        """Return the CRC-32 of `data` behind data whose CRC is `value`."""

    def adler32(self, data: Buffer, value: int = 1, /) -> int:
        """Return the Adler-32 of `data` behind data whose Adler-32 is `value`."""


STANDARD = cast("Engine", zlib)


def _fastest() -> Engine:
    try:
        return cast("Engine", import_module("zlib_ng.zlib_ng"))
    except ImportError:
        return STANDARD


ENGINE = _fastest()
