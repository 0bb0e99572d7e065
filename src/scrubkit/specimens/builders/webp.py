"""WebPs, valid and deliberately wrong, chunk by chunk: tiny pictures by Pillow's encoder."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache

ANIMATED, XMP, EXIF, ALPHA, PROFILE = 0x02, 0x04, 0x08, 0x10, 0x20


@dataclass(frozen=True)
class Chunk:
    """A chunk; `pad` is what fills it to an even size."""

    kind: bytes
    body: bytes = b""
    pad: bytes = b"\0"

    def __bytes__(self) -> bytes:
        size = len(self.body)
        return self.kind + size.to_bytes(4, "little") + self.body + self.pad * (size % 2)


Chunks = tuple[Chunk, ...]


def join(chunks: Iterable[Chunk | bytes], trailer: bytes = b"", *, more: int = 0) -> bytes:
    """Put a WebP together; `more` is added to the size that it states."""
    data = b"WEBP" + b"".join(bytes(each) for each in chunks)
    return b"RIFF" + (len(data) + more).to_bytes(4, "little") + data + trailer


def parse(data: bytes) -> Chunks:
    """Take a run of well-formed chunks apart."""
    found, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        stop = at + 8 + size
        found.append(Chunk(data[at : at + 4], data[at + 8 : stop], data[stop : stop + 1] or b"\0"))
        at = stop + size % 2
    return tuple(found)


def split(data: bytes) -> Chunks:
    return parse(data[12:])


def kinds(data: bytes) -> list[str]:
    return [chunk.kind.decode() for chunk in split(data)]


def body(data: bytes, kind: bytes) -> bytes:
    return next(chunk.body for chunk in split(data) if chunk.kind == kind)


@cache
def encode(mode: str = "RGB", size: tuple[int, int] = (31, 22), **options: object) -> bytes:
    """A picture with shapes in it."""
    from PIL import Image

    width, height = size
    bands = len(mode)
    pixels = bytes(
        (x * (5 + 2 * band) + y * y * (1 + band) + 60 * ((x // 9 + y // 7) % 2)) % 256
        for y in range(height)
        for x in range(width)
        for band in range(bands)
    )
    out = io.BytesIO()
    Image.frombytes(mode, size, pixels).save(out, "WEBP", **options)
    return out.getvalue()


@cache
def coded(mode: str = "RGB", size: tuple[int, int] = (31, 22), **options: object) -> Chunks:
    """The picture chunks of `encode`: VP8, VP8L, or ALPH and VP8."""
    return tuple(
        each for each in split(encode(mode, size, **options)) if each.kind in (b"VP8 ", b"VP8L", b"ALPH")
    )


def extended(flags: int, size: tuple[int, int] = (31, 22), reserved: bytes = bytes(3)) -> Chunk:
    fields = (size[0] - 1).to_bytes(3, "little") + (size[1] - 1).to_bytes(3, "little")
    return Chunk(b"VP8X", bytes((flags,)) + reserved + fields)


def changed(chunks: Chunks, kind: bytes, change: Callable[[bytes], bytes]) -> Chunks:
    return tuple(replace(each, body=change(each.body)) if each.kind == kind else each for each in chunks)


def control(loops: int = 0, background: bytes = b"\xff\xff\xff\xff") -> Chunk:
    return Chunk(b"ANIM", background + loops.to_bytes(2, "little"))


def frame(
    chunks: Iterable[Chunk],
    size: tuple[int, int],
    place: tuple[int, int] = (0, 0),
    duration: int = 100,
    flags: int = 0,
) -> Chunk:
    numbers = (place[0] // 2, place[1] // 2, size[0] - 1, size[1] - 1, duration)
    head = b"".join(number.to_bytes(3, "little") for number in numbers) + bytes((flags,))
    return Chunk(b"ANMF", head + b"".join(bytes(each) for each in chunks))


def inside(chunk: Chunk, *new: Chunk | bytes, last: bool = True) -> Chunk:
    """A frame with something more, after or before its picture."""
    more = b"".join(bytes(each) for each in new)
    head, rest = chunk.body[:16], chunk.body[16:]
    return replace(chunk, body=head + rest + more if last else head + more + rest)


def animation() -> Chunks:
    """Three frames: lossy with alpha, lossless, lossy; of other sizes and places."""
    return (
        extended(ANIMATED | ALPHA),
        control(3),
        frame(coded("RGBA"), (31, 22), duration=40),
        frame(coded("RGB", (15, 10), lossless=True), (15, 10), (4, 2), 70, 1),
        frame(coded("RGB", (10, 11)), (10, 11), (20, 10), 500, 2),
    )


def covered(background: bytes = b"\xff\xff\xff\xff") -> Chunks:
    """Two opaque frames of the whole canvas, before a colour that nobody sees."""
    return (
        extended(ANIMATED),
        control(0, background),
        frame(coded("RGB"), (31, 22)),
        frame(coded("RGB", lossless=True), (31, 22)),
    )
