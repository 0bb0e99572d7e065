"""Secrets inside coded samples and codec configurations, where free-form bytes are allowed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import ac3, mpeg_audio
from .boxes import box, u8, u16, u32
from .movie import mux
from .recordings import nals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .layout import Layout
    from .recordings import Recording, Stream


def planted(recording: Recording, layout: Layout, secret: bytes) -> Iterator[tuple[str, bytes]]:
    """Plants in each stream of a recording."""
    for index, stream in enumerate(recording.streams):
        for name, stained in _by_codec(stream, secret):
            streams = (*recording.streams[:index], stained, *recording.streams[index + 1 :])
            yield f"{stream.codec}: {name}", mux(replace(recording, streams=streams), layout)


def nal_length(stream: Stream) -> int:
    """Bytes of a NAL length, 0 for codings without NAL units."""
    return 4 if stream.codec in {"h264", "hevc"} else 0


def _by_codec(stream: Stream, secret: bytes) -> Iterator[tuple[str, Stream]]:
    makers: dict[str, Callable[[Stream, bytes], Iterator[tuple[str, Stream]]]] = {
        "h264": _avc,
        "hevc": _hevc,
        "libdav1d": _av1,
        "mpeg4": _mpeg4,
        "mjpeg": _mjpeg,
        "prores": _prores,
        "aac": _aac,
        "opus": _opus,
        "flac": _flac,
        "mp3float": _mp3,
        "ac3": _ac3,
        "eac3": _ac3,
    }
    if stream.codec in makers:
        yield from makers[stream.codec](stream, secret)
    if stream.codec in {"amrnb", "prores"}:
        # In these a sample's own syntax says where it ends; in others any tail is coded payload.
        yield from _tail(stream, secret)


def _each(stream: Stream, change: Callable[[bytes], bytes], *, first_only: bool = False) -> Stream:
    samples = [
        replace(sample, data=change(sample.data)) if not (first_only and i) else sample
        for i, sample in enumerate(stream.samples)
    ]
    return replace(stream, samples=tuple(samples))


def _tail(stream: Stream, secret: bytes) -> Iterator[tuple[str, Stream]]:
    yield "behind the end of a sample", _each(stream, lambda data: data + secret)


def unit(nal: bytes) -> bytes:
    return u32(len(nal)) + nal


def sei(kind: int, payload: bytes) -> bytes:
    """One SEI message with its trailing bits (H.264 §7.3.2.3)."""
    head = b"\xff" * (kind // 255) + u8(kind % 255) + b"\xff" * (len(payload) // 255) + u8(len(payload) % 255)
    return head + payload + b"\x80"


SEI_KINDS = (
    *range(24), 32, 45, 47, 56, 100, 128, 129, 130, 131, 132, 133, 135, 136, 137, 141, 142, 144,
    147, 148, 149, 150, 154, 165, 176, 177, 179, 200, 201, 202, 205, 243, 300,
)  # fmt: skip

T35 = {
    "captions": b"\xb5\x00\x31GA94\x03",
    "HDR10+": b"\xb5\x00\x3c\x00\x01\x04\x01",
    "HDR Vivid": b"\x26\x00\x04\x00\x05",
    "Dolby": b"\xb5\x00\x3b\x00\x00\x08\x00",
    "unknown provider": b"\x99\x00\x01",
}


def _avc(stream: Stream, secret: bytes) -> Iterator[tuple[str, Stream]]:
    def before(nal: bytes) -> Stream:
        return _each(stream, lambda data: unit(nal) + data)

    for kind in SEI_KINDS:
        yield f"SEI {kind}", before(b"\x06" + sei(kind, secret))
    for name, head in T35.items():
        yield f"T.35 {name}", before(b"\x06" + sei(4, head + secret))
    yield "bytes behind the SEI message", before(b"\x06" + sei(6, b"\xc4") + secret)
    yield "nested in a scalable SEI", before(b"\x06" + sei(30, sei(5, secret)))
    for kind in (0, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 23, 24, 28, 30, 31):
        yield f"NAL unit {kind}", before(u8(0x60 | kind) + secret)
    yield "behind the last NAL unit", _each(stream, lambda data: data + secret)
    yield "behind a NAL unit of no length", _each(stream, lambda data: data + u32(0) + secret)
    yield (
        "behind a start code in a slice",
        _each(stream, lambda data: b"".join(unit(nal + b"\0\0\1" + secret) for nal in nals(data))),
    )
    record = stream.config[0]
    at = 8 + 6
    size = int.from_bytes(record[at : at + 2], "big")
    sps = record[at + 2 : at + 2 + size]
    yield "in-band SPS with a tail", before(sps + secret)
    yield "in-band SPS of another id", before(b"\x67\x42\x00\x1e" + secret)
    yield "in-band PPS of another id", before(b"\x68" + secret)
    body = record[8:at] + u16(size + len(secret)) + sps + secret + record[at + 2 + size :]
    yield "SPS with a tail", replace(stream, config=(box(b"avcC", body), *stream.config[1:]))
    body = record[8 : at - 1] + b"\xe2" + record[at : at + 2 + size] + u16(len(secret) + 1) + b"\x67" + secret
    body += record[at + 2 + size :]
    yield "second SPS", replace(stream, config=(box(b"avcC", body), *stream.config[1:]))
    body = record[8:-4] + b"\xfd\xf8\xf8\x01" + u16(len(secret) + 1) + b"\x6d" + secret
    yield "SPS extension", replace(stream, config=(box(b"avcC", body), *stream.config[1:]))


def _hevc(stream: Stream, secret: bytes) -> Iterator[tuple[str, Stream]]:
    def before(nal: bytes) -> Stream:
        return _each(stream, lambda data: unit(nal) + data)

    for kind in SEI_KINDS:
        yield f"prefix SEI {kind}", before(b"\x4e\x01" + sei(kind, secret))
    for kind in (4, 5, 132, 200):
        nal = b"\x50\x01" + sei(kind, secret)
        yield f"suffix SEI {kind}", _each(stream, lambda data, nal=nal: data + unit(nal))  # type: ignore[misc]
    for name, head in T35.items():
        yield f"T.35 {name}", before(b"\x4e\x01" + sei(4, head + secret))
    for kind in (10, 15, 22, 24, 31, 32, 33, 34, 35, 36, 37, 38, 41, 47, 48, 55, 62, 63):
        yield f"NAL unit {kind}", before(u8(kind << 1, 1) + secret)
        yield f"NAL unit {kind} of layer 1", before(u8(kind << 1, 9) + secret)
    yield "slice of layer 1", before(b"\x02\x09" + secret)
    yield "behind the last NAL unit", _each(stream, lambda data: data + secret)
    yield (
        "behind a start code in a slice",
        _each(stream, lambda data: b"".join(unit(nal + b"\0\0\1" + secret) for nal in nals(data))),
    )
    record = stream.config[0]
    for kind in (32, 33, 34, 39, 40, 41, 62):
        nal = u8(kind << 1, 1) + (sei(5, secret) if kind in {39, 40} else secret)
        body = record[8 : 8 + 22] + u8(record[8 + 22] + 1) + record[8 + 23 :]
        body += u8(0x80 | kind) + u16(1, len(nal)) + nal
        yield f"array of NAL unit {kind}", replace(stream, config=(box(b"hvcC", body), *stream.config[1:]))


def obu(kind: int, payload: bytes) -> bytes:
    assert len(payload) < 128
    return u8(kind << 3 | 2, len(payload)) + payload


def _av1(stream: Stream, secret: bytes) -> Iterator[tuple[str, Stream]]:
    def with_obu(unit: bytes) -> Stream:
        return _each(stream, lambda data: unit + data)

    for kind in (0, 2, 8, 9, 14, 15):
        yield f"OBU {kind}", with_obu(obu(kind, secret + b"\x80"))
    for kind in (0, 1, 2, 3, 4, 5, 6, 31):
        yield f"metadata OBU {kind}", with_obu(obu(5, u8(kind) + secret + b"\x80"))
    for name, head in T35.items():
        yield f"T.35 {name}", with_obu(obu(5, b"\x04" + head + secret + b"\x80"))
    yield "OBU at the end of a sample", _each(stream, lambda data: data + obu(15, secret))
    record = stream.config[0]
    for kind in (5, 15, 9):
        body = record[8:] + obu(kind, b"\x06" + secret + b"\x80")
        yield f"OBU {kind} in av1C", replace(stream, config=(box(b"av1C", body), *stream.config[1:]))


def _mpeg4(stream: Stream, secret: bytes) -> Iterator[tuple[str, Stream]]:
    text = b"\0\0\1\xb2" + secret
    yield "user data in the configuration", replace(stream, specific=stream.specific + text)
    yield "user data in front of a picture", _each(stream, lambda data: text + data)
    yield "user data behind a picture", _each(stream, lambda data: data + text)
    yield "stuffing", _each(stream, lambda data: data + b"\0\0\1\xc3" + secret)


def _mjpeg(stream: Stream, secret: bytes) -> Iterator[tuple[str, Stream]]:
    for marker in (0xFE, *range(0xE0, 0xF0), 0xF7):
        piece = u8(0xFF, marker) + u16(2 + len(secret)) + secret
        yield f"segment {marker:02X}", _each(stream, lambda data, piece=piece: data[:2] + piece + data[2:])  # type: ignore[misc]
    exif = u8(0xFF, 0xE1) + u16(8 + len(secret)) + b"Exif\0\0" + secret
    yield "Exif", _each(stream, lambda data: data[:2] + exif + data[2:])
    yield "behind the end of the picture", _each(stream, lambda data: data + secret)


def _prores(stream: Stream, secret: bytes) -> Iterator[tuple[str, Stream]]:
    def creator(data: bytes) -> bytes:
        return data[:12] + secret[:4] + data[16:]

    def counted(data: bytes) -> bytes:
        return u32(len(data) + len(secret)) + data[4:] + secret

    yield "encoder id", _each(stream, creator)
    yield "behind the last picture", _each(stream, counted)


def _prefixed(data: bytes, bits: int, count: int) -> bytes:
    """`count` bits in front of a bit string that is padded with zeros to whole bytes."""
    size = len(data) * 8 + count
    whole = (bits << len(data) * 8 | int.from_bytes(data, "big")) << -size % 8
    return whole.to_bytes((size + 7) // 8, "big")


def _fill(secret: bytes, kind: int) -> tuple[int, int]:
    """A fill element of an AAC raw data block (14496-3 §4.4.2.7) as a number and its length in bits."""
    body = (kind << 4).to_bytes(1, "big") + secret
    count = len(body)
    if count < 15:
        head, width = 6 << 4 | count, 7
    else:
        head, width = (6 << 4 | 15) << 8 | (count - 14), 15
    return head << 8 * count | int.from_bytes(body, "big"), width + 8 * count


def _aac(stream: Stream, secret: bytes) -> Iterator[tuple[str, Stream]]:
    yield "data stream element", _each(stream, lambda data: u8(0x81, len(secret)) + secret + data)
    for kind in (0, 1, 2, 5):
        bits, count = _fill(secret, kind)
        stained = _each(stream, lambda data, b=bits, c=count: _prefixed(data, b, c))  # type: ignore[misc]
        yield f"fill element {kind}", stained
    yield "behind the specific configuration", replace(stream, specific=stream.specific + secret)


def _opus(stream: Stream, secret: bytes) -> Iterator[tuple[str, Stream]]:
    def padded(data: bytes) -> bytes:
        if data[0] & 3:
            return data
        return u8(data[0] | 3, 0x41, len(secret)) + data[1:] + secret

    yield "padding", _each(stream, padded)


def _flac(stream: Stream, secret: bytes) -> Iterator[tuple[str, Stream]]:
    body = stream.config[0][8:]
    info = body[8:42]
    comment = u32(len(secret))[::-1] + secret + bytes(4)
    blocks = b"\0" + u32(34)[1:] + info + b"\x84" + u32(len(comment))[1:] + comment
    yield "comment block", replace(stream, config=(box(b"dfLa", bytes(4), blocks),))
    stained = info[:18] + (secret * 2)[:16]
    yield (
        "checksum of the sound",
        replace(stream, config=(box(b"dfLa", bytes(4), b"\x80", u32(34)[1:], stained),)),
    )


def _mp3(stream: Stream, secret: bytes) -> Iterator[tuple[str, Stream]]:
    made = mpeg_audio.refilled([sample.data for sample in stream.samples], secret)
    pairs = zip(stream.samples, made, strict=True)
    samples = tuple(replace(sample, data=data) for sample, data in pairs)
    yield "between main data", replace(stream, samples=samples)


def _ac3(stream: Stream, secret: bytes) -> Iterator[tuple[str, Stream]]:
    yield "auxiliary data", _each(stream, lambda data: ac3.with_auxiliary_data(data, secret))
    yield (
        "additional information",
        _each(stream, lambda data: ac3.with_additional_information(data, secret)),
    )
