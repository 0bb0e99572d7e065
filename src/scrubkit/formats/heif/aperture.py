"""What of a coded picture is shown: its clean aperture, and sizes below the coded one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import Unsupported

if TYPE_CHECKING:
    from ...essence import HeifImage, Picture
    from .properties import Described

_MOST_HIDDEN = 16
"""Rows or columns that an aperture may hide; one that hides more hides picture on purpose."""

_SMALLEST = 64
"""Rows or columns that encoders code at least: of these a picture of fewer is the first ones."""


def stated_size(shown: Described, coding: Picture) -> tuple[int, int]:
    """Return the size of a picture of one item, which may be a little smaller than the coded one.

    Some of Apple's encoders say so where they code whole blocks; decoders that check
    the size then show nothing.  Raises `Unsupported` for any other difference, and
    for AV1, of which libavif scales the picture to that size.
    """
    coded = coding.width, coding.height
    width, height = shown.size or coded
    spare = coding.width - width, coding.height - height
    small = min(spare) >= 0 and max(spare) <= _MOST_HIDDEN and width * height
    if any(spare) and (shown.aperture is not None or coding.codec != "hevc" or not small):
        raise Unsupported("ispe", "differs-from-coded-picture")
    return width, height


def checked(image: HeifImage, shown: Described) -> Described:
    """Check a clean aperture against the picture; `Unsupported` if it hides more than a margin."""
    if shown.aperture is None:
        return shown
    width, wd, height, hd, across, ad, down, dd = shown.aperture
    spare = image.width * wd - width, image.height * hd - height
    if min(spare) < 0 or not width or not height or wd != 1 or hd != 1:
        raise Unsupported("clap", "not-inside-the-picture")
    if abs(across) * 2 > spare[0] * ad or abs(down) * 2 > spare[1] * dd:
        raise Unsupported("clap", "not-inside-the-picture")
    cornered = (2 * across, 2 * down) == (-spare[0] * ad, -spare[1] * dd)
    smallest = _SMALLEST if cornered else 0
    sides = zip(spare, (image.width, image.height), strict=True)
    if any(hidden > _MOST_HIDDEN and side > smallest for hidden, side in sides):
        raise Unsupported("clap", "hides-a-part-of-the-picture")
    if not any(spare):
        shown.aperture = None
    return shown


def has_margin(image: HeifImage) -> bool:
    """Whether a grid's tiles hold more than the picture shows."""
    tile = image.items[0].coding
    canvas = tile.width * image.columns, tile.height * image.rows
    return bool(image.columns) and canvas != (image.width, image.height)
