"""The canonical PNG: a pure function of the essence (PNG 3rd edition §5.6).

Signature, IHDR, cICP, mDCV, cLLI, iCCP or sRGB or gAMA and cHRM, eXIf with the
orientation only, acTL, PLTE, tRNS, one IDAT, one fdAT per further frame behind its
fcTL, IEND.  A chunk that says nothing is not written.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from ...codecs import exif
from ...essence import Orientation
from ...pieces import Walked
from .chunks import SIGNATURE, chunk

if TYPE_CHECKING:
    from ...essence import Deflated, Png, PngColour, PngFrame
    from ...model import Policy
    from ...pieces import Pieces

ZLIB_HEADER = b"\x78\x9c"
"""Deflate, a window of 32 KiB, the default level (RFC 1950 §2.2)."""

PROFILE_NAME = b"ICC profile"

STORED = 65535
"""Bytes of one stored block (RFC 1951 §3.2.4)."""


def stored(data: bytes) -> bytes:
    """Return a zlib stream of stored blocks: the same bytes whatever the deflate library."""
    out = b"\x78\x01"
    for at in range(0, len(data), STORED):
        part = data[at : at + STORED]
        size = len(part)
        out += bytes([at + size >= len(data)]) + size.to_bytes(2, "little")
        out += (size ^ 0xFFFF).to_bytes(2, "little") + part
    return out + zlib.adler32(data).to_bytes(4)


def data_head(place: int | None, shown: bool) -> bytes:
    """Return what stands before the deflate data: chunk type, sequence number, zlib header.

    `place` is the frame's number, None for IDAT; `shown` says whether the default
    image is the first frame.  Every frame but that one has an fcTL and an fdAT.
    """
    if place is None:
        return b"IDAT" + ZLIB_HEADER
    return b"fdAT" + (2 * place + (not shown)).to_bytes(4) + ZLIB_HEADER


def shows_default(frames: tuple[PngFrame, ...]) -> bool:
    """Whether the default image is the first frame of the animation."""
    return bool(frames) and frames[0].data is None


def colour_chunks(colour: PngColour) -> list[bytes]:
    """Return the chunks that say what the samples stand for."""
    out = []
    if colour.code_points is not None:
        out.append(chunk(b"cICP", bytes(colour.code_points)))
    if colour.mastering:
        out.append(chunk(b"mDCV", colour.mastering))
    if colour.light:
        out.append(chunk(b"cLLI", colour.light))
    if colour.profile:
        out.append(chunk(b"iCCP", PROFILE_NAME + b"\0\0" + stored(colour.profile)))
    if colour.srgb:
        out.append(chunk(b"sRGB", b"\0"))
    if colour.gamma is not None:
        out.append(chunk(b"gAMA", colour.gamma.to_bytes(4)))
    if colour.chromaticities:
        out.append(chunk(b"cHRM", b"".join(value.to_bytes(4) for value in colour.chromaticities)))
    return out


def orientation_chunk(orientation: Orientation) -> list[bytes]:
    """Return eXIf with one tag, nothing for an upright picture."""
    if orientation is Orientation.UPRIGHT:
        return []
    return [chunk(b"eXIf", exif.only_orientation(orientation)[6:])]


def _frame_control(frame: PngFrame, number: int) -> bytes:
    body = b"".join(value.to_bytes(4) for value in (number, frame.width, frame.height, frame.left, frame.top))
    numerator, denominator = frame.delay
    body += numerator.to_bytes(2) + denominator.to_bytes(2) + bytes([frame.dispose, frame.blend])
    return chunk(b"fcTL", body)


def _data(head: bytes, data: Deflated) -> Pieces:
    size = len(head) - 4 + sum(span.size for span in data.spans) + 4
    yield size.to_bytes(4) + head
    yield from data.spans
    yield data.adler.to_bytes(4) + data.crc.to_bytes(4)
    return Walked()


def write(picture: Png, _policy: Policy) -> Pieces:
    """Yield the canonical file."""
    header = picture.width.to_bytes(4) + picture.height.to_bytes(4)
    header += bytes([picture.depth, picture.colour_type, 0, 0, picture.interlaced])
    yield SIGNATURE + chunk(b"IHDR", header)
    yield b"".join(colour_chunks(picture.colour) + orientation_chunk(picture.orientation))
    frames, shown = picture.frames, shows_default(picture.frames)
    if frames:
        yield chunk(b"acTL", len(frames).to_bytes(4) + picture.plays.to_bytes(4))
    if picture.palette:
        yield chunk(b"PLTE", picture.palette)
    if picture.transparency:
        yield chunk(b"tRNS", picture.transparency)
    if shown:
        yield _frame_control(frames[0], 0)
    yield from _data(data_head(None, shown), picture.data)
    for place, frame in enumerate(frames):
        if frame.data is not None:
            yield _frame_control(frame, 2 * place - shown)
            yield from _data(data_head(place, shown), frame.data)
    yield chunk(b"IEND", b"")
    return Walked()
