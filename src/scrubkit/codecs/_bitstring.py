"""Bits of a short, untrusted byte string, most significant first.

Made for configuration records and headers: the whole string is one integer, so
a read costs time in proportion to its length.  Coded payload is walked by its own
means.
"""

from __future__ import annotations

from ..errors import Malformed


class Bits:
    """Owns a read position; `position` and `size` are bits from the start."""

    __slots__ = ("_value", "_where", "position", "size")

    def __init__(self, data: bytes | memoryview, where: str) -> None:
        """`where` is the standard's name of the record, for errors."""
        self._value = int.from_bytes(data, "big")
        self._where = where
        self.position = 0
        self.size = 8 * len(data)

    @property
    def left(self) -> int:
        """Bits that have not been read."""
        return self.size - self.position

    def read(self, count: int) -> int:
        """Return the next `count` bits as an unsigned integer; `Malformed` if there are fewer."""
        stop = self.position + count
        if stop > self.size:
            raise Malformed(self._where, "ends-early")
        self.position = stop
        return (self._value >> (self.size - stop)) & ((1 << count) - 1)

    def flag(self) -> bool:
        """Return the next bit."""
        return self.read(1) == 1

    def expect(self, count: int, value: int, rule: str) -> None:
        """Read `count` bits; `Malformed` with that rule if they are not `value`."""
        if self.read(count) != value:
            raise Malformed(self._where, rule)

    def align(self) -> None:
        """Skip to the next byte boundary."""
        self.position += -self.position % 8


class BitWriter:
    """Owns the bits written so far."""

    __slots__ = ("_size", "_value")

    def __init__(self) -> None:
        self._value = 0
        self._size = 0

    @property
    def size(self) -> int:
        """Bits written."""
        return self._size

    def write(self, count: int, value: int) -> None:
        """Append the low `count` bits of a value that fits in them."""
        if value < 0 or value >> count:
            raise Malformed("bits", "value-too-large")
        self._value = (self._value << count) | value
        self._size += count

    def align(self, bit: int = 0) -> None:
        """Append copies of `bit` up to the next byte boundary."""
        count = -self._size % 8
        self.write(count, ((1 << count) - 1) * bit)

    def data(self) -> bytes:
        """Return the bytes; the last one is filled with zero bits."""
        self.align()
        return self._value.to_bytes(self._size // 8, "big")
