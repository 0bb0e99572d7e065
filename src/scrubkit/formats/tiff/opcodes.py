"""DNG structures that aren't plain numbers: opcode lists (DNG 1.6 ch. 7) and the gain table map.

Each is parsed to the end of its last field and written again; opcode lists are
big-endian whatever the file is.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from ...errors import LimitExceeded, Malformed, Unsupported
from . import precision

if TYPE_CHECKING:
    from ...codecs.tiff import ByteOrder

OPCODES = 1024

PLANES, DEGREE = 4, 8
"""Colour planes of a picture, and the degree of a polynomial, at most."""

OPTIONAL, PREVIEW = 1, 2
"""Flags of an opcode."""

_AREA = 32
"""Bytes of top, left, bottom, right, plane, planes, row pitch and column pitch."""


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4])


def _length(number: int, data: bytes) -> int | None:
    """Return how many bytes an opcode's parameters have, None for an opcode that isn't known."""
    match number:
        case 1:
            return 4 + 48 * _u32(data, 0) + 16
        case 2:
            return 4 + 32 * _u32(data, 0) + 16
        case 3:
            return 56
        case 4:
            return 8
        case 5:
            return 12 + 8 * _u32(data, 4) + 16 * _u32(data, 8)
        case 6:
            return 16
        case 7:
            return _AREA + 4 + 2 * _u32(data, _AREA)
        case 8:
            return _AREA + 4 + 8 * (_u32(data, _AREA) + 1)
        case 9:
            return _AREA + 44 + 4 * _u32(data, _AREA) * _u32(data, _AREA + 4) * _u32(data, _AREA + 40)
        case 10 | 11 | 12 | 13:
            return _AREA + 4 + 4 * _u32(data, _AREA)
        case 14:
            return 4 + 152 * _u32(data, 0) + 20
        case _:
            return None


def _doubles(number: int, size: int) -> tuple[int, int] | None:
    """Return the half-open range of an opcode's parameters that are doubles, None if there are none."""
    match number:
        case 1 | 2:
            return 4, size
        case 3:
            return 0, size
        case 8:
            return _AREA + 4, size
        case 9:
            return _AREA + 8, _AREA + 40
        case 14:
            return 4, size - 4
        case _:
            return None


def _rounded(number: int, body: bytes) -> bytes:
    """Return an opcode's parameters with floats and doubles as exact as they need to be."""
    if (found := _doubles(number, len(body))) is not None:
        start, stop = found
        kept = precision.floats(body[start:stop], ">", 8, precision.COORDINATE)
        body = body[:start] + kept + body[stop:]
    first = {9: _AREA + 44, 10: _AREA + 4, 11: _AREA + 4, 12: _AREA + 4, 13: _AREA + 4}.get(number)
    return body if first is None else body[:first] + precision.floats(body[first:], ">", 4, precision.SINGLE)


def opcode_list(data: bytes, width: int, length: int) -> bytes:
    """Return an opcode list of known opcodes alone, for a raw picture of that size.

    An unknown one is left out if readers may skip it, else raises `Unsupported`;
    `Malformed` if a length isn't what the parameters ask for, or a parameter is beyond
    its range.  What lies outside the picture changes nothing and is left out.
    """
    count = _u32(data, 0)
    if len(data) < 4:
        raise Malformed("OpcodeList", "bad-length")
    if count > OPCODES:
        raise LimitExceeded("OpcodeList", "opcodes")
    out = []
    at = 4
    for _ in range(count):
        if at + 16 > len(data):
            raise Malformed("OpcodeList", "bad-length")
        number, version, flags, size = struct.unpack_from(">4I", data, at)
        body = data[at + 16 : at + 16 + size]
        if len(body) != size:
            raise Malformed("OpcodeList", "bad-length")
        at += 16 + size
        wanted = _length(number, body)
        if wanted is None:
            if not flags & OPTIONAL:
                raise Unsupported("OpcodeList", "unknown-opcode")
            continue
        if wanted != size:
            raise Malformed("OpcodeList", "opcode-length")
        if version >> 24 != 1 or version & 0xFFFF or version >> 16 & 0xFF > 7:
            raise Malformed("OpcodeList", "opcode-version")
        try:
            body = _bounded(number, _rounded(number, body), width, length)
        except ValueError:
            raise Malformed("OpcodeList", "not-a-number") from None
        if body:
            out.append(struct.pack(">4I", number, version, flags & (OPTIONAL | PREVIEW), len(body)) + body)
    return len(out).to_bytes(4) + b"".join(out) if out else b""


def _check(holds: object) -> None:
    if not holds:
        raise Malformed("OpcodeList", "parameter-out-of-range")


def _bounded(number: int, body: bytes, width: int, length: int) -> bytes:
    """Return an opcode's parameters with whole numbers held to what they can mean (DNG 1.7 ch. 7).

    There are none if its area lies outside the picture.
    """
    match number:
        case 1 | 2 | 14:
            _check(1 <= _u32(body, 0) <= PLANES)
            _check(number != 14 or _u32(body, len(body) - 4) <= 1)
        case 4:
            _check(_u32(body, 0) <= 0xFFFF and _u32(body, 4) <= 3)
        case 5:
            return _bad_pixels(body, width, length)
        case 6:
            top, left, bottom, right = struct.unpack(">4I", body)
            _check(top < bottom <= length and left < right <= width)
        case 7:
            _check(1 <= _u32(body, _AREA) <= 1 << 16)
        case 8:
            _check(_u32(body, _AREA) <= DEGREE)
        case 9:
            _check(1 <= _u32(body, _AREA) <= length and 1 <= _u32(body, _AREA + 4) <= width)
            _check(1 <= _u32(body, _AREA + 40) <= PLANES)
        case _:
            pass
    if number not in range(7, 14):
        return body
    area = _area(struct.unpack_from(">8I", body), width, length)
    if 10 <= number <= 13:
        # One number for each row or column of the area as it was stated.
        _check(area[:4] == struct.unpack_from(">4I", body))
        axis = number % 2
        lines = -(-(area[2 + axis] - area[axis]) // area[6 + axis])
        _check(lines == _u32(body, _AREA))
    if area[0] == area[2] or area[1] == area[3]:
        return b""
    return struct.pack(">8I", *area) + body[_AREA:]


def _area(stated: tuple[int, ...], width: int, length: int) -> tuple[int, ...]:
    """Return top, left, bottom, right, plane, planes, row and column pitch of an area inside the picture."""
    top, left, bottom, right, plane, planes, down, across = stated
    _check(top <= bottom and left <= right and plane < PLANES and planes and down and across)
    bottom, right = min(bottom, length), min(right, width)
    top, left = min(top, bottom), min(left, right)
    # A pitch beyond the area takes its first row or column alone.
    down, across = min(down, max(bottom - top, 1)), min(across, max(right - left, 1))
    return top, left, bottom, right, plane, min(planes, PLANES - plane), down, across


def _bad_pixels(body: bytes, width: int, length: int) -> bytes:
    """Return a list of bad pixels and rectangles without those that lie outside the picture."""
    phase, points, areas = struct.unpack_from(">3I", body)
    _check(phase <= 3)
    kept = [
        place
        for place in struct.iter_unpack(">2I", body[12 : 12 + 8 * points])
        if place[0] < length and place[1] < width
    ]
    found = []
    for top, left, bottom, right in struct.iter_unpack(">4I", body[12 + 8 * points :]):
        if top < min(bottom, length) and left < min(right, width):
            found.append((top, left, min(bottom, length), min(right, width)))
    numbers = [value for place in (*kept, *found) for value in place]
    assert len(found) <= areas
    return struct.pack(f">3I{len(numbers)}I", phase, len(kept), len(found), *numbers)


def gain_table_map(data: bytes, order: ByteOrder, wanted: ByteOrder) -> bytes:
    """Return a ProfileGainTableMap in the byte order `wanted`; raises `Malformed` unless it fills its tag.

    Points down and across, spacing and origin as doubles, points of a table, five
    weights and the gains as floats.
    """
    marks = {"little": "<", "big": ">"}
    if len(data) < 64:
        raise Malformed("ProfileGainTableMap", "bad-length")
    layout = "2I4dI5f"
    head = struct.unpack_from(marks[order] + layout, data)
    points = head[0] * head[1] * head[6]
    if len(data) != 64 + 4 * points:
        raise Malformed("ProfileGainTableMap", "bad-length")
    try:
        doubles = precision.floats(data[8:40], marks[order], 8, precision.COORDINATE)
        gains = precision.floats(data[44:], marks[order], 4, precision.SINGLE)
    except ValueError:
        raise Malformed("ProfileGainTableMap", "not-a-number") from None
    floats = f"{5 + points}I"
    # Moved as bit patterns, which survive whatever they say.
    steps = struct.unpack(f"{marks[order]}4Q", doubles)
    values = struct.unpack(marks[order] + floats, gains)
    return struct.pack(f"{marks[wanted]}2I4QI{floats}", head[0], head[1], *steps, head[6], *values)
