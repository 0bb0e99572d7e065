"""The neutral model: what of a recording crosses, and nothing else.

There is no field for a date, a name or a place, so none can cross.  Integers are
plain, arrays are `array` objects that nobody changes after construction, and every
configuration record in here was rebuilt by `codecs` from parsed fields.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .pieces import Payload, Span


class Orientation(Enum):
    """The eight ways a picture can be shown, numbered as in Exif tag 0x0112.

    The value says where row 0 and column 0 of the stored picture are seen:
    6 means that it must be turned 90° clockwise to be upright.
    """

    UPRIGHT = 1
    MIRRORED = 2
    HALF_TURN = 3
    FLIPPED = 4
    TRANSPOSED = 5
    CLOCKWISE = 6
    TRANSVERSED = 7
    ANTICLOCKWISE = 8


@dataclass(frozen=True, slots=True)
class Colour:
    """Code points of ITU-T H.273 and the range flag."""

    primaries: int
    transfer: int
    matrix: int
    full_range: bool = False


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
    `h263`, `mjpeg`, `prores`); `entry` is the sample entry type to write.
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
class Component:
    """A frame component of a JPEG (T.81 §B.2.2): sampling factors and index into `Jpeg.quantisation`."""

    horizontal: int
    vertical: int
    table: int = 0


@dataclass(frozen=True, slots=True)
class HuffmanTable:
    """One Huffman table (T.81 §B.2.4.2): 16 counts by code length, and the symbols in code order."""

    counts: bytes
    symbols: bytes


@dataclass(frozen=True, slots=True)
class Conditioning:
    """Arithmetic conditioning (T.81 §B.2.4.3): statistics area within the scan and the value Cs."""

    area: int
    value: int


@dataclass(frozen=True, slots=True)
class ScanComponent:
    """A scan's component (T.81 §B.2.3): index into `Jpeg.components`, and what codes it where needed."""

    index: int
    dc: HuffmanTable | Conditioning | None
    ac: HuffmanTable | Conditioning | None


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan with everything that it is coded by.

    `high` and `low` are the successive approximation (Ah, Al), in a lossless scan
    `low` is the point transform.  `restart_interval` is in MCU, 0 if no restart
    marker stands in the scan.  `entropy` are the spans of entropy-coded data with
    their restart markers, in order, fill bytes left out.
    """

    components: tuple[ScanComponent, ...]
    spectral_start: int
    spectral_end: int
    high: int
    low: int
    restart_interval: int
    entropy: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Jpeg:
    """One still picture in one JPEG frame.

    `process` is the low nibble of the SOF marker: 0 for sequential Huffman coding
    (written as baseline SOF0 where the tables allow it, else as SOF1), 2 progressive,
    3 lossless, 9 and 10 sequential and progressive arithmetic coding.
    `quantisation` are distinct tables of 64 values in zigzag order, numbered by
    first use.  `adobe_transform` is None unless a decoder needs APP14 to show the
    colours as meant; `profile` is a canonical ICC profile or empty.
    """

    process: int
    precision: int
    width: int
    height: int
    components: tuple[Component, ...]
    quantisation: tuple[tuple[int, ...], ...]
    scans: tuple[Scan, ...]
    payload: Payload
    orientation: Orientation = Orientation.UPRIGHT
    adobe_transform: int | None = None
    profile: bytes = b""


Essence = Movie | Jpeg
