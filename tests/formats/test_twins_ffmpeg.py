"""Stills that FFmpeg wrote, or took out of movies: the same coded pictures, whatever they lay in."""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

import support
import writers
from scrubkit.model import Outcome, Policy, Verdict, Verify
from scrubkit.selftest import holds

from . import stills
from . import test_twins_exiftool as exiftool

pytestmark = writers.needs(writers.FFMPEG)

SECRET = "Q7ZK31xSecretWord"
"""Stands for all that is written into a file; no real value."""

NEEDLE = SECRET.encode()

Words = tuple[str, ...]

MOVING: Words = ("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=0.5")
MOVING_CLEAR: Words = (*MOVING[:3], f"{MOVING[3]},format=rgba,colorkey=red:0.4")
STILL: Words = (*MOVING, "-frames:v", "1")
STILL_CLEAR: Words = (*MOVING_CLEAR, "-frames:v", "1")

BITEXACT: Words = ("-bitexact", "-flags", "+bitexact", "-fflags", "+bitexact")
"""As which FFmpeg doesn't say its name and version."""

NAMED = ("title", "artist", "comment", "copyright", "description", "location", "encoder", "make")

TAGGED: Words = tuple(
    word for name in NAMED for key in ("-metadata", "-metadata:s:v") for word in (key, f"{name}={SECRET}")
)


@cache
def ran(suffix: str, words: Words, given: tuple[str, bytes] | None = None) -> bytes:
    """What FFmpeg writes; `given` is the name and content of a file that lies in its folder."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if given:
            (folder / given[0]).write_bytes(given[1])
        writers.run(writers.FFMPEG, *words, f"out.{suffix}", folder=folder)
        return (folder / f"out.{suffix}").read_bytes()


@dataclass(frozen=True)
class Coding:
    """One kind of picture: how FFmpeg is told to code it, and which encoder and muxer that needs."""

    suffix: str
    words: Words
    needs: Words
    muxing: Words = ()
    """What is told to the muxer, and so again if the coded picture is copied."""

    def made(self, *more: str) -> bytes:
        writers.needs_written(writers.FFMPEG, *self.needs)
        return ran(self.suffix, (*self.words, *self.muxing, *more))

    def copied(self, given: tuple[str, bytes], *more: str) -> bytes:
        return ran(self.suffix, ("-i", given[0], "-map", "0:v", "-c", "copy", *self.muxing, *more), given)


ONE: Words = ("-update", "1")
AV1: Words = ("-c:v", "libaom-av1", "-cpu-used", "8")
AVIF: Words = ("libaom-av1", "avif")

CODINGS = {
    "jpeg": Coding("jpg", STILL, ("mjpeg", "image2"), ONE),
    "png": Coding("png", STILL, ("png", "image2"), ONE),
    "png with alpha": Coding("png", STILL_CLEAR, ("png", "image2"), ONE),
    "tiff": Coding("tif", STILL, ("tiff", "image2"), ONE),
    "bmp": Coding("bmp", STILL, ("bmp", "image2"), ONE),
    "gif": Coding("gif", MOVING, ("gif",), ("-loop", "3")),
    "gif with alpha": Coding("gif", MOVING_CLEAR, ("gif",), ("-loop", "3")),
    "apng": Coding("apng", MOVING, ("apng",), ("-plays", "2")),
    "apng with alpha": Coding("apng", MOVING_CLEAR, ("apng",), ("-plays", "2")),
    "webp": Coding("webp", (*STILL, "-c:v", "libwebp"), ("libwebp", "webp"), ONE),
    "avif": Coding("avif", (*STILL, *AV1), AVIF),
    "avif, a sequence": Coding("avif", (*MOVING, *AV1), AVIF),
}

each_coding = pytest.mark.parametrize("coding", CODINGS.values(), ids=CODINGS)


def twins(one: bytes, other: bytes, folder: Path) -> None:
    out, expected = support.cleaned(folder, one), support.cleaned(folder, other)
    assert not holds(out, NEEDLE)
    assert out == expected, support.first_difference(out, expected)


@each_coding
def test_what_ffmpeg_says_of_itself_and_is_told_leaves_no_trace(coding: Coding, tmp_path: Path) -> None:
    twins(coding.made(*TAGGED), coding.made(*BITEXACT), tmp_path)


@pytest.mark.parametrize("name", ["jpeg", "tiff"])
def test_the_name_of_the_encoder_leaves_no_trace(name: str, tmp_path: Path) -> None:
    data = CODINGS[name].made()
    assert b"Lavc" in data
    assert b"Lavc" not in support.cleaned(tmp_path, data)


@each_coding
def test_a_copy_without_recoding_is_a_twin(coding: Coding, tmp_path: Path) -> None:
    data = coding.made()
    twins(coding.copied((f"in.{coding.suffix}", data), *TAGGED), data, tmp_path)


THROUGH = [
    *((name, container) for name in ("jpeg", "png", "png with alpha") for container in ("mov", "mkv", "avi")),
    *((name, container) for name in ("gif", "tiff") for container in ("mov", "mkv")),
    *((name, container) for name in ("avif", "avif, a sequence") for container in ("mp4", "mkv", "nut")),
]


@pytest.mark.parametrize(("name", "container"), THROUGH)
def test_a_picture_that_lay_in_a_movie_is_a_twin(name: str, container: str, tmp_path: Path) -> None:
    coding = CODINGS[name]
    straight = coding.made()
    source = (f"in.{coding.suffix}", straight)
    movie = ran(container, ("-i", source[0], "-map", "0:v:0", "-c", "copy", *TAGGED), source)
    assert holds(movie, NEEDLE)
    twins(coding.copied((f"in.{container}", movie), "-map_metadata", "0"), straight, tmp_path)


@pytest.mark.parametrize("name", ["avif", "avif, a sequence"])
def test_a_movie_of_av1_is_a_twin_of_the_avif_with_its_samples(name: str, tmp_path: Path) -> None:
    coding = CODINGS[name]
    straight = coding.made()
    movie = ran("mp4", (*coding.words, *TAGGED))
    twins(coding.copied(("in.mp4", movie), "-map_metadata", "0"), straight, tmp_path)


EDITED = (
    "jpeg",
    "png",
    "png with alpha",
    "tiff",
    "gif",
    "gif with alpha",
    "webp",
    "avif",
    "avif, a sequence",
)


@writers.needs(writers.EXIFTOOL)
@pytest.mark.parametrize("name", EDITED)
def test_what_exiftool_adds_to_it_leaves_no_trace(name: str, tmp_path: Path) -> None:
    """One writer's file, another's edits."""
    data = CODINGS[name].made()
    edited = exiftool.rewritten(data, CODINGS[name].suffix, *exiftool.TAGS)
    assert holds(edited, exiftool.NEEDLE)
    out = support.cleaned(tmp_path, edited)
    assert not holds(out, exiftool.NEEDLE)
    twins(edited, data, tmp_path)


@pytest.mark.slow
@each_coding
def test_second_readers_and_decoders_pass_what_ffmpeg_wrote(coding: Coding, tmp_path: Path) -> None:
    report = support.clean(tmp_path, coding.made(), Policy(verify=Verify.DECODE)).report
    assert report.problem is None
    assert not [check for check in report.checks if check.outcome is Outcome.FAILED]


def by_ffmpeg(data: bytes) -> list[tuple[Any, ...]]:
    """Time, format and samples of each picture, as FFmpeg decodes it."""
    container: Any
    with av.open(io.BytesIO(data)) as container:
        return [
            (each.time, each.format.name, each.width, each.height, _samples(each))
            for each in container.decode(video=0)
        ]


def _samples(frame: Any) -> bytes:
    # Of a palette and its indices the colours that they make, for unused entries don't cross.
    return support._samples(frame.reformat(format="rgba") if frame.format.name == "pal8" else frame)


def by_pillow(data: bytes) -> tuple[object, ...]:
    """Frames with alpha and times, and how often all are shown."""
    with Image.open(io.BytesIO(data)) as image:
        loops = image.info.get("loop")
    return loops, [(size, pixels, time or 0) for size, pixels, time in stills.frames(data)]


def _of(suffix: str, formats: str, *options: str, needs: str = "") -> dict[str, Coding]:
    """A picture in each pixel format with each of these options."""
    return {
        f"{suffix} {pixels} {option}".strip(): Coding(
            suffix, (*STILL_CLEAR, "-pix_fmt", pixels, *option.split()), (needs or suffix, "image2"), ONE
        )
        for option in options
        for pixels in formats.split()
    }


PIXELS: dict[str, Coding] = {
    **_of("png", "rgb24 rgba rgb48be rgba64be pal8 gray ya8 gray16be ya16be monob", ""),
    **_of("png", "rgb24 pal8", "-pred mixed -dpi 117", "-vf setsar=2/1"),
    **_of("png", "rgb24", "-color_primaries bt2020 -color_trc smpte2084", "-color_primaries smpte432"),
    **_of("tif", "rgb24 rgba rgb48le rgba64le pal8 gray ya8 gray16le monob monow", "", needs="tiff"),
    **_of("tif", "rgb24 pal8 monob", "-compression_algo raw", "-compression_algo lzw", needs="tiff"),
    **_of("tif", "rgb48le gray", "-compression_algo deflate -dpi 117", needs="tiff"),
    **_of("tif", "yuv420p yuv422p yuv444p yuv410p", "", "-compression_algo deflate", needs="tiff"),
    **_of("bmp", "bgra bgr24 rgb565le rgb555le rgb8 bgr4_byte gray pal8 monob", ""),
    **_of("jpg", "yuvj420p yuvj422p yuvj444p", "", "-huffman default -q:v 2", "-q:v 31", needs="mjpeg"),
    **_of("jpg", "yuvj420p", "-strict unofficial", "-vf setsar=2/1", needs="mjpeg"),
    **_of("jpg", "bgr24", "-c:v ljpeg", needs="ljpeg"),
    **_of("webp", "yuv420p yuva420p bgra", "-c:v libwebp -quality 40", needs="libwebp"),
    **_of("webp", "bgra", "-c:v libwebp -lossless 1", needs="libwebp"),
}


@pytest.mark.parametrize("coding", PIXELS.values(), ids=PIXELS)
def test_a_picture_by_ffmpeg_is_shown_as_before(coding: Coding, tmp_path: Path) -> None:
    data = coding.made()
    out = support.cleaned(tmp_path, data)
    assert by_ffmpeg(out) == by_ffmpeg(data)


def test_a_range_that_only_ffmpeg_reads_from_a_comment_is_not_what_others_show(tmp_path: Path) -> None:
    """JFIF knows one range; the comment `CS=ITU601` is FFmpeg's own."""
    data = _of("jpg", "yuv420p", "-strict unofficial -color_range tv", needs="mjpeg").popitem()[1].made()
    assert b"CS=ITU601" in data
    assert by_pillow(support.cleaned(tmp_path, data)) == by_pillow(data)


def _moving(suffix: str, *options: str, needs: Words) -> dict[str, Coding]:
    """A clip with each of these options, opaque and with alpha."""
    return {
        f"{suffix} {name} {option}".strip(): Coding(suffix, (*clip, *option.split()), needs)
        for option in options
        for name, clip in (("opaque", MOVING), ("clear", MOVING_CLEAR))
    }


PALETTES = "-filter_complex split[a][b];[a]palettegen[p];[b][p]paletteuse"

CLIPS: dict[str, Coding] = {
    **_moving("gif", "", "-loop -1", "-loop 0", "-final_delay 50", PALETTES, "-r 30", needs=("gif",)),
    **_moving("gif", "-gifflags -offsetting-transdiff", "-pix_fmt rgb8 -global_palette 0", needs=("gif",)),
    **_moving("apng", "", "-plays 0", "-final_delay 1/3", "-pix_fmt pal8", "-pix_fmt ya8", needs=("apng",)),
    **_moving("apng", "-pix_fmt rgb48be", "-r 30000/1001", "-vf fps=7,setpts=PTS*1.37", needs=("apng",)),
    **_moving(
        "webp",
        *(
            "-c:v libwebp_anim",
            "-c:v libwebp_anim -lossless 1 -loop 3",
            "-c:v libwebp_anim -cr_threshold 100",
        ),
        needs=("libwebp_anim", "webp"),
    ),
    **_moving("webp", "-c:v libwebp -loop 2 -r 3", needs=("libwebp", "webp")),
    **_moving("avif", "-c:v libaom-av1 -cpu-used 8", needs=AVIF),
}


@pytest.mark.parametrize("coding", CLIPS.values(), ids=CLIPS)
def test_every_frame_keeps_its_alpha_and_its_time(coding: Coding, tmp_path: Path) -> None:
    data = coding.made()
    assert len(stills.frames(data)) > 1
    assert by_pillow(support.cleaned(tmp_path, data)) == by_pillow(data)


@pytest.mark.parametrize("name", [name for name in CLIPS if name.startswith(("gif", "apng"))])
def test_ffmpeg_shows_each_of_its_own_frames_at_its_time(name: str, tmp_path: Path) -> None:
    data = CLIPS[name].made()
    assert by_ffmpeg(support.cleaned(tmp_path, data)) == by_ffmpeg(data)


def test_the_alpha_of_an_avif_by_ffmpeg_is_kept(tmp_path: Path) -> None:
    """Two streams, of which the muxer makes a picture and its alpha plane."""
    both = ("-map", "0", "-map", "0", "-filter:v:1", "alphaextract", "-still-picture", "1")
    data = replace(CODINGS["avif"], words=(*STILL_CLEAR, *AV1)).made(*both)
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "RGBA"
    assert by_pillow(support.cleaned(tmp_path, data)) == by_pillow(data)


OTHERS = {
    "jxl": "libjxl",
    "jp2": "jpeg2000",
    "exr": "exr",
    "dpx": "dpx",
    "tga": "targa",
    "pcx": "pcx",
    "sgi": "sgi",
    "ppm": "ppm",
    "pfm": "pfm",
    "xwd": "xwd",
    "sun": "sunrast",
    "qoi": "qoi",
}


@pytest.mark.parametrize(("suffix", "encoder"), OTHERS.items(), ids=OTHERS)
def test_what_no_phone_makes_is_refused_by_name(suffix: str, encoder: str, tmp_path: Path) -> None:
    data = Coding(suffix, (*STILL, "-c:v", encoder, "-f", "image2"), (encoder, "image2"), ONE).made()
    result = support.clean(tmp_path, data)
    assert result.report.verdict is Verdict.REFUSED
    assert result.report.problem is not None
    assert result.report.problem.code in {"unrecognised", "unsupported"}


def test_jpeg_ls_is_refused(tmp_path: Path) -> None:
    """It begins as JPEG does."""
    data = Coding("jls", (*STILL, "-c:v", "jpegls", "-f", "image2"), ("jpegls", "image2"), ONE).made()
    assert support.clean(tmp_path, data).report.verdict is Verdict.REFUSED
