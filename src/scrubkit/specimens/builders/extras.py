"""Streams that are no part of a recording: telemetry, time codes, chapters, hints, covers."""

from __future__ import annotations

from dataclasses import dataclass

from .boxes import box, full, u8, u16, u32
from .recordings import Sample


@dataclass(frozen=True)
class Extra:
    """A track that is neither picture nor sound of the recording."""

    handler: bytes
    header: bytes
    """Its media information header box."""
    entry: bytes
    """Its whole sample entry."""
    timescale: int
    samples: tuple[Sample, ...]
    reference: bytes = b""
    """Kind of the track reference that ties it to the first track, if any."""
    enabled: bool = True
    backwards: bool = False
    """Whether the reference leads from the first track to this one."""
    width: int = 0
    height: int = 0


def _entry(kind: bytes, *parts: bytes) -> bytes:
    return box(kind, bytes(6) + u16(1), *parts)


def _gmhd(*parts: bytes) -> bytes:
    return box(b"gmhd", full(b"gmin", 0, 0, u16(0x40, 0x8000, 0x8000, 0x8000, 0, 0)), *parts)


def timed_metadata(secret: bytes) -> Extra:
    """`mebx`, as Apple's phones write it: the keys in the sample entry, values in the samples."""
    key = box(b"\0\0\0\1", box(b"keyd", b"mdta", b"com.apple.quicktime." + secret), box(b"dtyp", u32(0, 0)))
    body = box(b"\0\0\0\1", secret)
    samples = tuple(Sample(body, 40) for _ in range(10))
    return Extra(b"meta", _gmhd(), _entry(b"mebx", box(b"keys", key)), 1000, samples, b"cdsc")


def telemetry(secret: bytes) -> Extra:
    """`gpmd`, as action cameras write it."""
    body = b"DEVC\0\x01" + u16(len(secret)) + secret
    header = _gmhd(box(b"gpmd", u32(0)))
    return Extra(
        b"meta", header, _entry(b"gpmd", u32(0)), 1000, (Sample(body, 400), Sample(body, 400)), b"cdsc"
    )


def text_metadata(secret: bytes) -> Extra:
    """`mett` with its mime type in the sample entry."""
    entry = _entry(b"mett", b"\0application/" + secret + b"\0")
    return Extra(b"meta", full(b"nmhd", 0, 0), entry, 90000, (Sample(secret, 72000),))


def time_code(secret: bytes) -> Extra:
    """`tmcd`: a time of day, and the name of a reel."""
    name = box(b"name", u16(len(secret), 0) + secret)
    entry = _entry(b"tmcd", u32(0, 0, 25, 1) + u8(25, 0), name)
    tcmi = full(b"tcmi", 0, 0, u16(0, 0, 12, 0) + bytes(12) + u8(len(secret)) + secret)
    return Extra(
        b"tmcd", _gmhd(box(b"tmcd", tcmi)), entry, 25, (Sample(u32(1234567), 20),), b"tmcd", backwards=True
    )


def chapters(secret: bytes) -> Extra:
    body = u16(len(secret)) + secret + box(b"encd", u32(256))
    entry = _entry(b"text", u32(1, 1), bytes(6), bytes(8 + 8 + 2 + 1 + 2 + 6), u8(len(secret)) + secret)
    header = _gmhd(box(b"text", bytes(36)))
    return Extra(b"text", header, entry, 1000, (Sample(body, 800),), b"chap", enabled=False, backwards=True)


def subtitles(secret: bytes) -> Extra:
    """3GPP timed text."""
    body = u16(len(secret)) + secret
    fonts = box(b"ftab", u16(1, 1) + u8(len(secret)) + secret)
    entry = _entry(b"tx3g", u32(0) + u8(1, 255) + u32(0) + bytes(8) + bytes(12), fonts)
    return Extra(b"sbtl", full(b"nmhd", 0, 0), entry, 1000, (Sample(body, 800),))


def hint(secret: bytes) -> Extra:
    """An RTP hint track that carries its own packets."""
    packet = u16(1, 0) + u32(0) + u16(0x80E0, 1, 0, 1) + b"\x01\x0e" + secret[:14].ljust(14, b"\0")
    header = full(b"hmhd", 0, 0, u16(1400, 100), u32(64000, 64000, 0))
    entry = _entry(b"rtp ", u16(1, 1) + u32(1400), box(b"tims", u32(90000)), box(b"tsro", secret[:4]))
    return Extra(b"hint", header, entry, 90000, (Sample(packet, 72000),), b"hint")


def cover(secret: bytes, jpeg: bytes) -> Extra:
    """A still picture that rides along as a disabled track of one frame."""
    body = jpeg[:2] + b"\xff\xfe" + u16(2 + len(secret)) + secret + jpeg[2:]
    entry = _entry(
        b"jpeg", bytes(16), u16(64, 48), u32(0x480000, 0x480000, 0), u16(1), bytes(32), u16(24, 0xFFFF)
    )
    header = full(b"vmhd", 0, 1, bytes(8))
    return Extra(b"vide", header, entry, 1000, (Sample(body, 800),), enabled=False, width=64, height=48)


def auxiliary(secret: bytes) -> Extra:
    """A depth map as an auxiliary video track (14496-12 §12.1.1, handler `auxv`)."""
    entry = _entry(
        b"mp4v", bytes(16), u16(64, 48), u32(0x480000, 0x480000, 0), u16(1), bytes(32), u16(24, 0xFFFF)
    )
    header = full(b"vmhd", 0, 1, bytes(8))
    return Extra(
        b"auxv", header, entry, 1000, (Sample(secret, 800),), b"vdep", enabled=False, width=64, height=48
    )


def silent() -> Extra:
    """A sound track that was never written to."""
    entry = _entry(b"sowt", bytes(8), u16(2, 16, 0, 0), u32(48000 << 16))
    return Extra(b"soun", full(b"smhd", 0, 0, bytes(4)), entry, 48000, ())


EVERY = {
    "timed metadata": timed_metadata,
    "telemetry": telemetry,
    "text metadata": text_metadata,
    "time code": time_code,
    "chapters": chapters,
    "subtitles": subtitles,
    "hint": hint,
    "auxiliary": auxiliary,
}
"""All makers that need nothing but a secret."""
