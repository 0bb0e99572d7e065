"""A WebP: one picture or the frames of an animation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .shown import Orientation

if TYPE_CHECKING:
    from ..pieces import Payload, Span


@dataclass(frozen=True, slots=True)
class WebPAlpha:
    """An ALPH chunk: filtering method, whether it is compressed, and the data behind its header byte."""

    filtering: int
    compressed: bool
    data: Span


@dataclass(frozen=True, slots=True)
class WebPImage:
    """One coded picture of a WebP: VP8 if it has a first partition, else VP8L.

    `version` and `partition` (bytes) are those of the VP8 frame tag, `has_alpha` is the
    hint of VP8L; `data` is what follows the frame header.
    """

    width: int
    height: int
    version: int
    partition: int
    has_alpha: bool
    data: Span
    alpha: WebPAlpha | None = None


@dataclass(frozen=True, slots=True)
class WebPFrame:
    """A frame of an animation: its place in pixels, duration in ms, whether it blends and is disposed of."""

    left: int
    top: int
    duration: int
    blend: bool
    dispose: bool
    image: WebPImage


@dataclass(frozen=True, slots=True)
class WebP:
    """A WebP: canvas in pixels, frames in order.

    `loops` is None for a still, of which only the image of its one frame counts, and 0
    for without end; `background` is blue, green, red and alpha; `profile` is a
    canonical ICC profile or empty.
    """

    width: int
    height: int
    frames: tuple[WebPFrame, ...]
    payload: Payload
    loops: int | None = None
    background: bytes = bytes(4)
    profile: bytes = b""
    orientation: Orientation = Orientation.UPRIGHT
