"""Canonical boxes, from the model alone (ISO/IEC 14496-12, and QTFF for movies that need it)."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from ...codecs import h264, hdr, hevc, mp3
from ...codecs.descriptors import AUDIO_STREAM, VISUAL_STREAM, write_esds
from ...essence import Orientation, Picture, Sound
from .headers import ONE, SIGNS
from .timing import MOVIE_TIMESCALE

if TYPE_CHECKING:
    from ...essence import Edit, Track

UNDETERMINED = 0x55C4
"""`und` as three 5-bit letters (§8.4.2.3)."""

U32 = 1 << 32


def box(name: str, *parts: bytes) -> bytes:
    """A box with a 32-bit size."""
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, name.encode("latin-1")) + body


def full_box(name: str, version: int, flags: int, *parts: bytes) -> bytes:
    """A FullBox."""
    return box(name, struct.pack(">I", version << 24 | flags), *parts)


def numbers(code: str, values: Iterable[int]) -> bytes:
    """Big-endian integers of an `array` type code."""
    packed = array(code, values)
    if sys.byteorder == "little":
        packed.byteswap()
    return packed.tobytes()


_NAMES = {"vide": b"VideoHandler", "soun": b"SoundHandler", "pict": b"", "auxv": b""}
"""Names of handlers, by type."""

_CONSTRAINTS = full_box("ccst", 0, 0, bytes.fromhex("7c000000"))
"""Coding constraints of a sequence that promise nothing (ISO/IEC 23008-12 §7.2.3)."""

_ALPHA = {
    "av1": full_box("auxi", 0, 0, b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"),
    "hevc": full_box("auxi", 0, 0, b"urn:mpeg:hevc:2015:auxid:1\0"),
}
"""What says that a plane is alpha, by its coding."""

ALPHA_OF_FIRST = box("tref", box("auxl", struct.pack(">I", 1)))
"""The reference of an alpha plane to the pictures of a sequence."""

SEQUENCE_CHILDREN = {
    "pict": frozenset({("ccst", _CONSTRAINTS[8:])}),
    "auxv": frozenset({("ccst", _CONSTRAINTS[8:]), *(("auxi", alpha[8:]) for alpha in _ALPHA.values())}),
}
"""Type and body of what sample entries of sequences always hold, by handler."""

INDEFINITE = (1 << 64) - 1
"""The duration of what has no end; Chromium takes the largest of 32 bits for a number."""


@dataclass(frozen=True, slots=True)
class Written:
    """One track as it was written: final entries, and per sample or chunk what only the walk could tell.

    `sizes` are sample sizes, or the constant size of `frames` PCM frames;
    `chunks` output offsets, `per_chunk` samples in each, `entry_per_chunk` the
    sample description index from 0.
    """

    track: Track
    entries: Sequence[Picture | Sound]
    sizes: array[int]
    sync: bytes
    chunks: array[int]
    per_chunk: array[int]
    entry_per_chunk: array[int]


def ftyp(written: Sequence[Picture | Sound], *, quicktime: bool) -> bytes:
    """The file type box for a set of sample entries (atlas CO-2, CO-3, M4A-C)."""
    if quicktime:
        return box("ftyp", b"qt  \0\0\2\0qt  ")
    pictures = [entry for entry in written if isinstance(entry, Picture)]
    if not pictures and all(entry.codec in {"aac", "alac"} for entry in written):
        return box("ftyp", b"M4A \0\0\2\0M4A isomiso2")
    brands = b"isom"
    if any(picture.codec == "av1" for picture in pictures):
        brands += b"av01"
    if any(picture.dolby for picture in pictures):
        brands += b"dby1"
    brands += b"iso2"
    if any(picture.codec == "h264" for picture in pictures):
        brands += b"avc1"
    return box("ftyp", b"isom\0\0\2\0", brands, b"mp41")


def movie_ticks(track: Track) -> int:
    """How long a track is presented, in movie ticks."""
    return sum(edit_ticks(edit, track.timescale) for edit in track.edits)


def edit_ticks(edit: Edit, timescale: int) -> int:
    """Duration of an edit in movie ticks, to the nearest."""
    if edit.media_time < 0:
        return edit.duration
    return (2 * edit.duration * MOVIE_TIMESCALE + timescale) // (2 * timescale)


def moov(tracks: Sequence[Written], *, quicktime: bool, large: bool) -> bytes:
    """The movie header; `large` asks for 64-bit chunk offsets."""
    duration = max((movie_ticks(written.track) for written in tracks), default=0)
    return box(
        "moov",
        _mvhd(duration, len(tracks) + 1),
        *(
            _trak(number, written, movie_ticks(written.track), quicktime=quicktime, large=large)
            for number, written in enumerate(tracks, 1)
        ),
    )


def sequence_moov(tracks: Sequence[Written], repetitions: int | None, *, large: bool) -> bytes:
    """The movie header of an image sequence: pictures, then their alpha plane (ISO/IEC 23008-12 §7)."""

    def lasting(ticks: int) -> int:
        return INDEFINITE if repetitions is None else ticks * (1 + repetitions)

    durations = [lasting(movie_ticks(written.track)) for written in tracks]
    return box(
        "moov",
        _mvhd(max(durations), len(tracks) + 1),
        *(
            _trak(number, written, duration, large=large, handler=handler, repeated=repetitions != 0)
            for number, (written, duration, handler) in enumerate(
                zip(tracks, durations, ("pict", "auxv"), strict=False), 1
            )
        ),
    )


def _times(duration: int, middle: bytes) -> tuple[int, bytes]:
    """Version, and creation time, modification time, `middle` and a duration in that version's widths."""
    if duration < U32 - 1:
        return 0, bytes(8) + middle + struct.pack(">I", duration)
    return 1, bytes(16) + middle + struct.pack(">Q", duration)


def _mvhd(duration: int, next_track: int) -> bytes:
    version, head = _times(duration, struct.pack(">I", MOVIE_TIMESCALE))
    rest = struct.pack(">IH10x", ONE, 0x0100) + _matrix(Orientation.UPRIGHT, 0, 0) + bytes(24)
    return full_box("mvhd", version, 0, head, rest, struct.pack(">I", next_track))


def _matrix(orientation: Orientation, width: int, height: int) -> bytes:
    """A transformation that shows the picture at (0, 0); `width` and `height` in 16.16."""
    a, b, c, d = SIGNS[orientation]
    right = width if a < 0 else height if c < 0 else 0
    down = width if b < 0 else height if d < 0 else 0
    return struct.pack(">9i", a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, right, down, 1 << 30)


def _display_size(picture: Picture) -> tuple[int, int]:
    """Width and height in 16.16 after the pixel aspect ratio; the larger scale is applied to the width."""
    across, down = picture.aspect or (1, 1)
    width = min(picture.width * ONE * across // down, 0xFFFF * ONE)
    return width, picture.height * ONE


def _trak(
    number: int,
    written: Written,
    duration: int,
    *,
    large: bool,
    quicktime: bool = False,
    handler: str = "",
    repeated: bool = False,
) -> bytes:
    track = written.track
    first = written.entries[0]
    handler = handler or ("vide" if track.is_video else "soun")
    width, height = _display_size(first) if isinstance(first, Picture) else (0, 0)
    version, head = _times(duration, struct.pack(">I4x", number))
    tkhd = full_box(
        "tkhd",
        version,
        3 if track.enabled else 2,
        head,
        bytes(8),
        # players start with the enabled member of a group of alternates
        struct.pack(">HHH2x", 0, 0 if track.enabled else 1, 0 if track.is_video else 0x0100),
        _matrix(track.orientation, width, height),
        struct.pack(">II", width, height),
    )
    return box(
        "trak",
        tkhd,
        ALPHA_OF_FIRST if handler == "auxv" else b"",
        box("edts", _elst(track, repeated=repeated)),
        _mdia(written, handler, quicktime=quicktime, large=large),
    )


def _elst(track: Track, *, repeated: bool) -> bytes:
    rows = [(edit_ticks(edit, track.timescale), edit.media_time) for edit in track.edits]
    wide = any(duration >= U32 or time >= 1 << 31 for duration, time in rows)
    layout = ">QqI" if wide else ">IiI"
    return full_box(
        "elst",
        int(wide),
        int(repeated),
        struct.pack(">I", len(rows)),
        *(struct.pack(layout, *row, ONE) for row in rows),
    )


def _hdlr(component: bytes, kind: bytes, name: bytes, *, quicktime: bool) -> bytes:
    text = bytes([len(name)]) + name if quicktime else name + b"\0"
    return full_box("hdlr", 0, 0, component if quicktime else bytes(4), kind, bytes(12), text)


def _mdia(written: Written, handler: str, *, quicktime: bool, large: bool) -> bytes:
    track = written.track
    version, head = _times(sum(track.samples.durations), struct.pack(">I", track.timescale))
    mdhd = full_box("mdhd", version, 0, head, struct.pack(">HH", UNDETERMINED, 0))
    hdlr = _hdlr(b"mhlr", handler.encode(), _NAMES[handler], quicktime=quicktime)
    header = full_box("vmhd", 0, 1, bytes(8)) if track.is_video else full_box("smhd", 0, 0, bytes(4))
    data_handler = _hdlr(b"dhlr", b"url ", b"DataHandler", quicktime=True) if quicktime else b""
    dinf = box("dinf", full_box("dref", 0, 0, struct.pack(">I", 1), full_box("url ", 0, 1)))
    return box(
        "mdia",
        mdhd,
        hdlr,
        box("minf", header, data_handler, dinf, _stbl(written, handler, quicktime=quicktime, large=large)),
    )


def _runs(values: Iterable[int]) -> list[tuple[int, int]]:
    return [(sum(1 for _ in group), value) for value, group in groupby(values)]


def _stbl(written: Written, handler: str, *, quicktime: bool, large: bool) -> bytes:
    samples = written.track.samples
    first = written.entries[0]
    frame_size = first.frame_size if isinstance(first, Sound) else 0
    parts = [
        full_box(
            "stsd",
            0,
            0,
            struct.pack(">I", len(written.entries)),
            *(
                visual_entry(entry, _beside(handler, entry), quicktime=quicktime)
                if isinstance(entry, Picture)
                else sound_entry(entry, quicktime=quicktime)
                for entry in written.entries
            ),
        )
    ]
    runs = [(sum(samples.durations), 1)] if frame_size else _runs(samples.durations)
    parts.append(
        full_box("stts", 0, 0, struct.pack(">I", len(runs)), *(struct.pack(">II", *run) for run in runs))
    )
    if written.sync and 0 in written.sync:
        marks = [i + 1 for i, mark in enumerate(written.sync) if mark]
        parts.append(full_box("stss", 0, 0, struct.pack(">I", len(marks)), numbers("I", marks)))
    if samples.compositions:
        rows = _runs(samples.compositions)
        parts.append(
            full_box("ctts", 0, 0, struct.pack(">I", len(rows)), *(struct.pack(">II", *row) for row in rows))
        )
    parts.append(_stsc(written))
    if frame_size:
        parts.append(full_box("stsz", 0, 0, struct.pack(">II", frame_size, sum(samples.durations))))
    else:
        parts.append(_stsz(written.sizes))
    count = struct.pack(">I", len(written.chunks))
    if large:
        parts.append(full_box("co64", 0, 0, count, numbers("Q", written.chunks)))
    else:
        parts.append(full_box("stco", 0, 0, count, numbers("I", written.chunks)))
    if isinstance(first, Sound) and first.codec == "aac":
        parts.append(full_box("sgpd", 1, 0, b"roll", struct.pack(">IIh", 2, 1, -1)))
        parts.append(full_box("sbgp", 0, 0, b"roll", struct.pack(">III", 1, len(samples), 1)))
    return box("stbl", *parts)


def _stsc(written: Written) -> bytes:
    rows: list[tuple[int, int, int]] = []
    for i, (count, entry) in enumerate(zip(written.per_chunk, written.entry_per_chunk, strict=True)):
        if not rows or rows[-1][1:] != (count, entry + 1):
            rows.append((i + 1, count, entry + 1))
    return full_box("stsc", 0, 0, struct.pack(">I", len(rows)), *(struct.pack(">III", *row) for row in rows))


def _stsz(sizes: array[int]) -> bytes:
    if sizes and sizes[0] and len(set(sizes)) == 1:
        return full_box("stsz", 0, 0, struct.pack(">II", sizes[0], len(sizes)))
    return full_box("stsz", 0, 0, struct.pack(">II", 0, len(sizes)), numbers("I", sizes))


def _beside(handler: str, picture: Picture) -> bytes:
    """Return what the sample entries of a sequence hold beside the coding."""
    match handler:
        case "pict":
            return _CONSTRAINTS
        case "auxv":
            return _CONSTRAINTS + _ALPHA[picture.codec]
        case _:
            return b""


def visual_entry(picture: Picture, beside: bytes = b"", *, quicktime: bool) -> bytes:
    """A visual sample entry §12.1.3, its children in the order of atlas CO-2."""
    head = struct.pack(
        ">6xH16xHHIIIH32xHh", 1, picture.width, picture.height, 72 * ONE, 72 * ONE, 0, 1, picture.depth, -1
    )
    return box(picture.entry, head, *_visual_children(picture, quicktime=quicktime), beside)


def _visual_children(picture: Picture, *, quicktime: bool) -> list[bytes]:
    parts: list[bytes] = []
    match picture.codec:
        case "h264":
            parts.append(box("avcC", h264.write_configuration(picture.parameter_sets)))
        case "hevc":
            parts.append(box("hvcC", hevc.write_configuration(picture.parameter_sets)))
        case "av1":
            parts.append(box("av1C", picture.record))
        case "vp8" | "vp9":
            parts.append(box("vpcC", picture.record))
        case "h263":
            parts.append(box("d263", picture.record))
        case "mpeg4":
            parts.append(box("esds", write_esds(0x20, VISUAL_STREAM, picture.record)))
        case "mpeg2":
            parts.append(box("esds", write_esds(0x61, VISUAL_STREAM, picture.record)))
        case "vc3" if picture.record:
            parts.append(box("ACLR", picture.record))
        case "mpeg1":
            parts.append(box("esds", write_esds(0x6A, VISUAL_STREAM, picture.record)))
        case _:
            pass
    if (colour := picture.colour) is not None:
        triple = struct.pack(">HHH", colour.primaries, colour.transfer, colour.matrix)
        if quicktime:
            parts.append(box("colr", b"nclc", triple))
        else:
            parts.append(box("colr", b"nclx", triple, bytes([0x80 if colour.full_range else 0])))
    if picture.aspect is not None:
        parts.append(box("pasp", struct.pack(">II", *picture.aspect)))
    if picture.fields is not None:
        parts.append(box("fiel", bytes(picture.fields)))
    if picture.aperture is not None:
        parts.append(box("clap", struct.pack(">IIIIiIiI", *picture.aperture)))
    if picture.light:
        parts.append(box("clli", picture.light))
    if picture.mastering:
        parts.append(box("mdcv", picture.mastering))
    if picture.ambient:
        parts.append(box("amve", hdr.AMBIENT))
    if (dolby := picture.dolby) is not None:
        word = dolby.profile << 9 | dolby.level << 3 | dolby.rpu << 2 | dolby.enhancement << 1 | dolby.base
        body = struct.pack(">BBHB19x", 1, 0, word, dolby.compatibility << 4)
        parts.append(box("dvcC" if dolby.profile <= 7 else "dvvC", body))
    return parts


_USUAL_LAYOUTS = {1: 100 << 16 | 1, 2: 101 << 16 | 2}
"""Core Audio layout tags of mono and stereo, by number of channels."""


def sound_entry(sound: Sound, *, quicktime: bool) -> bytes:
    """A sound sample entry: version 0 (§12.2.3), or QTFF version 1 where a movie file needs it."""
    # rates beyond 16 bits are told by the configuration record alone
    rate = sound.rate << 16 if sound.rate <= 0xFFFF else 0
    packed = sound.frame_size == 0
    bits = 16 if packed else sound.bits

    def head(version: int, compression: int = 0) -> bytes:
        return struct.pack(">6xHH6xHHhHI", 1, version, sound.channels, bits, compression, 0, rate)

    children = _sound_children(sound)
    if not quicktime:
        return box(sound.entry, head(0), *children)
    if sound.codec == "aac":
        wave = box("wave", box("frma", b"mp4a"), box("mp4a", bytes(4)), *children, bytes(8))
        # samples per packet; then bytes per packet, frame and sample, which mean nothing for AAC
        return box("mp4a", head(1, -2), struct.pack(">IIII", 1024, 0, 0, 2), wave)
    if packed:
        return box(sound.entry, head(0), *children)
    layout = b""
    if tag := sound.layout_tag or _USUAL_LAYOUTS.get(sound.channels, 0):
        layout = box("chan", struct.pack(">IIII", 0, tag, sound.layout_bitmap, 0))
    if sound.rate > 0xFFFF and sound.codec == "pcm":
        return _long_entry(sound, layout)
    if sound.entry in {"sowt", "twos", "raw ", "ulaw", "alaw"}:
        return box(sound.entry, head(0), layout)
    wave = box("wave", box("frma", sound.entry.encode()), *children, bytes([0, 0, 0, 8, 0, 0, 0, 0]))
    per_sample = sound.frame_size // sound.channels
    return box(
        sound.entry, head(1), struct.pack(">IIII", 1, per_sample, sound.frame_size, per_sample), wave, layout
    )


def _long_entry(sound: Sound, layout: bytes) -> bytes:
    """A QTFF sound description of version 2, for rates beyond 16 bits; Core Audio flags name the layout."""
    floating = sound.entry in {"fl32", "fl64"}
    little = sound.entry == "sowt" or sound.record == b"\0\1"
    signed = sound.entry != "raw "
    packed = 8
    flags = floating | (not little) << 1 | (signed and not floating) << 2 | packed
    fixed = struct.pack(">6xHH6xHHhHII", 1, 2, 3, 16, -2, 0, ONE, 72)
    fields = (sound.rate, sound.channels, 0x7F000000, sound.bits, flags, sound.frame_size, 1)
    return box("lpcm", fixed, struct.pack(">dIIIIII", *fields), layout)


def _sound_children(sound: Sound) -> list[bytes]:
    match sound.codec:
        case "aac":
            return [box("esds", write_esds(0x40, AUDIO_STREAM, sound.record))]
        case "mp3":
            return [box("esds", write_esds(mp3.object_type(sound.rate), AUDIO_STREAM, b""))]
        case "alac":
            return [box("alac", sound.record)]
        case "amr-nb" | "amr-wb":
            return [box("damr", sound.record)]
        case "ac3":
            return [box("dac3", sound.record)]
        case "eac3":
            return [box("dec3", sound.record)]
        case "opus":
            return [box("dOps", sound.record)]
        case "flac":
            return [box("dfLa", sound.record)]
        case "pcm" if sound.entry in {"in24", "in32", "fl32", "fl64"}:
            return [box("enda", sound.record)]
        case _:
            return []
