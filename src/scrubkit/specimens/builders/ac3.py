"""AC-3 and Enhanced AC-3 frames with words in the places that hold no sound (ETSI TS 102 366)."""

from __future__ import annotations

from .codecs_other import bits_of, bytes_of

_ADDITIONAL = {6: 66, 16: 53}
"""Bit of addbsie by bsid 8 and less, or 16, in stereo frames that FFmpeg writes."""


def crc(data: bytes | bytearray) -> int:
    """Return the checksum, bit by bit: x^16 + x^15 + x^2 + 1."""
    value = 0
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x18005 if value & 0x8000 else value << 1) & 0xFFFF
    return value


def enhanced(frame: bytes) -> bool:
    """Whether it is a frame of Enhanced AC-3."""
    return frame[5] >> 3 > 10


def sealed(frame: bytes) -> bytes:
    """A frame with checksums that fit; that in the middle of an AC-3 frame is put right by trying."""
    made = bytearray(frame)
    if not enhanced(frame):
        part = ((len(made) >> 2) + (len(made) >> 4)) << 1
        made[2:4] = bytes(2)
        wanted = crc(made[2:part])
        # the checksum of one bit in front, for each of the sixteen
        rows = []
        for bit in range(16):
            made[2:4] = (1 << bit).to_bytes(2)
            rows.append((crc(made[2:part]) ^ wanted, 1 << bit))
        made[2:4] = _solved(rows, wanted).to_bytes(2)
    made[-2:] = crc(made[2:-2]).to_bytes(2)
    return bytes(made)


def _solved(rows: list[tuple[int, int]], wanted: int) -> int:
    """The combination of rows (effect, bit) whose effects give what is wanted."""
    found = 0
    left = list(rows)
    for bit in reversed(range(16)):
        pivot = next((row for row in left if row[0] >> bit & 1), None)
        if pivot is None:
            continue
        left = [
            (row[0] ^ pivot[0], row[1] ^ pivot[1]) if row[0] >> bit & 1 else row
            for row in left
            if row is not pivot
        ]
        if wanted >> bit & 1:
            wanted ^= pivot[0]
            found ^= pivot[1]
    return found


def with_auxiliary_data(frame: bytes, words: bytes) -> bytes:
    """A frame with auxiliary data at its end, over whatever stood there."""
    tail = bits_of(words) + f"{8 * len(words):014b}" + "10" + "0" * 16
    return sealed(frame[: len(frame) - len(tail) // 8] + bytes_of(tail))


def with_additional_information(frame: bytes, words: bytes) -> bytes:
    """A stereo frame with additional information; what follows moves on, and the sound is lost."""
    bits = bits_of(frame)
    at = _ADDITIONAL[16 if enhanced(frame) else 6]
    # from a whole byte on, where whoever looks for bytes finds them
    filling = -(at + 7) % 8
    said = "1" + f"{len(words):06b}" + "0" * filling + bits_of(words) + "0" * (8 - filling)
    moved = bits[:at] + said + bits[at + 1 : len(bits) - 18 - len(said) + 1]
    return sealed(bytes_of(moved + "0" * 18))
