"""What the NAL walk must know of a coding, and what the parameter sets say of a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from ..essence import Colour

if TYPE_CHECKING:
    from collections.abc import Iterable

    from . import Dropped


class Action(IntEnum):
    """What becomes of a NAL unit, by its type."""

    SLICE = 0
    SET = 1
    SEI = 2
    SUFFIX_SEI = 3
    END = 4
    RPU = 5
    DROP = 6


@dataclass(frozen=True, slots=True)
class Header:
    """A NAL unit header: what to do, and the bytes to write in its place."""

    action: Action
    kind: int
    """`nal_unit_type`."""
    key: str
    """Catalog key should it be dropped."""
    canonical: bytes
    same: bool
    """Whether it is canonical already."""
    random_access: bool = False
    """IDR in H.264, IRAP in H.265."""
    layer: int = 0
    temporal: int = 0


SliceStart = tuple[bool, bool, int]
"""The head of a slice: whether it opens a picture, is coded without reference, and its PPS id."""

PictureNumber = tuple[int, ...]
"""What all slices of one picture have in common, and two pictures in a row don't."""

PictureReader = Callable[[int, bytes], PictureNumber | None]
"""Reads the number from NAL type and first bytes of a slice; None if the slice doesn't say."""


@dataclass(frozen=True, slots=True)
class SetName:
    """A parameter set: NAL type, id, and the id of the set that it refers to (-1: none)."""

    kind: int
    identifier: int
    parent: int
    layer: int = 0


@dataclass(frozen=True, slots=True)
class Syntax:
    """One coding.

    `header` takes the header bytes as a big-endian integer and raises `Refused`;
    `slice_start` takes a NAL type and `PEEK` bytes after the header, and so does what
    `picture_reader` returns for a PPS and its SPS; `normalise`
    takes one parameter set NAL unit and the sets it may refer to and returns it in
    canonical form; `pps` is the NAL type of a picture parameter set.
    """

    name: str
    header_size: int
    header: Callable[[int], Header]
    slice_start: Callable[[int, bytes], SliceStart]
    picture_reader: Callable[[bytes, bytes], PictureReader]
    set_name: Callable[[bytes], SetName]
    normalise: Callable[[bytes, Iterable[bytes]], bytes]
    pps: int
    sei_header: bytes


@dataclass(frozen=True, slots=True)
class Description:
    """What the parameter sets say of the picture.

    `width` and `height` are pixels after cropping; `aspect` is the reduced sample
    aspect ratio, (1, 1) if unspecified; `colour` is None without a colour
    description; `interlaced` is whether pictures may be interlaced; bit depths are
    per sample; `profile` and `level` are the coding's own code points; `hidden` are
    the coded luma samples cut off left, right, top and bottom.
    """

    width: int
    height: int
    aspect: tuple[int, int]
    colour: Colour | None
    full_range: bool
    interlaced: bool
    chroma_format: int
    luma_depth: int
    chroma_depth: int
    profile: int
    level: int
    hidden: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def signalled(self) -> Colour:
        """The colour with its range, unspecified where the stream doesn't describe it."""
        return self.colour or Colour(2, 2, 2, self.full_range)


@dataclass(frozen=True, slots=True)
class Aside:
    """What a configuration record held beside its parameter sets.

    `mastering` and `light` are validated bodies for `mdcv` and `clli` (SEI in an
    `hvcC`), empty if absent; `dropped` is what stays behind.
    """

    dropped: tuple[Dropped, ...] = ()
    mastering: bytes = b""
    light: bytes = b""
