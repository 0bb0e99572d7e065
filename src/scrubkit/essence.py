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
    from .pieces import Coded, Payload, Span


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
class GainChannel:
    """What a gain map's samples mean in one channel (ISO 21496-1 §5.2), in millionths.

    `minimum` and `maximum` are stops; `gamma` has been applied to the samples.
    """

    minimum: int
    maximum: int
    gamma: int
    base_offset: int
    alternate_offset: int


@dataclass(frozen=True, slots=True)
class GainMap:
    """The numbers of a gain map: headrooms in millionths of a stop, and one or three channels.

    `base_colour` says that gains are those of the base picture's colours.
    """

    base_headroom: int
    alternate_headroom: int
    base_colour: bool
    channels: tuple[GainChannel, ...]


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
    gain: JpegGain | None = None


@dataclass(frozen=True, slots=True)
class JpegGain:
    """A gain map behind a JPEG: a JPEG of its own, its profile that of what comes out, and its numbers."""

    picture: Jpeg
    numbers: GainMap


@dataclass(frozen=True, slots=True)
class GifFrame:
    """One frame of a GIF (GIF89a §20): its place on the screen, colours, timing and LZW data.

    `palette` is the local colour table, empty where the global one serves; entries
    that no pixel uses are zero.  `delay` is in 1/100 s, `disposal` 0 to 3,
    `transparent` an index or None.  `starts` (array 'Q') and `sizes` (array 'B') are
    the bytes of the source that hold whole bytes of codes, `tail` the bytes that
    hold the rest and the end code.
    """

    left: int
    top: int
    width: int
    height: int
    interlaced: bool
    palette: bytes
    delay: int
    disposal: int
    transparent: int | None
    code_size: int
    starts: array[int]
    sizes: array[int]
    tail: bytes


@dataclass(frozen=True, slots=True)
class Gif:
    """A GIF: the screen in pixels, its colour table, and frames in order.

    `background` is an index into `palette`, 0 without one.  `loop` is the number
    of repeats, 0 for without end, None for none.
    """

    width: int
    height: int
    palette: bytes
    background: int
    loop: int | None
    frames: tuple[GifFrame, ...]
    payload: Payload


@dataclass(frozen=True, slots=True)
class HeifItem:
    """A coded image item: its size in pixels and configuration, and the `size` bytes of it that cross."""

    coding: Picture
    pieces: tuple[Span | Coded, ...]
    size: int


@dataclass(frozen=True, slots=True)
class HeifImage:
    """One coded item or, if `columns` is not 0, a grid of them, row by row, `width` by `height` pixels."""

    items: tuple[HeifItem, ...]
    width: int
    height: int
    rows: int = 0
    columns: int = 0


@dataclass(frozen=True, slots=True)
class HeifPlane:
    """A picture beside the picture: turned like it, with colours and an aperture (`clap`) of its own."""

    image: HeifImage
    colour: Colour | None = None
    aperture: tuple[int, int, int, int, int, int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class HeifGain:
    """A gain map of a still, and what it is applied by: ISO 21496-1's numbers or Apple's headroom.

    With `numbers` go the colours of what comes out (`shown` or `profile`) and its
    bits per channel; without them `headroom` is a factor in millionths.
    """

    plane: HeifPlane
    numbers: GainMap | None
    headroom: int = 0
    shown: Colour | None = None
    profile: bytes = b""
    depth: int = 8


@dataclass(frozen=True, slots=True)
class HeifStereo:
    """The other eye's picture, of the still's colours; `left` says that the still itself is the left one."""

    plane: HeifPlane
    left: bool


@dataclass(frozen=True, slots=True)
class Heif:
    """One still picture of a HEIF family file, its alpha plane if it has one, and how it is shown.

    `colour` is None where the container says nothing; `profile` is a canonical ICC
    profile or empty.  `aperture` is `clap` as in `Picture`, before `orientation`;
    `mastering` and `light` are bodies of `mdcv` and `clli`.
    """

    picture: HeifImage
    alpha: HeifImage | None
    payload: Payload
    premultiplied: bool = False
    orientation: Orientation = Orientation.UPRIGHT
    colour: Colour | None = None
    profile: bytes = b""
    aspect: tuple[int, int] | None = None
    aperture: tuple[int, int, int, int, int, int, int, int] | None = None
    mastering: bytes = b""
    light: bytes = b""
    gain: HeifGain | None = None
    depth: HeifPlane | None = None
    stereo: HeifStereo | None = None


@dataclass(frozen=True, slots=True)
class Deflated:
    """One zlib stream of a PNG (RFC 1950) that was inflated to its end.

    `spans` are its deflate data, without header and check value; `adler` is the check
    value of what it inflates to, `crc` the CRC-32 of the one chunk that it is written as.
    """

    spans: tuple[Span, ...]
    adler: int
    crc: int


@dataclass(frozen=True, slots=True)
class PngColour:
    """What the samples of a PNG stand for, in order of precedence.

    `code_points` are those of H.273 (`cICP`), `profile` is a canonical ICC profile or
    empty, `gamma` and `chromaticities` (white, red, green, blue; x and y) are in
    1/100000.  `mastering` and `light` are bodies of `mDCV` and `cLLI`, 24 and 8
    validated bytes or empty.
    """

    code_points: tuple[int, int, int, int] | None = None
    mastering: bytes = b""
    light: bytes = b""
    profile: bytes = b""
    srgb: bool = False
    gamma: int | None = None
    chromaticities: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PngFrame:
    """A frame of an APNG: its place on the canvas, its delay as a fraction of a second, how it is drawn.

    `dispose` and `blend` are those of `fcTL`; `data` is None for the default image.
    """

    width: int
    height: int
    left: int
    top: int
    delay: tuple[int, int]
    dispose: int
    blend: int
    data: Deflated | None


@dataclass(frozen=True, slots=True)
class Png:
    """A PNG or APNG.

    `depth` is in bits per sample, `colour_type` and `interlaced` are those of IHDR;
    `palette` are R, G, B of each entry, `transparency` is the body of tRNS.
    `frames` are empty for a still, `plays` is 0 for without end.
    """

    width: int
    height: int
    depth: int
    colour_type: int
    interlaced: bool
    palette: bytes
    transparency: bytes
    data: Deflated
    payload: Payload
    colour: PngColour = PngColour()
    orientation: Orientation = Orientation.UPRIGHT
    frames: tuple[PngFrame, ...] = ()
    plays: int = 0


@dataclass(frozen=True, slots=True)
class WebPAlpha:
    """An ALPH chunk: filtering method, whether it is compressed, and the data behind its header byte."""

    filtering: int
    compressed: bool
    data: Span


@dataclass(frozen=True, slots=True)
class WebPImage:
    """One coded picture of a WebP: VP8 if it has a first partition, else VP8L.

    `version` and `partition` (bytes) are those of the VP8 frame tag, `has_alpha` is the
    hint of VP8L; `data` is what follows the frame header.
    """

    width: int
    height: int
    version: int
    partition: int
    has_alpha: bool
    data: Span
    alpha: WebPAlpha | None = None


@dataclass(frozen=True, slots=True)
class WebPFrame:
    """A frame of an animation: its place in pixels, duration in ms, whether it blends and is disposed of."""

    left: int
    top: int
    duration: int
    blend: bool
    dispose: bool
    image: WebPImage


@dataclass(frozen=True, slots=True)
class WebP:
    """A WebP: canvas in pixels, frames in order.

    `loops` is None for a still, of which only the image of its one frame counts, and 0
    for without end; `background` is blue, green, red and alpha; `profile` is a
    canonical ICC profile or empty.
    """

    width: int
    height: int
    frames: tuple[WebPFrame, ...]
    payload: Payload
    loops: int | None = None
    background: bytes = bytes(4)
    profile: bytes = b""
    orientation: Orientation = Orientation.UPRIGHT


@dataclass(frozen=True, slots=True)
class TiffField:
    """One entry of a TIFF directory: tag, type, and values as integers.

    A rational is two integers; a float or double is its bit pattern.
    """

    tag: int
    type: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tiff:
    """One picture in strips or tiles (TIFF 6.0, DNG): fields in tag order, and the coded bytes.

    `segments` are the strips or tiles in order, each the pieces that it is made
    of; their offsets and sizes are not among `fields`.  `big_endian` is False
    unless the samples have it in them.
    """

    big_endian: bool
    tiled: bool
    fields: tuple[TiffField, ...]
    segments: tuple[tuple[Span | Coded, ...], ...]
    payload: Payload


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A BMP: one picture in rows, bottom row first unless `top_down`.

    `compression` is 0 for plain rows, 1 or 2 for run lengths of 8 or 4 bits, 3 for
    rows with `masks` (red, green, blue, alpha).  `palette` are entries of blue,
    green, red and zero, as many as `bits` can count.  `data` are plain rows as one
    span, their padding included, or the pieces of run-length data.  `profile` is a
    canonical ICC profile or empty.
    """

    width: int
    height: int
    top_down: bool
    bits: int
    compression: int
    masks: tuple[int, int, int, int]
    palette: bytes
    data: tuple[Span | Coded, ...]
    profile: bytes
    payload: Payload


Essence = Movie | ImageSequence | Jpeg | Gif | Heif | Png | WebP | Tiff | Bitmap
