"""The size of a picture: what the entry says, where the stream bears it out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..essence import Picture

_BLOCK = 16


def fitted(picture: Picture, width: int, height: int) -> Picture:
    """Take the stream's picture size unless the entry's is the same but for a crop inside one macroblock.

    A clean aperture of a size that was not true means nothing, and goes with it.
    """
    if picture.width <= width < picture.width + _BLOCK and picture.height <= height < picture.height + _BLOCK:
        return picture
    return replace(picture, width=width, height=height, aperture=None)
