"""VP9 superframes and uncompressed headers (VP9 Bitstream Specification §6.2, annex B).

superframe        frames, then marker u8, sizes (1 to 4 bytes each, little-endian), marker u8
marker            110 3, bytes of a size - 1 2, frames - 1 3
frame_header      2 2, profile 2 (low bit first), [0 1], show_existing_frame 1 [index 3],
frame_type 1, show_frame 1, error_resilient_mode 1,
[key frame: 49 83 42, colour configuration, width-1 u16, height-1 u16 …]
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import Malformed, Unsupported
from .bits import BitReader

_SYNC_CODE = 0x498342
_RGB = 7
_HEADER_LIMIT = 32


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """What a key frame says of the stream; `chroma` is the code of `vpcC`, `space` the color_space."""

    profile: int
    bit_depth: int
    space: int
    full_range: bool
    chroma: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a sample: `size` is bytes that belong to it, `key` is set on key frames."""

    size: int
    shown: bool
    key: KeyFrame | None


def split(data: memoryview) -> tuple[list[tuple[int, int]], int]:
    """Return the frames of a sample as (start, stop), and where the superframe index begins.

    Raises `Malformed` if an index asks for more than there is.  Bytes between the
    last frame and the index belong to none.
    """
    size = len(data)
    marker = data[size - 1]
    if marker >> 5 != 6:
        return [(0, size)], size
    count, width = (marker & 7) + 1, (marker >> 3 & 3) + 1
    index = size - 2 - count * width
    if index < 0 or data[index] != marker:
        return [(0, size)], size
    frames = []
    at = 0
    for i in range(count):
        place = index + 1 + i * width
        length = int.from_bytes(data[place : place + width], "little")
        if at + length > index:
            raise Malformed("superframe_index", "frame-sizes")
        if length:
            frames.append((at, at + length))
        at += length
    return frames, index


def write_index(sizes: list[int]) -> bytes:
    """Return the superframe index of some frames, as short as it can be; nothing for one frame."""
    if len(sizes) < 2:
        return b""
    width = max(1, (max(sizes).bit_length() + 7) // 8)
    marker = bytes((0xC0 | (width - 1) << 3 | len(sizes) - 1,))
    return marker + b"".join(size.to_bytes(width, "little") for size in sizes) + marker


def _colour(bits: BitReader, profile: int) -> tuple[int, int, bool, int]:
    """color_config: depth, color_space, range and chroma subsampling."""
    depth = 8
    if profile >= 2:
        depth = 12 if bits.flag() else 10
    space = bits.u(3)
    if space == _RGB:
        if profile not in (1, 3):
            raise Malformed("color_config", "rgb")
        bits.expect(1, 0, "reserved")
        return depth, space, True, 3
    full = bits.flag()
    chroma = 1
    if profile in (1, 3):
        horizontal, vertical = bits.flag(), bits.flag()
        bits.expect(1, 0, "reserved")
        if horizontal and vertical:
            raise Malformed("color_config", "subsampling")
        # 4:4:0 has no code of its own; muxers write that of 4:4:4.
        chroma = 2 if horizontal else 3
    return depth, space, full, chroma


def read_frame(data: memoryview) -> Frame:
    """Read the uncompressed header of one frame as far as it concerns a container.

    Raises `Malformed` or `Unsupported`.
    """
    bits = BitReader(data[:_HEADER_LIMIT], "uncompressed_header")
    bits.expect(2, 2, "frame-marker")
    profile = bits.u(1) | bits.u(1) << 1
    if profile == 3 and bits.flag():
        raise Unsupported("uncompressed_header", "profile")
    if bits.flag():
        bits.u(3)
        # A frame that is shown again is a header and nothing else.
        return Frame((bits.position + 7) // 8, shown=True, key=None)
    inter, shown = bits.flag(), bits.flag()
    bits.u(1)
    if inter:
        return Frame(len(data), shown, None)
    bits.expect(24, _SYNC_CODE, "sync-code")
    depth, space, full, chroma = _colour(bits, profile)
    width, height = bits.u(16) + 1, bits.u(16) + 1
    return Frame(len(data), shown, KeyFrame(profile, depth, space, full, chroma, width, height))
