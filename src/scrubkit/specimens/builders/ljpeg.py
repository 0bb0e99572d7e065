"""Lossless JPEG (ITU-T T.81 §H) as DNG has it: one scan, predictor 1, one plain Huffman table."""

from __future__ import annotations

from .jpeg import Part, join

TABLE = bytes([0, 0, 0, 0, 0, 17]).ljust(17, b"\0") + bytes(range(17))
"""DHT: every category in 5 bits."""


def _entropy(lines: list[list[int]], count: int, precision: int) -> bytes:
    bits = ""
    for y, line in enumerate(lines):
        for x, value in enumerate(line):
            above = lines[y - 1][x] if y else 1 << (precision - 1)
            guess = line[x - count] if x >= count else above
            apart = (value - guess + 32768) % 65536 - 32768
            size = abs(apart).bit_length()
            bits += f"{size:05b}"
            if size:
                low = apart if apart > 0 else apart + (1 << size) - 1
                bits += f"{low:0{size}b}"
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8)
    return data.replace(b"\xff", b"\xff\0")


def stream(lines: list[list[int]], count: int, precision: int, *before: Part, table: int = 0) -> bytes:
    """The samples of `count` components, interleaved in each line."""
    height, width = len(lines), len(lines[0]) // count
    frame = bytes([precision]) + height.to_bytes(2) + width.to_bytes(2) + bytes([count])
    frame += b"".join(bytes([number, 0x11, 0]) for number in range(count))
    scan = (
        bytes([count]) + b"".join(bytes([number, table << 4]) for number in range(count)) + bytes([1, 0, 0])
    )
    return join(
        (
            *before,
            Part(0xC3, frame),
            Part(0xC4, bytes([table]) + TABLE[1:]),
            Part(0xDA, scan, _entropy(lines, count, precision)),
        )
    )
