"""What the samples of a gain map mean, whichever still they belong to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GainChannel:
    """What a gain map's samples mean in one channel (ISO 21496-1 §5.2), in millionths.

    `minimum` and `maximum` are stops; `gamma` has been applied to the samples.
    """

    minimum: int
    maximum: int
    gamma: int
    base_offset: int
    alternate_offset: int


@dataclass(frozen=True, slots=True)
class GainMap:
    """The numbers of a gain map: headrooms in millionths of a stop, and one or three channels.

    `base_colour` says that gains are those of the base picture's colours.
    """

    base_headroom: int
    alternate_headroom: int
    base_colour: bool
    channels: tuple[GainChannel, ...]
