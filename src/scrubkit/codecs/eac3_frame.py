"""Bit stream information of Enhanced AC-3 frames (ETSI TS 102 366 §E.1.2.2).

    strmtyp 2, substreamid 3, frmsiz 11, fscod 2, numblkscod 2, acmod 3, lfeon 1, bsid 5,
    dialnorm and compr per programme, [chanmap 16], [mixing], [information], [convsync],
    [frmsizecod 6], [addbsi]

Loudness and how to mix down are kept; production data, copyright bits, parameters for mixing
with another programme that have no fixed meaning, and additional information are free, except
that the first two bytes of the latter say that the sound has objects (ETSI TS 103 420 §8.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ac3_checksum import remainder, trailing
from .ac3_frame import auxiliary, cleared
from .bits import BitReader

if TYPE_CHECKING:
    from .ac3_frame import Frame

_INFORMATION_LIMIT = 192
"""Bytes in which bit stream information must end; it takes 142 at most."""
_BLOCKS = (1, 2, 3, 6)
_INDEPENDENT, _DEPENDENT, _CONVERTED = range(3)
_OBJECTS = 0x5838
"""What a container of object metadata begins with (ETSI TS 102 366 §H.2.1.2)."""


class _Information:
    """Owns the walk over one frame's information, and the free stretches found so far."""

    __slots__ = ("bits", "free")

    def __init__(self, data: bytes) -> None:
        self.bits = BitReader(data[:_INFORMATION_LIMIT], "bsi")
        self.bits.position = 16
        self.free: list[tuple[int, int]] = []

    def clear(self, count: int) -> None:
        """Skip bits that are free."""
        first = self.bits.position
        self.bits.u(count)
        self.free.append((first, first + count))

    def optional(self, count: int) -> None:
        """Skip a flag, and bits if it is set."""
        if self.bits.flag():
            self.bits.u(count)

    def mixing(self, stream: int, blocks: int, acmod: int, lfeon: int) -> None:
        """Walk what mixmdate announces."""
        bits = self.bits
        if acmod > 2:
            bits.u(2)  # dmixmod
            if acmod & 1:
                bits.u(6)
        if acmod & 4:
            bits.u(6)
        if lfeon:
            self.optional(5)
        if stream != _INDEPENDENT:
            return
        for _ in range(2 if acmod == 0 else 1):
            self.optional(6)  # pgmscl
        self.optional(6)  # extpgmscl
        match bits.u(2):
            case 1:
                bits.u(5)
            case 2:
                self.clear(12)
            case 3:
                self.clear(8 * (bits.u(5) + 2))
        if acmod < 2:
            for _ in range(2 if acmod == 0 else 1):
                if bits.flag():
                    bits.u(8)  # panmean
                    self.clear(6)  # paninfo
        if bits.flag():
            if blocks == 1:
                bits.u(5)
            else:
                for _ in range(blocks):
                    self.optional(5)

    def about(self, acmod: int) -> None:
        """Walk what infomdate announces."""
        bits = self.bits
        bits.u(3)  # bsmod
        self.clear(2)  # copyrightb, origbs
        if acmod == 2:
            bits.u(4)  # dsurmod, dheadphonmod
        if acmod >= 6:
            bits.u(2)  # dsurexmod
        for _ in range(2 if acmod == 0 else 1):
            if bits.flag():
                self.clear(8)  # mixlevel, roomtyp, adconvtyp
        self.clear(1)  # sourcefscod

    def additional(self) -> bool:
        """Walk addbsi; return whether it says that the sound has objects."""
        bits = self.bits
        size = 8 * (bits.u(6) + 1)
        start = bits.position
        objects = False
        if size >= 16:
            bits.u(7)
            objects = bits.flag() and 1 <= bits.u(8) <= 16
            bits.position = start
        if objects:
            self.clear(7)
            bits.u(9)
            size -= 16
        self.clear(size)
        return objects


def _free_bits(
    data: bytes, frame: Frame, *, right: bool, objects: bool
) -> tuple[list[tuple[int, int]], bool]:
    """Return the free stretches of a frame as (first, stop) in bits, and whether its sound has objects.

    Only if its checksum is `right`, what it says of auxiliary data is to be trusted.
    """
    walk = _Information(data)
    bits = walk.bits
    stream = bits.u(2)
    bits.u(14)
    bits.u(2)
    blocks = _BLOCKS[bits.u(2)]
    bits.u(9)  # acmod, lfeon, bsid
    for _ in range(2 if frame.acmod == 0 else 1):
        bits.u(5)  # dialnorm
        walk.optional(8)  # compr
    if stream == _DEPENDENT:
        walk.optional(16)  # chanmap
    if bits.flag():
        walk.mixing(stream, blocks, frame.acmod, frame.lfeon)
    if bits.flag():
        walk.about(frame.acmod)
    if stream == _INDEPENDENT and blocks != _BLOCKS[-1]:
        bits.u(1)  # convsync
    if stream == _CONVERTED and (blocks == _BLOCKS[-1] or bits.flag()):
        bits.u(6)  # frmsizecod
    if bits.flag():
        objects |= walk.additional()
    if right:
        end = 8 * frame.size
        walk.free.append((end - 17, end - 16))  # encinfo
    found = auxiliary(data, bits.position) if right else None
    if found is not None:
        first, stop = found
        container = int.from_bytes(data[first >> 3 : (first >> 3) + 3]) >> 8 - (first & 7) & 0xFFFF
        if not (objects and container == _OBJECTS and stop - first >= 30):
            # without its flag, the bits are filling of no length
            walk.free.append((first, stop + 1))
    return walk.free, objects


def canonical(data: bytes, frame: Frame, *, objects: bool) -> tuple[bytes, bool]:
    """Return a frame with its free bits zero and a checksum that is right if it was.

    `objects` is whether an earlier frame of the sample says that its sound has objects; also
    returns whether this one or an earlier one does.  Raises `Malformed`.
    """
    size = 8 * len(data)
    value = int.from_bytes(data)
    right = remainder(value & (1 << size - 16) - 1) == 0
    free, objects = _free_bits(data, frame, right=right, objects=objects)
    made = cleared(value, size, free)
    if made == value:
        return data, objects
    body = made >> 16
    last = trailing(body & (1 << size - 32) - 1)
    if not right:
        last = value & 0xFFFF if value & 0xFFFF != last else last ^ 1
    return (body << 16 | last).to_bytes(len(data)), objects
