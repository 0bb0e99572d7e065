"""PNGs, valid and deliberately wrong, chunk by chunk: rows that count up, deflated here."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

SIGNATURE = b"\x89PNG\r\n\x1a\n"

GREY, RGB, INDEXED, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, INDEXED: 1, GREY_ALPHA: 2, RGBA: 4}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


@dataclass(frozen=True)
class Chunk:
    """A chunk; `crc` is the right one unless another is given."""

    kind: bytes
    body: bytes = b""
    crc: bytes | None = None

    def __bytes__(self) -> bytes:
        crc = zlib.crc32(self.kind + self.body).to_bytes(4) if self.crc is None else self.crc
        return len(self.body).to_bytes(4) + self.kind + self.body + crc


Chunks = tuple[Chunk, ...]

IEND = Chunk(b"IEND")


def join(chunks: Iterable[Chunk | bytes], trailer: bytes = b"", *, end: bool = True) -> bytes:
    """Put a PNG together; a plain `bytes` stands where it is."""
    return SIGNATURE + b"".join(bytes(each) for each in chunks) + (bytes(IEND) if end else b"") + trailer


def split(data: bytes) -> Chunks:
    """Take a well-formed PNG apart, IEND left out."""
    found, at = [], 8
    while data[at + 4 : at + 8] != b"IEND":
        size = int.from_bytes(data[at : at + 4])
        found.append(Chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + size], data[at + 8 + size :][:4]))
        at += 12 + size
    return tuple(found)


def kinds(data: bytes) -> list[str]:
    return [chunk.kind.decode() for chunk in split(data)]


def body(data: bytes, kind: bytes) -> bytes:
    return next(chunk.body for chunk in split(data) if chunk.kind == kind)


def header(width: int, height: int, depth: int = 8, colour: int = RGB, *, interlaced: bool = False) -> Chunk:
    fields = width.to_bytes(4) + height.to_bytes(4) + bytes((depth, colour, 0, 0, interlaced))
    return Chunk(b"IHDR", fields)


def rows(width: int, height: int, depth: int = 8, colour: int = RGB, *, interlaced: bool = False) -> bytes:
    """All rows of all passes, unfiltered; the value of a byte tells its column and row."""
    bits = depth * SAMPLES[colour]
    out = b""
    for x, y, dx, dy in PASSES if interlaced else ((0, 0, 1, 1),):
        columns, lines = len(range(x, width, dx)), len(range(y, height, dy))
        size = (columns * bits + 7) // 8
        for line in range(lines if columns else 0):
            out += b"\0" + bytes((7 * i + 13 * line + i * line // 5) % 256 for i in range(size))
    return out


def picture(
    width: int = 24, height: int = 18, depth: int = 8, colour: int = RGB, *, interlaced: bool = False
) -> Chunks:
    """IHDR, a palette where one is needed, and IDAT."""
    palette: Chunks = ()
    if colour == INDEXED:
        palette = (Chunk(b"PLTE", bytes(3 * i % 256 for i in range(3 << depth))),)
    packed = zlib.compress(rows(width, height, depth, colour, interlaced=interlaced))
    head = header(width, height, depth, colour, interlaced=interlaced)
    return (head, *palette, Chunk(b"IDAT", packed))


def before(chunks: Iterable[Chunk | bytes], kind: bytes, *new: Chunk | bytes) -> tuple[Chunk | bytes, ...]:
    """Put something before the first chunk of a kind."""
    whole = tuple(chunks)
    at = next(i for i, each in enumerate(whole) if isinstance(each, Chunk) and each.kind == kind)
    return (*whole[:at], *new, *whole[at:])


def changed(chunks: Chunks, kind: bytes, change: Callable[[bytes], bytes]) -> Chunks:
    return tuple(replace(each, body=change(each.body)) if each.kind == kind else each for each in chunks)


def pieces(chunks: Chunks, size: int, *, empty: bool = False) -> Chunks:
    """Cut IDAT chunks into pieces, perhaps with empty ones between them."""
    out: list[Chunk] = []
    for each in chunks:
        if each.kind != b"IDAT":
            out.append(each)
            continue
        for at in range(0, len(each.body), size):
            out.append(Chunk(b"IDAT", each.body[at : at + size]))
            out += [Chunk(b"IDAT")] * empty
    return tuple(out)


def zlib_header(value: bytes) -> Callable[[bytes], bytes]:
    return lambda packed: value + packed[2:]


# Chunks that say something beside the picture.


def text(keyword: bytes, value: bytes) -> Chunk:
    return Chunk(b"tEXt", keyword + b"\0" + value)


def ztxt(keyword: bytes, value: bytes) -> Chunk:
    return Chunk(b"zTXt", keyword + b"\0\0" + zlib.compress(value))


def itxt(keyword: bytes, value: bytes, *, packed: bool = False, language: bytes = b"en") -> Chunk:
    data = zlib.compress(value) if packed else value
    return Chunk(b"iTXt", keyword + b"\0" + bytes((packed, 0)) + language + b"\0" + keyword + b"\0" + data)


def raw_profile(name: bytes, data: bytes, *, kind: bytes = b"zTXt") -> Chunk:
    """A profile as ImageMagick writes it."""
    digits = data.hex().encode()
    lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    value = b"\n" + name + b"\n%8d\n" % len(data) + lines + b"\n"
    keyword = b"Raw profile type " + name
    return ztxt(keyword, value) if kind == b"zTXt" else text(keyword, value)


def icc(profile: bytes, name: bytes = b"icc") -> Chunk:
    return Chunk(b"iCCP", name + b"\0\0" + zlib.compress(profile))


# Animation.


def animation_control(frames: int, plays: int = 0) -> Chunk:
    return Chunk(b"acTL", frames.to_bytes(4) + plays.to_bytes(4))


def frame_control(
    sequence: int,
    size: tuple[int, int],
    place: tuple[int, int] = (0, 0),
    delay: tuple[int, int] = (1, 10),
    operations: tuple[int, int] = (0, 0),
) -> Chunk:
    numbers = (sequence, *size, *place)
    body = b"".join(number.to_bytes(4) for number in numbers)
    return Chunk(b"fcTL", body + delay[0].to_bytes(2) + delay[1].to_bytes(2) + bytes(operations))


def frame_data(sequence: int, packed: bytes) -> Chunk:
    return Chunk(b"fdAT", sequence.to_bytes(4) + packed)


@dataclass(frozen=True)
class Shape:
    """How an animation is written: what must not matter."""

    default: bool = True
    """Whether the default image is the first frame."""
    cut: int = 0
    delay: tuple[int, int] = (1, 10)
    zlib: bytes = b"\x78\x9c"


def animation(shape: Shape, frames: int = 3, size: tuple[int, int] = (24, 18)) -> Chunks:
    """Frames that differ in size, place and operation."""
    head, image = picture(*size)
    out = [head, animation_control(frames, 2)]
    sequence = 0
    if shape.default:
        out.append(frame_control(0, size, delay=shape.delay))
        sequence = 1
    out.append(image)
    for place in range(shape.default, frames):
        width, height = size[0] - 2 * place, size[1] - 3 * place
        operations = (place % 3, place % 2)
        at = (place, 2 * place)
        out.append(frame_control(sequence, (width, height), at, shape.delay, operations))
        sequence += 1
        packed = shape.zlib + zlib.compress(rows(width, height))[2:]
        step = shape.cut or len(packed)
        for start in range(0, len(packed), step):
            out.append(frame_data(sequence, packed[start : start + step]))
            sequence += 1
    return tuple(out)
