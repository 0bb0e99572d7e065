"""Cyclic redundancy checks, most significant bit first, that FLAC and AC-3 frames carry."""

from __future__ import annotations


def _table(polynomial: int, width: int) -> tuple[int, ...]:
    top, mask = 1 << (width - 1), (1 << width) - 1
    table = []
    for byte in range(256):
        value = byte << (width - 8)
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & mask
        table.append(value)
    return tuple(table)


_CRC8 = _table(0x07, 8)
_CRC16 = _table(0x8005, 16)
_ORDER = 32767
"""The least power of x that is 1 modulo x^16 + x^15 + x^2 + 1."""


def crc8(data: bytes) -> int:
    """Return the CRC-8 of bytes: polynomial 0x07, from 0."""
    value = 0
    for byte in data:
        value = _CRC8[value ^ byte]
    return value


def crc16(data: bytes, value: int = 0) -> int:
    """Return the CRC-16 of bytes: polynomial 0x8005, from `value`."""
    for byte in data:
        value = (value << 8 & 0xFF00) ^ _CRC16[value >> 8 ^ byte]
    return value


def _multiplied(first: int, second: int) -> int:
    product = 0
    for _ in range(16):
        product = (product << 1 ^ 0x8005 if product & 0x8000 else product << 1) & 0xFFFF
        if second & 0x8000:
            product ^= first
        second <<= 1
    return product


def leading_crc16(rest: bytes) -> int:
    """Return the two bytes that, before `rest`, make the CRC-16 of all of it 0."""
    exponent = -(16 + 8 * len(rest)) % _ORDER
    power, base = 1, 2
    while exponent:
        if exponent & 1:
            power = _multiplied(power, base)
        base = _multiplied(base, base)
        exponent >>= 1
    return _multiplied(crc16(rest), power)
