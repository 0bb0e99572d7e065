"""The canonical WebP: a pure function of the essence (WebP container specification).

The simple form where nothing but one picture without ALPH is to be said.  Otherwise
VP8X with its flags from what is there, ICCP, ANIM, the pictures, and EXIF with the
orientation only.  Padding is zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...codecs import exif
from ...essence import Orientation
from ...pieces import Walked
from .chunks import chunk, header
from .images import alpha_header, image_header

if TYPE_CHECKING:
    from ...essence import WebP, WebPFrame, WebPImage
    from ...model import Policy
    from ...pieces import Pieces

ANIMATED, HAS_EXIF, HAS_ALPHA, HAS_PROFILE = 0x02, 0x08, 0x10, 0x20

ANMF_HEADER = 16


def _padded(size: int) -> int:
    return size + size % 2


def image_size(image: WebPImage) -> int:
    """Return the bytes of a picture's chunks."""
    size = 8 + _padded(len(image_header(image)) + image.data.size)
    return size if image.alpha is None else size + 8 + _padded(1 + image.alpha.data.size)


def _image(image: WebPImage) -> Pieces:
    if image.alpha is not None:
        size = 1 + image.alpha.data.size
        yield header(b"ALPH", size) + alpha_header(image.alpha)
        yield image.alpha.data
        yield bytes(size % 2)
    head = image_header(image)
    size = len(head) + image.data.size
    yield header(b"VP8 " if image.partition else b"VP8L", size) + head
    yield image.data
    yield bytes(size % 2)
    return Walked()


def frame_header(frame: WebPFrame) -> bytes:
    """Return the header of ANMF: place in units of two pixels, size, duration, flags."""
    numbers = (
        frame.left // 2,
        frame.top // 2,
        frame.image.width - 1,
        frame.image.height - 1,
        frame.duration,
    )
    flags = (not frame.blend) << 1 | frame.dispose
    return b"".join(number.to_bytes(3, "little") for number in numbers) + bytes([flags])


def profile_chunk(picture: WebP) -> bytes:
    """Return ICCP, empty if there is no profile."""
    return chunk(b"ICCP", picture.profile) if picture.profile else b""


def orientation_chunk(picture: WebP) -> bytes:
    """Return EXIF with one tag, empty for an upright picture."""
    if picture.orientation is Orientation.UPRIGHT:
        return b""
    return chunk(b"EXIF", exif.only_orientation(picture.orientation)[6:])


def _extended(picture: WebP) -> bytes:
    """Return VP8X, empty where the simple form does."""
    flags = 0
    if picture.loops is not None:
        flags |= ANIMATED
    if any(frame.image.alpha is not None for frame in picture.frames):
        flags |= HAS_ALPHA
    if picture.orientation is not Orientation.UPRIGHT:
        flags |= HAS_EXIF
    if picture.profile:
        flags |= HAS_PROFILE
    if flags and any(frame.image.has_alpha for frame in picture.frames):
        flags |= HAS_ALPHA
    if not flags:
        return b""
    size = (picture.width - 1).to_bytes(3, "little") + (picture.height - 1).to_bytes(3, "little")
    return chunk(b"VP8X", bytes([flags, 0, 0, 0]) + size)


def write(picture: WebP, _policy: Policy) -> Pieces:
    """Yield the canonical file."""
    head = _extended(picture) + profile_chunk(picture)
    tail = orientation_chunk(picture)
    size = 4 + len(head) + len(tail) + sum(image_size(frame.image) for frame in picture.frames)
    if picture.loops is not None:
        head += chunk(b"ANIM", picture.background + picture.loops.to_bytes(2, "little"))
        size += 14 + (8 + ANMF_HEADER) * len(picture.frames)
    yield header(b"RIFF", size) + b"WEBP" + head
    for frame in picture.frames:
        if picture.loops is not None:
            yield header(b"ANMF", ANMF_HEADER + image_size(frame.image)) + frame_header(frame)
        yield from _image(frame.image)
    yield tail
    return Walked()
