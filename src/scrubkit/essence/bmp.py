"""A BMP: rows or run lengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..pieces import Coded, Payload, Span


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A BMP: one picture in rows, bottom row first unless `top_down`.

    `compression` is 0 for plain rows, 1 or 2 for run lengths of 8 or 4 bits, 3 for
    rows with `masks` (red, green, blue, alpha).  `palette` are entries of blue,
    green, red and zero, as many as `bits` can count.  `data` are plain rows as one
    span, their padding included, or the pieces of run-length data.  `profile` is a
    canonical ICC profile or empty.
    """

    width: int
    height: int
    top_down: bool
    bits: int
    compression: int
    masks: tuple[int, int, int, int]
    palette: bytes
    data: tuple[Span | Coded, ...]
    profile: bytes
    payload: Payload
