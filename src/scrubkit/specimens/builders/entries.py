"""Sample entries and what describes a coding in them, the ISO way and the QuickTime way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .boxes import box, full, i32, u8, u16, u32

if TYPE_CHECKING:
    from .layout import Layout
    from .recordings import Stream


def descriptor(tag: int, body: bytes, *, long: bool) -> bytes:
    """A descriptor of 14496-1 §8.3.3 with a size of one byte or, as most write it, of four."""
    size = len(body)
    if long:
        return (
            u8(tag, 0x80 | size >> 21 & 127, 0x80 | size >> 14 & 127, 0x80 | size >> 7 & 127, size & 127)
            + body
        )
    assert size < 128
    return u8(tag, size) + body


def esds(stream: Stream, layout: Layout) -> bytes:
    long = not layout.short_descriptors
    kind = 5 if stream.handler == b"soun" else 4
    specific = descriptor(5, stream.specific + layout.after_specific, long=long) if stream.specific else b""
    buffer, high, mean = layout.rates
    config = descriptor(
        4,
        u8(stream.object_type, kind << 2 | 1) + u32(buffer)[1:] + u32(high, mean) + specific,
        long=long,
    )
    tail = descriptor(6, b"\x02", long=long)
    return full(
        b"esds", 0, 0, descriptor(3, u16(layout.es_id) + u8(layout.es_priority) + config + tail, long=long)
    )


def compressor(name: bytes) -> bytes:
    """A 32-byte Pascal string."""
    return u8(len(name)) + name[:31].ljust(31, b"\0")


def visual(stream: Stream, layout: Layout, *tail: bytes) -> bytes:
    children = list(stream.config)
    if stream.specific or stream.object_type:
        children.append(esds(stream, layout))
    if stream.colour:
        primaries, transfer, matrix, wide = stream.colour
        if layout.quicktime:
            children.append(box(b"colr", b"nclc", u16(primaries, transfer, matrix)))
        else:
            children.append(box(b"colr", b"nclx", u16(primaries, transfer, matrix), u8(wide << 7)))
    if stream.aspect != (1, 1):
        scale = layout.aspect_scale
        children.append(box(b"pasp", u32(stream.aspect[0] * scale, stream.aspect[1] * scale)))
    elif layout.square_aspect:
        children.append(box(b"pasp", u32(layout.aspect_scale, layout.aspect_scale)))
    if layout.rate_box:
        children.append(box(b"btrt", u32(*layout.rates)))
    children.extend(tail)
    if layout.reverse_children:
        children.reverse()
    if layout.terminators:
        children.append(u32(0))
    return box(
        layout.entry_names.get(stream.entry, stream.entry),
        bytes(6) + u16(1),
        u16(layout.entry_version, 0) + layout.vendor,
        u32(*layout.quality),
        u16(stream.width, stream.height),
        u32(0x480000, 0x480000),
        u32(0) + u16(1),
        compressor(layout.compressor),
        u16(layout.depth) + i32(-1)[2:],
        *children,
    )


LAW = frozenset({"ulaw", "alaw", "pcm_mulaw", "pcm_alaw"})
WAVED = frozenset({b"in24", b"in32", b"fl32", b"fl64"})
"""Entries of uncompressed sound that need a version 1 description with a `wave`."""


def frame_size(stream: Stream) -> int:
    """Bytes of one frame of all channels for uncompressed sound, else 0."""
    if stream.codec in LAW:
        return stream.channels
    return stream.bits // 8 * stream.channels if stream.codec.startswith("pcm") else 0


def little(stream: Stream) -> bool:
    return stream.codec.endswith("le")


def _wave(stream: Stream, layout: Layout, config: list[bytes]) -> bytes:
    order = [box(b"enda", u16(little(stream)))] if stream.entry in WAVED else []
    legacy = [box(stream.entry, u32(0))] if stream.entry == b"mp4a" else []
    return box(b"wave", box(b"frma", stream.entry), *legacy, *order, *config, box(b"\0\0\0\0"))


def sound(stream: Stream, layout: Layout, *tail: bytes) -> bytes:
    children = list(stream.config)
    if stream.object_type:
        children.append(esds(stream, layout))
    version = layout.sound_version
    frame = frame_size(stream)
    if stream.entry in WAVED and not version:
        version = 1
    whole = frame and stream.codec not in LAW and (not version or stream.bits < 16)
    bits = stream.bits if whole else 16
    head = u16(version, 0) + layout.vendor
    kind = stream.entry
    if version == 2:  # QTFF, "Sound Sample Description (Version 2)"
        flags = 0
        if frame and stream.codec not in LAW:
            kind = b"lpcm"
            kinds = {"f": 1, "s": 4, "u": 0}
            flags = kinds[stream.codec[4]] | 8 | (0 if little(stream) or stream.bits == 8 else 2)
        rate = _double(stream.rate)
        fields = (
            u16(3, 16)
            + u16(0xFFFE, 0)
            + u32(0x10000)
            + u32(72)
            + rate
            + u32(stream.channels, 0x7F000000)
            + u32(stream.bits if frame else 0, flags, frame, 1 if frame else stream.samples[0].duration)
        )
    else:
        fields = u16(stream.channels, bits, 0xFFFE if version == 1 and not frame else 0, 0) + u32(
            stream.rate << 16 if stream.rate < 1 << 16 else 0
        )
        if version == 1:
            per_packet = 1 if frame else stream.samples[0].duration
            width = max(frame // stream.channels, 1) if frame else 2
            fields += u32(per_packet, width if frame else 0, frame, width)
    if version and (stream.object_type or kind in WAVED | {b"alac"}):
        children = [_wave(stream, layout, children)]
    if layout.channel_box:
        tag = {1: 100 << 16 | 1, 2: 101 << 16 | 2, 6: 121 << 16 | 6}[stream.channels]
        children.append(full(b"chan", 0, 0, u32(tag, 0, 0)))
    if layout.rate_box:
        children.append(box(b"btrt", u32(*layout.rates)))
    children.extend(tail)
    if layout.reverse_children:
        children.reverse()
    if layout.terminators:
        children.append(u32(0))
    return box(kind, bytes(6) + u16(1), head, fields, *children)


def _double(value: int) -> bytes:
    import struct

    return struct.pack(">d", float(value))
