"""FLAC frames (RFC 9639 §9), walked to their last bit.

    header     sync 15, blocking 1, block size 4, rate 4, channels 4, bits 3, 0 1, number (1 to 7 bytes),
               [block size u8 | u16], [rate u8 | u16], CRC-8
    subframe   0 1, type 6, wasted bits 1 [unary], then by type
    footer     zeros to the byte, CRC-16

Residuals are Rice codes: a run of zeros, a one, and some bits.  In a text of zeros and
ones they are walked by searching for the next one.
"""

from __future__ import annotations

from ..errors import Malformed, Unsupported
from ._crc import crc8, crc16

_WHERE = "flac-frame"
_LARGEST = 1 << 20
"""Bytes of a frame; what encoders make is a tenth of it, and walking it takes a hundred times its size."""
_BLOCK_SIZES = (0, 192, 576, 1152, 2304, 4608, 0, 0, *(256 << i for i in range(8)))
_BITS = (0, 8, 12, 0, 16, 20, 24, 32)
_SIDE = {8: 1, 9: 0, 10: 1}
"""Which channel is the side channel, with one bit more: left-side, side-right, mid-side."""


def _header(data: bytes, bits: int) -> tuple[int, int, int, int]:
    """Return where the header's CRC stands, and block size, channel code and bits per sample."""
    if len(data) < 6:
        raise Malformed(_WHERE, "ends-early")
    if data[0] != 0xFF or data[1] >> 1 != 0x7C:
        raise Malformed(_WHERE, "sync-code")
    size_code, rate_code = data[2] >> 4, data[2] & 15
    channel_code, bits_code = data[3] >> 4, data[3] >> 1 & 7
    if not size_code or rate_code == 15 or channel_code > 10 or bits_code == 3 or data[3] & 1:
        raise Malformed(_WHERE, "reserved")
    leading = 8 - (~data[4] & 0xFF).bit_length()
    if leading == 1 or leading > 7:
        raise Malformed(_WHERE, "number")
    at = 4 + max(1, leading)
    if any(byte >> 6 != 2 for byte in data[5:at]):
        raise Malformed(_WHERE, "number")
    block = _BLOCK_SIZES[size_code]
    if size_code in (6, 7):
        width = size_code - 5
        block = int.from_bytes(data[at : at + width], "big") + 1
        at += width
    at += 1 if rate_code == 12 else 2 if rate_code in (13, 14) else 0
    if at >= len(data):
        raise Malformed(_WHERE, "ends-early")
    return at, block, channel_code, _BITS[bits_code] or bits


def _residual(text: str, at: int, block: int, order: int) -> int:
    """Return where a coded residual ends (§9.2.7)."""
    method = int(text[at : at + 2], 2)
    if method > 1:
        raise Malformed(_WHERE, "residual-method")
    width = 4 + method
    partitions = int(text[at + 2 : at + 6], 2)
    at += 6
    each = block >> partitions
    if each << partitions != block or each < order:
        raise Malformed(_WHERE, "partition-order")
    find = text.index
    for i in range(1 << partitions):
        parameter = int(text[at : at + width], 2)
        at += width
        count = each if i else each - order
        if parameter == (1 << width) - 1:
            at += 5 + count * int(text[at : at + 5], 2)
            continue
        step = parameter + 1
        for _ in range(count):
            at = find("1", at) + step
    return at


def _subframe(text: str, at: int, block: int, bits: int) -> int:
    """Return where a subframe ends (§9.2)."""
    kind = int(text[at : at + 8], 2)
    at += 8
    if kind & 0x80:
        raise Malformed(_WHERE, "reserved")
    if kind & 1:
        one = text.index("1", at)
        bits -= one - at + 1
        at = one + 1
    if bits < 1:
        raise Malformed(_WHERE, "wasted-bits")
    kind = kind >> 1 & 63
    if kind == 0:
        return at + bits
    if kind == 1:
        return at + bits * block
    if 8 <= kind <= 12:
        order = kind - 8
        at += order * bits
    elif kind >= 32:
        order = kind - 31
        at += order * bits
        precision = int(text[at : at + 4], 2) + 1
        if precision == 16:
            raise Malformed(_WHERE, "precision")
        at += 9 + order * precision
    else:
        raise Malformed(_WHERE, "reserved")
    if order > block:
        raise Malformed(_WHERE, "order")
    return _residual(text, at, block, order)


def _walk(data: bytes, bits: int) -> tuple[int, int]:
    """Return where the header's CRC and the footer of a frame stand."""
    header, block, channel_code, depth = _header(data, bits)
    if not depth:
        raise Unsupported(_WHERE, "bits-per-sample")
    text = f"{int.from_bytes(data, 'big'):0{8 * len(data)}b}"
    at = 8 * header + 8
    channels = channel_code + 1 if channel_code < 8 else 2
    for channel in range(channels):
        at = _subframe(text, at, block, depth + (channel == _SIDE.get(channel_code)))
    return header, at


def canonical(data: bytes, bits: int, frame: int, sample: int) -> tuple[bytes, int]:
    """Return a frame with its own number, zero padding and right CRCs, without what follows it.

    `bits` is the sample size of the stream, for frames that don't state theirs;
    `frame` and `sample` are how many came before.  Also returns the samples of the
    frame.  Raises `Malformed`.
    """
    if len(data) > _LARGEST:
        raise Malformed(_WHERE, "size")
    try:
        header, end = _walk(data, bits)
        block = _header(data, bits)[1]
    except ValueError:
        raise Malformed(_WHERE, "ends-early") from None
    footer = (end + 7) // 8
    if footer + 2 > len(data):
        raise Malformed(_WHERE, "ends-early")
    leading = 8 - (~data[4] & 0xFF).bit_length()
    start = data[:4] + _number(sample if data[1] & 1 else frame) + data[4 + max(1, leading) : header]
    made = bytearray(start + bytes((crc8(start),)) + data[header + 1 : footer])
    made[-1] &= 0xFF << -end % 8 & 0xFF
    return bytes(made) + crc16(bytes(made)).to_bytes(2, "big"), block


def _number(value: int) -> bytes:
    """A frame or sample number in the coding of UTF-8, stretched to 36 bits."""
    if value < 0x80:
        return bytes((value,))
    count = next(n for n in range(1, 7) if value < 1 << (5 * n + 6))
    lead = 0xFF << (6 - count) & 0xFF
    return bytes((lead | value >> 6 * count, *(0x80 | value >> 6 * i & 0x3F for i in reversed(range(count)))))
