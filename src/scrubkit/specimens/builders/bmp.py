"""BMP files in every dress: headers of each version, palettes, rows and run lengths."""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Picture:
    """A file, from its fields; `header` is the size of the information header."""

    size: tuple[int, int]
    bits: int
    data: bytes
    palette: bytes = b""
    compression: int = 0
    masks: tuple[int, ...] = ()
    header: int = 40
    top_down: bool = False
    reserved: bytes = bytes(4)
    resolution: tuple[int, int] = (0, 0)
    colours: tuple[int, int] = (0, 0)
    tail: bytes = b""
    """What follows the fields that all versions share, inside the header."""
    gap: bytes = b""
    after: bytes = b""
    profile: bytes = b""
    kind: bytes = b"DEBM"
    stated: int | None = None

    def build(self) -> bytes:
        width, height = self.size
        if self.header == 12:
            head = struct.pack("<I4H", 12, width, height, 1, self.bits)
        else:
            stated = len(self.data) if self.stated is None else self.stated
            head = struct.pack(
                "<IiiHHIIiiII",
                self.header,
                width,
                -height if self.top_down else height,
                1,
                self.bits,
                self.compression,
                stated,
                *self.resolution,
                *self.colours,
            )
            masks = struct.pack(f"<{len(self.masks)}I", *self.masks)
            if self.header == 40:
                head += masks
            else:
                head = (head + masks.ljust(16, b"\0") + self.tail).ljust(self.header, b"\0")
        offset = 14 + len(head) + len(self.palette) + len(self.gap)
        if self.profile:
            place = offset - 14 + len(self.data)
            head = (
                head[:56]
                + self.kind
                + head[60:112]
                + struct.pack("<2I", place, len(self.profile))
                + head[120:]
            )
        body = head + self.palette + self.gap + self.data + self.profile + self.after
        return b"BM" + struct.pack("<I", 14 + len(body)) + self.reserved + struct.pack("<I", offset) + body


def rows(width: int, height: int, bits: int, pad: bytes = b"\0") -> bytes:
    """The rows of a made-up picture; padding bytes are `pad`, and so are the bits behind the last pixel."""
    used = (width * bits + 7) // 8
    rest = width * bits % 8
    out = b""
    for y in range(height):
        line = bytearray((x * 37 + y * 11 + x * y) % 251 for x in range(used))
        if rest:
            line[-1] = line[-1] & (0xFF << (8 - rest) & 0xFF) | pad[0] & (0xFF >> rest)
        out += bytes(line) + (pad * 4)[: -used % 4]
    return out


def palette(colours: int, fourth: int = 0) -> bytes:
    return b"".join(
        bytes([(i * 7) % 256, (i * 29 + 3) % 256, (255 - i) % 256, fourth]) for i in range(colours)
    )
