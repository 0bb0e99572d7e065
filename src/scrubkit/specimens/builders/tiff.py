"""TIFF, BigTIFF and DNG files in every dress: directories, values and strips laid out as one likes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import Literal

Order = Literal["little", "big"]

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SRATIONAL, FLOAT, DOUBLE = 1, 2, 3, 4, 5, 7, 10, 11, 12
LONG8 = 16
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 7: 1, 10: 4, 11: 4, 12: 8, 16: 8}
"""Bytes of one number; a rational is two."""

Values = bytes | tuple[int, ...]


@dataclass(frozen=True)
class Tag:
    """One entry: numbers are written in the file's byte order, bytes as they are."""

    number: int
    type: int
    values: Values

    def encoded(self, order: Order) -> bytes:
        if isinstance(self.values, bytes):
            return self.values
        size = SIZES[self.type]
        return b"".join((value & ((1 << 8 * size) - 1)).to_bytes(size, order) for value in self.values)

    def count(self, order: Order) -> int:
        each = SIZES[self.type] * (2 if self.type in (RATIONAL, SRATIONAL) else 1)
        return len(self.encoded(order)) // each


@dataclass(frozen=True)
class Ifd:
    """A directory: tags, coded strips or tiles, and directories below by the tag that points to them."""

    tags: tuple[Tag, ...]
    segments: tuple[bytes, ...] = ()
    tiled: bool = False
    below: tuple[tuple[int, tuple[Ifd, ...]], ...] = ()
    counts: bool = True

    def with_tags(self, *tags: Tag) -> Ifd:
        """The directory with more tags, or other values for those that it has."""
        numbers = {tag.number for tag in tags}
        return replace(self, tags=(*(tag for tag in self.tags if tag.number not in numbers), *tags))

    def without(self, *numbers: int) -> Ifd:
        return replace(self, tags=tuple(tag for tag in self.tags if tag.number not in numbers))


@dataclass(frozen=True)
class Layout:
    """How a file is laid out; `gap` stands between any two structures, `after` at the end."""

    order: Order = "little"
    big: bool = False
    gap: bytes = b""
    after: bytes = b""
    slack: bytes = b""
    """Bytes behind each strip that its count covers."""
    backwards: bool = False
    """Tags in falling order, strips from the last to the first."""
    wide: bool = False
    """Offsets and counts of 8 bytes, or of 4 where 2 would do."""
    link: int = 0
    """What the last directory points to; -1 is itself."""


@dataclass
class _Writer:
    layout: Layout
    out: bytearray = field(default_factory=bytearray)

    def number(self, value: int, size: int) -> bytes:
        return value.to_bytes(size, self.layout.order)

    def put(self, data: bytes) -> int:
        """Append at an even place, behind the gap."""
        self.out += self.layout.gap
        self.out += bytes(len(self.out) % 2)
        at = len(self.out)
        self.out += data
        return at

    def segments(self, ifd: Ifd) -> list[int]:
        """Write the strips; the slack of one ends where the next begins, with nothing in between."""
        places = {}
        indexes = range(len(ifd.segments))
        for index in reversed(indexes) if self.layout.backwards else indexes:
            places[index] = self.put(ifd.segments[index] + self.layout.slack)
        return [places[index] for index in indexes]

    def directory(self, ifd: Ifd) -> tuple[int, int]:
        """Write a directory and all it points to; returns its place and that of its link."""
        big, order = self.layout.big, self.layout.order
        width, kind = (8, LONG8) if big else (4, LONG)
        tags = list(ifd.tags)
        if ifd.segments:
            places = self.segments(ifd)
            sizes = tuple(len(segment) + len(self.layout.slack) for segment in ifd.segments)
            pair = (324, 325) if ifd.tiled else (273, 279)
            tags.append(Tag(pair[0], kind, tuple(places)))
            if ifd.counts:
                tags.append(Tag(pair[1], kind if self.layout.wide or max(sizes) > 65535 else SHORT, sizes))
        for number, children in ifd.below:
            tags.append(Tag(number, kind, tuple(self.directory(child)[0] for child in children)))
        tags.sort(key=lambda tag: tag.number, reverse=self.layout.backwards)
        entries = b""
        for tag in tags:
            data = tag.encoded(order)
            entries += self.number(tag.number, 2) + self.number(tag.type, 2)
            entries += self.number(tag.count(order), width)
            entries += data.ljust(width, b"\0") if len(data) <= width else self.number(self.put(data), width)
        count = self.number(len(tags), 8 if big else 2)
        at = len(self.out) + len(self.layout.gap)
        at += at % 2
        link = at if self.layout.link < 0 else self.layout.link
        self.put(count + entries + self.number(link, width))
        return at, at + len(count) + len(entries)


def build(pages: tuple[Ifd, ...], layout: Layout = Layout()) -> bytes:
    """A file of some pages."""
    writer = _Writer(layout)
    mark = b"II" if layout.order == "little" else b"MM"
    width = 8 if layout.big else 4
    if layout.big:
        writer.out += mark + b"".join(writer.number(value, 2) for value in (43, 8, 0))
    else:
        writer.out += mark + writer.number(42, 2)
    link = len(writer.out)
    writer.out += bytes(width)
    for page in pages:
        at, following = writer.directory(page)
        writer.out[link : link + width] = writer.number(at, width)
        link = following
    return bytes(writer.out) + layout.after


def text(number: int, words: bytes) -> Tag:
    return Tag(number, ASCII, words + b"\0")


def rows(width: int, height: int, samples: int = 3, *, wide: Order | None = None) -> list[bytes]:
    """The rows of a made-up picture, of 8 or, in a byte order, of 16 bits."""
    out = []
    for y in range(height):
        values = [(x * 7 + y * 11 + s * 40 + x * y) % 251 for x in range(width) for s in range(samples)]
        if wide:
            out.append(b"".join((value * 257 + 5).to_bytes(2, wide) for value in values))
        else:
            out.append(bytes(values))
    return out


def strips(lines: list[bytes], each: int) -> tuple[bytes, ...]:
    return tuple(b"".join(lines[at : at + each]) for at in range(0, len(lines), each))


def tiles(lines: list[bytes], size: tuple[int, int], pixel: int) -> tuple[bytes, ...]:
    """Tiles of `size` across and down, the last ones filled up with zeros."""
    across, down = size[0] * pixel, size[1]
    out = []
    for top in range(0, len(lines), down):
        for left in range(0, len(lines[0]), across):
            part = [line[left : left + across].ljust(across, b"\0") for line in lines[top : top + down]]
            out.append(b"".join(part).ljust(across * down, b"\0"))
    return tuple(out)


def deflated(segments: tuple[bytes, ...], level: int = 6) -> tuple[bytes, ...]:
    return tuple(zlib.compress(segment, level) for segment in segments)


def packbits(data: bytes) -> bytes:
    """Runs where three or more bytes are alike, literals else."""
    out = bytearray()
    at = 0
    while at < len(data):
        run = 1
        while run < 128 and data[at : at + 1] * (run + 1) == data[at : at + run + 1]:
            run += 1
        if run > 2:
            out += bytes([257 - run, data[at]])
            at += run
            continue
        literal = data[at : at + 7]
        out += bytes([len(literal) - 1]) + literal
        at += len(literal)
    return bytes(out)


def lzw(data: bytes, *, end: bool = True) -> bytes:
    """A coder of TIFF's LZW: high bit first, one code early."""
    value = bits = 0
    table: dict[bytes, int] = {}
    width = 9

    def put(code: int) -> None:
        nonlocal value, bits
        value = value << width | code
        bits += width

    def reset() -> None:
        nonlocal width
        put(256)
        table.clear()
        table.update((bytes([i]), i) for i in range(256))
        width = 9

    reset()
    known = 258
    run = b""
    for byte in data:
        longer = run + bytes([byte])
        if longer in table:
            run = longer
            continue
        put(table[run])
        table[longer] = known
        known += 1
        run = bytes([byte])
        if known in (512, 1024, 2048):
            width += 1
        elif known == 4094:
            put(table[run])
            run = b""
            reset()
            known = 258
    if run:
        put(table[run])
        known += 1
        if known in (512, 1024, 2048):
            width += 1
    if end:
        put(257)
    size = (bits + 7) // 8
    return (value << (8 * size - bits)).to_bytes(size, "big")


def picture(
    size: tuple[int, int],
    samples: int,
    bits: int,
    segments: tuple[bytes, ...],
    *tags: Tag,
    tiled: bool = False,
) -> Ifd:
    """A directory with what any picture needs; RGB from three samples on, else grey."""
    base = (
        Tag(256, LONG, (size[0],)),
        Tag(257, LONG, (size[1],)),
        Tag(258, SHORT, (bits,) * samples),
        Tag(259, SHORT, (1,)),
        Tag(262, SHORT, (2 if samples > 2 else 1,)),
        Tag(277, SHORT, (samples,)),
    )
    return Ifd(base, segments, tiled).with_tags(*tags)
