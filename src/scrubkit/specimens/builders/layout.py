"""The choices of a muxer, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .extras import Extra

ISO_NAMES = (b"VideoHandler", b"SoundHandler", b"MetaHandler")


@dataclass(frozen=True)
class Fragments:
    """How a fragmented movie is cut and addressed (14496-12 §8.8)."""

    by: Literal["sync", "sample", "all"] = "sync"
    base: Literal["moof", "offset", "implied"] = "moof"
    """Default-base-is-moof, an explicit base data offset, or neither (the start of the moof, then run on)."""
    one_moof: bool = True
    """All tracks of a stretch in one moof, or one each."""
    defaults: Literal["trex", "tfhd", "none"] = "tfhd"
    """Where a constant duration, size and flags are said once."""
    decode_times: bool = True
    clock: int = 0
    """Seconds on the live clock when the recording starts."""
    segment_index: bool = False
    segment_type: bool = False
    random_access: bool = False
    extra: bytes = b""
    """Boxes before each moof (`prft`, `emsg`)."""
    sequence: int = 1
    in_moof: bytes = b""
    in_traf: bytes = b""


@dataclass(frozen=True)
class Layout:
    """Every choice that a muxer makes and a viewer doesn't notice."""

    brands: tuple[bytes, ...] | None = (b"isom", b"isom", b"iso2", b"mp41")
    """Major brand and compatible ones; None writes no `ftyp`."""
    minor: int = 0x200
    quicktime: bool = False
    """Component types, Pascal names, data handlers and `nclc`."""
    moov: Literal["last", "first", "compressed"] = "last"
    mdat: Literal["short", "long", "to-end"] = "short"
    co64: bool = False
    stz2: bool = False
    headers: int = 0
    """Version of mvhd, tkhd, mdhd and elst."""
    movie_scale: int = 1000
    video_scale: int | None = None
    """Ticks per second of video; must hold all its times exactly."""
    sound_scale: int | None = None
    composition: Literal["positive", "negative", "excess"] = "positive"
    edits: Literal["auto", "none", "one", "split", "zero"] = "auto"
    """`auto` writes an edit where the shown part is not the whole."""
    round_up: bool = False
    """How an edit's length comes to whole movie ticks."""
    chunk: Fraction | None = Fraction(1, 2)
    """Seconds per chunk; None puts all of a track in one chunk."""
    one_by_one: bool = False
    """A chunk per sample."""
    sound_first: bool = False
    first_id: int = 1
    id_step: int = 1
    next_id: int | None = None
    names: tuple[bytes, bytes, bytes] = ISO_NAMES
    manufacturer: bytes = bytes(4)
    dates: tuple[int, int] = (0, 0)
    language: int = 0x55C4
    flags: int = 3
    layer: int = 0
    group: int = 0
    video_volume: int = 0
    translate: bool = True
    """Whether a turned track's matrix brings the picture back to (0, 0)."""
    graphics: tuple[int, int, int, int] = (0, 0, 0, 0)
    vendor: bytes = bytes(4)
    quality: tuple[int, int] = (0, 0)
    compressor: bytes = b""
    depth: int = 24
    entry_version: int = 0
    entry_names: Mapping[bytes, bytes] = field(default_factory=dict)
    terminators: bool = False
    reverse_children: bool = False
    square_aspect: bool = False
    aspect_scale: int = 1
    rate_box: bool = False
    rates: tuple[int, int, int] = (0, 0, 0)
    short_descriptors: bool = False
    es_id: int = 0
    es_priority: int = 0
    after_specific: bytes = b""
    sound_version: int = 0
    channel_box: bool = False
    second_entry: bool = False
    """Repeats the sample entry; nothing uses the copy."""
    list_all_sync: bool = False
    """Writes `stss` where all samples are sync."""
    extras: tuple[Extra, ...] = ()
    inside: Mapping[str, bytes] = field(default_factory=dict)
    """Boxes to add at the end of `moov`, `trak`, `mdia`, `minf`, `dinf`, `stbl`, `edts`, `entry`."""
    start: bytes = b""
    """Bytes between ftyp and what follows."""
    before_mdat: bytes = b""
    end: bytes = b""
    gap: bytes = b""
    """Bytes that no sample uses, before each chunk."""
    slack: bytes = b""
    """Bytes that no sample uses, at the end of mdat."""
    two_mdats: bool = False
    """Whether the media data lies in two boxes."""
    backwards: bool = False
    """Whether the last chunk lies first in the file."""
    movie_turn: bool = False
    """Whether the movie's matrix turns the picture and the track's doesn't."""
    shape_in_header: bool = False
    """Whether only the track header's size says that pixels are not square."""
    loose_tables: bool = False
    """Chunk offsets and sync samples that lead nowhere, and no composition offsets for the last samples."""
    fragments: Fragments | None = None
