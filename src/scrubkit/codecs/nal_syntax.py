"""What the NAL walk must know of a coding, and what the parameter sets say of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from . import Dropped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..essence import Colour


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
    `slice_start` takes a NAL type and up to 12 bytes after the header; `normalise`
    takes one parameter set NAL unit and the sets it may refer to and returns it in
    canonical form; `pps` is the NAL type of a picture parameter set.
    """

    name: str
    header_size: int
    header: Callable[[int], Header]
    slice_start: Callable[[int, bytes], SliceStart]
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


@dataclass(frozen=True, slots=True)
class Aside:
    """What a configuration record held beside its parameter sets.

    `mastering` and `light` are validated bodies for `mdcv` and `clli` (SEI in an
    `hvcC`), empty if absent; `dropped` is what stays behind.
    """

    dropped: tuple[Dropped, ...] = ()
    mastering: bytes = b""
    light: bytes = b""


class Tally:
    """Owns the running sums of what is left behind, by catalog key."""

    __slots__ = ("_sums",)

    def __init__(self) -> None:
        self._sums: dict[str, list[int]] = {}

    def add(self, key: str, size: int) -> None:
        """Count one more of `size` bytes."""
        pair = self._sums.get(key)
        if pair is None:
            self._sums[key] = [1, size]
        else:
            pair[0] += 1
            pair[1] += size

    def extend(self, key: str, size: int) -> None:
        """Add `size` bytes to what was counted last under that key, or count it first."""
        if key in self._sums:
            self._sums[key][1] += size
        else:
            self.add(key, size)

    def rows(self) -> tuple[Dropped, ...]:
        """Return the sums in key order."""
        return tuple(Dropped(key, *self._sums[key]) for key in sorted(self._sums))
