"""Programs that write pictures: found, run with a limit on time, or said aloud to be missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

SECONDS = 60
"""A program that takes longer than this for one small picture hangs."""

EXIFTOOL, FFMPEG, IMAGEMAGICK = "ExifTool", "FFmpeg", "ImageMagick"
CWEBP, GIFSICLE, HEIF_ENC, OPTIPNG, WEBPMUX = "cwebp", "gifsicle", "heif-enc", "optipng", "webpmux"

COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    # without the settings of whoever runs the tests
    EXIFTOOL: (("exiftool", "-config", ""),),
    CWEBP: (("cwebp", "-quiet"),),
    GIFSICLE: (("gifsicle",),),
    HEIF_ENC: (("heif-enc",),),
    OPTIPNG: (("optipng", "-quiet", "-force"),),
    WEBPMUX: (("webpmux",),),
    FFMPEG: (("ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error", "-y"),),
    # the name that Debian gives it, for another `convert` may stand before it in the path
    IMAGEMAGICK: (("magick",), ("convert-im6.q16",), ("convert",)),
}
"""How each program may be called; the first that is there and is what it is called is used."""

ASKED: dict[str, tuple[tuple[str, ...], str]] = {
    EXIFTOOL: (("-ver",), ""),
    CWEBP: (("-version",), ""),
    GIFSICLE: (("--version",), "LCDF Gifsicle"),
    HEIF_ENC: (("--list-encoders",), "HEIC encoders"),
    OPTIPNG: (("-v",), "OptiPNG"),
    WEBPMUX: (("-version",), ""),
    FFMPEG: (("-version",), "ffmpeg version"),
    # Windows and some sandboxes have another `convert`.
    IMAGEMAGICK: (("-version",), "Version: ImageMagick"),
}
"""What is asked of a program, and how the answer begins if it is the right one."""

LISTS: dict[str, tuple[int, tuple[tuple[str, ...], ...]]] = {
    EXIFTOOL: (99, (("-listwf",),)),
    FFMPEG: (2, (("-encoders",), ("-muxers",))),
    IMAGEMAGICK: (2, (("-list", "format"),)),
}
"""How a program is asked what it writes, and how many words of a line of its answers may name that."""


def _asked(command: tuple[str, ...], *words: str) -> str:
    try:
        run = subprocess.run([*command, *words], capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout.decode(errors="replace") if run.returncode == 0 else ""


@cache
def command(title: str) -> tuple[str, ...]:
    """How to call a program; nothing if it is not installed."""
    words, begins = ASKED[title]
    for name, *rest in COMMANDS[title]:
        path = shutil.which(name)
        if path and (answer := _asked((path,), *words)) and answer.startswith(begins):
            return path, *rest
    return ()


def needs(title: str) -> pytest.MarkDecorator:
    """The mark of tests that are not run without a program."""
    return pytest.mark.skipif(not command(title), reason=f"NOT RUN: {title} is not installed")


@cache
def _written(title: str) -> frozenset[str]:
    most, questions = LISTS[title]
    lines = (line.split() for words in questions for line in _asked(command(title), *words).splitlines())
    return frozenset(word.rstrip("*").lower() for line in lines for word in line[:most])


def writes(title: str, kind: str) -> bool:
    """Whether this build of a program lists a format, muxer or encoder."""
    return kind.lower() in _written(title)


def needs_written(title: str, *kinds: str) -> None:
    """Skip the test if this build of a program was made without what writes a kind of picture."""
    missing = [kind for kind in kinds if not writes(title, kind)]
    if missing:
        pytest.skip(f"NOT RUN: this {title} does not write {', '.join(missing)}")


def attempt(title: str, *words: str | Path, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Call a program in a folder, one thread at a time, however that ends."""
    called = [*command(title), *(str(word) for word in words)]
    # One thread: tests run side by side.  Messages in English, whoever runs them.
    settings = {**os.environ, "LC_ALL": "C", "MAGICK_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.run(called, cwd=folder, env=settings, capture_output=True, timeout=SECONDS, check=False)


def run(title: str, *words: str | Path, folder: Path) -> bytes:
    """Call a program in a folder; returns what it printed, and fails the test if it says that it failed."""
    ended = attempt(title, *words, folder=folder)
    said = ended.stderr.decode(errors="replace")
    assert ended.returncode == 0, f"{title} {' '.join(map(str, words))[:500]}: {said[-1000:]}"
    return ended.stdout
