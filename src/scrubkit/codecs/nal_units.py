"""Where the NAL units of a sample lie: lengths, start codes, and what stands after a unit's end."""

from __future__ import annotations

from ..errors import LimitExceeded, Malformed
from .bits import FORBIDDEN, START_CODE

LENGTH = 4
"""Bytes of a NAL length in the output."""

MAX_UNITS = 1 << 16
"""NAL units of one sample."""

BYTE_STREAM = b"\x00\x00\x00\x01"
"""Some recorders write a byte stream (annex B) where lengths belong, which players read."""

SUSPECT = frozenset({0, 3})
"""Last bytes of a NAL unit that may have something to trim."""

_TAIL = 64
_CABAC_ZERO_WORD = b"\x00\x00\x03"

forbidden = FORBIDDEN.search


def trimmed(data: memoryview, start: int, stop: int) -> int:
    """Return where a NAL unit ends without trailing zero bytes and `cabac_zero_word`s."""
    near = max(start, stop - _TAIL)
    body = _rstrip(bytes(data[near:stop]))
    if len(body) < len(_CABAC_ZERO_WORD):  # the end may lie further ahead
        near, body = start, _rstrip(bytes(data[start:stop]))
    return near + len(body)


def _rstrip(body: bytes) -> bytes:
    stop = len(body.rstrip(b"\x00"))
    while body.endswith(_CABAC_ZERO_WORD, 0, stop):
        stop -= len(_CABAC_ZERO_WORD)
        while stop and not body[stop - 1]:
            stop -= 1
    return body[:stop]


def parts(data: memoryview, start: int, stop: int) -> list[tuple[int, int]]:
    """Return where the NAL units behind one length lie, trimmed.

    There is one, but for recorders that take a whole encoder buffer for a NAL unit:
    then start codes stand inside, and decoders split it there.
    """
    found: list[tuple[int, int]] = []
    begin = start
    for code in START_CODE.finditer(data, start, stop):
        found.append((begin, trimmed(data, begin, code.start())))
        begin = code.end()
        if len(found) > MAX_UNITS:
            raise LimitExceeded("sample", "nal-units")
    found.append((begin, trimmed(data, begin, stop)))
    if any(forbidden(data, begin, end) for begin, end in found):
        raise Malformed("sample", "forbidden bytes inside a NAL unit")
    return found


def walkable(data: memoryview, width: int) -> bool:
    """Whether lengths of `width` bytes lead to the end of a sample."""
    at = 0
    while at + width <= len(data):
        at += width + int.from_bytes(data[at : at + width])
    return at == len(data)
