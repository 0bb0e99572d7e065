"""What iTunes and programs like it say of a sound's beginning instead of an edit: `iTunSMPB`.

A free-form item of `moov/udta/meta/ilst` whose text are numbers in hexadecimal: the
second is how many samples the encoder needed to get going, which players don't play.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...errors import ScrubError
from .boxes import Box, children
from .tree import find, meta_children

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 1 << 14
"""Samples; FFmpeg takes none that are longer for a beginning."""

_ITEMS = 4096
_NAME = (b"com.apple.iTunes", b"iTunSMPB")
_NUMBERS = re.compile(rb"\s*[0-9A-Fa-f]{1,16}\s+([0-9A-Fa-f]{1,8})\s+[0-9A-Fa-f]{1,8}\b")


def priming(movie: memoryview) -> int:
    """Return how many samples of a movie's sound are not played at its beginning, as `iTunSMPB` says; or 0.

    `movie` is the body of `moov`.
    """
    try:
        return next((count for item in _items(movie) if (count := _priming(item))), 0)
    except ScrubError:
        return 0


def _items(movie: memoryview) -> Iterator[Box]:
    body = movie
    for name in ("udta", "meta", "ilst"):
        found = find(body, 0, name).get(name)
        if found is None:
            return
        body = meta_children(found.body) if name == "meta" else found.body
    for _, item in zip(range(_ITEMS), children(body, 0, "ilst"), strict=False):
        if item.type == "----":
            yield item


def _priming(item: Box) -> int:
    inside = find(item.body, 0, "----")
    if not {"mean", "name", "data"} <= inside.keys():
        return 0
    if (bytes(inside["mean"].body[4:]), bytes(inside["name"].body[4:])) != _NAME:
        return 0
    found = _NUMBERS.match(bytes(inside["data"].body[8:256]))
    count = int(found[1], 16) if found else 0
    return count if count < LONGEST else 0
