"""Bits of an RBSP: reading, writing, and doing both at once; emulation prevention.

The three classes own a position in a bit string.  Syntax tables of H.264 and H.265
are written once, against `Rewriter`: a field that is read is range-checked and
written again, so what no table names has no way across.
"""

from __future__ import annotations

import re

from ..errors import Malformed, Truncated, Unsupported

_NEEDS_PREVENTION = re.compile(rb"\x00\x00(?=[\x00-\x03])")

FORBIDDEN = re.compile(rb"\x00\x00[\x00-\x02]")
"""What no NAL unit may hold (H.264 §7.4.1, H.265 §7.4.2): a start code, or bytes that hide one."""

START_CODE = re.compile(rb"\x00\x00\x01")
START_CODES = (b"\x00\x00\x01", b"\x00\x00\x00\x01")
"""How a byte stream begins (H.264 §B.1)."""


def byte_stream(data: bytes) -> list[bytes]:
    """Return the NAL units of a byte stream, without trailing zeros."""
    return [nal for part in START_CODE.split(data) if (nal := part.rstrip(b"\x00"))]


def unescape(data: bytes) -> bytes:
    """Return the RBSP of NAL unit bytes, without emulation prevention (H.264 §7.3.1)."""
    return data.replace(b"\x00\x00\x03", b"\x00\x00")


def escape(rbsp: bytes) -> bytes:
    """Return an RBSP with emulation prevention; it must not end in a zero byte (H.264 §7.4.1)."""
    return _NEEDS_PREVENTION.sub(b"\x00\x00\x03", rbsp)


PEEK = 24
"""Bytes of a slice header that are looked at: enough to tell which picture it belongs to."""

PEEK_BITS = PEEK * 8
_PEEK_MASK = (1 << PEEK_BITS) - 1
_LONGEST_PEEK = 24


def peek(head: bytes) -> int:
    """Return the first bytes of an escaped bit string as one integer of `PEEK_BITS` bits."""
    if b"\x00\x00\x03" in head:
        head = unescape(head)
    if len(head) < PEEK:
        head = head.ljust(PEEK, b"\x00")
    return int.from_bytes(head)


def peek_ue(bits: int) -> tuple[int, int]:
    """Return the exp-Golomb code at the head of `PEEK_BITS` bits, and the bits shifted past it.

    A per-slice path: integer arithmetic costs a tenth of what a `BitReader` does.
    """
    zeros = PEEK_BITS - bits.bit_length()
    if zeros > _LONGEST_PEEK:
        raise Malformed("slice", "exp-Golomb code too long")
    length = 2 * zeros + 1
    return (bits >> (PEEK_BITS - length)) - 1, bits << length & _PEEK_MASK


class BitReader:
    """Owns a position in a bit string, most significant bit first.

    `place` is the word that errors name; `position` and `size` are bits from the
    start.  Every read raises `Truncated` at the end of the bytes and `Malformed` for
    a value out of its range.
    """

    __slots__ = ("_data", "_place", "position", "size")

    def __init__(self, data: bytes | memoryview, place: str) -> None:
        self._data = bytes(data)
        self._place = place
        self.position = 0
        self.size = len(data) * 8

    @property
    def left(self) -> int:
        """Bits that were not read yet, trailing ones included."""
        return self.size - self.position

    def align(self) -> None:
        """Skip to the next whole byte."""
        self.position += -self.position & 7

    def u(self, count: int, maximum: int | None = None) -> int:
        """Read `count` bits as an unsigned integer, at most `maximum`."""
        at = self.position
        stop = at + count
        if stop > self.size:
            raise Truncated(self._place, "ends inside a field")
        window = int.from_bytes(self._data[at >> 3 : (stop + 7) >> 3])
        value = (window >> (-stop & 7)) & ((1 << count) - 1)
        self.position = stop
        if maximum is not None and value > maximum:
            raise Malformed(self._place, "field out of range")
        return value

    def flag(self) -> bool:
        """Read one bit."""
        return bool(self.u(1))

    def expect(self, count: int, value: int, rule: str) -> None:
        """Read `count` bits; `Malformed` with that rule if they are not `value`."""
        if self.u(count) != value:
            raise Malformed(self._place, rule)

    def ue(self, maximum: int) -> int:
        """Read an unsigned exp-Golomb code of at most `maximum` (H.264 §9.1)."""
        at = self.position
        head = int.from_bytes(self._data[at >> 3 : (at >> 3) + 5].ljust(5, b"\x00"))
        head &= (1 << (40 - (at & 7))) - 1
        zeros = 40 - (at & 7) - head.bit_length()
        if zeros > 32 or not head:
            raise Malformed(self._place, "exp-Golomb code too long")
        self.position = at + zeros
        value = self.u(zeros + 1) - 1
        if value > maximum:
            raise Malformed(self._place, "field out of range")
        return value

    def se(self, low: int, high: int) -> int:
        """Read a signed exp-Golomb code from `low` to `high` (H.264 §9.1.1)."""
        code = self.ue(2 * max(-low, high))
        value = (code + 1) >> 1 if code & 1 else -(code >> 1)
        if not low <= value <= high:
            raise Malformed(self._place, "field out of range")
        return value

    def more_data(self) -> bool:
        """Whether bits stand before the stop bit (`more_rbsp_data`, H.264 §7.2)."""
        body = self._data.rstrip(b"\x00")
        last = body[-1] if body else 0
        return bool(body) and self.position < len(body) * 8 - (last & -last).bit_length()

    def trailing(self) -> None:
        """Check that nothing but `rbsp_trailing_bits` is left; `Unsupported` if there is.

        An encoder that forgot the stop bit is forgiven: nothing can hide in no bits.
        """
        left = self.left
        rest = self.u(left)
        if rest and rest != 1 << (left - 1):
            raise Unsupported(self._place, "unknown data after the last field")


class BitWriter:
    """Owns the bits written so far; `size` counts them."""

    __slots__ = ("_bits", "size")

    def __init__(self) -> None:
        self._bits: list[str] = []
        self.size = 0

    def u(self, count: int, value: int) -> None:
        """Write `count` bits; raises `Malformed` for a value that doesn't fit."""
        if value < 0 or value >> count:
            raise Malformed("bits", "value-too-large")
        if count:
            self._bits.append(f"{value:0{count}b}")
            self.size += count

    def ue(self, value: int) -> None:
        """Write an unsigned exp-Golomb code."""
        self.u(2 * (value + 1).bit_length() - 1, value + 1)

    def se(self, value: int) -> None:
        """Write a signed exp-Golomb code."""
        self.ue(2 * value - 1 if value > 0 else -2 * value)

    def aligned(self) -> bool:
        """Whether a whole number of bytes was written."""
        return self.size % 8 == 0

    def align(self, bit: int = 0) -> None:
        """Write copies of `bit` to the next whole byte."""
        count = -self.size % 8
        self.u(count, ((1 << count) - 1) * bit)

    def stop(self) -> None:
        """Write a stop bit and zeros to the next byte (`rbsp_trailing_bits`)."""
        self.u(1, 1)
        self.align()

    def bytes(self) -> bytes:
        """Return what was written; zeros fill the last byte."""
        count = (self.size + 7) // 8
        return int("".join(self._bits).ljust(count * 8, "0") or "0", 2).to_bytes(count)


def cut(data: bytes, first: int, stop: int) -> bytes:
    """Return data without a run of bits; zeros fill the last byte."""
    size = 8 * len(data)
    value = int.from_bytes(data)
    tail = value & ((1 << size - stop) - 1)
    left = size - (stop - first)
    value = (value >> size - first) << (size - stop) | tail
    return (value << -left % 8).to_bytes((left + 7) // 8)


class Rewriter:
    """Reads fields and writes each one again; `reader` alone skips one, `writer` alone adds one."""

    __slots__ = ("reader", "writer")

    def __init__(self, rbsp: bytes, place: str) -> None:
        self.reader = BitReader(rbsp, place)
        self.writer = BitWriter()

    def u(self, count: int, maximum: int | None = None) -> int:
        """Copy `count` bits, at most `maximum`."""
        value = self.reader.u(count, maximum)
        self.writer.u(count, value)
        return value

    def flag(self) -> bool:
        """Copy one bit."""
        return bool(self.u(1))

    def ue(self, maximum: int) -> int:
        """Copy an unsigned exp-Golomb code of at most `maximum`."""
        value = self.reader.ue(maximum)
        self.writer.ue(value)
        return value

    def se(self, low: int, high: int) -> int:
        """Copy a signed exp-Golomb code from `low` to `high`."""
        value = self.reader.se(low, high)
        self.writer.se(value)
        return value

    def put(self, count: int, value: int) -> None:
        """Read `count` bits and write `value` in their place."""
        self.reader.u(count)
        self.writer.u(count, value)

    def rbsp(self) -> bytes:
        """Check that the source has nothing left and return the RBSP written, stop bit included."""
        self.reader.trailing()
        self.writer.stop()
        return self.writer.bytes()
