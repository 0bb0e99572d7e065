"""Headers of coded pictures: VP8 (RFC 6386 §9.1), VP8L (WebP lossless specification §3) and ALPH.

They are parsed to fields and written from them; what they announce is checked
against the bytes that follow.
"""

from __future__ import annotations

from ...errors import Malformed, Truncated
from ...essence import WebPAlpha, WebPImage
from ...pieces import Span

VP8_HEADER, VP8L_HEADER = 10, 5
"""Bytes before the data: frame tag, start code and size; signature, size and hints."""

DENSITY, ROOM = 8, 1 << 16
"""Bytes for each pixel, and for tables, that no encoder comes near to: more than that is something else."""

_START_CODE = b"\x9d\x01\x2a"
_SIGNATURE = 0x2F


def check_density(image: WebPImage, start: int) -> None:
    """Raise `Malformed` if a picture has more data than its pixels can account for."""
    sizes = [image.data.size] if image.alpha is None else [image.data.size, image.alpha.data.size]
    if max(sizes) > DENSITY * image.width * image.height + ROOM:
        raise Malformed("VP8" if image.partition else "VP8L", "more-than-the-picture-can-hold", start)


def read_vp8(head: bytes, start: int, size: int) -> tuple[WebPImage, bool]:
    """Parse a VP8 key frame of `size` bytes from `start`, of which `head` are the first.

    Returns it and whether its scaling bits, which no decoder of stills follows, are zero.
    """
    if size < VP8_HEADER:
        raise Truncated("VP8", "header", start)
    tag = int.from_bytes(head[:3], "little")
    version, partition = tag >> 1 & 7, tag >> 5
    width, height = (int.from_bytes(head[at : at + 2], "little") for at in (6, 8))
    if tag & 1 or not tag >> 4 & 1 or version > 3 or head[3:6] != _START_CODE:
        raise Malformed("VP8", "bad-frame-header", start)
    if not 0 < partition <= size - VP8_HEADER:
        raise Malformed("VP8", "first-partition-beyond-the-data", start)
    scaled = bool((width | height) >> 14)
    width, height = width & 0x3FFF, height & 0x3FFF
    if not width or not height:
        raise Malformed("VP8", "bad-size", start)
    data = Span(start + VP8_HEADER, size - VP8_HEADER)
    return WebPImage(width, height, version, partition, has_alpha=False, data=data), not scaled


def read_vp8l(head: bytes, start: int, size: int) -> WebPImage:
    """Parse a VP8L picture of `size` bytes from `start`, of which `head` are the first."""
    if size <= VP8L_HEADER:
        raise Truncated("VP8L", "header", start)
    bits = int.from_bytes(head[1:5], "little")
    if head[0] != _SIGNATURE or bits >> 29:
        raise Malformed("VP8L", "bad-header", start)
    data = Span(start + VP8L_HEADER, size - VP8L_HEADER)
    return WebPImage(
        (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, 0, 0, has_alpha=bool(bits >> 28 & 1), data=data
    )


def read_alpha(head: bytes, start: int, size: int, image: WebPImage) -> tuple[WebPAlpha, int, bool]:
    """Parse the ALPH of a picture.

    Returns it, the bytes that follow its samples, and whether its header says nothing
    but what decoders need.
    """
    if size < 2:
        raise Truncated("ALPH", "header", start)
    compression, filtering = head[0] & 3, head[0] >> 2 & 3
    if compression > 1 or head[0] >> 4 & 3 > 1:
        raise Malformed("ALPH", "bad-header", start)
    samples, surplus = size - 1, 0
    if not compression:
        surplus = samples - image.width * image.height
        samples -= surplus
    if surplus < 0:
        raise Truncated("ALPH", "samples", start)
    alpha = WebPAlpha(filtering, compressed=bool(compression), data=Span(start + 1, samples))
    return alpha, surplus, not head[0] >> 4


def image_header(image: WebPImage) -> bytes:
    """Return the header of a coded picture."""
    if image.partition:
        tag = image.partition << 5 | 1 << 4 | image.version << 1
        size = image.width.to_bytes(2, "little") + image.height.to_bytes(2, "little")
        return tag.to_bytes(3, "little") + _START_CODE + size
    bits = image.has_alpha << 28 | (image.height - 1) << 14 | (image.width - 1)
    return bytes([_SIGNATURE]) + bits.to_bytes(4, "little")


def alpha_header(alpha: WebPAlpha) -> bytes:
    """Return the header byte of ALPH: no preprocessing is told."""
    return bytes([alpha.filtering << 2 | alpha.compressed])
