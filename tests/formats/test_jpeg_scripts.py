"""Pictures of made-up coefficients, in any order of scans that T.81 allows: walked to the last bit."""

from __future__ import annotations

import io
import random
import warnings
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from scrubkit.model import Residual
from scrubkit.specimens.builders import jpeg
from scrubkit.specimens.builders.jpeg import DHT, DQT, DRI, SOS, Part

from . import jpegs

if TYPE_CHECKING:
    from pathlib import Path

Block = list[int]
Script = tuple[tuple[tuple[int, ...], int, int, int, int], ...]
"""Components, first and last coefficient, high and low bit of each scan (§G.1.1.1)."""

WORDS = b"Q7ZK31-48x!?z behind the last block"


@dataclass
class Coder:
    """Codes of one interval: symbols of DC (0) and AC (1) tables, and plain bits (None)."""

    codes: list[tuple[int | None, int, int, int]] = field(default_factory=list)

    def symbol(self, kind: int, symbol: int, bits: int = 0, size: int = 0) -> None:
        self.codes += [(kind, symbol, 0, 0), (None, 0, bits, size)]

    def number(self, kind: int, run: int, value: int) -> None:
        size = abs(value).bit_length()
        self.symbol(kind, run << 4 | size, value if value > 0 else value + (1 << size) - 1, size)

    def bits(self, *bits: int) -> None:
        self.codes += [(None, 0, bit, 1) for bit in bits]

    def run(self, count: int) -> None:
        """Blocks of a band that end here (EOBn)."""
        if count:
            size = count.bit_length() - 1
            self.symbol(1, size << 4, count - (1 << size), size)


def _sequential(coder: Coder, mcus: list[list[tuple[int, Block]]]) -> None:
    before: dict[int, int] = {}
    for index, block in (each for mcu in mcus for each in mcu):
        coder.number(0, 0, block[0] - before.get(index, 0))
        before[index] = block[0]
        run = 0
        for value in block[1 : max((k for k in range(64) if block[k]), default=0) + 1]:
            if not value:
                run += 1
                continue
            for _ in range(run // 16):
                coder.symbol(1, 0xF0)
            coder.number(1, run % 16, value)
            run = 0
        if not block[63]:
            coder.symbol(1, 0)


def _dc(coder: Coder, mcus: list[list[tuple[int, Block]]], high: int, low: int) -> None:
    before: dict[int, int] = {}
    for index, block in (each for mcu in mcus for each in mcu):
        if high:
            coder.bits(block[0] >> low & 1)
        else:
            coder.number(0, 0, (block[0] >> low) - before.get(index, 0))
            before[index] = block[0] >> low


def _first(coder: Coder, blocks: list[Block], band: range, low: int) -> None:
    ended = 0
    for block in blocks:
        values = [(abs(block[k]) >> low) * (1 if block[k] > 0 else -1) for k in band]
        run = 0
        for value in values:
            if not value:
                run += 1
                continue
            coder.run(ended)
            ended = 0
            for _ in range(run // 16):
                coder.symbol(1, 0xF0)
            coder.number(1, run % 16, value)
            run = 0
        ended += bool(run)
    coder.run(ended)


def _refined(coder: Coder, blocks: list[Block], band: range, low: int) -> None:
    ended, waiting = 0, list[int]()
    for block in blocks:
        values = [abs(block[k]) >> low for k in band]
        last = max((place for place, value in enumerate(values) if value == 1), default=-1)
        run, more = 0, list[int]()
        for place, value in enumerate(values):
            if run > 15 and place <= last and value:
                coder.run(ended)
                coder.bits(*waiting)
                ended, waiting = 0, []
                for _ in range(run // 16):
                    coder.symbol(1, 0xF0)
                    coder.bits(*more)
                    more = []
                run %= 16
            if not value:
                run += 1
            elif value > 1:
                more.append(value & 1)
            else:
                coder.run(ended)
                coder.bits(*waiting)
                ended, waiting = 0, []
                coder.symbol(1, run << 4 | 1, int(block[band[place]] > 0), 1)
                coder.bits(*more)
                run, more = 0, []
        if run or more:
            ended += 1
            waiting += more
    coder.run(ended)
    coder.bits(*waiting)


def _table(symbols: set[int], draw: random.Random) -> tuple[bytes, dict[int, tuple[int, int]]]:
    """A table of a DHT without its class, lengths as they come; code and length of each symbol."""
    lengths = [max(1, len(symbols).bit_length())] * len(symbols)
    for _ in range(9 * len(symbols)):
        place, step = draw.randrange(len(symbols)), draw.choice((-1, 1))
        lengths[place] += step
        if not 1 <= lengths[place] <= 16 or sum(1 << 16 - length for length in lengths) >= 1 << 16:
            lengths[place] -= step
    rows = sorted(zip(lengths, draw.sample(sorted(symbols), len(symbols)), strict=True))
    codes, code, before = {}, 0, 0
    for length, symbol in rows:
        code <<= length - before
        codes[symbol] = code, length
        code, before = code + 1, length
    counts = bytes(sum(row[0] == length for row in rows) for length in range(1, 17))
    return counts + bytes(symbol for _, symbol in rows), codes


def _packed(coder: Coder, tables: list[dict[int, tuple[int, int]]], pad: str) -> bytes:
    bits = ""
    for kind, symbol, value, size in coder.codes:
        code, length = (value, size) if kind is None else tables[kind][symbol]
        bits += f"{code:0{length}b}" if length else ""
    bits += pad * (-len(bits) % 8)
    return int(bits or "0", 2).to_bytes(len(bits) // 8).replace(b"\xff", b"\xff\0")


def _ceil(a: int, b: int) -> int:
    return -(-a // b)


@dataclass(frozen=True)
class Picture:
    """Size, sampling factors, and the blocks of each component by column and row."""

    width: int
    height: int
    sampling: tuple[tuple[int, int], ...]
    blocks: tuple[dict[tuple[int, int], Block], ...]

    def mcus(self, components: tuple[int, ...]) -> list[list[tuple[int, Block]]]:
        """The blocks of a scan (§A.2)."""
        most = [max(factors[axis] for factors in self.sampling) for axis in (0, 1)]
        if len(components) == 1:
            (index,) = components
            across, down = self.sampling[index]
            columns = _ceil(_ceil(self.width * across, most[0]), 8)
            rows = _ceil(_ceil(self.height * down, most[1]), 8)
            return [[(index, self.blocks[index][x, y])] for y in range(rows) for x in range(columns)]
        out = []
        for y in range(-(-self.height // (8 * most[1]))):
            for x in range(-(-self.width // (8 * most[0]))):
                row = [
                    (index, self.blocks[index][x * across + u, y * down + v])
                    for index in components
                    for across, down in [self.sampling[index]]
                    for v in range(down)
                    for u in range(across)
                ]
                out.append(row)
        return out


def made(draw: random.Random, sampling: tuple[tuple[int, int], ...], size: tuple[int, int]) -> Picture:
    """Coefficients of any size, from nearly none to nearly all of a block."""
    most = [max(factors[axis] for factors in sampling) for axis in (0, 1)]
    across, down = (-(-edge // (8 * factor)) for edge, factor in zip(size, most, strict=True))
    share = draw.choice((0.02, 0.2, 0.6))

    def block() -> Block:
        values = [draw.randrange(-60, 60)]
        for _ in range(63):
            large = draw.randrange(1, 1 << draw.randrange(1, 5)) * draw.choice((-1, 1))
            values.append(large if draw.random() < share else 0)
        return values if draw.random() < 0.8 else [values[0], *[0] * 63]

    return Picture(
        *size,
        sampling,
        tuple({(x, y): block() for y in range(down * v) for x in range(across * h)} for h, v in sampling),
    )


def coded(
    draw: random.Random,
    picture: Picture,
    script: Script,
    interval: int,
    *,
    pad: str = "1",
    words: bytes = b"",
) -> bytes:
    """The picture as a file, each scan with tables of its own, `words` behind each interval."""
    progressive = script[0][2] == 0
    frame = bytes([8]) + picture.height.to_bytes(2) + picture.width.to_bytes(2)
    frame += bytes([len(picture.sampling)])
    frame += b"".join(bytes([i + 1, h << 4 | v, 0]) for i, (h, v) in enumerate(picture.sampling))
    parts = [Part(DQT, b"\0" + b"\1" * 64), Part(0xC2 if progressive else 0xC0, frame)]
    parts += [Part(DRI, interval.to_bytes(2))] if interval else []
    for components, start, end, high, low in script:
        mcus = picture.mcus(components)
        step = interval or len(mcus)
        coders = []
        for at in range(0, len(mcus), step):
            part, coder = mcus[at : at + step], Coder()
            blocks = [mcu[0][1] for mcu in part]
            if not progressive:
                _sequential(coder, part)
            elif not start:
                _dc(coder, part, high, low)
            elif high:
                _refined(coder, blocks, range(start, end + 1), low)
            else:
                _first(coder, blocks, range(start, end + 1), low)
            coders.append(coder)
        used: list[set[int]] = [{0}, {0}]
        for kind, symbol, *_ in (code for coder in coders for code in coder.codes):
            if kind is not None:
                used[kind].add(symbol)
        tables = []
        for kind in (0, 1):
            table, codes = _table(used[kind], draw)
            tables.append(codes)
            parts.append(Part(DHT, bytes([kind << 4]) + table))
        data = b""
        for number, coder in enumerate(coders):
            data += _packed(coder, tables, pad) + words
            data += bytes([0xFF, 0xD0 + number % 8]) if number < len(coders) - 1 else b""
        head = bytes([len(components)]) + b"".join(bytes([index + 1, 0]) for index in components)
        parts.append(Part(SOS, head + bytes([start, end, high << 4 | low]), data))
    return jpeg.join(parts)


def progression(draw: random.Random, count: int, *, apart: bool) -> Script:
    """Bands cut anywhere, bits one at a time (§G.1.1.1.1)."""
    every = tuple((index,) for index in range(count)) if apart else (tuple(range(count)),)
    low = draw.randrange(3)
    rows: list[tuple[tuple[int, ...], int, int, int, int]] = [(each, 0, 0, 0, low) for each in every]
    for index in range(count):
        edges = sorted({1, 64, *(draw.randrange(2, 64) for _ in range(draw.randrange(3)))})
        for start, stop in pairwise(edges):
            bits = draw.randrange(4)
            rows.append(((index,), start, stop - 1, 0, bits))
            rows += [((index,), start, stop - 1, bit, bit - 1) for bit in range(bits, 0, -1)]
    rows += [(each, 0, 0, bit, bit - 1) for bit in range(low, 0, -1) for each in every]
    return tuple(rows)


SAMPLING = {
    "grey": ((1, 1),),
    "4:4:4": ((1, 1), (1, 1), (1, 1)),
    "4:2:0": ((2, 2), (1, 1), (1, 1)),
    "4:2:2": ((2, 1), (1, 1), (1, 1)),
    "4:4:0": ((1, 2), (1, 1), (1, 1)),
    "4:1:1": ((4, 1), (1, 1), (1, 1)),
    "chroma finer than luma": ((1, 1), (2, 1), (1, 2)),
    "four components": ((2, 2), (1, 1), (1, 1), (2, 2)),
}

KINDS = ("sequential", "sequential, scans apart", "progressive", "progressive, scans apart")


def pixels(data: bytes) -> bytes:
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return Image.open(io.BytesIO(data)).tobytes()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sampling", SAMPLING)
@pytest.mark.parametrize("interval", [0, 1, 5])
def test_any_script_is_walked_to_its_last_bit(
    kind: str, sampling: str, interval: int, tmp_path: Path
) -> None:
    draw = random.Random(f"{kind} {sampling} {interval}")
    factors = SAMPLING[sampling]
    picture = made(draw, factors, (draw.randrange(1, 50), draw.randrange(1, 50)))
    apart = kind.endswith("apart")
    if kind.startswith("progressive"):
        script = progression(draw, len(factors), apart=apart)
    else:
        groups = [(index,) for index in range(len(factors))] if apart else [tuple(range(len(factors)))]
        script = tuple((group, 0, 63, 0, 0) for group in groups)
    pad, seed = draw.choice("01"), draw.random()
    plain, dirty = (
        coded(random.Random(seed), picture, script, interval, pad=pad, words=words) for words in (b"", WORDS)
    )
    out = jpegs.cleaned(tmp_path, plain)
    reading = jpegs.read(tmp_path, plain)
    assert Residual.BEHIND_PICTURE not in {each.what for each in reading.remaining}
    assert "SOS/tail" not in jpegs.paths(reading)
    assert pixels(out) == pixels(plain) == pixels(dirty)
    assert jpegs.cleaned(tmp_path, dirty) == out
