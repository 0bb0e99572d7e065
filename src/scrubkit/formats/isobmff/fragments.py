"""Movie fragments (ISO/IEC 14496-12 §8.8): `moof` boxes flattened into the sample arrays of their tracks."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...errors import LimitExceeded, Malformed, Truncated
from .boxes import Box, children, full, unpack

if TYPE_CHECKING:
    from ...model import Limits

NOT_SYNC = 0x10000
"""`sample_is_non_sync_sample` in sample flags §8.8.3.1."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """`trex` §8.8.3: what a `tfhd` leaves out."""

    description: int = 1
    duration: int = 0
    size: int = 0
    flags: int = 0


@dataclass(slots=True)
class Growing:
    """The samples of one track while fragments are appended; arrays as in `essence.Samples`.

    `origin` is the decode time of the first sample, in track ticks: live streams
    begin at whatever the clock showed.
    """

    offsets: array[int] = field(default_factory=lambda: array("Q"))
    sizes: array[int] = field(default_factory=lambda: array("I"))
    durations: array[int] = field(default_factory=lambda: array("I"))
    compositions: array[int] = field(default_factory=lambda: array("i"))
    sync: bytearray = field(default_factory=bytearray)
    descriptions: array[int] = field(default_factory=lambda: array("H"))
    origin: int = 0
    end: int = 0
    """Decode time after the last sample; begins with what the movie header holds already."""


def read_trex(box: Box) -> tuple[int, Defaults]:
    """Return track id and defaults."""
    _, _, body = full(box, "moov/mvex/trex")
    track, *rest = unpack("5I", body, "moov/mvex/trex")
    return track, Defaults(*rest)


def append(
    moof: memoryview,
    start: int,
    tracks: dict[int, Growing],
    defaults: dict[int, Defaults],
    limits: Limits,
    file_size: int,
) -> None:
    """Append the samples of one `moof` (its body, which begins at file position `start` + 8).

    Tracks that `tracks` doesn't hold are passed over.  Raises `Malformed`,
    `Truncated` or `LimitExceeded`.
    """
    data_end = start
    body_at = start + 8
    for traf in children(moof, body_at, "moof"):
        if traf.type == "traf":
            data_end = _track_fragment(traf, start, data_end, tracks, defaults, limits, file_size)


def _track_fragment(
    traf: Box,
    moof_start: int,
    data_end: int,
    tracks: dict[int, Growing],
    defaults: dict[int, Defaults],
    limits: Limits,
    file_size: int,
) -> int:
    where = "moof/traf"
    boxes = list(children(traf.body, traf.body_start, where))
    tfhd = next((box for box in boxes if box.type == "tfhd"), None)
    if tfhd is None:
        raise Malformed(where, "tfhd-missing", traf.start)
    _, flags, body = full(tfhd, where + "/tfhd")
    (track_id,) = unpack("I", body, where + "/tfhd")
    at = 4
    base = moof_start if flags & 0x20000 else data_end
    if flags & 1:
        (base,) = unpack("Q", body, where + "/tfhd", at)
        at += 8
    inherited = defaults.get(track_id, Defaults())
    values = [inherited.description, inherited.duration, inherited.size, inherited.flags]
    for i, flag in enumerate((0x2, 0x8, 0x10, 0x20)):
        if flags & flag:
            (values[i],) = unpack("I", body, where + "/tfhd", at)
            at += 4
    track = tracks.get(track_id)
    tfdt = next((box for box in boxes if box.type == "tfdt"), None)
    if track is not None and tfdt is not None:
        _seek(track, tfdt)
    position = base
    for box in boxes:
        if box.type == "trun":
            position = _run(box, base, position, Defaults(*values), track, limits, file_size)
    return position


def _seek(track: Growing, tfdt: Box) -> None:
    """Bring the track to the decode time that `tfdt` §8.8.12 states.

    The long form is read with a sign: FFmpeg lets sound with priming begin below 0.
    """
    version, _, body = full(tfdt, "moof/traf/tfdt")
    (time,) = unpack("q" if version else "I", body, "moof/traf/tfdt")
    if not track.durations and not track.end:
        track.origin = track.end = time
        return
    if not track.durations:
        if time != track.end:
            raise Malformed("moof/traf/tfdt", "decode-time", tfdt.start)
        return
    step = time - track.end
    last = track.durations[-1] + step
    # a gap is the last sample shown for longer; an overlap cuts it short
    if not 0 <= last <= 0xFFFFFFFF:
        raise Malformed("moof/traf/tfdt", "decode-time", tfdt.start)
    track.durations[-1] = last
    track.end = time


def _run(
    box: Box,
    base: int,
    position: int,
    default: Defaults,
    track: Growing | None,
    limits: Limits,
    file_size: int,
) -> int:
    """Append one `trun` §8.8.8; return where its data ends."""
    where = "moof/traf/trun"
    _, flags, body = full(box, where)
    (count,) = unpack("I", body, where)
    at = 4
    if flags & 0x1:
        (offset,) = unpack("i", body, where, at)
        position = base + offset
        at += 4
    first_flags = default.flags
    if flags & 0x4:
        (first_flags,) = unpack("I", body, where, at)
        at += 4
    columns = [flag for flag in (0x100, 0x200, 0x400, 0x800) if flags & flag]
    if position < 0 or position > file_size:
        raise Truncated(where, "data-offset", box.start)
    if (len(track.sizes) if track else 0) + count > limits.samples:
        raise LimitExceeded(where, "samples", box.start)
    implied = 0 if columns else count * max(default.size, 1)
    if at + 4 * count * len(columns) > len(body) or implied > file_size:
        raise Malformed(where, "sample-count", box.start)
    table = array("I", bytes(body[at : at + 4 * count * len(columns)]))
    if array("H", [1]).tobytes() == b"\1\0":
        table.byteswap()
    column = {flag: table[i :: len(columns)] for i, flag in enumerate(columns)}

    def of(flag: int, value: int) -> array[int]:
        return column[flag] if flag in column else array("I", (value,)) * count

    sizes = of(0x200, default.size)
    end = position + sum(sizes)
    if end > file_size:
        raise Truncated(where, "sample-beyond-file", box.start)
    if track is None or not count:
        return end
    durations = of(0x100, default.duration)
    sample_flags = of(0x400, default.flags)
    if flags & 0x4:
        sample_flags[0] = first_flags
    offsets = array("Q", (position,)) * count
    for i in range(1, count):
        offsets[i] = offsets[i - 1] + sizes[i - 1]
    track.offsets.extend(offsets)
    track.sizes.extend(sizes)
    track.durations.extend(durations)
    track.compositions.extend(array("i", of(0x800, 0).tobytes()))
    track.sync.extend(0 if flag & NOT_SYNC else 1 for flag in sample_flags)
    if not 1 <= default.description <= 0xFFFF:
        raise Malformed(where, "description-index", box.start)
    track.descriptions.extend(array("H", (default.description - 1,)) * count)
    track.end += sum(durations)
    return end
