"""Entropy-coded data walked to the last block (ITU-T T.81 §F.2.2, §G.2), without making pixels.

Behind the last block stand padding bits, and nothing else.  Decoders stop there and
look for a marker, so whatever else stands in between is seen by nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from .progression import PAST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...essence import HuffmanTable

WINDOW = 16
"""Bits that are looked at for codes at once: the longest code has as many."""

_ALL = (1 << WINDOW) - 1
_READ = 6
"""Bytes that are taken at once: few enough to keep the gathered bits a small integer."""

_LEAST = 32
"""Bits that are gathered before a look: a window, and the bits that the last code in it is followed by."""

_LAST = 64

_ZEROS = 0xF0
"""Sixteen coefficients that are zero."""

_AMBIGUOUS = frozenset(range(0x10, _ZEROS, 0x10))
"""Other runs without a size, which mean nothing: some decoders end the block there, others go on."""

Step = tuple[int, int, int, bool]
"""Bits of a window's codes, coefficients before the last of them and behind it, whether a block ends."""

_BROKEN: Step = (0, 0, 0, False)


@dataclass(slots=True)
class Decoder:
    """Owns what windows of one table's codes mean, looked up as they are met.

    `codes` has for each window its first code's length and symbol as one number, 0 for none.
    """

    codes: list[int]
    _steps: list[Step | None] = field(default_factory=lambda: [None] * (1 << WINDOW))
    _known: dict[Step, Step] = field(default_factory=dict)

    @property
    def steps(self) -> list[Step | None]:
        """Steps over AC codes of a sequential scan, by window; None for one that hasn't been met."""
        return self._steps

    def step(self, window: int) -> Step:
        """Work out the step for a window: as many codes as are whole in it, up to the end of a block."""
        used = bits = before = behind = 0
        ended = False
        while not ended:
            code = self.codes[window << used & _ALL]
            length, symbol = code >> 8, code & 0xFF
            if not code or used + length > WINDOW or symbol in _AMBIGUOUS:
                break
            used += length
            before = behind
            size = symbol & 15
            if size or symbol == _ZEROS:
                behind += (symbol >> 4) + 1
            else:
                ended = True
            bits = used = used + size
        found = (bits, before, behind, ended) if bits else _BROKEN
        self._steps[window] = found = self._known.setdefault(found, found)
        return found

    def single(self, window: int) -> Step:
        """Return the step over the first code of a window alone."""
        code = self.codes[window]
        symbol = code & 0xFF
        if not code or symbol in _AMBIGUOUS:
            return _BROKEN
        if symbol:
            return (code >> 8) + (symbol & 15), 0, (symbol >> 4) + 1, False
        return code >> 8, 0, 0, True


@lru_cache(maxsize=16)
def decoder(table: HuffmanTable) -> Decoder:
    """Return the decoder of a table; its steps are kept for the next picture of the same camera."""
    codes: list[int] = []
    symbols = iter(table.symbols)
    for length, count in enumerate(table.counts, 1):
        for symbol in (next(symbols) for _ in range(count)):
            codes += [length << 8 | symbol] * (1 << (WINDOW - length))
    return Decoder(codes + [0] * ((1 << WINDOW) - len(codes)))


def sequential(data: bytes | bytearray, mcus: int, pattern: Sequence[tuple[Decoder, Decoder]]) -> int | None:
    """Walk one interval of a sequential scan; return its bits, None where it breaks a rule.

    `data` are without stuffed zeros, with `PAST` bytes of ones behind them; `pattern` are
    the DC and AC decoder of each block of an MCU.
    """
    rows = [(dc.codes, ac.steps, ac) for dc, ac in pattern]
    size = len(data) - PAST
    gathered = held = at = 0
    for _ in range(mcus):
        for dc, steps, ac in rows:
            if held < _LEAST:
                if at > size + _READ:
                    return None
                gathered = (gathered & (1 << held) - 1) << 48 | int.from_bytes(data[at : at + _READ])
                held += 48
                at += _READ
            code = dc[gathered >> held - WINDOW & _ALL]
            if not code:
                return None
            held -= (code >> 8) + (code & 15)
            place = 1
            while True:
                if held < _LEAST:
                    if at > size + _READ:
                        return None
                    gathered = (gathered & (1 << held) - 1) << 48 | int.from_bytes(data[at : at + _READ])
                    held += 48
                    at += _READ
                window = gathered >> held - WINDOW & _ALL
                bits, before, behind, ended = steps[window] or ac.step(window)
                if place + before >= _LAST:
                    bits, before, behind, ended = ac.single(window)
                if not bits:
                    return None
                held -= bits
                place += behind
                if place >= _LAST or ended:
                    if place > _LAST:
                        return None
                    break
    used = 8 * at - held
    return used if used <= 8 * size else None


def in_step(data: bytes | bytearray, pattern: Sequence[tuple[Decoder, Decoder]]) -> bool:
    """Whether the end of a sequential scan ends with an MCU and its padding.

    `data` are as for `sequential`, and may begin anywhere.  Blocks that are read from a
    wrong place soon break a rule, and then the next place is tried; a place in which none
    did for the second half of the data is taken to be the right one.
    """
    last = 8 * (len(data) - PAST)
    at = phase = 0
    while at < last // 2:
        begun = at
        end, at = _blocks(data, at, last, phase, pattern)
        if begun < last // 2 <= at and end is not None:
            return end == 0 and _is_padding(data, at, last)
        # On to the bit behind the one where the last block that fitted began.
        at = max(at, begun) + 1
        phase = (phase + 1) % len(pattern)
    return False


def _is_padding(data: bytes | bytearray, at: int, last: int) -> bool:
    """Whether less than a byte is left, and all its bits are the same."""
    rest = last - at
    value = int.from_bytes(data[at >> 3 : (at >> 3) + 1]) & (1 << rest) - 1 if 0 <= rest < 8 else -1
    return value in (0, (1 << max(rest, 0)) - 1)


def _blocks(
    data: bytes | bytearray, at: int, last: int, phase: int, pattern: Sequence[tuple[Decoder, Decoder]]
) -> tuple[int | None, int]:
    """Walk blocks from bit `at`, the first one that of `phase`, to the end of the data.

    Returns the phase of the block that would come next, and where that would begin; None
    and where the block began that broke a rule.
    """

    def window(place: int) -> int:
        return int.from_bytes(data[place >> 3 : (place >> 3) + 4]) >> 16 - (place & 7) & _ALL

    while last - at >= 8 or phase:
        dc, ac = pattern[phase]
        code = dc.codes[window(at)]
        if not code or last <= at:
            return None, at
        inside = at + (code >> 8) + (code & 15)
        place, ended = 1, False
        while not ended and place < _LAST:
            look = window(inside)
            bits, before, behind, ended = ac.steps[look] or ac.step(look)
            if place + before >= _LAST:
                bits, before, behind, ended = ac.single(look)
            inside += bits
            place += behind
            if not bits or place > _LAST or inside > last:
                return None, at
        at = inside
        phase = (phase + 1) % len(pattern)
    return phase, at
