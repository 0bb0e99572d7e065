"""MPEG-1 and MPEG-2 Video headers (ISO/IEC 11172-2 §2.4, 13818-2 §6.2), read and written again.

    000001B3  sequence_header: size 12+12, aspect 4, rate 4, bit rate 18, 1, buffer 10, 1, matrices
    000001B5  extension, by its first 4 bits: 1 sequence, 2 sequence display, 3 quantiser matrices,
              4 copyright, 7 picture display, 8 picture coding
    000001B8  group_of_pictures_header: time code 25, closed 1, broken 1
    00000100  picture_header: temporal reference 10, type 3, buffer delay 16, [vectors], extra information
    00000101-AF  slice: [position 3], quantiser 5, extra information, macroblocks

Bit rate and buffer size become what the level allows, delays that of a variable
rate, time codes zero; extra information, composite display and copyright stay behind.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import Malformed, Unsupported
from ..essence import Colour
from .bits import BitReader, BitWriter
from .colour import known

SEQUENCE_HEADER, EXTENSION, GROUP = 0xB3, 0xB5, 0xB8
SEQUENCE, SEQUENCE_DISPLAY, QUANTISER, PICTURE_CODING = 1, 2, 3, 8

_MAIN_LEVELS = {
    0b1010: (10_000, 29),  # low
    0b1000: (37_500, 112),  # main
    0b0110: (150_000, 448),  # high 1440
    0b0100: (200_000, 597),  # high
}
"""Bit rate in 400 bit/s and buffer in 16 Kibit that a level of the Main profile allows (§8.4)."""
_LARGEST = 750_000, 2880
"""Those of the 4:2:2 profile at high level, which no other level exceeds."""
_MPEG1 = 0x3FFFF, 0x3FF
_INTRA, _BIDIRECTIONAL = 1, 3
_VARIABLE = 0xFFFF
_MATRIX = 64
_OTHER_DISPLAYS = frozenset({(540, 480), (540, 576), (480, 480), (480, 576), (1440, 1080)})
"""Display sizes less than the coded one that discs and broadcasts use for pictures of another shape."""
_TALL = 2800
"""Lines above which a slice's position takes more bits than its start code has."""


def prefixed(code: int, body: bytes) -> bytes:
    """Return a unit with its start code."""
    return b"\0\0\1" + bytes((code,)) + body


def _matrix(bits: BitReader) -> bytes | None:
    """Read an optional quantiser matrix."""
    if not bits.flag():
        return None
    values = bytes(bits.u(8) for _ in range(_MATRIX))
    if 0 in values:
        raise Malformed("quantiser_matrix", "zero")
    return values


def _write_matrix(out: BitWriter, matrix: bytes | None) -> None:
    out.u(1, int(matrix is not None))
    for value in matrix or b"":
        out.u(8, value)


@dataclass(frozen=True, slots=True)
class SequenceHeader:
    """What a sequence_header says; matrices are in zigzag order, None for the standard's own."""

    width: int
    height: int
    aspect: int
    rate: int
    constrained: bool
    intra: bytes | None
    inter: bytes | None


def read_sequence(body: bytes) -> SequenceHeader:
    """Read the body of a sequence_header (§6.2.2.1); raises `Malformed`."""
    bits = BitReader(body, "sequence_header")
    width, height, aspect, rate = bits.u(12), bits.u(12), bits.u(4), bits.u(4)
    bits.u(18 + 1 + 10)
    if not width or not height or not 1 <= aspect < 15 or not 1 <= rate <= 8:
        raise Malformed("sequence_header", "field out of range")
    return SequenceHeader(width, height, aspect, rate, bits.flag(), _matrix(bits), _matrix(bits))


@dataclass(frozen=True, slots=True)
class SequenceExtension:
    """What a sequence_extension says."""

    profile_level: int
    progressive: bool
    chroma: int
    """1 for 4:2:0, 2 for 4:2:2, 3 for 4:4:4."""
    size: tuple[int, int]
    """High bits of width and height."""
    low_delay: bool
    rate: tuple[int, int]
    """Extension of the frame rate: numerator and denominator, both less 1."""


def read_sequence_extension(bits: BitReader) -> SequenceExtension:
    """Read a sequence_extension after its identifier (§6.2.2.3); raises `Malformed`."""
    profile_level, progressive, chroma = bits.u(8), bits.flag(), bits.u(2)
    size = bits.u(2), bits.u(2)
    bits.u(12 + 1 + 8)
    if not chroma:
        raise Malformed("sequence_extension", "chroma-format")
    return SequenceExtension(profile_level, progressive, chroma, size, bits.flag(), (bits.u(2), bits.u(5)))


@dataclass(frozen=True, slots=True)
class SequenceDisplay:
    """What a sequence_display_extension says; `size` is pixels that are meant to be shown."""

    colour: Colour | None
    size: tuple[int, int]


def read_display(bits: BitReader) -> SequenceDisplay:
    """Read a sequence_display_extension after its identifier (§6.2.2.4)."""
    bits.u(3)
    colour = known(Colour(bits.u(8), bits.u(8), bits.u(8))) if bits.flag() else None
    width = bits.u(14)
    bits.u(1)
    return SequenceDisplay(colour, (width, bits.u(14)))


@dataclass(frozen=True, slots=True)
class Sequence:
    """The headers that a sequence begins with; without `extension` it is MPEG-1."""

    header: SequenceHeader
    extension: SequenceExtension | None
    display: SequenceDisplay | None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        more = self.extension.size if self.extension else (0, 0)
        return self.header.width | more[0] << 12, self.header.height | more[1] << 12

    @property
    def tall(self) -> bool:
        """Whether slices have an extended position."""
        return self.extension is not None and self.size[1] > _TALL

    @property
    def shape(self) -> object:
        """What must not change within a track: everything but the matrices."""
        header = self.header
        return header.width, header.height, header.aspect, header.rate, self.extension


def write_sequence(sequence: Sequence) -> bytes:
    """Return the units of these fields in canonical form."""
    header, extension = sequence.header, sequence.extension
    rate, buffer = _MPEG1
    if extension is not None:
        profile = extension.profile_level >> 4
        allowed = _MAIN_LEVELS.get(extension.profile_level & 15) if profile in {4, 5} else None
        rate, buffer = allowed or _LARGEST
    out = BitWriter()
    for width, value in (
        (12, header.width),
        (12, header.height),
        (4, header.aspect),
        (4, header.rate),
        (18, rate & 0x3FFFF),
        (1, 1),
        (10, buffer & 0x3FF),
        (1, int(header.constrained and extension is None)),
    ):
        out.u(width, value)
    _write_matrix(out, header.intra)
    _write_matrix(out, header.inter)
    made = prefixed(SEQUENCE_HEADER, out.bytes())
    if extension is None:
        return made
    out = BitWriter()
    for width, value in (
        (4, SEQUENCE),
        (8, extension.profile_level),
        (1, int(extension.progressive)),
        (2, extension.chroma),
        (2, extension.size[0]),
        (2, extension.size[1]),
        (12, rate >> 18),
        (1, 1),
        (8, buffer >> 10),
        (1, int(extension.low_delay)),
        (2, extension.rate[0]),
        (5, extension.rate[1]),
    ):
        out.u(width, value)
    made += prefixed(EXTENSION, out.bytes())
    return made + _write_display(sequence)


def _write_display(sequence: Sequence) -> bytes:
    """A sequence_display_extension, if it says anything."""
    display = sequence.display
    if display is None:
        return b""
    width, height = sequence.size
    size = display.size if display.size in _OTHER_DISPLAYS else (width, height)
    if size[0] > width or size[1] > height:
        size = width, height
    if display.colour is None and size == (width, height):
        return b""
    out = BitWriter()
    out.u(4, SEQUENCE_DISPLAY)
    out.u(3, 5)  # video_format: unspecified
    out.u(1, int(display.colour is not None))
    if display.colour is not None:
        for value in (display.colour.primaries, display.colour.transfer, display.colour.matrix):
            out.u(8, value)
    for width_, value in ((14, size[0]), (1, 1), (14, size[1])):
        out.u(width_, value)
    return prefixed(EXTENSION, out.bytes())


def rewrite_group(body: bytes) -> bytes:
    """Return a group_of_pictures_header whose time code is zero (§6.2.2.6)."""
    bits = BitReader(body, "group_of_pictures_header")
    bits.u(25)
    out = BitWriter()
    # drop_frame_flag, hours, minutes; marker; seconds, pictures
    for width, value in ((12, 0), (1, 1), (12, 0), (1, bits.u(1)), (1, bits.u(1))):
        out.u(width, value)
    return prefixed(GROUP, out.bytes())


def rewrite_picture(body: bytes) -> tuple[int, bytes]:
    """Return the coding type and a picture_header without delay and extra information (§6.2.3)."""
    bits = BitReader(body, "picture_header")
    out = BitWriter()
    out.u(10, bits.u(10))
    kind = bits.u(3)
    if not _INTRA <= kind <= _BIDIRECTIONAL:
        raise Unsupported("picture_header", "coding-type")
    out.u(3, kind)
    bits.u(16)
    out.u(16, _VARIABLE)
    for _ in range(kind - 1):
        out.u(4, bits.u(4))  # full_pel vector, f_code
    out.u(1, 0)
    return kind, prefixed(0, out.bytes())


def rewrite_picture_coding(bits: BitReader) -> tuple[int, bytes]:
    """Return picture_structure and a picture_coding_extension without composite display (§6.2.3.1)."""
    out = BitWriter()
    out.u(4, PICTURE_CODING)
    out.u(16, bits.u(16))  # f_code
    out.u(2, bits.u(2))  # intra_dc_precision
    structure = bits.u(2)
    if not structure:
        raise Malformed("picture_coding_extension", "picture-structure")
    out.u(2, structure)
    out.u(10, bits.u(10))  # top_field_first to progressive_frame
    out.u(1, 0)  # composite_display_flag
    return structure, prefixed(EXTENSION, out.bytes())


def rewrite_quantiser(bits: BitReader) -> bytes:
    """Return a quant_matrix_extension (§6.2.3.2)."""
    out = BitWriter()
    out.u(4, QUANTISER)
    for _ in range(4):
        _write_matrix(out, _matrix(bits))
    return prefixed(EXTENSION, out.bytes())


def slice_head(data: bytes | memoryview, *, tall: bool) -> tuple[int, int]:
    """Return where extra information of a slice begins and how many bits it has (§6.2.4).

    `data` begins after the start code.
    """
    at = first = 8 if tall else 5
    size = 8 * len(data)
    while True:
        if at >= size:
            raise Malformed("slice", "ends-early")
        if not data[at >> 3] >> (7 - (at & 7)) & 1:
            return first, at - first
        at += 9
