"""VP9 and `vpcC`: VP codec configuration, version 1 (*VP Codec ISO Media File Format Binding*).

version u8 1, flags u24 0, profile u8, level u8, bitDepth 4, chromaSubsampling 3, videoFullRange 1,
colourPrimaries u8, transferCharacteristics u8, matrixCoefficients u8, codecInitializationDataSize u16 0
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import Malformed, Unsupported
from . import vp9_frame
from .assembly import Assembly
from .fitting import fitted
from .tally import Tallied

if TYPE_CHECKING:
    from ..essence import Picture
    from ..model import Policy, Remaining
    from . import Filtered
    from .vp9_frame import KeyFrame

_LEVELS = (0, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 52, 60, 61, 62)
"""Ten times the level; 0 is written by muxers that don't know."""

_LARGEST_PICTURE = (
    (10, 36864),
    (11, 73728),
    (20, 122880),
    (21, 245760),
    (30, 552960),
    (31, 983040),
    (40, 2228224),
    (50, 8912896),
    (60, 35651584),
)
"""Level and its largest picture in pixels, where a level allows larger ones than the level before."""


@dataclass(frozen=True, slots=True)
class Vp9Config:
    """`record` is the whole body of `vpcC`; the rest are its fields (H.273 code points)."""

    record: bytes
    profile: int
    level: int
    bit_depth: int
    chroma: int
    full_range: bool
    primaries: int
    transfer: int
    matrix: int


def build(
    *,
    profile: int,
    level: int,
    bit_depth: int,
    chroma: int,
    full_range: bool,
    primaries: int,
    transfer: int,
    matrix: int,
) -> Vp9Config:
    """Make a `vpcC` of checked fields; raises `Malformed` or `Unsupported`."""
    if profile > 3:
        raise Unsupported("vpcC", "profile")
    if level not in _LEVELS:
        raise Unsupported("vpcC", "level")
    if bit_depth not in (8, 10, 12):
        raise Malformed("vpcC", "bit-depth")
    if chroma > 3:
        raise Malformed("vpcC", "chroma-subsampling")
    if max(primaries, transfer, matrix) > 22:
        raise Unsupported("vpcC", "colour")
    packed = bit_depth << 4 | chroma << 1 | int(full_range)
    record = b"\x01\0\0\0" + bytes((profile, level, packed, primaries, transfer, matrix, 0, 0))
    return Vp9Config(record, profile, level, bit_depth, chroma, full_range, primaries, transfer, matrix)


def rebuild(body: bytes | memoryview) -> Vp9Config:
    """Rebuild the body of `vpcC`; raises `Malformed` or `Unsupported`."""
    if len(body) < 12:
        raise Malformed("vpcC", "ends-early")
    if body[0] != 1:
        raise Unsupported("vpcC", "version")
    packed = body[6]
    return build(
        profile=body[4],
        level=body[5],
        bit_depth=packed >> 4,
        chroma=packed >> 1 & 7,
        full_range=packed & 1 == 1,
        primaries=body[7],
        transfer=body[8],
        matrix=body[9],
    )


def _level(width: int, height: int) -> int:
    """Return the least level that allows pictures of that size (annex A); their rate is not looked at."""
    area = width * height
    return next((level for level, most in _LARGEST_PICTURE if area <= most), _LEVELS[-1])


class Vp9Filter(Tallied):
    """Walks the superframes of one track; owns what its first key frame said."""

    __slots__ = ("_entry", "_key")

    def __init__(self, entry: Picture) -> None:
        """Takes an entry with a record that `rebuild` made, or without one."""
        self._entry = entry
        super().__init__()
        self._key: KeyFrame | None = None

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:  # noqa: ARG002 (protocol)
        """Filter one superframe; raises `Malformed` or `Unsupported`.

        A frame that is shown again keeps its header byte only, a superframe of one
        frame loses its index, and what no size accounts for stays behind.
        """
        out = Assembly(start)
        if not data:
            return out.filtered(sync=False)
        frames, index = vp9_frame.split(data)
        sync = False
        sizes = []
        stop = shown = 0
        for i, (first, last) in enumerate(frames):
            frame = vp9_frame.read_frame(data[first:last])
            if frame.size > last - first:
                raise Malformed("uncompressed_header", "ends-early")
            shown += frame.shown
            if shown > 1:
                raise Unsupported("superframe", "several-shown-frames")
            if first + frame.size < last:
                self._tally.add("vp9/after-header", last - first - frame.size)
            if frame.key is not None:
                sync = sync or i == 0
                self._meet(frame.key)
            self._tally.keep("vp9/key-frame" if frame.key is not None else "vp9/frame", frame.size)
            out.keep(first, first + frame.size)
            sizes.append(frame.size)
            stop = last
        if not sizes:
            raise Malformed("superframe_index", "no-frames")
        if stop < index:
            self._tally.add("vp9/between-frames", index - stop)
        made = vp9_frame.write_index(sizes)
        out.replace(bytes(data[index:]), made, index)
        return out.filtered(sync=sync)

    def _meet(self, key: KeyFrame) -> None:
        if self._key is None:
            self._key = key
        elif (key.profile, key.bit_depth, key.chroma) != (
            self._key.profile,
            self._key.bit_depth,
            self._key.chroma,
        ):
            raise Unsupported("uncompressed_header", "format-changes")

    def entry(self) -> Picture:
        """Return the entry with size and `vpcC` of the first key frame; colours stay those of the box."""
        if self._key is None:
            return self._entry
        key = self._key
        primaries = transfer = matrix = 2
        chroma = key.chroma
        if self._entry.record:
            stated = rebuild(self._entry.record)
            primaries, transfer, matrix = stated.primaries, stated.transfer, stated.matrix
            if chroma == 1:
                chroma = min(stated.chroma, 1)
        config = build(
            profile=key.profile,
            level=_level(key.width, key.height),
            bit_depth=key.bit_depth,
            chroma=chroma,
            full_range=key.full_range,
            primaries=primaries,
            transfer=transfer,
            matrix=matrix,
        )
        return replace(fitted(self._entry, key.width, key.height), record=config.record)

    def remaining(self) -> tuple[Remaining, ...]:
        """Nothing is left but coded frames."""
        return ()


def sample_filter(entry: Picture, policy: Policy) -> Vp9Filter:  # noqa: ARG001 (one signature for all codings)
    """Return a filter for one track."""
    return Vp9Filter(entry)
