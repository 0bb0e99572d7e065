"""MPEG-4 Visual headers (ISO/IEC 14496-2 §6.2), parsed and written again from their fields.

    000001B0  visual_object_sequence: profile_and_level_indication u8
    000001B5  visual_object: version, type, video_signal_type
    00000100-1F  video_object
    00000120-2F  video_object_layer: shape, time base, size, coding tools
    000001B2  user_data: free bytes, never written

`DecoderSpecificInfo` holds all of them before the first picture.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import LimitExceeded, Malformed, Unsupported
from .assembly import Assembly
from .bits import BitReader, BitWriter
from .fitting import fitted
from .mpeg4_headers import Layer, VisualObject, read_layer, read_visual, write_layer, write_visual
from .tally import Tallied

if TYPE_CHECKING:
    from ..essence import Picture
    from ..model import Policy, Remaining
    from . import Filtered

VOS_START, VOS_END, USER_DATA, GOV, VISUAL_OBJECT, VOP = 0xB0, 0xB1, 0xB2, 0xB3, 0xB5, 0xB6

_LIMIT = 64 << 10
_MOST_UNITS = 1 << 14
_START_CODE = re.compile(rb"\x00\x00\x01(?=[\x00-\xff])", re.DOTALL)
_DAY = 86400
_NAME = 64
"""Bytes of user data in which an encoder says its name."""

_OLD_ENCODERS = (
    (re.compile(rb"DivX[0-9]"), None),
    (re.compile(rb"XviD([0-9]{1,6})"), 32),
    (re.compile(rb"FFmpe[^b]{0,32}b(?:uild: )?([0-9]{1,6})"), 4712),
    (re.compile(rb"ffmpeg"), None),
)
"""User data of encoders that coded some pictures against the standard, up to a build if one is given."""


@dataclass(frozen=True, slots=True)
class Mpeg4Config:
    """The headers in fields and, in `record`, the DecoderSpecificInfo written again."""

    profile_level: int | None
    visual: VisualObject | None
    video_object: int | None
    layer_id: int
    layer: Layer
    record: bytes = b""


def start_codes(data: bytes | memoryview) -> list[tuple[int, int, int]]:
    """Return (code, start, stop) of each unit: `start` is that of its content, `stop` the next prefix.

    Raises `LimitExceeded` for more units than any picture has.
    """
    found: list[int] = []
    for match in _START_CODE.finditer(data):
        found.append(match.start())
        if len(found) > _MOST_UNITS:
            raise LimitExceeded("MPEG-4 Visual", "units")
    stops = [*found[1:], len(data)]
    return [(data[at + 3], at + 4, stop) for at, stop in zip(found, stops, strict=True)] if found else []


def _check_encoder(user_data: bytes | memoryview) -> None:
    """Raise `Unsupported` if decoders know by it of an encoder whose pictures they must decode otherwise."""
    for pattern, last in _OLD_ENCODERS:
        found = pattern.match(user_data[:_NAME])
        if found and (last is None or int(found[1]) <= last):
            raise Unsupported("user_data", "encoder-that-decoders-make-up-for")


def read_config(specific: bytes | memoryview) -> Mpeg4Config:
    """Parse DecoderSpecificInfo, or what precedes the first picture of a stream; `record` is left empty.

    Raises `Malformed`, and `Unsupported` for shapes, sprites, scalable layers and
    encoders that decoders make up for.
    """
    data = bytes(specific[:_LIMIT])
    profile: int | None = None
    visual: VisualObject | None = None
    video_object: int | None = None
    layer: Layer | None = None
    layer_id = 0
    for code, start, stop in start_codes(data):
        bits = BitReader(data[start:stop], "MPEG-4 Visual")
        match code:
            case 0xB0:
                profile = bits.u(8)
            case 0xB5:
                visual = read_visual(bits)
            case _ if code < 0x20:
                video_object = code
            case _ if code < 0x30:
                if layer is not None:
                    raise Unsupported("video_object_layer", "several")
                layer_id = code - 0x20
                layer = read_layer(bits, visual.verid or 1 if visual else 1)
            case 0xB2:
                _check_encoder(data[start:stop])
            case 0xB6 | 0xB3:
                break
            case _:
                continue
    if layer is None:
        raise Malformed("MPEG-4 Visual", "no-video-object-layer")
    return Mpeg4Config(profile, visual, video_object, layer_id, layer)


def write_config(config: Mpeg4Config) -> bytes:
    """Return the headers of these fields, in the order of the standard."""
    parts: list[bytes] = []
    if config.profile_level is not None:
        parts.append(bytes((0, 0, 1, VOS_START, config.profile_level)))
    if config.visual is not None:
        out = BitWriter()
        write_visual(out, config.visual)
        parts.append(bytes((0, 0, 1, VISUAL_OBJECT)) + out.bytes())
    if config.video_object is not None:
        parts.append(bytes((0, 0, 1, config.video_object)))
    out = BitWriter()
    write_layer(out, config.layer)
    parts.append(bytes((0, 0, 1, 0x20 + config.layer_id)) + out.bytes())
    return b"".join(parts)


def rebuild(specific: bytes | memoryview) -> Mpeg4Config:
    """Parse DecoderSpecificInfo and write it again into `record`; raises as `read_config` does."""
    config = read_config(specific)
    return replace(config, record=write_config(config))


class Mpeg4Filter(Tallied):
    """Walks the units of one track; owns its headers and the time code that counts as zero."""

    __slots__ = ("_config", "_entry", "_origin")

    def __init__(self, entry: Picture) -> None:
        """Takes an entry with a record that `rebuild` made, or without one if samples hold the headers."""
        self._entry = entry
        self._config = rebuild(entry.record) if entry.record else None
        super().__init__()
        self._origin: int | None = None

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:  # noqa: ARG002 (protocol)
        """Filter one picture; raises `Malformed`, `LimitExceeded` or `Unsupported`.

        User data and headers equal to the configuration stay behind, time codes
        count from the first one of the track.
        """
        out = Assembly(start)
        if not data:
            return out.filtered(sync=False)
        units = start_codes(data)
        first = units[0][1] - 4 if units else len(data)
        if first:
            self._tally.add("mpeg4/before-start-code", first)
        headers = sync = seen = False
        for code, at, stop in units:
            if code == VOP:
                if seen:
                    raise Unsupported("vop", "several-in-one-sample")
                seen = True
                if at >= stop:
                    raise Malformed("vop", "ends-early")
                sync = data[at] >> 6 == 0
                end = at + len(bytes(data[at:stop]).rstrip(b"\0"))
                if end < stop:
                    self._tally.add("mpeg4/zero-bytes", stop - end)
                out.keep(at - 4, end)
                self._tally.keep("mpeg4/vop", end - at + 4)
            elif code == GOV:
                out.replace(bytes(data[at - 4 : at + 3]), self._group(data[at:stop]), at - 4)
                self._tally.keep("mpeg4/group-of-vop", 4 if self._origin else 7)
                if stop > at + 3:
                    self._tally.add("mpeg4/zero-bytes", stop - at - 3)
            elif code < 0x30 or code in (VOS_START, VISUAL_OBJECT):
                headers = headers or 0x20 <= code < 0x30
                self._tally.add("mpeg4/repeated-header", stop - at + 4)
            elif code == USER_DATA:
                _check_encoder(data[at:stop])
                self._tally.add("mpeg4/user-data", stop - at + 4)
            else:
                self._tally.add("mpeg4/unit", stop - at + 4)
        if not seen:
            raise Malformed("vop", "missing")
        if headers:
            self._repeat(data)
        return out.filtered(sync=sync)

    def _repeat(self, data: memoryview) -> None:
        """Compare headers inside a sample with the configuration, or take them if there is none."""
        config = rebuild(data)
        if self._config is None:
            self._config = config
        elif config.layer != self._config.layer:
            raise Unsupported("video_object_layer", "changes")

    def _group(self, content: memoryview) -> bytes:
        """Return a group_of_vop whose time code counts from the first of the track (§6.2.4)."""
        bits = BitReader(content[:3], "group_of_vop")
        hours, minutes = bits.u(5), bits.u(6)
        bits.expect(1, 1, "marker")
        seconds = bits.u(6) + 60 * (minutes + 60 * hours)
        flags = bits.u(2)
        if self._origin is None:
            self._origin = seconds
        if self._origin:
            self._tally.add("mpeg4/time-code", 3)
        minutes, seconds = divmod((seconds - self._origin) % _DAY, 60)
        hours, minutes = divmod(minutes, 60)
        out = BitWriter()
        for width, value in ((5, hours), (6, minutes), (1, 1), (6, seconds), (2, flags), (4, 7)):
            out.u(width, value)
        return bytes((0, 0, 1, GOV)) + out.bytes()

    def entry(self) -> Picture:
        """Return the entry with the headers; raises `Malformed` if neither it nor a sample had any."""
        if self._config is None:
            raise Malformed("MPEG-4 Visual", "no-video-object-layer")
        layer = self._config.layer
        return replace(fitted(self._entry, layer.width, layer.height), record=self._config.record)

    def remaining(self) -> tuple[Remaining, ...]:
        """Nothing is left but coded pictures."""
        return ()


def sample_filter(entry: Picture, policy: Policy) -> Mpeg4Filter:  # noqa: ARG001 (one signature for all codings)
    """Return a filter for one track; raises `Refused` errors for a record that is not MPEG-4 Visual's."""
    return Mpeg4Filter(entry)
