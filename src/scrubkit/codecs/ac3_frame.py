"""AC-3 and Enhanced AC-3 syncframes (ETSI TS 102 366 §4.3, §4.4, annex E).

    AC-3     0B77, crc1 u16, fscod 2, frmsizecod 6, bsid 5, bsmod 3, acmod 3, … bit stream information,
             six audio blocks, auxiliary data, auxdatae 1, crcrsv 1, crc2 u16
    E-AC-3   0B77, strmtyp 2, substreamid 3, frmsiz 11, fscod 2, numblkscod 2, acmod 3, lfeon 1, bsid 5, …
             audio blocks, auxiliary data, auxdatae 1, encinfo 1, crc2 u16

What of a frame's information no decoder needs becomes zero: time codes, production
data, copyright bits, additional information, auxiliary data.  Checksums are made to
fit, but not where they didn't: a decoder that mutes a damaged frame must go on doing
so, and for one that doesn't the end of the frame may be sound.  Skip fields inside
audio blocks are not walked, nor are bits between the last block and auxiliary data.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import Malformed, Unsupported
from .ac3_checksum import leading, remainder, trailing
from .bits import BitReader

_KBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
_RATES = (48000, 44100, 32000)
_BLOCKS = (1, 2, 3, 6)
_SAMPLES = 256
"""Per audio block and channel."""
_ALTERNATE = 6
_SYNCWORD = 0x0B77
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
    bits.expect(16, _SYNCWORD, "syncword")
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


def auxiliary(data: bytes, begin: int) -> tuple[int, int] | None:
    """Return the auxiliary data of a frame and its length field as (first, stop) in bits, if there is any.

    `begin` is where the bit stream information ends.  It stands before auxdatae, from its end back (§4.4.4).
    """
    end = 8 * len(data) - 18
    tail = BitReader(data[-4:], "auxdata")
    length = tail.u(14)
    return (max(end - 14 - length, begin), end) if tail.flag() else None


def _free_bits(data: bytes, frame: Frame, *, right: bool) -> list[tuple[int, int]]:
    """Return the free stretches of an AC-3 frame as (first, stop) in bits (§4.3.2).

    Only if its checksum is `right`, what it says of auxiliary data is to be trusted: in a damaged
    frame that may be sound.
    """
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
    found = auxiliary(data, bits.position) if right else None
    if found is not None:
        # without its flag, the bits are filling of no length
        free.append((found[0], found[1] + 1))
    if right:
        end = 8 * frame.size
        free.append((end - 17, end - 16))  # crcrsv
    return free


def cleared(value: int, size: int, free: list[tuple[int, int]]) -> int:
    """Return a bit string of `size` bits with free stretches zero."""
    for first, stop in free:
        value &= ~(((1 << stop - first) - 1) << size - stop)
    return value


def canonical(data: bytes, frame: Frame) -> bytes:
    """Return an AC-3 frame with its free bits zero and checksums that are as right or wrong as they were.

    Decoders that don't look at the last one may take it for sound in a damaged frame, so there it stays.
    """
    size = 8 * len(data)
    value = int.from_bytes(data)
    # crc1 makes five eighths of the frame a multiple, crc2 all of it; both without the syncword
    part = size - (((len(data) >> 2) + (len(data) >> 4)) << 4)
    body = value & (1 << size - 16) - 1
    right = remainder(body >> part) == 0, remainder(body) == 0
    made = cleared(value, size, _free_bits(data, frame, right=right[1]))
    if made == value and right == (True, True):
        return data
    sound = made & (1 << size - 32) - (1 << 16)
    first = leading(sound >> part, size - 32 - part) ^ (not right[0])
    body = first << size - 32 | sound
    last = trailing(body >> 16)
    if not right[1]:
        last = value & 0xFFFF if value & 0xFFFF != last else last ^ 1
    elif last == _SYNCWORD:
        # what crcrsv is for (§4.4.5)
        body |= 1 << 16
        last = trailing(body >> 16)
    return (_SYNCWORD << size - 16 | body | last).to_bytes(len(data))
