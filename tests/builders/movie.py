"""A muxer with a choice for everything that muxers choose.

`mux(recording, layout)` wraps one recording.  Two layouts differ in what a cleaned file must not
show; the pictures, sounds and times are the same.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from . import entries
from .boxes import box, box64, box_to_end, full, i32, u8, u16, u32, u64
from .extras import Extra
from .recordings import Recording, Sample, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
    fragments: Fragments | None = None


@dataclass(frozen=True)
class Chunk:
    """A run of samples of one track; `offset` counts from the start of the mdat body."""

    track: int
    first: int
    count: int
    offset: int


def _scale(stream: Stream | Extra, layout: Layout) -> int:
    if isinstance(stream, Extra):
        return stream.timescale
    wanted = layout.video_scale if stream.handler == b"vide" else layout.sound_scale
    return wanted or stream.timescale


def _exact(ticks: int, old: int, new: int) -> int:
    value = Fraction(ticks * new, old)
    assert value.denominator == 1, "the layout's time scale can't hold the recording's times"
    return value.numerator


def retimed(stream: Stream, layout: Layout) -> Stream:
    """The stream in the layout's time scale and with its kind of composition offsets."""
    scale = _scale(stream, layout)
    shift = 0
    if layout.composition == "negative":
        shift = -stream.start if stream.handler == b"vide" else 0
    elif layout.composition == "excess" and stream.handler == b"vide":
        shift = 3 * stream.samples[0].duration

    def exact(ticks: int) -> int:
        return _exact(ticks, stream.timescale, scale)

    return replace(
        stream,
        timescale=scale,
        samples=tuple(
            replace(s, duration=exact(s.duration), composition=exact(s.composition + shift))
            for s in stream.samples
        ),
        start=exact(stream.start + shift),
        length=None if stream.length is None else exact(stream.length),
    )


def frames(stream: Stream | Extra) -> tuple[Sample, ...]:
    """The samples as the tables count them: uncompressed sound has one per frame."""
    size = 0 if isinstance(stream, Extra) else entries.frame_size(stream)
    if not size:
        return stream.samples
    data = b"".join(sample.data for sample in stream.samples)
    return tuple(Sample(data[at : at + size], 1) for at in range(0, len(data), size))


def interleave(streams: list[Stream | Extra], layout: Layout) -> tuple[list[Chunk], bytes]:
    """The chunks in file order and the body of the mdat."""
    pending: list[tuple[Fraction, int, int, int]] = []
    tables = [frames(stream) for stream in streams]
    for track, (stream, samples) in enumerate(zip(streams, tables, strict=True)):
        time, first, window = 0, 0, None
        opened = Fraction(0)
        for index, sample in enumerate(samples):
            at = Fraction(time, stream.timescale)
            mine: object = None if layout.chunk is None else at // layout.chunk
            if layout.one_by_one:
                mine = index
            if index and mine != window:
                pending.append((opened, track, first, index - first))
                first, opened = index, at
            window = mine
            time += sample.duration
        pending.append((opened, track, first, len(samples) - first))
    pending.sort(key=lambda item: item[:2])
    chunks, body = [], bytearray()
    for _, track, first, count in pending:
        body += layout.gap
        chunks.append(Chunk(track, first, count, len(body)))
        for sample in tables[track][first : first + count]:
            body += sample.data
    return chunks, bytes(body + layout.slack)


def runs(values: list[int]) -> list[tuple[int, int]]:
    """Count and value of each run."""
    out: list[tuple[int, int]] = []
    for value in values:
        if out and out[-1][1] == value:
            out[-1] = (out[-1][0] + 1, value)
        else:
            out.append((1, value))
    return out


def table(kind: bytes, rows: list[tuple[int, int]], version: int = 0) -> bytes:
    packed = b"".join(u32(count) + (i32(value) if version else u32(value)) for count, value in rows)
    return full(kind, version, 0, u32(len(rows)), packed)


def sizes(samples: tuple[Sample, ...], layout: Layout) -> bytes:
    values = [len(sample.data) for sample in samples]
    if layout.stz2:
        return full(b"stz2", 0, 0, u32(16, len(values)), u16(*values))
    if values and len(set(values)) == 1:
        return full(b"stsz", 0, 0, u32(values[0], len(values)))
    return full(b"stsz", 0, 0, u32(0, len(values)), u32(*values))


def sample_table(
    stream: Stream | Extra, layout: Layout, chunks: list[Chunk], base: int, *, empty: bool = False
) -> bytes:
    """The `stbl` box (14496-12 §8.5)."""
    samples = () if empty else frames(stream)
    entry = sample_entry(stream, layout)
    count = 2 if layout.second_entry else 1
    parts = [
        full(b"stsd", 0, 0, u32(count), entry * count),
        table(b"stts", runs([sample.duration for sample in samples])),
    ]
    if any(not sample.sync for sample in samples) or (layout.list_all_sync and samples):
        numbers = [i for i, sample in enumerate(samples, 1) if sample.sync]
        parts.append(full(b"stss", 0, 0, u32(len(numbers)), u32(*numbers)))
    offsets = [sample.composition for sample in samples]
    if any(offsets):
        parts.append(table(b"ctts", runs(offsets), int(layout.composition == "negative")))
    rows: list[bytes] = []
    last = None
    for number, chunk in enumerate(chunks, 1):
        if chunk.count != last:
            rows.append(u32(number, chunk.count, 1))
        last = chunk.count
    parts.append(full(b"stsc", 0, 0, u32(len(rows)), *rows))
    parts.append(sizes(samples, layout))
    starts = [base + chunk.offset for chunk in chunks]
    if layout.co64:
        parts.append(full(b"co64", 0, 0, u32(len(starts)), u64(*starts)))
    else:
        parts.append(full(b"stco", 0, 0, u32(len(starts)), u32(*starts)))
    parts.append(layout.inside.get("stbl", b""))
    return box(b"stbl", *parts)


def sample_entry(stream: Stream | Extra, layout: Layout) -> bytes:
    if isinstance(stream, Extra):
        return stream.entry
    more = layout.inside.get("entry", b"")
    if stream.handler == b"vide":
        return entries.visual(stream, layout, more)
    return entries.sound(stream, layout, more)


def handler(kind: bytes, layout: Layout, name: bytes) -> bytes:
    if layout.quicktime:
        return full(b"hdlr", 0, 0, b"mhlr", kind, layout.manufacturer, bytes(8), u8(len(name)), name)
    return full(b"hdlr", 0, 0, bytes(4), kind, layout.manufacturer, bytes(8), name, b"\0")


def _name(stream: Stream | Extra, layout: Layout) -> bytes:
    return layout.names[{b"vide": 0, b"soun": 1}.get(stream.handler, 2)]


MATRICES = {
    1: (1, 0, 0, 1),
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),
    8: (0, -1, 1, 0),
}
"""a, b, c, d of the track matrix by Exif orientation (14496-12 §8.3.2.3)."""


def matrix(orientation: int, width: int, height: int, *, translate: bool = True) -> bytes:
    a, b, c, d = MATRICES[orientation]
    x = -min(0, a * width, c * height, a * width + c * height)
    y = -min(0, b * width, d * height, b * width + d * height)
    if not translate:
        x = y = 0
    one = 1 << 16
    return i32(a * one, b * one, 0, c * one, d * one, 0, x * one, y * one) + u32(0x40000000)


def edit_row(length: int, start: int, layout: Layout) -> bytes:
    """One entry: its length in movie ticks and where in the media it starts, -1 for nowhere."""
    row = u64(length, start & 0xFFFFFFFFFFFFFFFF) if layout.headers else u32(length, start & 0xFFFFFFFF)
    return row + u16(1, 0)


def edit_list(stream: Stream | Extra, layout: Layout) -> bytes:
    if isinstance(stream, Extra) or layout.edits == "none":
        return b""
    shown, scale = stream.shown, stream.timescale
    if layout.edits == "auto" and not stream.start and stream.length is None and not stream.delay:
        return b""
    cuts = [(stream.start, shown)]
    if layout.edits == "split":
        # A cut on a movie tick and on a frame, so that both halves come to whole ticks.
        step = next(n for n in range(1, shown) if (n * layout.movie_scale) % scale == 0)
        cuts = [(stream.start, step), (stream.start + step, shown - step)]
    rows = []
    if stream.delay:
        wait = stream.delay * layout.movie_scale
        assert wait.denominator == 1, "the layout's movie scale can't hold the delay"
        rows = [edit_row(int(wait), -1, layout)]
    for start, length in cuts:
        ticks = Fraction(length * layout.movie_scale, scale)
        whole = -(-ticks.numerator // ticks.denominator) if layout.round_up else int(ticks)
        whole = 0 if layout.edits == "zero" else whole
        rows.append(edit_row(whole, start, layout))
    more = layout.inside.get("edts", b"")
    return box(b"edts", full(b"elst", layout.headers, 0, u32(len(rows)), *rows), more)


def _dates(layout: Layout) -> bytes:
    return u64(*layout.dates) if layout.headers else u32(*layout.dates)


def _duration(ticks: int, layout: Layout) -> bytes:
    return u64(ticks) if layout.headers else u32(ticks)


def _movie_ticks(stream: Stream | Extra, layout: Layout) -> int:
    if layout.fragments:
        return 0
    ticks = stream.shown if isinstance(stream, Stream) else sum(s.duration for s in stream.samples)
    wait = stream.delay if isinstance(stream, Stream) else Fraction(0)
    return ticks * layout.movie_scale // stream.timescale + int(wait * layout.movie_scale)


def track_header(stream: Stream | Extra, number: int, layout: Layout) -> bytes:
    if isinstance(stream, Stream):
        flags = layout.flags if stream.enabled else layout.flags & ~1
        orientation, shape = stream.orientation, stream.aspect
    else:
        flags = layout.flags if stream.enabled else layout.flags & ~1
        orientation, shape = 1, (1, 1)
    width, height = stream.width, stream.height
    volume = 0x100 if stream.handler == b"soun" else layout.video_volume
    wide = width * shape[0] * (1 << 16) // shape[1]
    return full(
        b"tkhd",
        layout.headers,
        flags,
        _dates(layout),
        u32(number, 0),
        _duration(_movie_ticks(stream, layout), layout),
        bytes(8),
        u16(layout.layer & 0xFFFF, layout.group, volume, 0),
        matrix(orientation, wide >> 16, height, translate=layout.translate),
        u32(wide, height << 16),
    )


def media_header(stream: Stream | Extra, layout: Layout) -> bytes:
    if isinstance(stream, Extra):
        return stream.header
    if stream.handler == b"vide":
        return full(b"vmhd", 0, 1, u16(*layout.graphics))
    return full(b"smhd", 0, 0, bytes(4))


def track_box(
    stream: Stream | Extra,
    number: int,
    layout: Layout,
    chunks: list[Chunk],
    base: int,
    references: bytes = b"",
) -> bytes:
    inside = layout.inside
    empty = layout.fragments is not None
    ticks = 0 if empty else sum(sample.duration for sample in stream.samples)
    header = full(
        b"mdhd",
        layout.headers,
        0,
        _dates(layout),
        u32(stream.timescale),
        _duration(ticks, layout),
        u16(layout.language, 0),
    )
    data_handler = b""
    if layout.quicktime:
        data_handler = full(b"hdlr", 0, 0, b"dhlr", b"url ", layout.manufacturer, bytes(8), u8(4), b"Data")
    minf = box(
        b"minf",
        media_header(stream, layout),
        data_handler,
        box(b"dinf", full(b"dref", 0, 0, u32(1), full(b"url ", 0, 1)), inside.get("dinf", b"")),
        sample_table(stream, layout, chunks, base, empty=empty),
        inside.get("minf", b""),
    )
    mdia = box(
        b"mdia", header, handler(stream.handler, layout, _name(stream, layout)), minf, inside.get("mdia", b"")
    )
    return box(
        b"trak",
        track_header(stream, number, layout),
        edit_list(stream, layout),
        references,
        mdia,
        inside.get("trak", b""),
    )


def movie_header(streams: list[Stream | Extra], numbers: list[int], layout: Layout) -> bytes:
    return full(
        b"mvhd",
        layout.headers,
        0,
        _dates(layout),
        u32(layout.movie_scale),
        _duration(max(_movie_ticks(stream, layout) for stream in streams), layout),
        u32(0x10000) + u16(0x100) + bytes(10),
        matrix(1, 0, 0),
        bytes(24),
        u32(layout.next_id or max(numbers) + 1),
    )


def prepared(recording: Recording, layout: Layout) -> tuple[list[Stream | Extra], list[int]]:
    """The tracks in file order, in the layout's time scales, and their numbers."""
    streams: list[Stream | Extra] = [retimed(stream, layout) for stream in recording.streams]
    if layout.sound_first:
        streams.sort(key=lambda stream: stream.handler != b"soun")
    streams.extend(layout.extras)
    return streams, [layout.first_id + layout.id_step * i for i in range(len(streams))]


def references(streams: list[Stream | Extra], numbers: list[int], track: int) -> bytes:
    """The `tref` of one track."""
    me = streams[track]
    parts = []
    if isinstance(me, Extra) and me.reference and not me.backwards:
        parts.append(box(me.reference, u32(numbers[0])))
    if track == 0:
        parts.extend(
            box(other.reference, u32(number))
            for other, number in zip(streams, numbers, strict=True)
            if isinstance(other, Extra) and other.backwards
        )
    return box(b"tref", *parts) if parts else b""


def file_type(layout: Layout) -> bytes:
    if layout.brands is None:
        return b""
    return box(b"ftyp", layout.brands[0], u32(layout.minor), *layout.brands[1:])


def mdat_box(layout: Layout, body: bytes) -> bytes:
    make: dict[str, Callable[..., bytes]] = {"short": box, "long": box64, "to-end": box_to_end}
    return make[layout.mdat](b"mdat", body)


def mux(recording: Recording, layout: Layout) -> bytes:
    """The file that this layout makes of the recording."""
    if layout.fragments:
        from .fragments import mux_fragments

        return mux_fragments(recording, layout, layout.fragments)
    streams, numbers = prepared(recording, layout)
    chunks, body = interleave(streams, layout)
    head = file_type(layout) + layout.start

    def moov(base: int) -> bytes:
        traks = [
            track_box(
                stream,
                number,
                layout,
                [chunk for chunk in chunks if chunk.track == index],
                base,
                references(streams, numbers, index),
            )
            for index, (stream, number) in enumerate(zip(streams, numbers, strict=True))
        ]
        whole = box(b"moov", movie_header(streams, numbers, layout), *traks, layout.inside.get("moov", b""))
        if layout.moov != "compressed":
            return whole
        packed = box(b"cmvd", u32(len(whole)), zlib.compress(whole))
        return box(b"moov", box(b"cmov", box(b"dcom", b"zlib"), packed))

    mdat = mdat_box(layout, body)
    skip = len(mdat) - len(body)
    if layout.moov == "last":
        assert layout.mdat != "to-end", "nothing can follow an mdat that reaches to the end"
        base = len(head) + len(layout.before_mdat) + skip
        return head + layout.before_mdat + mdat + moov(base) + layout.end
    # The header's own size decides the offsets in it; a compressed one is padded to a size that holds.
    room = len(moov(0)) + (64 if layout.moov == "compressed" else 0)
    base = len(head) + room + len(layout.before_mdat) + skip
    movie = moov(base)
    if len(movie) < room:
        movie += box(b"free", bytes(room - len(movie) - 8))
    return head + movie + layout.before_mdat + mdat + layout.end
