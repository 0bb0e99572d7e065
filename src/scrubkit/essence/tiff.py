"""A TIFF or DNG: fields, and strips or tiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..pieces import Coded, Payload, Span


@dataclass(frozen=True, slots=True)
class TiffField:
    """One entry of a TIFF directory: tag, type, and values as integers.

    A rational is two integers; a float or double is its bit pattern.
    """

    tag: int
    type: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tiff:
    """One picture in strips or tiles (TIFF 6.0, DNG): fields in tag order, and the coded bytes.

    `segments` are the strips or tiles in order, each the pieces that it is made
    of; their offsets and sizes are not among `fields`.  `big_endian` is False
    unless the samples have it in them.
    """

    big_endian: bool
    tiled: bool
    fields: tuple[TiffField, ...]
    segments: tuple[tuple[Span | Coded, ...], ...]
    payload: Payload
