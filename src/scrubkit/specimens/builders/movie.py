"""A muxer with a choice for everything that muxers choose.

`mux(recording, layout)` wraps one recording.  Two layouts differ in what a cleaned file must not
show; the pictures, sounds and times are the same.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from .boxes import box, box64, box_to_end, full, i32, u8, u16, u32, u64
from .extras import Extra
from .recordings import Recording, Stream
from .sampletables import Chunk, interleave, sample_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from .layout import Layout


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
        orientation, shape = 1 if layout.movie_turn else stream.orientation, stream.aspect
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


def movie_turn(recording: Recording, layout: Layout) -> bytes:
    """The matrix of the movie header."""
    for stream in recording.streams:
        if layout.movie_turn and stream.handler == b"vide":
            return matrix(stream.orientation, stream.width, stream.height)
    return matrix(1, 0, 0)


def movie_header(streams: list[Stream | Extra], numbers: list[int], layout: Layout, turn: bytes) -> bytes:
    return full(
        b"mvhd",
        layout.headers,
        0,
        _dates(layout),
        u32(layout.movie_scale),
        _duration(max(_movie_ticks(stream, layout) for stream in streams), layout),
        u32(0x10000) + u16(0x100) + bytes(10),
        turn,
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


def mdat_box(layout: Layout, body: bytes, middle: int) -> bytes:
    """The media data; from `middle` on, if that is not 0, the body brings its own header."""
    make: dict[str, Callable[..., bytes]] = {"short": box, "long": box64, "to-end": box_to_end}
    end = middle or len(body)
    return make[layout.mdat](b"mdat", body[:end]) + body[end:]


def mux(recording: Recording, layout: Layout) -> bytes:
    """The file that this layout makes of the recording."""
    if layout.fragments:
        from .fragments import mux_fragments

        return mux_fragments(recording, layout, layout.fragments)
    streams, numbers = prepared(recording, layout)
    chunks, body, middle = interleave(streams, layout)
    head = file_type(layout) + layout.start
    turn = movie_turn(recording, layout)

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
        whole = box(
            b"moov", movie_header(streams, numbers, layout, turn), *traks, layout.inside.get("moov", b"")
        )
        if layout.moov != "compressed":
            return whole
        packed = box(b"cmvd", u32(len(whole)), zlib.compress(whole))
        return box(b"moov", box(b"cmov", box(b"dcom", b"zlib"), packed))

    mdat = mdat_box(layout, body, middle)
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
