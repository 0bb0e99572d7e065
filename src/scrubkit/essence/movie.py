"""Movies, sound and image sequences: tracks of coded samples with their timing."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .shown import Orientation

if TYPE_CHECKING:
    from ..pieces import Payload
    from .shown import Colour


@dataclass(frozen=True, slots=True)
class DolbyVision:
    """The fields of `dvcC`/`dvvC` (Dolby Vision Streams Within the ISOBMFF, §2.2)."""

    profile: int
    level: int
    rpu: bool
    enhancement: bool
    base: bool
    compatibility: int


@dataclass(frozen=True, slots=True)
class Picture:
    """One visual sample description.

    `codec` is our name for the coding (`h264`, `hevc`, `av1`, `vp9`, `mpeg4`,
    `h263`, `mpeg1`, `mpeg2`, `mjpeg`, `prores`, `vc3`); `entry` is the sample entry type to write.
    `record` is the rebuilt configuration record (empty if the codec has none, or
    if it is made of `parameter_sets`: whole NAL units, sorted).  `width` and
    `height` are pixels; `aspect` is the reduced pixel aspect ratio, None where
    pixels are square and the stream doesn't say otherwise.
    """

    codec: str
    entry: str
    width: int
    height: int
    record: bytes = b""
    parameter_sets: tuple[bytes, ...] = ()
    length_size: int = 4
    """Bytes of a NAL length in the source; the output always has 4."""
    aspect: tuple[int, int] | None = None
    colour: Colour | None = None
    aperture: tuple[int, int, int, int, int, int, int, int] | None = None
    """`clap`: width, height, horizontal and vertical offset, each as N, D."""
    fields: tuple[int, int] | None = None
    """`fiel`: field count and order, only when interlaced."""
    mastering: bytes = b""
    """Body of `mdcv`, 24 validated bytes."""
    light: bytes = b""
    """Body of `clli`, 4 bytes."""
    dolby: DolbyVision | None = None
    ambient: bool = False
    """Whether the constant `amve` of HLG recordings is written."""
    depth: int = 24


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound sample description.

    `codec` is `aac`, `alac`, `amr-nb`, `amr-wb`, `ac3`, `eac3`, `opus`, `flac`,
    `mp3`, `pcm`, `ulaw` or `alaw`; `entry` the sample entry type to write; `rate`
    samples per second; `bits` per channel; `record` the rebuilt configuration.
    """

    codec: str
    entry: str
    channels: int
    rate: int
    bits: int = 16
    record: bytes = b""
    frame_size: int = 0
    """Bytes of one frame of all channels, for PCM; 0 otherwise."""
    frame_length: int = 0
    """Samples per channel and packet where the coding fixes it, at `rate`; 0 otherwise."""
    layout_bitmap: int = 0
    """Speaker bits that go with layout tag 0x10000."""
    layout_tag: int = 0
    """Core Audio channel layout tag (`chan`), from a table of known ones; 0 if absent."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Parallel arrays over the samples of a track, in decode order.

    `offsets` (array 'Q') and `sizes` (array 'I') are bytes of the source;
    `durations` (array 'I') and `compositions` (array 'i', or empty when all are 0)
    are ticks of the track; `sync` (bytes of 0 and 1, or empty when all are sync);
    `entries` (array 'H', index into `Track.entries`, or empty when all are 0).

    For PCM a sample here is a run of frames: `durations` counts them.
    """

    offsets: array[int]
    sizes: array[int]
    durations: array[int]
    compositions: array[int] = field(default_factory=lambda: array("i"))
    sync: bytes = b""
    entries: array[int] = field(default_factory=lambda: array("H"))

    def __len__(self) -> int:
        return len(self.sizes)


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of the track that is shown: from `media_time`, for `duration`, in track ticks.

    `media_time` -1 is an empty edit; its `duration` is in movie ticks (1/240000 s).
    """

    media_time: int
    duration: int


@dataclass(frozen=True, slots=True)
class Track:
    """One video or sound track.

    `timescale` is ticks per second; edits are in play order; `enabled` is False
    for an alternate that a player doesn't start with.
    """

    entries: tuple[Picture, ...] | tuple[Sound, ...]
    timescale: int
    samples: Samples
    edits: tuple[Edit, ...]
    orientation: Orientation = Orientation.UPRIGHT
    enabled: bool = True
    number: int = field(default=0, compare=False)
    """Of the track in its source, from 1, for paths of findings; never written."""

    @property
    def is_video(self) -> bool:
        """Whether the track holds pictures."""
        return isinstance(self.entries[0], Picture)


@dataclass(frozen=True, slots=True)
class Movie:
    """A recording: at most one video track, first, then sound tracks; and the payload they point to."""

    tracks: tuple[Track, ...]
    payload: Payload


@dataclass(frozen=True, slots=True)
class ImageSequence:
    """Pictures that a viewer shows one after the other as one still (ISO/IEC 23008-12 §7).

    `tracks` are the pictures, and where there is one their alpha plane.
    `repetitions` says how often they are shown once more, None for ever.
    """

    tracks: tuple[Track, ...]
    payload: Payload
    repetitions: int | None = None
