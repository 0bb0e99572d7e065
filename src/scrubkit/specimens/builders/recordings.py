"""Tiny recordings, coded once per session with PyAV and taken apart into samples.

A `Recording` is what was filmed: coded samples, their times and how they are shown.  It has no
container; `movie` puts it into any.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import gcd
from typing import Any

import av
import numpy as np

from . import boxes


@dataclass(frozen=True)
class Sample:
    """One coded sample; `duration` and `composition` are ticks of its stream."""

    data: bytes
    duration: int
    composition: int = 0
    sync: bool = True
    entry: int = 0
    """Which of the stream's descriptions: 0 the stream's own, then `Stream.others`."""


@dataclass(frozen=True)
class Stream:
    """One elementary stream.

    `config` are the whole child boxes of the sample entry that decoding needs; codings that
    are described by an `esds` have `object_type` and `specific` instead.  From tick `start`
    on, counted in composition time, `length` ticks are shown (None: all that follow).
    """

    handler: bytes
    codec: str
    entry: bytes
    timescale: int
    samples: tuple[Sample, ...]
    config: tuple[bytes, ...] = ()
    object_type: int = 0
    specific: bytes = b""
    width: int = 0
    height: int = 0
    channels: int = 0
    rate: int = 0
    bits: int = 16
    start: int = 0
    length: int | None = None
    delay: Fraction = Fraction(0)
    """Seconds of nothing before the first tick that is shown."""
    orientation: int = 1
    aspect: tuple[int, int] = (1, 1)
    colour: tuple[int, int, int, bool] | None = None
    enabled: bool = True
    others: tuple[Stream, ...] = ()
    """Streams whose description, and nothing else, some samples of this one use."""

    @property
    def ticks(self) -> int:
        return sum(sample.duration for sample in self.samples)

    @property
    def shown(self) -> int:
        """Ticks that are shown: to the end of the last sample unless cut before."""
        if self.length is not None:
            return self.length
        time, end = 0, 0
        for sample in self.samples:
            end = max(end, time + sample.composition + sample.duration)
            time += sample.duration
        return end - self.start


@dataclass(frozen=True)
class Recording:
    """Streams that belong together."""

    name: str
    streams: tuple[Stream, ...]
    quicktime: bool = False
    """Whether only a QuickTime movie can hold it."""


def _picture(index: int, width: int, height: int) -> Any:
    y, x = np.mgrid[0:height, 0:width]
    planes = ((x * 4 + index * 9) % 256, (y * 5 + index * 3) % 256, (x + y + index * 7) % 256)
    return np.stack(planes, -1).astype("u1")


@dataclass(frozen=True)
class Coding:
    """What to ask the encoder for."""

    container: str
    video: str = ""
    sound: str = ""
    video_options: tuple[tuple[str, str], ...] = ()
    pixels: str = "yuv420p"
    size: tuple[int, int] = (64, 48)
    rate: Fraction = Fraction(25)
    frames: int = 20
    sound_rate: int = 48000
    layout: str = "stereo"
    sound_format: str = "s16"


def _encode_video(container: Any, stream: Any, coding: Coding) -> None:
    width, height = coding.size
    for index in range(coding.frames):
        frame = av.VideoFrame.from_ndarray(_picture(index, width, height), format="rgb24")
        frame = frame.reformat(format=coding.pixels)
        frame.pts = index
        frame.time_base = 1 / coding.rate
        for packet in stream.encode(frame):
            container.mux(packet)
    for packet in stream.encode(None):
        container.mux(packet)


def _encode_sound(container: Any, stream: Any, coding: Coding) -> None:
    context = stream.codec_context
    count = int(coding.sound_rate * coding.frames / coding.rate)
    tone = (8000 * np.sin(np.arange(count) * 440 * 2 * np.pi / coding.sound_rate)).astype("i2")
    channels = context.layout.nb_channels
    frame = av.AudioFrame.from_ndarray(np.repeat(tone, channels)[None], format="s16", layout=coding.layout)
    frame.sample_rate = coding.sound_rate
    frame.pts = 0
    resampler = av.AudioResampler(
        format=context.format.name,
        layout=coding.layout,
        rate=coding.sound_rate,
        frame_size=context.frame_size or 1024,
    )
    for part in (*resampler.resample(frame), *resampler.resample(None)):
        for packet in stream.encode(part):
            container.mux(packet)
    for packet in stream.encode(None):
        container.mux(packet)


@cache
def encoded(coding: Coding) -> bytes:
    """The file that FFmpeg makes of it, with its own muxer."""
    os.environ.setdefault("SVT_LOG", "0")
    target = io.BytesIO()
    with av.open(target, "w", format=coding.container) as container:
        video: Any = None
        sound: Any = None
        if coding.video:
            video = container.add_stream(coding.video, rate=coding.rate, options=dict(coding.video_options))
            video.width, video.height = coding.size
            video.pix_fmt = coding.pixels
            video.codec_context.thread_count = 1
            if coding.video == "libx265":
                video.codec_context.codec_tag = "hvc1"
        if coding.sound:
            sound = container.add_stream(coding.sound, rate=coding.sound_rate, layout=coding.layout)
            sound.codec_context.format = coding.sound_format
        if sound:
            _encode_sound(container, sound, coding)
        if video:
            _encode_video(container, video, coding)
    return target.getvalue()


NOT_CONFIG = frozenset(b"btrt pasp colr fiel clap gama chrm wave chan".split())


def _descriptors(body: bytes) -> tuple[int, bytes]:
    """Object type and decoder specific info of an `esds` as FFmpeg writes it (14496-1 §7.2.6)."""
    at = body.index(b"\x04\x80\x80\x80")
    object_type = body[at + 5]
    at += 5 + 13
    if body[at] != 5:
        return object_type, b""
    size = body[at + 4]
    return object_type, body[at + 5 : at + 5 + size]


def streams_of(data: bytes) -> tuple[Stream, ...]:
    """Take an unfragmented file of FFmpeg's muxer apart."""
    entries = [node.children[0] for node in boxes.every(data) if node.kind == b"stsd"]
    shifts = _starts(data)
    container: Any
    with av.open(io.BytesIO(data), options={"ignore_editlist": "1"}) as container:
        packets: list[list[Any]] = [[] for _ in container.streams]
        for packet in container.demux():
            if packet.size:
                packets[packet.stream.index].append(packet)
        return tuple(
            _stream(data, source, entry, own, shift)
            for source, entry, own, shift in zip(container.streams, entries, packets, shifts, strict=True)
        )


def _starts(data: bytes) -> list[int]:
    """The media time of each track's first non-empty edit."""
    starts = []
    for node in boxes.parse(data):
        for trak in (child for child in node.children if child.kind == b"trak"):
            lists = [node for node in trak.walk() if node.kind == b"elst"]
            start = 0
            for at in range(lists[0].body + 8, lists[0].end, 12) if lists else ():
                start = int.from_bytes(data[at + 4 : at + 8], "big", signed=True)
                if start >= 0:
                    break
            starts.append(max(start, 0))
    return starts


def _stream(data: bytes, source: Any, entry: boxes.Node, packets: list[Any], start: int) -> Stream:
    sound = source.type == "audio"
    base = source.time_base
    times = [packet.dts for packet in packets]
    durations = [b - a for a, b in pairwise(times)]
    durations.append(packets[-1].duration or durations[-1])
    offsets = [packet.pts - packet.dts for packet in packets]
    divisor = base.numerator
    scale = base.denominator
    if not sound:
        common = gcd(scale, start, *durations, *offsets)
        scale, start = scale // common, start // common
        durations = [value // common for value in durations]
        offsets = [value // common for value in offsets]
    assert divisor == 1
    object_type, specific, config = 0, b"", []
    for child in entry.children:
        if child.kind == b"esds":
            object_type, specific = _descriptors(data[child.body : child.end])
        elif child.kind not in NOT_CONFIG:
            config.append(data[child.start : child.end])
    context = source.codec_context
    return Stream(
        handler=b"soun" if sound else b"vide",
        codec=context.name,
        entry=entry.kind,
        timescale=scale,
        samples=tuple(
            Sample(bytes(packet), duration, offset, packet.is_keyframe)
            for packet, duration, offset in zip(packets, durations, offsets, strict=True)
        ),
        config=tuple(config),
        object_type=object_type,
        specific=specific,
        width=0 if sound else context.width,
        height=0 if sound else context.height,
        channels=context.layout.nb_channels if sound else 0,
        rate=context.sample_rate if sound else 0,
        bits=_bits(context.name) if sound else 0,
        start=start,
    )


def _bits(codec: str) -> int:
    if codec.startswith("pcm_"):
        return int("".join(c for c in codec[4:] if c.isdigit()) or 16)
    return 16


X264 = (("x264-params", "keyint=8:min-keyint=8:bframes=2:b-adapt=0:scenecut=0:threads=1"),)
X264_PLAIN = (("x264-params", "keyint=8:min-keyint=8:bframes=0:scenecut=0:threads=1"),)
X265 = (("x265-params", "log-level=none:keyint=8:bframes=2:pools=none:frame-threads=1"),)

HLG = "colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc:hrd=1:vbv-maxrate=500:vbv-bufsize=500"
HDR10 = (
    "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:hdr10=1:repeat-headers=1:max-cll=1000,400:"
    "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
)


def _x264(words: str, pixels: str = "yuv420p") -> Coding:
    return Coding("mp4", "libx264", "", (("x264-params", f"threads=1:keyint=8:{words}"),), pixels)


def _x265(words: str, pixels: str = "yuv420p10le") -> Coding:
    fixed = "log-level=none:pools=none:frame-threads=1:keyint=8"
    return Coding("mp4", "libx265", "", (("x265-params", f"{fixed}:{words}"),), pixels)


def _pcm(codec: str, form: str, rate: int = 48000, layout: str = "stereo") -> Coding:
    return Coding("mov", "", codec, sound_format=form, frames=5, sound_rate=rate, layout=layout)


CODINGS: dict[str, Coding] = {
    "h264": Coding("mp4", "libx264", "aac", X264, sound_format="fltp"),
    "h264-plain": Coding("mp4", "libx264", "", X264_PLAIN),
    "h264-ntsc": Coding("mp4", "libx264", "", X264, rate=Fraction(30000, 1001)),
    "hevc": Coding("mp4", "libx265", "aac", X265, sound_format="fltp", sound_rate=44100),
    "av1": Coding("mp4", "libsvtav1", "libopus", (("svtav1-params", "lp=1"),)),
    "vp9": Coding("mp4", "libvpx-vp9", "flac"),
    "mpeg4": Coding("mp4", "mpeg4", "aac", (("bf", "0"), ("g", "8")), sound_format="fltp", layout="mono"),
    "prores": Coding("mov", "prores_ks", "pcm_s16le", pixels="yuv422p10le", frames=6),
    "mjpeg": Coding("mov", "mjpeg", "pcm_s16be", (), "yuvj420p", frames=6, sound_rate=8000, layout="mono"),
    "pcm24": _pcm("pcm_s24le", "s32"),
    "aac": Coding("mp4", "", "aac", sound_format="fltp"),
    "alac": Coding("mp4", "", "alac", sound_format="s16p", sound_rate=44100),
    "amr": Coding("3gp", "", "libopencore_amrnb", sound_rate=8000, layout="mono"),
    "opus": Coding("mp4", "", "libopus"),
    "flac": Coding("mp4", "", "flac"),
    "mp3": Coding("mp4", "", "libmp3lame", sound_format="s16p"),
    "ac3": Coding("mp4", "", "ac3", sound_format="fltp"),
    "eac3": Coding("mp4", "", "eac3", sound_format="fltp"),
}
"""Those that are wrapped in every way."""

MORE_CODINGS: dict[str, Coding] = {
    "h263": Coding(
        "3gp", "h263", "libopencore_amrnb", (), "yuv420p", (176, 144), Fraction(15), 6, 8000, "mono"
    ),
    "h264-interlaced": _x264("tff=1"),
    "h264-refresh": _x264("intra-refresh=1:bframes=0"),
    "h264-open": _x264("open-gop=1:bframes=3:b-pyramid=normal"),
    "h264-422": _x264("bframes=0", "yuv422p10le"),
    "hevc-hlg": _x265(HLG),
    "hevc-hdr10": _x265(HDR10),
    "hevc-open": _x265("open-gop=1:bframes=3", "yuv420p"),
    "av1-10": Coding("mp4", "libsvtav1", "", (("svtav1-params", "lp=1"),), "yuv420p10le"),
    "vp9-444": Coding("mp4", "libvpx-vp9", "", (), "yuv444p"),
    "prores-alpha": Coding("mov", "prores_ks", "", (), "yuva444p10le", frames=3),
    "pcm-be24": _pcm("pcm_s24be", "s32"),
    "pcm-32": _pcm("pcm_s32le", "s32"),
    "pcm-be32": _pcm("pcm_s32be", "s32"),
    "pcm-float": _pcm("pcm_f32le", "flt"),
    "pcm-double": _pcm("pcm_f64be", "dbl"),
    "pcm-8": _pcm("pcm_u8", "u8"),
    "alaw": _pcm("pcm_alaw", "s16", 8000, "mono"),
    "ulaw": _pcm("pcm_mulaw", "s16", 8000, "mono"),
    "aac-surround": Coding("mp4", "", "aac", sound_format="fltp", layout="5.1", frames=5),
    "ac3-surround": Coding("mp4", "", "ac3", sound_format="fltp", layout="5.1", frames=5),
    "aac-96": Coding("mp4", "", "aac", sound_format="fltp", sound_rate=96000, frames=5),
    "opus-surround": Coding("mp4", "", "libopus", layout="5.1", frames=5),
    "alac-24": Coding("mp4", "", "alac", sound_format="s32p", frames=5),
    "flac-24": Coding("mp4", "", "flac", sound_format="s32", frames=5),
    "aac-24": Coding("mp4", "", "aac", sound_format="fltp", sound_rate=24000),
}
"""Those that are wrapped in a few ways only."""


@cache
def recording(name: str) -> Recording:
    """A recording by its name in `CODINGS` or `MORE_CODINGS`."""
    coding = {**CODINGS, **MORE_CODINGS}[name]
    streams = streams_of(encoded(coding))
    # A sound with no packets lost at its start is shown from its priming on, as FFmpeg says.
    return Recording(
        name, tuple(sorted(streams, key=lambda s: s.handler != b"vide")), coding.container == "mov"
    )


@cache
def tiny() -> Recording:
    """Three pictures of 16x16 and a little telephone sound: small enough to cut at every byte."""
    video = Coding("mp4", "libx264", "", X264_PLAIN, size=(16, 16), frames=3)
    picture = streams_of(encoded(video))[0]
    tone = bytes(value & 0xFF for value in range(0, 960, 3))
    sound = Stream(
        b"soun", "ulaw", b"ulaw", 8000, tuple(Sample(bytes((b,)), 1) for b in tone), channels=1, rate=8000
    )
    return Recording("tiny", (_without_text(picture), sound), quicktime=True)


def _without_text(stream: Stream) -> Stream:
    """Take the long SEI of x264 out of the first sample of a stream with 4-byte NAL lengths."""
    first = stream.samples[0]
    kept = b"".join(boxes.u32(len(nal)) + nal for nal in nals(first.data) if nal[0] & 31 != 6)
    return replace(stream, samples=(replace(first, data=kept), *stream.samples[1:]))


def nals(sample: bytes) -> list[bytes]:
    """The NAL units of a sample with 4-byte lengths."""
    units, at = [], 0
    while at + 4 <= len(sample):
        size = int.from_bytes(sample[at : at + 4], "big")
        units.append(sample[at + 4 : at + 4 + size])
        at += 4 + size
    return units
