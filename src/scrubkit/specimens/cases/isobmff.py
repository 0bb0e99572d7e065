"""Movies for the conformance suite: one recording per coding, wrapped in every way we know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache, partial

from ..builders import extras, plants, residue, variants
from ..builders.ffmpeg import Remux, remux
from ..builders.layout import Fragments, Layout
from ..builders.movie import mux
from ..builders.recordings import CODINGS, MORE_CODINGS, Recording, Stream, recording, tiny
from . import Case

SECRET = b"+12.3456-098.7654/ SN:Q7ZK31"
"""Stands for all that a source says about its maker; no real value."""

QUICKTIME = Layout(brands=(b"qt  ", b"qt  "), quicktime=True, movie_scale=600)

APPLE = replace(
    QUICKTIME,
    start=b"\0\0\0\x08wide",
    vendor=b"appl",
    manufacturer=b"appl",
    quality=(512, 512),
    compressor=b"H.264",
    terminators=True,
    graphics=(0x40, 0x8000, 0x8000, 0x8000),
    names=(b"Core Media Video", b"Core Media Audio", b"Core Media Metadata"),
    flags=15,
    dates=(3780000000, 3780000060),
    edits="one",
    id_step=1,
    next_id=9,
)

DIRTY = Layout(
    brands=(b"mp42", b"isom", b"mp42", b"3gp4"),
    minor=7,
    headers=0,
    movie_scale=1000,
    dates=(3790000000, 3790000123),
    language=0x15C7,
    names=(b"VideoHandle", SECRET, b"MetaHandle"),
    flags=7,
    layer=-1,
    group=1,
    video_volume=0x100,
    vendor=b"FFMP",
    quality=(0, 512),
    compressor=SECRET[:31],
    rate_box=True,
    rates=(6144, 128000, 96000),
    next_id=77,
    inside=residue.everywhere(SECRET),
    start=b"".join((b"\0\0\0\x08wide", residue.xmp(SECRET), residue.c2pa(SECRET))),
    before_mdat=residue.user_data(SECRET),
    end=residue.samsung_trailer(SECRET),
    gap=b"freeGPS " + SECRET,
    slack=SECRET,
    extras=tuple(make(SECRET) for make in extras.EVERY.values()),
    one_by_one=True,
    sound_first=True,
)
"""A source that has nearly everything wrong with it."""

EVEN_SCALE = 240000
"""Holds the times of every recording here but those with 44.1 kHz sound."""

LAYOUTS: dict[str, Layout] = {
    "plain": Layout(),
    "movie header first": Layout(moov="first"),
    "compressed movie header": Layout(moov="compressed"),
    "64-bit mdat, offsets and headers": Layout(mdat="long", co64=True, headers=1),
    "mdat to the end": Layout(moov="first", mdat="to-end"),
    "no ftyp": Layout(brands=None),
    "other brands": Layout(brands=(b"mp42", b"mp42", b"avc1"), minor=0),
    "time scales of another muxer": Layout(movie_scale=90000),
    "edits in every track": Layout(edits="one"),
    "edits rounded up": Layout(edits="one", round_up=True, movie_scale=600),
    "one edit cut in two": Layout(edits="split"),
    "chunk per sample, sound first, other ids": Layout(
        one_by_one=True, sound_first=True, first_id=7, id_step=5
    ),
    "one chunk per track": Layout(chunk=None),
    "composition offsets below zero": Layout(composition="negative", edits="one"),
    "composition offsets larger than needed": Layout(composition="excess", edits="one"),
    "short descriptors and other rates": Layout(short_descriptors=True, rates=(1536, 64000, 61234), es_id=3),
    "rate boxes": Layout(rate_box=True, rates=(1, 2, 3)),
    "children of the sample entry in another order": Layout(reverse_children=True, rate_box=True),
    "a sample entry that nothing uses": Layout(second_entry=True),
    "all syncs listed": Layout(list_all_sync=True),
    "square pixels said": Layout(square_aspect=True, aspect_scale=72),
    "compact sizes": Layout(stz2=True),
    "other tracks": Layout(extras=tuple(make(SECRET) for make in extras.EVERY.values())),
    "two mdat boxes": Layout(two_mdats=True),
    "last chunk first": Layout(backwards=True, one_by_one=True),
    "tables that say too much or too little": Layout(loose_tables=True),
    "a sound track without samples": Layout(extras=(extras.silent(),)),
    "gaps in mdat": Layout(gap=b"\0\0\0\x08wide", slack=b"left over"),
    "quicktime": QUICKTIME,
    "apple": APPLE,
    "fragments by sync sample": Layout(fragments=Fragments()),
    "fragments by sample": Layout(
        fragments=Fragments(by="sample", base="offset", one_moof=False, defaults="none")
    ),
    "fragments with implied offsets": Layout(fragments=Fragments(base="implied", defaults="trex")),
    "one fragment": Layout(fragments=Fragments(by="all", decode_times=False)),
    "fragments of a live recorder": Layout(
        fragments=Fragments(
            segment_index=True,
            segment_type=True,
            random_access=True,
            extra=residue.live(SECRET),
            in_moof=residue.user_data(SECRET),
            in_traf=residue.smooth(SECRET),
            sequence=40001,
        ),
        gap=SECRET,
        slack=SECRET,
    ),
}

SOUND_LAYOUTS: dict[str, Layout] = {
    "sound description version 1": replace(QUICKTIME, sound_version=1),
    "sound description version 1, apple": replace(APPLE, sound_version=1, channel_box=True),
    "sound description version 2": replace(QUICKTIME, sound_version=2),
}

VIDEO_SCALES: dict[str, tuple[int, ...]] = {
    "h264-ntsc": (30000, 60000, 240000),
    "h264-long": (600,),
    "": (600, 12800, 90000, 240000),
}

TAGS = {"comment": SECRET.decode(), "creation_time": "2024-05-06T07:08:09Z", "title": "Holiday"}
TRACK_TAGS = {"handler_name": "Core Media Video", "language": "deu", "timecode": "01:02:03:04"}

REMUXES: dict[str, Remux] = {
    "mp4": Remux(),
    "faststart": Remux(options={"movflags": "faststart"}),
    "mov": Remux("mov"),
    "mov with tags": Remux("mov", {"movflags": "use_metadata_tags"}, TAGS, TRACK_TAGS),
    "mov with time code": Remux("mov", tags={"timecode": "01:02:03:04"}),
    "3gp": Remux("3gp"),
    "psp": Remux("psp"),
    "ipod": Remux("ipod"),
    "tags": Remux(tags=TAGS, track_tags=TRACK_TAGS),
    "fragments": Remux(options={"movflags": "frag_keyframe+empty_moov+delay_moov"}),
    "dash": Remux(options={"movflags": "dash+frag_keyframe+delay_moov"}),
    "90 kHz": Remux(options={"video_track_timescale": "90000"}),
    "fine movie scale": Remux(options={"movie_timescale": "90000"}),
    "negative offsets": Remux(options={"movflags": "negative_cts_offsets"}),
    "rtp hints": Remux(options={"movflags": "rtphint"}),
}


def _quicktime(source: Recording, layout: Layout) -> Layout:
    """The layout with what a QuickTime movie needs, if the recording needs one."""
    if not source.quicktime:
        return layout
    brands = None if layout.brands is None else QUICKTIME.brands
    return replace(layout, brands=brands, quicktime=True)


def _turned(stream: Stream) -> Stream:
    return replace(stream, orientation=6, aspect=(3, 2), colour=(9, 14, 9, False))


def _mirrored(stream: Stream) -> Stream:
    return replace(stream, orientation=2)


def _uneven(stream: Stream) -> Stream:
    """Frames that come when they please, in milliseconds, as a phone films in the dark."""
    samples = tuple(
        replace(sample, duration=(33, 34, 40, 67)[i * 7 % 4]) for i, sample in enumerate(stream.samples)
    )
    return replace(stream, timescale=1000, samples=samples)


def _hollow(stream: Stream) -> Stream:
    """A sample of no bytes in the middle: the picture before it is shown longer."""
    middle = len(stream.samples) // 2
    nothing = replace(stream.samples[middle], data=b"", sync=False)
    return replace(stream, samples=(*stream.samples[:middle], nothing, *stream.samples[middle:]))


def _long(stream: Stream) -> Stream:
    """Six pictures that are shown for an hour each: too long for 32 bits of the finest time scale."""
    hour = 3600 * stream.timescale
    slow = tuple(replace(sample, duration=hour) for sample in stream.samples[-6:])
    return replace(stream, samples=(*stream.samples[:-6], *slow))


def _joined(stream: Stream) -> Stream:
    """Then pictures of another size, with their own description."""
    other = recording("h264-422").streams[0]
    more = tuple(replace(sample, entry=1, composition=0) for sample in other.samples)
    return replace(stream, samples=(*stream.samples, *more), others=(other,))


def _doubled(stream: Stream) -> Stream:
    """AAC that says at once that its rate is doubled on output (14496-3 §1.6.5, hierarchical signalling)."""
    samples = tuple(replace(sample, duration=sample.duration * 2) for sample in stream.samples)
    return replace(
        stream,
        timescale=stream.timescale * 2,
        rate=stream.rate * 2,
        samples=samples,
        start=stream.start * 2,
        specific=bytes.fromhex("2b118800"),
    )


def _late(stream: Stream) -> Stream:
    return replace(stream, delay=Fraction(1, 5))


def _cut(stream: Stream) -> Stream:
    """Shown from the middle of the first group of pictures to the middle of the last."""
    if stream.handler == b"vide":
        return replace(stream, start=stream.start + 3, length=stream.shown - 6)
    return replace(stream, start=stream.start + 2400, length=stream.rate * 3 // 5)


FILMED: dict[str, tuple[str, tuple[Callable[[Stream], Stream] | None, ...]]] = {
    "h264-turned": ("h264-plain", (_turned,)),
    "h264-mirrored": ("h264-plain", (_mirrored,)),
    "h264-uneven": ("h264-plain", (_uneven,)),
    "h264-late-sound": ("h264", (None, _late)),
    "h264-late-picture": ("h264", (_late, None)),
    "h264-cut": ("h264", (_cut, _cut)),
    "h264-hollow": ("h264-plain", (_hollow,)),
    "h264-long": ("h264-plain", (_long,)),
    "h264-joined": ("h264-plain", (_joined,)),
    "aac-doubled": ("aac-24", (_doubled,)),
    "prores-cut": ("prores", (None, lambda s: replace(s, start=4800, length=4800))),
}
"""Recordings that are like one of `CODINGS` but for what is done to its streams, in order."""

FEW = (
    "plain",
    "64-bit mdat, offsets and headers",
    "apple",
    "fragments by sync sample",
    "edits in every track",
)
"""Layouts for those of `MORE_CODINGS`."""


@cache
def source(name: str) -> Recording:
    """A recording by name: those of `recordings`, and some that are filmed differently."""
    if name == "tiny":
        return tiny()
    if name == "h264-two-sounds":
        movie = recording("h264")
        second = replace(recording("aac").streams[0], enabled=False)
        return replace(movie, name=name, streams=(*movie.streams, second))
    if name not in FILMED:
        return recording(name)
    base, changes = FILMED[name]
    movie = recording(base)
    streams = tuple(
        change(stream) if change else stream for stream, change in zip(movie.streams, changes, strict=True)
    )
    return replace(movie, name=name, streams=streams)


def _mux(name: str, layout: Layout) -> bytes:
    movie = source(name)
    return mux(movie, _quicktime(movie, layout))


def _remux(name: str, how: Remux) -> bytes:
    movie = source(name)
    return remux(mux(movie, _quicktime(movie, Layout(movie_scale=EVEN_SCALE))), how)


def _layouts(name: str) -> Iterator[tuple[str, Layout]]:
    movie = source(name)
    video = any(stream.handler == b"vide" for stream in movie.streams)
    for title, layout in LAYOUTS.items():
        if name == "h264-joined" and layout.fragments:
            continue
        if name in MORE_CODINGS and title not in FEW:
            continue
        if layout.stz2 and any(len(s.data) > 0xFFFF for stream in movie.streams for s in stream.samples):
            continue
        yield title, layout
    if len(movie.streams) > video:
        for title, layout in SOUND_LAYOUTS.items():
            # Version 2 exists for what versions 0 and 1 can't say; muxers use it for PCM and AAC.
            if layout.sound_version == 2 and movie.streams[-1].entry not in {
                b"mp4a",
                b"sowt",
                b"twos",
                b"in24",
            }:
                continue
            if layout.sound_version and movie.streams[-1].entry in {b"Opus", b"fLaC", b"ulaw"}:
                continue
            yield title, layout
    if name in MORE_CODINGS:
        return
    if video and name != "h264-uneven":
        for scale in VIDEO_SCALES.get(name, VIDEO_SCALES[""]):
            yield f"{scale} ticks of video per second", Layout(video_scale=scale, movie_scale=scale)
    if name == "h264-joined":
        return
    if all(stream.start == 0 and stream.length is None for stream in movie.streams):
        yield "no edits", Layout(edits="none")
        yield "live clock", Layout(fragments=Fragments(clock=1700000000 % 86400), edits="none")
        yield "edits of length 0", Layout(edits="zero", fragments=Fragments())
    elif all(stream.length is None for stream in movie.streams):
        yield "edits of length 0", Layout(edits="zero", fragments=Fragments())
    if movie.streams[0].orientation != 1:
        yield "turned by the movie header", Layout(movie_turn=True)
    if movie.streams[0].aspect != (1, 1):
        yield "pixel shape in the track header", Layout(shape_in_header=True)
    if movie.streams[0].entry == b"hvc1":
        yield "hev1", Layout(entry_names={b"hvc1": b"hev1"})
    if movie.streams[0].entry == b"avc1":
        yield "avc3", Layout(entry_names={b"avc1": b"avc3"})


QUICKTIME_REMUXES = ("mov", "mov with tags", "mov with time code")

MUXERS: dict[bytes, tuple[str, ...]] = {
    b"samr": (*QUICKTIME_REMUXES, "3gp"),
    b"alac": tuple(set(REMUXES) - {"3gp", "psp", "rtp hints"}),
    b"ac-3": tuple(set(REMUXES) - {"3gp", "psp", "ipod", "rtp hints"}),
    b"ec-3": tuple(set(REMUXES) - {"3gp", "psp", "ipod", "rtp hints"}),
    b"Opus": tuple(set(REMUXES) - {*QUICKTIME_REMUXES, "3gp", "psp", "ipod", "rtp hints"}),
    b"fLaC": tuple(set(REMUXES) - {*QUICKTIME_REMUXES, "3gp", "psp", "ipod", "rtp hints"}),
    b"av01": tuple(set(REMUXES) - {*QUICKTIME_REMUXES, "3gp", "psp", "ipod", "rtp hints"}),
    b"vp09": tuple(set(REMUXES) - {*QUICKTIME_REMUXES, "3gp", "psp", "ipod", "rtp hints"}),
    b"hvc1": tuple(set(REMUXES) - {"3gp", "psp", "ipod"}),
    b"avc1": tuple(REMUXES),
    b"mp4v": tuple(REMUXES),
    b"mp4a": tuple(REMUXES),
}
"""Which of FFmpeg's muxers take a sample entry; the others here go into QuickTime only."""


def _remuxes(name: str) -> Iterator[tuple[str, Remux]]:
    movie = source(name)
    if name in {"tiny", *MORE_CODINGS, *FILMED, "h264-two-sounds"} - {"h264-uneven"}:
        # FFmpeg copies neither turns nor edits as they are, nor the times of single telephone samples.
        return
    allowed = set(REMUXES)
    for stream in movie.streams:
        allowed &= set(MUXERS.get(stream.entry, QUICKTIME_REMUXES))
        if stream.codec == "mp3float":
            allowed -= {"3gp", "psp", "ipod"}
    if len(movie.streams) < 2:
        allowed -= {"psp"}
    for title, how in REMUXES.items():
        if title in allowed:
            yield title, how


def _varied(name: str, index: int, change: Callable[[Stream], Stream]) -> bytes:
    movie = source(name)
    streams = list(movie.streams)
    streams[index] = change(streams[index])
    return mux(replace(movie, streams=tuple(streams)), _quicktime(movie, Layout()))


def _variants(name: str) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for index, stream in enumerate(source(name).streams):
        if stream.others or (stream.codec == "opus" and stream.channels > 2):
            # What these variants do to a sample holds for one description, and for one Opus stream.
            continue
        for title, change in variants.BY_CODEC.get(stream.codec, {}).items():
            yield f"{stream.codec}: {title}", partial(_varied, name, index, change)


def _case(name: str) -> Case:
    twins: list[tuple[str, Callable[[], bytes]]] = []
    twins.extend((title, partial(_mux, name, layout)) for title, layout in _layouts(name))
    twins.extend((f"ffmpeg {title}", partial(_remux, name, how)) for title, how in _remuxes(name))
    twins.extend(_variants(name))
    return Case(
        name=f"isobmff {name}",
        format="isobmff",
        dirty=partial(_dirty, name),
        twins=tuple(twins),
        planted=partial(plants.planted, source(name), _quicktime(source(name), Layout()))
        if name in PLANTED
        else None,
    )


def _dirty(name: str) -> bytes:
    movie = source(name)
    layout = replace(DIRTY, brands=QUICKTIME.brands, quicktime=True) if movie.quicktime else DIRTY
    return mux(movie, layout)


PLANTED = (
    *("h264", "hevc", "prores", "mjpeg", "mpeg4", "av1", "vp9"),
    *("aac", "opus", "flac", "alac", "amr", "mp3", "ac3", "eac3"),
)

NAMES = (*CODINGS, *FILMED, "h264-two-sounds", "tiny", *MORE_CODINGS)

CASES: tuple[Case, ...] = tuple(_case(name) for name in NAMES)
