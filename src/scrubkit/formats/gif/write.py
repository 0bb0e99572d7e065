"""A GIF from its essence: GIF89a, one loop extension if it loops, data in sub-blocks of 255 bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...pieces import Coded, Span, Walked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...essence import Gif, GifFrame
    from ...model import Policy
    from ...pieces import Piece, Pieces

LOOP = b"\x21\xff\x0bNETSCAPE2.0\x03\x01"
TRAILER = b"\x3b"
BLOCK = 255


def _size_bits(palette: bytes) -> int:
    """Return the three bits that state a colour table's size: 2 to the power of one more."""
    return (len(palette) // 3).bit_length() - 2


def _control(frame: GifFrame) -> bytes:
    """Return the graphic control extension, empty where it would say nothing (GIF89a §23)."""
    if not (frame.delay or frame.disposal or frame.transparent is not None):
        return b""
    flags = frame.disposal << 2 | (frame.transparent is not None)
    return (
        b"\x21\xf9\x04"
        + bytes([flags])
        + frame.delay.to_bytes(2, "little")
        + bytes([frame.transparent or 0, 0])
    )


def _descriptor(frame: GifFrame) -> bytes:
    flags = 0x40 * frame.interlaced
    if frame.palette:
        flags |= 0x80 | _size_bits(frame.palette)
    place = (frame.left, frame.top, frame.width, frame.height)
    return (
        b"\x2c"
        + b"".join(value.to_bytes(2, "little") for value in place)
        + bytes([flags])
        + frame.palette
        + bytes([frame.code_size])
    )


def _data(frame: GifFrame) -> Iterator[Piece]:
    left = sum(frame.sizes) + len(frame.tail)
    room = 0
    for start, size in zip(frame.starts, frame.sizes, strict=True):
        taken = 0
        while taken < size:
            if not room:
                room = min(BLOCK, left)
                yield Coded(bytes([room]))
            part = min(room, size - taken)
            yield Span(start + taken, part)
            taken += part
            room -= part
            left -= part
    for value in frame.tail:
        if not room:
            room = min(BLOCK, left)
            yield Coded(bytes([room]))
        yield Coded(bytes([value]))
        room -= 1
        left -= 1


def write(picture: Gif, _policy: Policy) -> Pieces:
    """Yield the canonical file."""
    flags = 0x70 | (0x80 | _size_bits(picture.palette) if picture.palette else 0)
    yield (
        b"GIF89a"
        + picture.width.to_bytes(2, "little")
        + picture.height.to_bytes(2, "little")
        + bytes([flags, picture.background, 0])
        + picture.palette
    )
    if picture.loop is not None:
        yield LOOP + picture.loop.to_bytes(2, "little") + b"\0"
    for frame in picture.frames:
        yield _control(frame) + _descriptor(frame)
        yield from _data(frame)
        yield b"\0"
    yield TRAILER
    return Walked()
