"""ALAC packets (Apple Lossless, *ALACDecoder*), walked to their END element.

    elements  id 3: SCE 0, CPE 1, LFE 3, DSE 4, FIL 6, END 7
    channel   tag 4, 0 12, partial 1, shift bytes 2, raw 1, [samples u32],
              raw samples | mix 8 8, by channel: mode 4 scale 4, factor 3 order 5, coefficients 16 each,
              [shifted-off bits], by channel: adaptive Golomb codes

What crosses is channel elements, END and zero bits.  The parameter of each code
follows from the values before it, so all of them have to be decoded.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import LimitExceeded, Malformed, Unsupported

_WHERE = "alac-packet"
_PAD = 64
_MOST_ELEMENTS = 64
_LARGEST = 4 << 20
"""Bytes of a packet."""
_SCE, _CPE, _LFE, _DSE, _FIL, _END = 0, 1, 3, 4, 6, 7
_WINDOW = 1024
_WINDOW_MASK = (1 << _WINDOW) - 1
_LONGEST = 96
"""Bits that two codes take at most."""
_ONES = bytes(9 - (~window & 0x1FF).bit_length() for window in range(512))
"""Leading ones of nine bits."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What of the magic cookie rules the syntax."""

    frame_length: int
    bits: int
    history: int
    initial: int
    limit: int
    channels: int


@dataclass(frozen=True, slots=True)
class Block:
    """What of a packet crosses: its first `size` bytes, or `data`; `dropped` are names and bits."""

    size: int
    data: bytes | None
    dropped: tuple[tuple[str, int], ...]


class _Walk:
    """Owns the position in one packet; `left` is bits, `_PAD` zeros included."""

    __slots__ = ("left", "rules", "value")

    def __init__(self, data: bytes | memoryview, rules: Rules) -> None:
        self.value = int.from_bytes(data, "big") << _PAD
        self.left = 8 * len(data) + _PAD
        self.rules = rules

    def read(self, count: int) -> int:
        self.left -= count
        return (self.value >> self.left) & ((1 << count) - 1)

    def channel(self, channels: int) -> None:
        """An SCE or LFE (one channel) or a CPE (two), after its id."""
        rules = self.rules
        self.left -= 4
        if self.read(12):
            raise Malformed(_WHERE, "reserved")
        partial, shift, raw = self.read(1), 8 * self.read(2), self.read(1)
        if shift >= rules.bits:
            raise Malformed(_WHERE, "shift")
        count = self.read(32) if partial else rules.frame_length
        if count > rules.frame_length:
            raise Malformed(_WHERE, "sample-count")
        if raw:
            self.left -= rules.bits * count * channels
            return
        self.left -= 16
        factors = []
        for _ in range(channels):
            self.left -= 8
            factors.append(self.read(3))
            order = self.read(5)
            self.left -= 16 * order
        self.left -= shift * count * channels
        width = rules.bits - shift + channels - 1
        for factor in factors:
            self.residual(count, factor, width)

    def residual(self, count: int, factor: int, width: int) -> None:
        """The codes of `count` samples; an escaped one takes `width` bits."""
        # A shift of the whole packet for each code would be quadratic: a window of it moves along.
        low = max(self.left - _WINDOW, 0)
        value = (self.value >> low) & _WINDOW_MASK
        left = self.left - low
        history, limit = self.rules.initial, self.rules.limit
        multiplier = self.rules.history * factor >> 2
        ones = _ONES
        sign = 0
        while count > 0:
            if left < _LONGEST and low:
                left += low
                low = max(left - _WINDOW, 0)
                value = (self.value >> low) & _WINDOW_MASK
                left -= low
            k = ((history >> 9) + 3).bit_length() - 1
            k = min(k, limit)
            prefix = ones[(value >> left - 9) & 0x1FF]
            if prefix == 9:
                left -= 9 + width
                x = (value >> left) & ((1 << width) - 1)
            else:
                left -= prefix + 1
                if k == 1:
                    x = prefix
                else:
                    left -= k
                    x = (prefix << k) - prefix
                    extra = (value >> left) & ((1 << k) - 1)
                    if extra > 1:
                        x += extra - 1
                    else:
                        left += 1
            count -= 1
            x += sign
            sign = 0
            if x > 0xFFFF:
                history = 0xFFFF
                continue
            history += x * multiplier - (history * multiplier >> 9)
            if history < 128 and count > 0:
                k = min(8 - history.bit_length() + (history + 16 >> 6), limit)
                prefix = ones[(value >> left - 9) & 0x1FF]
                if prefix == 9:
                    left -= 25
                    run = (value >> left) & 0xFFFF
                else:
                    left -= prefix + 1
                    run = prefix
                    if k != 1:
                        left -= k
                        run = (prefix << k) - prefix
                        extra = (value >> left) & ((1 << k) - 1)
                        if extra > 1:
                            run += extra - 1
                        else:
                            left += 1
                if run > count:
                    raise Malformed(_WHERE, "zero-run")
                count -= run
                sign = int(run <= 0xFFFF)
                history = 0
        self.left = low + left

    def data_stream(self, size: int) -> None:
        """A DSE after its id, in a packet of `size` bits."""
        self.left -= 4
        aligned, count = self.read(1), self.read(8)
        if count == 255:
            count += self.read(8)
        if aligned:
            self.left -= -(size + _PAD - self.left) % 8
        self.left -= 8 * count

    def fill(self) -> None:
        """A FIL after its id."""
        count = self.read(4)
        if count == 15:
            count += self.read(8) - 1
        self.left -= 8 * count


def walk_block(data: bytes | memoryview, rules: Rules) -> Block:
    """Walk one packet and say what of it crosses; raises `Malformed` or `Unsupported`."""
    if len(data) > _LARGEST:
        raise Malformed(_WHERE, "size")
    try:
        return _walk(_Walk(data, rules), 8 * len(data))
    except ValueError:
        raise Malformed(_WHERE, "ends-early") from None


def _walk(walk: _Walk, size: int) -> Block:
    parts: list[tuple[int, int]] = []
    dropped: list[tuple[str, int]] = []
    channels = 0
    top = start = walk.left
    for _ in range(_MOST_ELEMENTS):
        first = walk.left
        name = ""
        match walk.read(3):
            case 0 | 3:
                walk.channel(1)
                channels += 1
            case 1:
                walk.channel(2)
                channels += 2
            case 4:
                walk.data_stream(size)
                name = "alac/dse"
            case 6:
                walk.fill()
                name = "alac/fil"
            case 7:
                break
            case _:
                raise Unsupported(_WHERE, "element")
        if walk.left < _PAD:
            raise Malformed(_WHERE, "ends-early")
        if channels > walk.rules.channels:
            raise Unsupported(_WHERE, "channel-elements")
        if name:
            dropped.append((name, first - walk.left))
            parts.append((start, first))
            start = walk.left
    else:
        raise LimitExceeded(_WHERE, "elements")
    parts.append((start, walk.left))
    after = walk.left - _PAD
    if after < 0:
        raise Malformed(_WHERE, "ends-early")
    if walk.value >> _PAD & ((1 << after) - 1) or after >= 8:
        dropped.append(("alac/after-end", after))
    padding = after % 8
    if parts == [(top, walk.left)] and not walk.value >> walk.left - padding & ((1 << padding) - 1):
        return Block((size - after + 7) // 8, None, tuple(dropped))
    value = width = 0
    for first, last in parts:
        value = value << first - last | (walk.value >> last) & ((1 << first - last) - 1)
        width += first - last
    made = (value << -width % 8).to_bytes((width + 7) // 8, "big")
    return Block(len(made), made, tuple(dropped))
