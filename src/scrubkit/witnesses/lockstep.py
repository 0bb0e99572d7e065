"""Decodes two files with PyAV side by side, holding one frame of each; run as a child process.

Answers with JSON: `outcome`, `scope`, `reason`, all in static words and counts.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from .confined import accept

if TYPE_CHECKING:
    from collections.abc import Iterator

TOLERANCE = Fraction(1, 1000)
"""Seconds by which sound may begin otherwise against the picture: less than one sound frame by far."""

IDENTITY = (1, 0, 0, 1)

BOXES = 32
"""Boxes at the top of a file among which a fragmented one has its first `moof`."""

NOTHING = "PyAV decodes nothing of the source"


class DifferentError(Exception):
    """The two files don't decode alike; the message is static words and a count."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A packet that doesn't decode."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What was compared."""

    frames: int = 0
    samples: int = 0
    broken: int = 0


def main() -> None:
    """Answer one request."""
    request = accept()
    paths = [bytes.fromhex(path) for path in request["paths"]]
    try:
        if codec := request.get("codec"):
            answer = _still(paths, codec)
        else:
            answer = _answer(paths, request["demuxers"])
    except DifferentError as error:
        answer = {"outcome": "failed", "scope": "", "reason": str(error)}
    json.dump(answer, sys.stdout)


def _answer(paths: list[bytes], demuxers: list[str]) -> dict[str, str]:
    with ExitStack() as stack:
        pairs = _pairs(
            *(stack.enter_context(_opened(path, name)) for path, name in zip(paths, demuxers, strict=True))
        )
    # FFmpeg applies edits of fragmented files as an offset only, so the output is read that way too.
    options = {"advanced_editlist": "0"} if _is_fragmented(paths[0]) else {}
    results = []
    starts = []
    for kind, numbers in pairs:
        # Each track is read through containers of its own: nothing of the others is held.
        with ExitStack() as stack:
            source, output = (
                _decoded(stack.enter_context(_opened(path, name, options)), number)
                for path, name, number in zip(paths, demuxers, numbers, strict=True)
            )
            if kind == "video":
                if options:
                    source, output = _shown(source), _shown(output)
                sums, start = _compare_video(source, output)
            else:
                sums, start = _compare_sound(source, output, heard=bool(options))
        results.append(sums)
        starts.append(start)
    for start in starts[1:]:
        if start is not None and starts[0] is not None and abs(start - starts[0]) > TOLERANCE:
            raise DifferentError("a track begins at another time against the first")
    return _judged(results, len(pairs))


def _still(paths: list[bytes], codec: str) -> dict[str, str]:
    """Compare two stills of a codec; a source that FFmpeg makes nothing of tells nothing."""
    source, output = (_stills(path, codec) for path in paths)
    picture = next(source, None)
    if picture is None or isinstance(picture, Broken):
        return {"outcome": "not run", "scope": "", "reason": NOTHING}
    _compare_video(iter([picture]), output)
    bits = max(each.bits for each in picture.format.components)
    return {"outcome": "passed", "scope": f"planes of {bits} bits equal", "reason": ""}


def _judged(results: list[Sums], tracks: int) -> dict[str, str]:
    frames = sum(each.frames for each in results)
    samples = sum(each.samples for each in results)
    broken = sum(each.broken for each in results)
    if not frames + samples:
        return {"outcome": "not run", "scope": "", "reason": NOTHING}
    counted = "1 track" if tracks == 1 else f"{tracks} tracks"
    scope = f"{counted}, {frames} frames and {samples} sound samples equal"
    if broken:
        scope += f", {broken} packets decode in neither"
    return {"outcome": "passed", "scope": scope, "reason": ""}


def _is_fragmented(path: bytes) -> bool:
    """Whether a file has a `moof` among its first boxes."""
    with open(path, "rb") as file:  # noqa: PTH123
        for _ in range(BOXES):
            head = file.read(16)
            size = int.from_bytes(head[:4])
            if size == 1:
                size = int.from_bytes(head[8:])
            if head[4:8] == b"moof" or size < 8:
                return head[4:8] == b"moof"
            file.seek(size - len(head), 1)
    return False


def _shown(frames: Iterator[Any]) -> Iterator[Any]:
    """Leave out frames before the beginning of the movie."""
    for frame in frames:
        if isinstance(frame, Broken) or (time := _time(frame)) is None or time >= 0:
            yield frame


def _opened(path: bytes, demuxer: str, options: dict[str, str] | None = None) -> Any:  # noqa: ANN401 (PyAV has no types for us)
    # A file object and an empty whitelist: FFmpeg opens nothing by name.
    return av.open(
        open(path, "rb"),  # noqa: PTH123 (PyAV closes it; a bytes path is no Path)
        format=demuxer,
        metadata_errors="ignore",
        options={"protocol_whitelist": "", **(options or {})},
    )


def _pairs(source: Any, output: Any) -> list[tuple[str, tuple[int, int]]]:  # noqa: ANN401
    """Match the output's tracks with the source's: by kind and codec, in order; other tracks were dropped."""
    left = [stream for stream in source.streams if _is_media(stream)]
    best = source.streams.best("video")
    left.sort(key=lambda stream: stream is not best)
    pairs = []
    for stream in output.streams:
        match = next((each for each in left if _coding(each) == _coding(stream)), None)
        if match is None:
            raise DifferentError("a track of the output has no counterpart in the source")
        left.remove(match)
        pairs.append((stream.type, (match.index, stream.index)))
    return pairs


def _is_media(stream: Any) -> bool:  # noqa: ANN401
    if stream.type not in {"video", "audio"} or stream.codec_context is None:
        return False
    return not stream.disposition & av.stream.Disposition.attached_pic


def _coding(stream: Any) -> tuple[str, str]:  # noqa: ANN401
    return stream.type, stream.codec_context.name


def _decoded(container: Any, number: int) -> Iterator[Any]:  # noqa: ANN401
    stream = container.streams[number]
    # Threads that take a frame each lose sound that an edit list cuts (ALAC).
    stream.thread_type = "AUTO" if stream.type == "video" else "SLICE"
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            yield Broken()
            return
        if packet is None:
            return
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            yield Broken()
            continue
        yield from frames


def _stills(path: bytes, codec: str) -> Iterator[Any]:
    with open(path, "rb") as file:  # noqa: PTH123
        packet = av.Packet(file.read())
    context: Any = av.CodecContext.create(codec, "r")
    try:
        # What follows the first picture (a gain map, a preview) is not part of it.
        yield from [*context.decode(packet), *context.decode(None)][:1]
    except av.error.FFmpegError:
        yield Broken()


def _compare_video(source: Iterator[Any], output: Iterator[Any]) -> tuple[Sums, Fraction | None]:
    """Compare frame by frame; also return by how much the output begins later than the source, in seconds."""
    frames = broken = 0
    start: tuple[Fraction, Fraction] | None = None
    for one, other in zip_longest(source, output):
        if isinstance(one, Broken) and isinstance(other, Broken):
            broken += 1
            continue
        where = f"frame {frames + broken + 1}"
        if one is None or other is None or isinstance(one, Broken) or isinstance(other, Broken):
            raise DifferentError(f"{where} is there in one of them only")
        if (one.width, one.height, one.format.name) != (other.width, other.height, other.format.name):
            raise DifferentError(f"{where} has another size or pixel format")
        if not _same_way_up(one, other):
            raise DifferentError(f"{where} is shown another way up")
        times = _time(one), _time(other)
        if times[0] is not None and times[1] is not None:
            start = start or (times[0], times[1])
            if abs((times[0] - start[0]) - (times[1] - start[1])) > _tick(one, other):
                raise DifferentError(f"{where} is shown at another time")
        for plane, (a, b) in enumerate(zip(_planes(one), _planes(other), strict=True)):
            if not np.array_equal(a, b):
                raise DifferentError(f"{where} has another picture in plane {plane}")
        frames += 1
    return Sums(frames=frames, broken=broken), start and start[1] - start[0]


def _compare_sound(
    source: Iterator[Any], output: Iterator[Any], *, heard: bool = False
) -> tuple[Sums, Fraction | None]:
    """Compare sample by sample, however they are packed; the start as for video.

    `heard` leaves out samples before the beginning of the movie.
    """
    one, other = _Sound(source, heard=heard), _Sound(output, heard=heard)
    samples = 0
    start: tuple[Fraction, Fraction] | None = None
    while True:
        more = one.fill(), other.fill()
        if not all(more):
            break
        if one.shape != other.shape:
            raise DifferentError("sound has another rate, layout or sample format")
        if one.time is not None and other.time is not None:
            start = start or (one.time, other.time)
            if abs((one.time - start[0]) - (other.time - start[1])) > TOLERANCE:
                raise DifferentError(f"sound after {samples} samples is heard at another time")
        count = min(one.left, other.left)
        if not np.array_equal(one.take(count), other.take(count)):
            raise DifferentError(f"sound differs after {samples} samples")
        samples += count
    if any(more):
        raise DifferentError(f"one of them has sound after {samples} samples only")
    if one.broken != other.broken:
        raise DifferentError("sound packets decode in one of them only")
    return Sums(samples=samples, broken=one.broken), start and start[1] - start[0]


class _Sound:
    """Owns one track's decoding: the rest of the current frame, and its time in seconds."""

    def __init__(self, frames: Iterator[Any], *, heard: bool = False) -> None:
        self._frames = frames
        self._heard = heard
        self._data: Any = None
        self._at = 0
        self._start: Fraction | None = None
        self.shape: tuple[Any, ...] = ()
        self.left = 0
        self.broken = 0

    def fill(self) -> bool:
        """Whether samples are left, after decoding the next frame if need be."""
        while not self.left:
            frame = next(self._frames, None)
            if frame is None:
                return False
            if isinstance(frame, Broken):
                self.broken += 1
                continue
            channels = len(frame.layout.channels)
            # one or two channels that nobody names are mono and stereo to every player
            named = {1: "mono", 2: "stereo"}.get(channels, frame.layout.name)
            self.shape = (frame.format.packed.name, frame.sample_rate, named, channels)
            data = frame.to_ndarray()
            # Packed frames are one row of interleaved channels.
            self._data = data.reshape(-1, channels).T if frame.format.is_packed else data
            self._at = 0
            self._start = _time(frame)
            self.left = self._data.shape[1]
            if self._heard and self._start is not None and self._start < 0:
                self.take(min(self.left, round(-self._start * frame.sample_rate)))
        return True

    @property
    def time(self) -> Fraction | None:
        """When the next sample is heard."""
        return None if self._start is None else self._start + Fraction(self._at, self.shape[1])

    def take(self, count: int) -> Any:  # noqa: ANN401
        """Return the next samples, channels by rows."""
        taken = self._data[:, self._at : self._at + count]
        self._at += count
        self.left -= count
        return taken


def _time(frame: Any) -> Fraction | None:  # noqa: ANN401
    if frame.pts is None or frame.time_base is None:
        return None
    return Fraction(frame.pts) * Fraction(frame.time_base)


def _tick(one: Any, other: Any) -> Fraction:  # noqa: ANN401
    return max(Fraction(one.time_base), Fraction(other.time_base))


def _same_way_up(one: Any, other: Any) -> bool:  # noqa: ANN401
    try:
        return _turn(one) == _turn(other)
    except ValueError:
        # PyAV knows not every kind of side data and then gives none; the rotation is always there.
        return bool(one.rotation == other.rotation)


def _turn(frame: Any) -> tuple[int, ...]:  # noqa: ANN401
    """Return the signs of a, b, c, d of the display matrix, which tell the eight orientations apart."""
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return IDENTITY
    values = np.frombuffer(bytes(matrix), dtype=np.int32)
    return tuple(int(np.sign(values[i])) for i in (0, 1, 3, 4))


def _planes(frame: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield the visible bytes of each plane; what FFmpeg leaves at the end of a line is not picture."""
    for number, plane in enumerate(frame.planes):
        rows = np.frombuffer(plane, dtype=np.uint8).reshape(-1, plane.line_size)[: plane.height]
        wide = sum((each.bits + 7) // 8 for each in frame.format.components if each.plane == number)
        yield rows[:, : plane.width * wide] if wide else rows


if __name__ == "__main__":
    main()
