"""GIF files in every dress: headers, extensions, frames, and LZW data cut as one likes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

HEADER = b"GIF89a"
TRAILER = b"\x3b"


def u16(*values: int) -> bytes:
    return b"".join(value.to_bytes(2, "little") for value in values)


def blocks(data: bytes, size: int = 255) -> bytes:
    """Data sub-blocks of at most `size` bytes, and the terminator."""
    parts = (data[at : at + size] for at in range(0, len(data), size))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def packed(codes: Iterable[tuple[int, int]]) -> bytes:
    """Codes and their widths as bytes, low bit first."""
    value = bits = 0
    for code, width in codes:
        value |= code << bits
        bits += width
    return value.to_bytes((bits + 7) // 8, "little")


def lzw(pixels: bytes, code_size: int, *, end: bool = True, after: Iterable[int] = ()) -> bytes:
    """A true LZW coder; `after` are codes behind the last pixel, in the width that is due."""
    clear = 1 << code_size
    table: dict[bytes, int] = {}
    codes: list[tuple[int, int]] = []
    width, known = code_size + 1, clear + 2

    def put(code: int) -> None:
        codes.append((code, width))

    def reset() -> None:
        nonlocal width, known
        put(clear)
        table.clear()
        table.update((bytes([i]), i) for i in range(clear))
        width, known = code_size + 1, clear + 2

    reset()
    run = b""
    for value in pixels:
        longer = run + bytes([value])
        if longer in table:
            run = longer
            continue
        put(table[run])
        table[longer] = known
        if known == 1 << width and width < 12:
            width += 1
        known += 1
        run = bytes([value])
        if known == 4096:
            put(table[run])
            run = b""
            reset()
            continue
    if run:
        put(table[run])
        if known == 1 << width and width < 12:
            width += 1
    for code in after:
        put(code)
    if end:
        put(clear + 1)
    return packed(codes)


def extension(label: int, *parts: bytes) -> bytes:
    return b"\x21" + bytes([label]) + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def comment(text: bytes) -> bytes:
    return extension(0xFE, *(text[at : at + 255] for at in range(0, len(text), 255)))


def application(name: bytes, *parts: bytes) -> bytes:
    return extension(0xFF, name, *parts)


def loop(count: int, name: bytes = b"NETSCAPE2.0") -> bytes:
    return application(name, b"\1" + u16(count))


def xmp(packet: bytes) -> bytes:
    """A packet without sub-blocks, and the trailer that leads any reader to the terminator."""
    return b"\x21\xff\x0bXMP DataXMP" + packet + b"\1" + bytes(range(255, -1, -1)) + b"\0"


def control(delay: int = 0, disposal: int = 0, transparent: int | None = None, *, flags: int = 0) -> bytes:
    flags |= disposal << 2 | (transparent is not None)
    return extension(0xF9, bytes([flags]) + u16(delay) + bytes([transparent or 0]))


@dataclass(frozen=True)
class Frame:
    """One image: what stands before it, its place, colours and pixels."""

    pixels: bytes
    size: tuple[int, int]
    place: tuple[int, int] = (0, 0)
    before: bytes = b""
    colours: bytes = b""
    interlaced: bool = False
    code_size: int = 2
    data: bytes | None = None
    block: int = 255
    flags: int = 0

    def build(self) -> bytes:
        flags = self.flags | 0x40 * self.interlaced
        if self.colours:
            flags |= 0x80 | (len(self.colours) // 3).bit_length() - 2
        data = lzw(self.pixels, self.code_size) if self.data is None else self.data
        return (
            self.before
            + b"\x2c"
            + u16(*self.place, *self.size)
            + bytes([flags])
            + self.colours
            + bytes([self.code_size])
            + blocks(data, self.block)
        )


@dataclass(frozen=True)
class Picture:
    """A file: screen, colours, blocks before the frames, frames, and what follows."""

    size: tuple[int, int]
    frames: tuple[Frame, ...]
    colours: bytes = b""
    head: bytes = b""
    tail: bytes = b""
    after: bytes = b""
    background: int = 0
    aspect: int = 0
    version: bytes = HEADER
    flags: int = 0
    extra: dict[str, bytes] = field(default_factory=dict)

    def build(self) -> bytes:
        flags = self.flags
        if self.colours:
            flags |= 0x80 | (len(self.colours) // 3).bit_length() - 2
        return (
            self.version
            + u16(*self.size)
            + bytes([flags, self.background, self.aspect])
            + self.colours
            + self.head
            + b"".join(frame.build() for frame in self.frames)
            + self.tail
            + TRAILER
            + self.after
        )
