"""`esds`: the MPEG-4 elementary stream descriptor (ISO/IEC 14496-1 §7.2.6, 14496-14 §6.7.2).

    ES_Descriptor            tag 3, length, ES_ID u16, flags u8 [dependsOn u16] [URL] [OCR u16]
      DecoderConfigDescriptor  tag 4, length, objectTypeIndication u8, streamType u6 upStream u1 1,
                               bufferSizeDB u24, maxBitrate u32, avgBitrate u32
        DecoderSpecificInfo    tag 5, length, the coding's own bytes
      SLConfigDescriptor       tag 6, length, predefined u8

A length is 1 to 4 bytes of 7 bits each, the top bit saying that more follow.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import External, Malformed, Unsupported

_ES, _DECODER_CONFIG, _SPECIFIC_INFO = 3, 4, 5
_SPECIFIC_LIMIT = 64 << 10

AUDIO_STREAM = 5
VISUAL_STREAM = 4


@dataclass(frozen=True, slots=True)
class Stream:
    """What of an `esds` says how to decode; `specific` is untrusted until its coding has rebuilt it."""

    object_type: int
    stream_type: int
    specific: bytes


def _descriptor(body: memoryview, at: int, *, exact: bool) -> tuple[int, int, int]:
    """Return tag, start and stop of the content; a length past the end is cut unless `exact`."""
    if at >= len(body):
        raise Malformed("esds", "ends-early")
    tag = body[at]
    at += 1
    size = 0
    for _ in range(4):
        if at >= len(body):
            raise Malformed("esds", "ends-early")
        byte = body[at]
        at += 1
        size = size << 7 | byte & 0x7F
        if not byte & 0x80:
            break
    else:
        raise Malformed("esds", "length-too-long")
    stop = at + size
    if stop > len(body):
        if exact:
            raise Malformed("esds", "descriptor-exceeds-parent")
        # Some muxers count outer lengths wrongly.  Nothing crosses from the outer levels but two numbers.
        stop = len(body)
    return tag, at, stop


def read_esds(body: bytes | memoryview) -> Stream:
    """Read the body of an `esds` box after version and flags.

    Raises `Malformed`, `Unsupported`, and `External` if the stream is given by URL.
    """
    view = memoryview(body)
    tag, at, stop = _descriptor(view, 0, exact=False)
    if tag == _ES:
        if at + 3 > stop:
            raise Malformed("esds", "ends-early")
        flags = view[at + 2]
        at += 3
        if flags & 0x40:
            raise External("esds", "url")
        at += 2 * (flags >> 7) + 2 * (flags >> 5 & 1)
        view = view[:stop]
        tag, at, stop = _descriptor(view, at, exact=False)
    if tag != _DECODER_CONFIG:
        raise Unsupported("esds", "no-decoder-config")
    if at + 13 > stop:
        raise Malformed("esds", "ends-early")
    object_type, stream_type = view[at], view[at + 1] >> 2
    at += 13
    view = view[:stop]
    while at < stop:
        tag, start, at = _descriptor(view, at, exact=True)
        if tag == _SPECIFIC_INFO:
            if at - start > _SPECIFIC_LIMIT:
                raise Unsupported("esds", "specific-info-size")
            return Stream(object_type, stream_type, bytes(view[start:at]))
    return Stream(object_type, stream_type, b"")


def _wrap(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size >> 28:
        raise Unsupported("esds", "specific-info-size")
    return (
        bytes((tag, 0x80 | size >> 21, 0x80 | size >> 14 & 0x7F, 0x80 | size >> 7 & 0x7F, size & 0x7F))
        + content
    )


def write_esds(object_type: int, stream_type: int, specific: bytes, *, average: int = 0) -> bytes:
    """Return the whole body of an `esds` box: version and flags 0, then the descriptors.

    Lengths take 4 bytes, ES_ID and buffer size are 0, both rates are `average`
    bits per second (0: not stated), the sync layer is predefined 2 (MP4).
    """
    rate = average.to_bytes(4, "big")
    config = bytes((object_type, stream_type << 2 | 1)) + bytes(3) + rate + rate
    if specific:
        config += _wrap(_SPECIFIC_INFO, specific)
    return bytes(4) + _wrap(_ES, bytes(3) + _wrap(_DECODER_CONFIG, config) + _wrap(6, b"\x02"))
