"""raw_data_block of AAC (ISO/IEC 14496-3 §4.4.2.1), walked to its end.

    elements: id 3 (SCE 0, CPE 1, CCE 2, LFE 3, DSE 4, PCE 5, FIL 6, END 7), then their syntax

Only the entropy code says where a channel element ends, so every codeword is
measured; none is decoded: a frame costs a table look-up per codeword.  What crosses is
channel elements, SBR and dynamic range data, END and zero bits.  Data stream
elements, fill, comments and whatever follows END stay behind.

A position is a count of bits *left*, in the block and in `_PAD` zero bits after it, so
that a window may reach past the end.  Whoever runs out of those shifts by a negative
count, and that ValueError means that the block ends early.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import LimitExceeded, Malformed, Unsupported
from . import aac_huffman
from .aac_program import Program, read_program, write_program
from .bits import BitReader, BitWriter

_WHERE = "raw_data_block"
_PAD = 64
_MOST_ELEMENTS = 256
_LARGEST = 64 << 10
"""Bytes of a block; 6144 bits a channel are allowed, for at most 48 channels."""

_SCE, _CPE, _CCE, _LFE, _DSE, _PCE, _FIL, _END = range(8)
_NOISE = 13
_FIRST_UNCODED = 12
"""Codebooks from here on have no spectral codewords: 12 is reserved, 13 noise, 14 and 15 intensity."""
_EIGHT_SHORT = 2
_DYNAMIC_RANGE, _SBR, _SBR_CRC = 11, 13, 14
_PREDICTED_BANDS = (33, 33, 38, 40, 40, 40, 41, 41, 37, 37, 37, 34, 34)
"""PRED_SFB_MAX by samplingFrequencyIndex (§4.6.7)."""
_LTP_BANDS = 40
_MAIN, _LTP = 1, 4


@dataclass(frozen=True, slots=True)
class Rules:
    """What of the configuration rules the syntax of a block; band edges are in lines."""

    object_type: int
    rate_index: int
    frame_length: int
    channels: int
    """Of the core coder; where there is one, a block may hold a pair instead, for muxers mistake them."""
    couplings: int = 0
    replication: bool = True
    """Whether SBR data may cross."""

    @property
    def long(self) -> tuple[int, ...]:
        """Band edges of a long window."""
        return aac_huffman.bands(self.rate_index, short=False, length=self.frame_length)

    @property
    def short(self) -> tuple[int, ...]:
        """Band edges of one of eight short windows."""
        return aac_huffman.bands(self.rate_index, short=True, length=self.frame_length // 8)


@dataclass(frozen=True, slots=True)
class Block:
    """What of a block crosses: its first `size` bytes as they are, or `data` in their place.

    `dropped` are names and bits of what does not; `sbr` whether SBR data crosses,
    which is not walked.
    """

    size: int
    data: bytes | None
    dropped: tuple[tuple[str, int], ...]
    sbr: bool


@dataclass(frozen=True, slots=True)
class _Window:
    """ics_info: window sequence, bands in use, their edges, and windows by group."""

    short: bool
    bands: int
    edges: tuple[int, ...]
    groups: tuple[int, ...]


_Sections = list[tuple[int, int, int]]
"""Of one group of windows: codebook, first band, band after the last."""


class _Walk:
    """Owns the position in one block; `left` is bits, `_PAD` included."""

    __slots__ = ("cleared", "left", "rules", "value")

    def __init__(self, data: bytes | memoryview, rules: Rules) -> None:
        self.value = int.from_bytes(data, "big") << _PAD
        self.left = 8 * len(data) + _PAD
        self.rules = rules
        self.cleared: list[int] = []
        """Positions of reserved bits that must become zero."""

    def read(self, count: int) -> int:
        self.left -= count
        return (self.value >> self.left) & ((1 << count) - 1)

    def skip(self, count: int) -> None:
        self.left -= count

    def window(self, *, common: bool) -> _Window:
        """ics_info."""
        if self.read(1):
            self.cleared.append(self.left)
        sequence = self.read(2)
        self.skip(1)
        if sequence == _EIGHT_SHORT:
            bands = self.read(4)
            grouping = self.read(7)
            groups = [1]
            for i in range(6, -1, -1):
                if grouping >> i & 1:
                    groups[-1] += 1
                else:
                    groups.append(1)
            window = _Window(short=True, bands=bands, edges=self.rules.short, groups=tuple(groups))
        else:
            bands = self.read(6)
            window = _Window(short=False, bands=bands, edges=self.rules.long, groups=(1,))
        if bands >= len(window.edges):
            raise Malformed(_WHERE, "max-sfb")
        if not window.short and self.read(1):
            self._prediction(bands, common=common)
        return window

    def _prediction(self, bands: int, *, common: bool) -> None:
        if self.rules.object_type == _MAIN:
            if self.read(1):
                self.skip(5)
            self.skip(min(bands, _PREDICTED_BANDS[self.rules.rate_index]))
        elif self.rules.object_type == _LTP:
            for _ in range(2 if common else 1):
                if self.read(1):
                    self.skip(14 + min(bands, _LTP_BANDS))
        else:
            raise Malformed(_WHERE, "prediction")

    def channel(self, window: _Window | None) -> list[_Sections]:
        """individual_channel_stream; `window` is that of the pair, if common."""
        self.skip(8)
        if window is None:
            window = self.window(common=False)
        sections = self._sections(window)
        self._scale_factors(sections)
        if self.read(1):
            if window.short:
                raise Malformed(_WHERE, "pulses-in-short-windows")
            self.skip(6 + 9 * (self.read(2) + 1))
        if self.read(1):
            self._noise_shaping(short=window.short)
        if self.read(1):
            raise Unsupported(_WHERE, "gain-control")
        self._spectrum(window, sections)
        return sections

    def _sections(self, window: _Window) -> list[_Sections]:
        """section_data, by group."""
        width = 3 if window.short else 5
        escape = (1 << width) - 1
        groups: list[_Sections] = []
        for _ in window.groups:
            sections: _Sections = []
            band = 0
            while band < window.bands:
                codebook = self.read(4)
                start = band
                while (step := self.read(width)) == escape:
                    band += step
                band += step
                if band > window.bands:
                    raise Malformed(_WHERE, "section-too-long")
                if codebook == _FIRST_UNCODED:
                    raise Malformed(_WHERE, "codebook")
                sections.append((codebook, start, band))
            groups.append(sections)
        return groups

    def _scale_factors(self, groups: list[_Sections]) -> None:
        """scale_factor_data: nothing for codebook 0; the first noise energy is 9 plain bits."""
        value = self.value & ((1 << self.left) - 1)
        left = self.left
        lengths = aac_huffman.scale_factor_lengths()
        first_noise = True
        for sections in groups:
            for codebook, start, stop in sections:
                if not codebook:
                    continue
                count = stop - start
                if codebook == _NOISE and first_noise:
                    first_noise = False
                    left -= 9
                    count -= 1
                for _ in range(count):
                    left -= lengths[(value >> left - 19) & 0x7FFFF]
        self.left = left

    def scale_factor(self) -> None:
        """One codeword of the scale factor codebook."""
        self.left -= aac_huffman.scale_factor_lengths()[(self.value >> self.left - 19) & 0x7FFFF]

    def _noise_shaping(self, *, short: bool) -> None:
        """tns_data."""
        for _ in range(8 if short else 1):
            filters = self.read(1 if short else 2)
            if not filters:
                continue
            resolution = self.read(1) + 3
            for _ in range(filters):
                self.skip(4 if short else 6)
                order = self.read(3 if short else 5)
                if order:
                    self.skip(1)
                    self.skip(order * (resolution - self.read(1)))

    def _spectrum(self, window: _Window, groups: list[_Sections]) -> None:
        """spectral_data: codewords of every section that has any."""
        left = self.left
        edges = window.edges
        for windows, sections in zip(window.groups, groups, strict=True):
            for codebook, start, stop in sections:
                if not codebook or codebook > _FIRST_UNCODED:
                    continue
                count = (edges[stop] - edges[start]) * windows // aac_huffman.DIMENSIONS[codebook]
                lengths = aac_huffman.spectral_lengths(codebook)
                # What lies ahead only: a shift costs time by the bits that it leaves.
                value = self.value & ((1 << left) - 1)
                if codebook != aac_huffman.ESCAPE:
                    for _ in range(count):
                        left -= lengths[(value >> left - 16) & 0xFFFF]
                    continue
                for _ in range(count):
                    length = lengths[(value >> left - 16) & 0xFFFF]
                    left -= length & 63
                    for _ in range(length >> 6):
                        ones = 9 - (~(value >> left - 9) & 0x1FF).bit_length()
                        if ones > 8:
                            raise Malformed(_WHERE, "escape")
                        left -= 2 * ones + 5
        self.left = left

    def pair(self) -> None:
        """channel_pair_element after its tag."""
        if not self.read(1):
            self.channel(None)
            self.channel(None)
            return
        window = self.window(common=True)
        mask = self.read(2)
        if mask == 3:
            raise Malformed(_WHERE, "ms-mask")
        if mask == 1:
            self.skip(len(window.groups) * window.bands)
        self.channel(window)
        self.channel(window)

    def coupling(self) -> None:
        """coupling_channel_element after its tag."""
        switched = self.read(1)
        targets = self.read(3) + 1
        lists = targets
        for _ in range(targets):
            pair = self.read(1)
            self.skip(4)
            if pair and self.read(2) == 3:
                lists += 1
        self.skip(4)
        sections = self.channel(None)
        gains = sum(stop - start for group in sections for codebook, start, stop in group if codebook)
        for _ in range(lists - 1):
            common = switched or self.read(1)
            for _ in range(1 if common else gains):
                self.left -= aac_huffman.scale_factor_lengths()[(self.value >> self.left - 19) & 0x7FFFF]

    def data_stream(self, size: int) -> None:
        """data_stream_element after its tag, in a block of `size` bits."""
        aligned = self.read(1)
        count = self.read(8)
        if count == 255:
            count += self.read(8)
        if aligned:
            self.skip(-(size + _PAD - self.left) % 8)
        self.skip(8 * count)

    def fill(self) -> str:
        """fill_element; return what it is called if it stays behind, nothing if it is SBR."""
        count = self.read(4)
        if count == 15:
            count += self.read(8) - 1
        stop = self.left - 8 * count
        kind = self.read(4) if count else 0
        self.left = stop
        return "" if kind in (_SBR, _SBR_CRC) else f"aac/fil/{kind}"


def _compose(walk: _Walk, parts: list[tuple[int, int] | Program]) -> bytes:
    value = walk.value
    for place in walk.cleared:
        value &= ~(1 << place)
    out = BitWriter()
    for part in parts:
        if isinstance(part, Program):
            out.u(3, _PCE)
            write_program(out, part)
        else:
            first, last = part
            out.u(first - last, (value >> last) & ((1 << first - last) - 1))
    return out.bytes()


def walk_block(data: bytes | memoryview, rules: Rules) -> Block:
    """Walk one raw_data_block and say what of it crosses.

    Raises `Malformed` where a decoder would give up, and `Unsupported` for gain
    control and for channel elements beyond those of the configuration.
    """
    if len(data) > _LARGEST:
        raise Malformed(_WHERE, "size")
    walk = _Walk(data, rules)
    try:
        return _walk(walk, data)
    except ValueError:
        raise Malformed(_WHERE, "ends-early") from None


def _walk(walk: _Walk, data: bytes | memoryview) -> Block:
    size = 8 * len(data)
    parts: list[tuple[int, int] | Program] = []
    dropped: list[tuple[str, int]] = []
    channels = couplings = elements = 0
    sbr = False
    top = start = walk.left
    for _ in range(_MOST_ELEMENTS):
        first = walk.left
        element = walk.read(3)
        name = ""
        if element == _END:
            break
        if element == _FIL:
            name = walk.fill()
            if not name and not walk.rules.replication:
                name = "aac/fil/sbr"
            sbr = sbr or not name
        elif element == _PCE:
            bits = BitReader(data, _WHERE)
            bits.position = size + _PAD - walk.left
            program = read_program(bits)
            walk.left = size + _PAD - bits.position
            if first != start:
                parts.append((start, first))
            parts.append(program)
            start = walk.left
        else:
            walk.skip(4)
            match element:
                case 1:
                    walk.pair()
                    channels += 2
                case 2:
                    walk.coupling()
                    couplings += 1
                case 4:
                    walk.data_stream(size)
                    name = "aac/dse"
                case _:
                    walk.channel(None)
                    channels += 1
            elements += element in (_SCE, _CPE, _LFE)
            most = walk.rules.channels
            if (elements > 1 if most == 1 else channels > most) or couplings > walk.rules.couplings:
                raise Unsupported(_WHERE, "channel-elements")
        if walk.left < _PAD:
            raise Malformed(_WHERE, "ends-early")
        if name:
            dropped.append((name, first - walk.left))
            if first != start:
                parts.append((start, first))
            start = walk.left
    else:
        raise LimitExceeded(_WHERE, "elements")
    parts.append((start, walk.left))
    after = walk.left - _PAD
    if after < 0:
        raise Malformed(_WHERE, "ends-early")
    if walk.value >> _PAD & ((1 << after) - 1) or after >= 8:
        dropped.append(("aac/after-end", after))
    whole = parts == [(top, walk.left)] and not walk.cleared
    padding = after % 8
    if whole and not walk.value >> walk.left - padding & ((1 << padding) - 1):
        return Block((size - after + 7) // 8, None, tuple(dropped), sbr)
    made = _compose(walk, parts)
    return Block(len(made), made, tuple(dropped), sbr)
