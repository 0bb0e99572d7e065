"""The decode check: another decoder must see the same pictures and samples in the output as in the source.

PyAV (FFmpeg) decodes movies, Pillow and libheif stills.  Of a JPEG PyAV compares the coded
planes too, and of pictures with more than 8 bits where Pillow gives no more.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..model import Check, Outcome
from .confined import ChildError, ask

if TYPE_CHECKING:
    from pathlib import Path

NAME = "decode"

DEMUXERS = {"isobmff": "mov"}
"""FFmpeg's name for each format of ours: it is told, not left to guess, so that no playlist is followed."""

STILLS = frozenset({"bmp", "gif", "heif", "jpeg", "png", "tiff", "webp"})
"""Formats of ours that Pillow or libheif decode."""

CODECS = {"jpeg": "mjpeg", "png": "png", "tiff": "tiff"}
"""FFmpeg's name for the codec of a still."""

ALWAYS_PLANES = "jpeg"

SECONDS = 120
SECONDS_PER_MIB = 2

_PLANES_ONLY = "way up, transparency and colours were not compared"
_DEEPER = "pixels of more than 8 bits were compared to 8 bits"


def compare_decoded(source: Path, output: Path, formats: tuple[str, str], *, kept: bool = False) -> Check:
    """Decode two files side by side; `formats` are our names for theirs.

    `kept` says that the policy kept pictures beside a still.  `NOT_RUN` with the
    reason where the decoder is missing, can't decode the source, or fails itself.
    """
    paths = source, output
    if formats == ("heif", "heif") and _is_sequence(output):
        return _asked("lockstep", ("av", "numpy"), paths, {"demuxers": ["mov", "mov"]})[0]
    if formats[0] == formats[1] and formats[0] in STILLS:
        return _compare_stills(paths, formats[0], kept=kept)
    demuxers = [DEMUXERS.get(name) for name in formats]
    if None in demuxers:
        return Check(NAME, Outcome.NOT_RUN, "", "no decoder for this format")
    return _asked("lockstep", ("av", "numpy"), paths, {"demuxers": demuxers})[0]


def _is_sequence(output: Path) -> bool:
    """Whether a file is an image sequence of HEVC, of which Pillow and libheif show nothing."""
    with output.open("rb") as file:
        return file.read(12)[4:] == b"ftyphevc"


def _compare_stills(paths: tuple[Path, Path], name: str, *, kept: bool) -> Check:
    needed = ("PIL", "pillow_heif") if name == "heif" else ("PIL",)
    shown, answer = _asked("stills", needed, paths, {"format": name, "kept": kept})
    deeper = answer.get("deeper", False)
    if shown.outcome is Outcome.FAILED or not (deeper or name == ALWAYS_PLANES):
        return shown
    planes = Check(NAME, Outcome.NOT_RUN)
    if name in CODECS and answer.get("alone", True):
        planes, _ = _asked("lockstep", ("av", "numpy"), paths, {"codec": CODECS[name]})
    match shown.outcome, planes.outcome:
        case _, Outcome.FAILED:
            return planes
        case Outcome.PASSED, Outcome.PASSED:
            scope = f"{shown.scope}; {planes.scope}"
        case Outcome.PASSED, _:
            scope = f"{shown.scope}; {_DEEPER}" if deeper else shown.scope
        case _, Outcome.PASSED:
            scope = f"{planes.scope}; {_PLANES_ONLY}"
        case _:
            return shown
    return Check(NAME, Outcome.PASSED, scope)


def _asked(
    module: str, needed: tuple[str, ...], paths: tuple[Path, Path], request: dict[str, Any]
) -> tuple[Check, dict[str, Any]]:
    """Return the check that a child made of two files, and its whole answer, empty if it gave none."""
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        return Check(NAME, Outcome.NOT_RUN, "", f"{' and '.join(missing)} not installed"), {}
    size = sum(path.stat().st_size for path in paths)
    request = request | {"paths": [os.fsencode(path.absolute()).hex() for path in paths]}
    try:
        answer = ask(f"scrubkit.witnesses.{module}", request, SECONDS + SECONDS_PER_MIB * (size >> 20))
    except ChildError as error:
        return Check(NAME, Outcome.NOT_RUN, "", f"the decoder {error}"), {}
    return Check(NAME, Outcome(answer["outcome"]), answer["scope"], answer["reason"]), answer
