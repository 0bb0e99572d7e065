"""Layer III frames taken apart and put together (ISO/IEC 11172-3 §2.4.1): what lies between main data."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

KBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
LOW_KBITS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
RATES = (44100, 48000, 32000)
HALVED = {3: 0, 2: 1, 0: 2}
"""How often the rate is halved, by version."""


class Frame(NamedTuple):
    """A frame without CRC; `begin` is main_data_begin in bytes, `length` main data in bits."""

    header: bytes
    side: bytes
    area: bytes
    begin: int
    length: int


def first_version(header: bytes) -> bool:
    """Whether it is MPEG-1."""
    return header[1] >> 3 & 3 == 3


def side_size(header: bytes) -> int:
    """Bytes of side information."""
    mono = header[3] >> 6 == 3
    return (17 if mono else 32) if first_version(header) else (9 if mono else 17)


def frame_size(header: bytes) -> int:
    """Bytes of the frame that a header begins."""
    one = first_version(header)
    rate = RATES[header[2] >> 2 & 3] >> HALVED[header[1] >> 3 & 3]
    kbits = (KBITS if one else LOW_KBITS)[header[2] >> 4]
    return (144 if one else 72) * 1000 * kbits // rate + (header[2] >> 1 & 1)


def taken_apart(data: bytes) -> Frame:
    """Read one frame without CRC."""
    header = data[:4]
    stop = 4 + side_size(header)
    bits = f"{int.from_bytes(data[4:stop]):0{8 * (stop - 4)}b}"
    one, channels = first_version(header), 1 if header[3] >> 6 == 3 else 2
    begin, granule, count = (9, 59, 2 * channels) if one else (8, 63, channels)
    lengths = [bits[len(bits) - granule * (i + 1) :][:12] for i in range(count)]
    return Frame(header, data[4:stop], data[stop:], int(bits[:begin], 2), sum(int(one, 2) for one in lengths))


def refilled(frames: Sequence[bytes], filling: bytes) -> list[bytes]:
    """The same frames with every whole byte that none of them decodes taken from `filling`, over and over."""
    parts = [taken_apart(frame) for frame in frames]
    areas = bytearray().join(part.area for part in parts)
    used = bytearray(len(areas))
    at = 0
    for part in parts:
        first = at - part.begin
        stop = first + (part.length + 7) // 8
        used[max(first, 0) : max(stop, 0)] = b"\1" * (max(stop, 0) - max(first, 0))
        at += len(part.area)
    areas += bytes(len(used) - len(areas))
    begun = 0
    for i in range(len(areas)):
        if used[i]:
            begun = i + 1
        else:
            areas[i] = filling[(i - begun) % len(filling)]
    made = []
    at = 0
    for part in parts:
        made.append(part.header + part.side + bytes(areas[at : at + len(part.area)]))
        at += len(part.area)
    return made


def roomy(frames: Sequence[bytes], filling: bytes) -> list[bytes]:
    """The same sound in frames of the largest size, each with all its main data and `filling` behind it."""
    made = []
    before = b""
    for frame in frames:
        part = taken_apart(frame)
        before += part.area
        first = len(before) - len(part.area) - part.begin
        data = before[max(first, 0) :][: (part.length + 7) // 8]
        header = part.header[:2] + bytes((part.header[2] & 0x0D | 0xE0,)) + part.header[3:]
        bits = 9 if first_version(header) else 8
        side = int.from_bytes(part.side) & (1 << 8 * len(part.side) - bits) - 1
        size = frame_size(header) - 4 - len(part.side)
        rest = (filling * (size // len(filling) + 1))[: size - len(data)]
        made.append(header + side.to_bytes(len(part.side)) + data + rest)
    return made


def about_the_file(frame: bytes, text: bytes) -> bytes:
    """A frame of the same size that holds no sound, but a tag that tells of the file."""
    size = side_size(frame[:4])
    return (frame[:4] + bytes(size) + b"Info" + bytes(4) + text).ljust(len(frame), b"\0")[: len(frame)]
