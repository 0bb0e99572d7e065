"""MediaInfo, through pymediainfo and the library that its wheel brings along."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from .seen import NOTHING, Seen, Unread, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH = 8
"""Nesting of its answer that is followed; MediaInfo needs three."""


def load() -> str:
    """Import the library and return the version of what lies under it."""
    from pymediainfo import MediaInfo

    version = str(MediaInfo._get_library()[2])  # noqa: SLF001 (its only way to say)
    # It fills its tables when it first parses anything; children that are forked later find them filled.
    MediaInfo.parse(BytesIO(bytes(64)), output="JSON", full=False)
    return version


def read(file: BinaryIO) -> Iterator[Seen]:
    """Yield `kind/name` or `kind/extra/name` and the value, as in MediaInfo's JSON."""
    from pymediainfo import MediaInfo

    answer = json.loads(MediaInfo.parse(file, output="JSON", full=False))
    media = answer.get("media")
    if not media:
        raise Unread(NOTHING)
    for track in media["track"]:
        if set(track) <= {"@type", "FileSize", "StreamSize", "extra"} and track["@type"] == "General":
            raise Unread(NOTHING)
        yield from _flat(str(track.pop("@type")), track, DEPTH)


def _flat(path: str, value: Any, depth: int) -> Iterator[Seen]:  # noqa: ANN401
    if isinstance(value, dict) and depth:
        for name, each in value.items():
            yield from _flat(f"{path}/{name}", each, depth - 1)
    elif isinstance(value, list) and depth:
        for each in value:
            yield from _flat(path, each, depth - 1)
    else:
        yield Seen(path, text_of(value))
