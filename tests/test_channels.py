"""Which bytes of a movie header reach the output at all.

Every bit that is flipped in a header leads to the same clean file, to a refusal, or lies in one of
the few fields that say how the recording is decoded and shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import support
from scrubkit.errors import ScrubError
from scrubkit.specimens.builders import boxes
from scrubkit.specimens.builders.layout import Layout
from scrubkit.specimens.builders.movie import mux
from scrubkit.specimens.builders.recordings import recording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KIND = range(4, 8)
"""A box's type: a box of another type is another box."""

ESSENCE: dict[str, tuple[range, ...]] = {
    "mvhd": (range(20, 24),),  # timescale
    "tkhd": (range(48, 84),),  # matrix
    "elst": (range(12, 10_000),),
    "mdhd": (range(20, 24),),  # timescale
    "hdlr": (range(16, 20),),  # handler_type
    "stsd": (range(12, 16),),  # entry_count
    "stts": (range(12, 10_000),),
    "ctts": (range(8, 9), range(12, 10_000)),  # version: signed or not
    "stss": (range(12, 10_000),),
    "stsc": (range(12, 10_000),),
    "stsz": (range(12, 10_000),),
    "stco": (range(12, 10_000),),
    "avcC": (range(8, 10_000),),
    "hvcC": (range(8, 10_000),),
    "esds": (range(26, 10_000),),  # objectTypeIndication, DecoderSpecificInfo
    "avc1": (range(32, 36),),  # width, height
    "hvc1": (range(32, 36),),
    "mp4v": (range(32, 36),),
    "jpeg": (range(32, 36),),
    "mp4a": (range(24, 26), range(32, 36)),  # channelcount, samplerate
    "twos": (range(24, 28), range(32, 36)),
}
"""Byte positions, from the start of the box, that may change what is written."""


def mutants(data: bytes) -> Iterator[tuple[str, int, bytes]]:
    for node in boxes.every(data):
        if node.kind == b"mdat":
            continue
        stop = node.children[0].start if node.children else node.end
        for at in range(node.start, stop):
            for bit in (0x01, 0x40):
                yield (
                    node.kind.decode("latin-1"),
                    at - node.start,
                    data[:at] + bytes((data[at] ^ bit,)) + data[at + 1 :],
                )


def rebuilt(path: Path, data: bytes) -> bytes:
    path.write_bytes(data)
    try:
        return support.rebuilt(path)
    except ScrubError:
        return b""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["h264", "hevc", "mpeg4", "mjpeg"])
def test_only_fields_of_the_essence_move_the_output(name: str, tmp_path: Path) -> None:
    whole = recording(name)
    short = replace(whole, streams=tuple(replace(s, samples=s.samples[:4]) for s in whole.streams))
    layout = Layout(edits="one", rate_box=True)
    if short.quicktime:
        layout = replace(layout, brands=(b"qt  ", b"qt  "), quicktime=True)
    data = mux(short, layout)
    path = tmp_path / "movie"
    expected = rebuilt(path, data)
    assert expected
    moved = {
        (kind, at)
        for kind, at, mutant in mutants(data)
        if at not in KIND and rebuilt(path, mutant) not in {expected, b""}
    }
    stray = {(kind, at) for kind, at in moved if not any(at in part for part in ESSENCE.get(kind, ()))}
    assert stray == set()
