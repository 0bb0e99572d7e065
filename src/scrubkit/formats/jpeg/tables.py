"""Table segments: DQT, DHT, DAC and DRI (ITU-T T.81 §B.2.4), read strictly and written one table each."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import Malformed
from ...essence import HuffmanTable

DC, AC = 0, 1
"""Table classes (Tc)."""


@dataclass(frozen=True, slots=True)
class Quantisation:
    """One table of a DQT: destination, 64 values in zigzag order, and its size in the segment."""

    destination: int
    values: tuple[int, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Huffman:
    """One table of a DHT: class, destination, the table, and its size in the segment."""

    kind: int
    destination: int
    table: HuffmanTable
    size: int


def read_quantisation(body: bytes, at: int) -> list[Quantisation]:
    """Read a DQT body (§B.2.4.1), which lies at `at`; raises `Malformed` unless tables fill it exactly."""
    tables = []
    i = 0
    while i < len(body):
        precision, destination = body[i] >> 4, body[i] & 15
        size = 64 << precision
        if precision > 1 or destination > 3 or i + 1 + size > len(body):
            raise Malformed("DQT", "bad-table", at + i)
        part = body[i + 1 : i + 1 + size]
        values = (
            tuple(part)
            if not precision
            else tuple(a << 8 | b for a, b in zip(part[::2], part[1::2], strict=True))
        )
        tables.append(Quantisation(destination, values, 1 + size))
        i += 1 + size
    return tables


def write_quantisation(destination: int, values: tuple[int, ...]) -> bytes:
    """Return a DQT segment of one table, of 8 bits where that is enough."""
    wide = max(values) > 255
    body = b"".join(value.to_bytes(2) for value in values) if wide else bytes(values)
    return b"\xff\xdb" + (3 + len(body)).to_bytes(2) + bytes([wide << 4 | destination]) + body


def read_huffman(body: bytes, at: int) -> list[Huffman]:
    """Read a DHT body (§B.2.4.2), which lies at `at`; raises `Malformed` unless tables fill it exactly."""
    tables = []
    i = 0
    while i < len(body):
        kind, destination = body[i] >> 4, body[i] & 15
        counts = body[i + 1 : i + 17]
        total = sum(counts)
        stop = i + 17 + total
        if kind > 1 or destination > 3 or total > 256 or stop > len(body):
            raise Malformed("DHT", "bad-table", at + i)
        tables.append(Huffman(kind, destination, HuffmanTable(counts, body[i + 17 : stop]), stop - i))
        i = stop
    return tables


def check_huffman(table: HuffmanTable, kind: int, largest: int, at: int) -> None:
    """Check that a table is a prefix code of distinct symbols, at most `largest` in DC (§F.1.2.1)."""
    code = 0
    for length, count in enumerate(table.counts, 1):
        code += count
        if code > 1 << length:
            raise Malformed("DHT", "not-a-prefix-code", at)
        code <<= 1
    distinct = len(set(table.symbols)) == len(table.symbols)
    if not table.symbols or not distinct or (kind == DC and max(table.symbols) > largest):
        raise Malformed("DHT", "bad-symbols", at)


def write_huffman(kind: int, destination: int, table: HuffmanTable) -> bytes:
    """Return a DHT segment of one table."""
    size = 19 + len(table.symbols)
    return b"\xff\xc4" + size.to_bytes(2) + bytes([kind << 4 | destination]) + table.counts + table.symbols


def read_conditioning(body: bytes, at: int) -> list[tuple[int, int, int]]:
    """Read a DAC body (§B.2.4.3) as (class, destination, value) rows; raises `Malformed`."""
    rows = []
    if len(body) % 2:
        raise Malformed("DAC", "bad-length", at)
    for i in range(0, len(body), 2):
        kind, destination, value = body[i] >> 4, body[i] & 15, body[i + 1]
        lower, upper = value & 15, value >> 4
        if kind > 1 or destination > 3 or (lower > upper if kind == DC else not 1 <= value <= 63):
            raise Malformed("DAC", "bad-conditioning", at + i)
        rows.append((kind, destination, value))
    return rows


def write_conditioning(rows: list[tuple[int, int, int]]) -> bytes:
    """Return a DAC segment of (class, destination, value) rows."""
    body = b"".join(bytes([kind << 4 | destination, value]) for kind, destination, value in rows)
    return b"\xff\xcc" + (2 + len(body)).to_bytes(2) + body


DEFAULT_CONDITIONING = (0x10, 5)
"""DC L = 0, U = 1 and AC Kx = 5, in force until a DAC says otherwise (§F.1.4.4.1.4, §F.1.4.4.2.1)."""


_DC_SYMBOLS = bytes(range(12))

STANDARD = {
    (DC, 0): HuffmanTable(bytes.fromhex("00010501010101010100000000000000"), _DC_SYMBOLS),
    (DC, 1): HuffmanTable(bytes.fromhex("00030101010101010101010000000000"), _DC_SYMBOLS),
    (AC, 0): HuffmanTable(
        bytes.fromhex("0002010303020403050504040000017d"),
        bytes.fromhex(
            "01020300041105122131410613516107227114328191a1082342b1c11552d1f0"
            "2433627282090a161718191a25262728292a3435363738393a434445464748494a"
            "535455565758595a636465666768696a737475767778797a838485868788898a"
            "92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6"
            "c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
        ),
    ),
    (AC, 1): HuffmanTable(
        bytes.fromhex("00020102040403040705040400010277"),
        bytes.fromhex(
            "000102031104052131061241510761711322328108144291a1b1c109233352f0"
            "156272d10a162434e125f11718191a262728292a35363738393a434445464748"
            "494a535455565758595a636465666768696a737475767778797a828384858687"
            "88898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3"
            "c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
        ),
    ),
}
"""Tables K.3 to K.6, by class and destination: what decoders take where a frame brings none (Motion JPEG)."""
