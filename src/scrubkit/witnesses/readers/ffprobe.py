"""ffprobe (FFmpeg), when installed: container, streams, and the side data of the first pictures."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .programs import find_program
from .seen import COUNT, NOTHING, Observations, Seen, Unread, as_json, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH = 12
"""Nesting of its answer that is followed."""

FILE = "/proc/self/fd/{}" if sys.platform == "linux" else "/dev/fd/{}"

_OPTIONS = (
    *("-v", "quiet", "-hide_banner", "-print_format", "json=compact=1"),
    *("-protocol_whitelist", "file", "-threads", "1"),
    *("-show_format", "-show_streams", "-show_chapters", "-show_programs"),
    *("-show_frames", "-read_intervals", "%+#8"),
)

DEMUXERS = {"isobmff": "mov"}
"""FFmpeg's name for a format of ours: it is told, not left to guess, so that no playlist is followed."""


def find() -> tuple[str, ...] | None:
    """Return the program, if there is one."""
    program = find_program("ffprobe")
    return None if program is None else (program,)


def arguments(program: str, fd: int, format_name: str) -> list[str]:
    """Return the command line for the file that is open as `fd`."""
    forced = ["-f", DEMUXERS[format_name]] if format_name in DEMUXERS else []
    return [program, *_OPTIONS, *forced, "-i", FILE.format(fd)]


def parse(said: bytes) -> Observations:
    """Return `format/tags/name`, `streams/name`, `frames/name` … and their values."""
    answer = as_json(said)
    if not isinstance(answer, dict) or "format" not in answer:
        raise Unread(NOTHING)
    seen: list[Seen] = []
    for each in _flat("", answer, DEPTH):
        if len(seen) == COUNT:
            return Observations(tuple(seen), whole=False)
        if not each.path.startswith("format/filename"):
            seen.append(each)
    return Observations(tuple(seen))


def _flat(path: str, value: Any, depth: int) -> Iterator[Seen]:  # noqa: ANN401
    if isinstance(value, dict) and depth:
        for name, each in value.items():
            yield from _flat(f"{path}/{name}" if path else str(name), each, depth - 1)
    elif isinstance(value, list) and depth:
        for each in value:
            yield from _flat(path, each, depth - 1)
    else:
        yield Seen(path, text_of(value))
