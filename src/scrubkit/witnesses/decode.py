"""The decode check: another decoder must see the same pictures and samples in the output as in the source.

PyAV (FFmpeg) decodes movies and JPEG, Pillow with libheif all other stills.
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

DEMUXERS = {"isobmff": "mov", "jpeg": "mjpeg"}
"""FFmpeg's name for each format of ours: it is told, not left to guess, so that no playlist is followed."""

STILLS = frozenset({"bmp", "gif", "heif", "png", "tiff", "webp"})
"""Formats of ours that Pillow decodes."""

SECONDS = 120
SECONDS_PER_MIB = 2


def compare_decoded(source: Path, output: Path, formats: tuple[str, str]) -> Check:
    """Decode two files side by side; `formats` are our names for theirs.

    `NOT_RUN` with the reason where the decoder is missing, can't decode the source, or fails itself.
    """
    still = formats[0] == formats[1] and formats[0] in STILLS
    needed = ("PIL", "pillow_heif") if still else ("av", "numpy")
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        return Check(NAME, Outcome.NOT_RUN, "", f"{' and '.join(missing)} not installed")
    demuxers = [DEMUXERS.get(name) for name in formats]
    if None in demuxers and not still:
        return Check(NAME, Outcome.NOT_RUN, "", "no decoder for this format")
    paths = [os.fsencode(path.absolute()).hex() for path in (source, output)]
    size = source.stat().st_size + output.stat().st_size
    request: dict[str, Any] = {"paths": paths}
    request |= {"format": formats[0]} if still else {"demuxers": demuxers}
    module = "scrubkit.witnesses.stills" if still else "scrubkit.witnesses.lockstep"
    try:
        answer = ask(module, request, SECONDS + SECONDS_PER_MIB * (size >> 20))
    except ChildError as error:
        return Check(NAME, Outcome.NOT_RUN, "", f"the decoder {error}")
    outcome = Outcome(answer["outcome"])
    return Check(NAME, outcome, answer["scope"], answer["reason"])
