"""program_config_element of AAC (ISO/IEC 14496-3 §4.4.1.1): which elements make which channels.

    element_instance_tag 4, object_type 2, sampling_frequency_index 4, counts of front, side and back
    elements 4 each, lfe 2, data 3, coupling 4, mixdowns, element tags, alignment, comment length 8, comment

It stands in the configuration, or in a block.  Data elements don't cross, so their tags
and the comment, free text of up to 255 bytes, are not written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Malformed

if TYPE_CHECKING:
    from .bits import BitReader, BitWriter

RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
"""Samples per second by samplingFrequencyIndex (14496-3 table 1.18)."""


@dataclass(frozen=True, slots=True)
class Element:
    """A channel element of a program: tag 0-15, and whether it is a pair (or, for coupling, switched)."""

    tag: int
    flag: bool = False


@dataclass(frozen=True, slots=True)
class Program:
    """program_config_element (14496-3 §4.4.1.1) without its comment and its data elements."""

    tag: int
    object_type: int
    rate_index: int
    front: tuple[Element, ...]
    side: tuple[Element, ...]
    back: tuple[Element, ...]
    lfe: tuple[int, ...]
    coupling: tuple[Element, ...]
    mono_mixdown: int | None
    stereo_mixdown: int | None
    matrix_mixdown: int | None

    @property
    def channels(self) -> int:
        """Output channels: pairs count twice."""
        placed = self.front + self.side + self.back
        return len(placed) + sum(element.flag for element in placed) + len(self.lfe)


def read_program(bits: BitReader) -> Program:
    """Read a program_config_element; its data element tags and comment are skipped.

    `byte_alignment` inside it counts from the start of `bits`.  Raises `Malformed`.
    """
    tag, object_type, rate_index = bits.u(4), bits.u(2), bits.u(4)
    if rate_index >= len(RATES):
        raise Malformed("program_config_element", "sampling-frequency-index")
    counts = [bits.u(4), bits.u(4), bits.u(4)]
    lfes, data, couplings = bits.u(2), bits.u(3), bits.u(4)
    mono = bits.u(4) if bits.flag() else None
    stereo = bits.u(4) if bits.flag() else None
    matrix = bits.u(3) if bits.flag() else None

    def elements(count: int) -> tuple[Element, ...]:
        pairs = [(bits.flag(), bits.u(4)) for _ in range(count)]
        return tuple(Element(element, flag) for flag, element in pairs)

    front, side, back = (elements(count) for count in counts)
    lfe = tuple(bits.u(4) for _ in range(lfes))
    bits.u(4 * data)
    coupling = elements(couplings)
    bits.align()
    bits.u(8 * bits.u(8))
    return Program(tag, object_type, rate_index, front, side, back, lfe, coupling, mono, stereo, matrix)


def write_program(out: BitWriter, program: Program) -> None:
    """Append a program_config_element with an empty comment and no data elements."""
    out.u(4, program.tag)
    out.u(2, program.object_type)
    out.u(4, program.rate_index)
    for placed in (program.front, program.side, program.back):
        out.u(4, len(placed))
    out.u(2, len(program.lfe))
    out.u(3, 0)
    out.u(4, len(program.coupling))
    for width, mixdown in (
        (4, program.mono_mixdown),
        (4, program.stereo_mixdown),
        (3, program.matrix_mixdown),
    ):
        out.u(1, int(mixdown is not None))
        if mixdown is not None:
            out.u(width, mixdown)
    for element in program.front + program.side + program.back:
        out.u(5, int(element.flag) << 4 | element.tag)
    for tag in program.lfe:
        out.u(4, tag)
    for element in program.coupling:
        out.u(5, int(element.flag) << 4 | element.tag)
    out.align()
    out.u(8, 0)
