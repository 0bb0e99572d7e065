"""The decode check: PyAV (FFmpeg) must see the same frames and samples in the output as in the source."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ..model import Check, Outcome
from .confined import ChildError, ask

if TYPE_CHECKING:
    from pathlib import Path

NAME = "decode"

DEMUXERS = {"isobmff": "mov", "jpeg": "mjpeg"}
"""FFmpeg's name for each format of ours: it is told, not left to guess, so that no playlist is followed."""

SECONDS = 120
SECONDS_PER_MIB = 2


def compare_decoded(source: Path, output: Path, formats: tuple[str, str]) -> Check:
    """Decode two files track by track in lockstep; `formats` are our names for theirs.

    `NOT_RUN` with the reason where PyAV is missing, can't decode the source, or fails itself.
    """
    missing = [name for name in ("av", "numpy") if find_spec(name) is None]
    if missing:
        return Check(NAME, Outcome.NOT_RUN, "", f"{' and '.join(missing)} not installed")
    demuxers = [DEMUXERS.get(name) for name in formats]
    if None in demuxers:
        return Check(NAME, Outcome.NOT_RUN, "", "no demuxer for this format")
    paths = [os.fsencode(path.absolute()).hex() for path in (source, output)]
    size = source.stat().st_size + output.stat().st_size
    request = {"paths": paths, "demuxers": demuxers}
    try:
        answer = ask("scrubkit.witnesses.lockstep", request, SECONDS + SECONDS_PER_MIB * (size >> 20))
    except ChildError as error:
        return Check(NAME, Outcome.NOT_RUN, "", f"the decoder {error}")
    outcome = Outcome(answer["outcome"])
    return Check(NAME, outcome, answer["scope"], answer["reason"])
