"""Linear PCM, µ-law and A-law: which sample entry describes the bytes as they are.

QuickTime names a layout by entry type (*QuickTime File Format*, Sound sample
description), by `lpcm` with Core Audio format flags (version 2), and by `enda` for
the byte order of `in24`, `in32`, `fl32` and `fl64`; ISO/IEC 23003-5 by `ipcm` or
`fpcm` with `pcmC`.  No sample byte is changed: each layout has one canonical
QuickTime entry, and layouts without one are refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import Malformed, Unsupported

_FLOAT, _BIG, _SIGNED, _PACKED, _HIGH, _PLANAR = 1, 2, 4, 8, 16, 32
"""kAudioFormatFlagIsFloat and the flags after it (CoreAudioTypes)."""

_INTEGERS = {16: "", 24: "in24", 32: "in32"}
_FLOATS = {32: "fl32", 64: "fl64"}
_MOST_CHANNELS = 64


@dataclass(frozen=True, slots=True)
class PcmLayout:
    """One layout of interleaved samples.

    `entry` is the canonical QuickTime entry type, `bits` per channel,
    `frame_size` bytes of one sample of all channels.  `little` is the byte order;
    `enda` says whether the entry needs an `enda` atom to state it.
    """

    codec: str
    entry: str
    channels: int
    bits: int
    frame_size: int
    little: bool
    signed: bool
    floating: bool

    @property
    def enda(self) -> bool:
        """Whether the byte order is said by an `enda` atom (and the entry is of version 1)."""
        return self.entry in ("in24", "in32", "fl32", "fl64")


def _layout(
    channels: int, bits: int, *, little: bool, signed: bool = True, floating: bool = False
) -> PcmLayout:
    if not 1 <= channels <= _MOST_CHANNELS:
        raise Unsupported("pcm", "channels")
    if floating:
        entry = _FLOATS.get(bits)
    elif bits == 8:
        # One byte has no order: `twos` for signed ones, `raw ` for those offset by 128.
        entry, little = "twos" if signed else "raw ", False
    elif not signed:
        entry = None
    elif bits == 16:
        entry = "sowt" if little else "twos"
    else:
        entry = _INTEGERS.get(bits)
    if entry is None:
        raise Unsupported("pcm", "sample-format")
    return PcmLayout("pcm", entry, channels, bits, channels * bits // 8, little, signed, floating)


def companded(entry: str, channels: int) -> PcmLayout:
    """Return the layout of `ulaw` or `alaw` (ITU-T G.711): 8 coded bits, 16 when decoded."""
    if entry not in ("ulaw", "alaw"):
        raise Unsupported("pcm", "sample-entry")
    if not 1 <= channels <= _MOST_CHANNELS:
        raise Unsupported("pcm", "channels")
    return PcmLayout(entry, entry, channels, 16, channels, little=False, signed=True, floating=False)


def quicktime(entry: str, channels: int, bits: int, *, little: bool = False) -> PcmLayout:
    """Return the layout that a QuickTime sound entry of version 0 or 1 describes.

    `bits` is the entry's sample size field, `little` what an `enda` atom says.
    Raises `Unsupported`.
    """
    match entry:
        case "raw " | "NONE" if bits in (0, 8):
            return _layout(channels, 8, little=False, signed=False)
        case "raw " | "NONE" | "twos":
            # 16-bit `raw ` is two's complement, big-endian, to every player.
            return _layout(channels, bits or 16, little=False)
        case "sowt":
            return _layout(channels, bits or 16, little=True)
        case "in24" | "in32":
            return _layout(channels, int(entry[2:]), little=little)
        case "fl32" | "fl64":
            return _layout(channels, int(entry[2:]), little=little, floating=True)
        case "ulaw" | "alaw":
            return companded(entry, channels)
        case _:
            raise Unsupported("pcm", "sample-entry")


def lpcm(channels: int, bits: int, flags: int, frame_size: int) -> PcmLayout:
    """Return the layout that an `lpcm` entry of version 2 describes.

    `bits` is constBitsPerChannel, `flags` formatSpecificFlags, `frame_size`
    constBytesPerAudioPacket.  Raises `Unsupported` for planes and for samples that
    don't fill their bytes.
    """
    if flags & _PLANAR and channels > 1:
        raise Unsupported("lpcm", "planar")
    if frame_size and frame_size * 8 != channels * bits:
        raise Unsupported("lpcm", "unpacked")
    floating = bool(flags & _FLOAT)
    signed = bool(flags & _SIGNED) or floating
    return _layout(channels, bits, little=not flags & _BIG, signed=signed, floating=floating)


def iso(entry: str, channels: int, record: bytes | memoryview) -> PcmLayout:
    """Return the layout that `ipcm` or `fpcm` with the body of its `pcmC` describes (23003-5 §5)."""
    if len(record) < 6:
        raise Malformed("pcmC", "ends-early")
    if bytes(record[:4]) != bytes(4):
        raise Unsupported("pcmC", "version")
    if entry not in ("ipcm", "fpcm"):
        raise Unsupported("pcm", "sample-entry")
    return _layout(channels, record[5], little=bool(record[4] & 1), floating=entry == "fpcm")


def wave(channels: int, bits: int, *, floating: bool = False) -> PcmLayout:
    """Return the layout of RIFF and Matroska PCM: little-endian, 8 bits unsigned.  Raises `Unsupported`."""
    return _layout(channels, bits, little=True, signed=bits != 8, floating=floating)
