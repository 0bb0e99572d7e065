"""AC-3 and Enhanced AC-3 syncframes (ETSI TS 102 366 §4.3, §4.4, annex E).

    AC-3     0B77, crc1 u16, fscod 2, frmsizecod 6, bsid 5, bsmod 3, acmod 3, … bit stream information,
             six audio blocks, auxiliary data, auxdatae 1, crcrsv 1, crc2 u16
    E-AC-3   0B77, strmtyp 2, substreamid 3, frmsiz 11, fscod 2, numblkscod 2, acmod 3, lfeon 1, bsid 5, …

What of an AC-3 frame's information no decoder needs becomes zero: time codes,
production data, copyright bits, additional information, auxiliary data; both
checksums are made to fit.  Skip fields inside audio blocks are not walked.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import Malformed, Unsupported
from ._crc import crc16, leading_crc16
from .bits import BitReader

_KBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
_RATES = (48000, 44100, 32000)
_BLOCKS = (1, 2, 3, 6)
_SAMPLES = 256
"""Per audio block and channel."""
_ALTERNATE = 6
_INFORMATION_LIMIT = 128
"""Bytes in which the bit stream information of an AC-3 frame must end; it takes 86 at most."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One syncframe: `size` bytes, `samples` per channel; the rest are fields of its header."""

    size: int
    samples: int
    fscod: int
    bsid: int
    bsmod: int
    acmod: int
    lfeon: int
    bit_rate_code: int
    enhanced: bool

    @property
    def rate(self) -> int:
        """Samples per second."""
        return _RATES[self.fscod]


def read_frame(data: bytes | memoryview) -> Frame:
    """Read the header of the syncframe at the start of `data`; raises `Malformed` or `Unsupported`."""
    bits = BitReader(data[:16], "syncframe")
    bits.expect(16, 0x0B77, "syncword")
    bits.position = 40
    bsid = bits.u(5)
    if bsid <= 8:
        bits.position = 32
        fscod, code = bits.u(2), bits.u(6)
        if fscod == 3 or code >= 2 * len(_KBITS):
            raise Malformed("syncframe", "reserved")
        bits.position = 45
        bsmod, acmod = bits.u(3), bits.u(3)
        kbits = _KBITS[code >> 1]
        words = (2 * kbits, 320 * kbits // 147 + (code & 1), 3 * kbits)[fscod]
        bits.position += _mix_bits(acmod)
        return Frame(2 * words, 6 * _SAMPLES, fscod, bsid, bsmod, acmod, bits.u(1), code >> 1, enhanced=False)
    if not 11 <= bsid <= 16:
        raise Unsupported("syncframe", "bsid")
    bits.position = 21
    size = 2 * (bits.u(11) + 1)
    fscod, blocks = bits.u(2), bits.u(2)
    if fscod == 3:
        raise Unsupported("syncframe", "half-rate")
    acmod, lfeon = bits.u(3), bits.u(1)
    return Frame(size, _BLOCKS[blocks] * _SAMPLES, fscod, bsid, 0, acmod, lfeon, 0, enhanced=True)


def _mix_bits(acmod: int) -> int:
    """BitReader of cmixlev, surmixlev and dsurmod."""
    return 2 * (acmod & 1 and acmod != 1) + 2 * bool(acmod & 4) + 2 * (acmod == 2)


def _free_bits(data: bytes, frame: Frame) -> list[tuple[int, int]]:
    """Return the free stretches of an AC-3 frame's information as (first, stop) in bits (§4.3.2)."""
    free: list[tuple[int, int]] = []
    bits = BitReader(data[:_INFORMATION_LIMIT], "bsi")

    def clear(count: int) -> None:
        free.append((bits.position, bits.position + count))
        bits.u(count)

    bits.position = 51 + _mix_bits(frame.acmod) + 1
    for _ in range(2 if frame.acmod == 0 else 1):
        bits.u(5)  # dialnorm
        if bits.flag():
            bits.u(8)  # compr
        if bits.flag():
            clear(8)  # langcod
        if bits.flag():
            clear(7)  # mixlevel, roomtyp
    clear(2)  # copyrightb, origbs
    if frame.bsid == _ALTERNATE:
        if bits.flag():
            bits.u(14)  # xbsi1: how to mix down
        if bits.flag():
            bits.u(5)
            clear(9)  # xbsi2, encinfo
    else:
        for _ in range(2):
            if bits.flag():
                clear(14)  # timecod
    if bits.flag():
        count = 8 * (bits.u(6) + 1)
        clear(count)  # addbsi
    end = 8 * frame.size - 18
    tail = BitReader(data[frame.size - 4 :], "auxdata")
    tail.u(14)
    if tail.flag():
        tail.position = 0
        length = tail.u(14)
        free.append((max(end - 14 - length, bits.position), end + 1))
    return free


def canonical(data: bytes, frame: Frame) -> bytes:
    """Return an AC-3 frame with its free bits zero and checksums that fit; the same bytes if none was set."""
    free = _free_bits(data, frame)
    size = 8 * len(data)
    value = int.from_bytes(data, "big")
    cleared = value
    for first, stop in free:
        cleared &= ~(((1 << stop - first) - 1) << size - stop)
    if cleared == value:
        return data
    made = bytearray(cleared.to_bytes(len(data), "big"))
    part = ((len(data) >> 2) + (len(data) >> 4)) << 1
    made[2:4] = leading_crc16(bytes(made[4:part])).to_bytes(2, "big")
    made[-2:] = crc16(bytes(made[2:-2])).to_bytes(2, "big")
    return bytes(made)
