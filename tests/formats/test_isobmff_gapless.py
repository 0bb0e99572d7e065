"""The beginning of a sound that iTunes says beside the edit list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scrubkit.audit import read
from scrubkit.essence import Movie
from scrubkit.formats.isobmff import gapless
from scrubkit.model import Policy
from scrubkit.source import Source
from scrubkit.specimens.builders.boxes import box, full, u32
from scrubkit.specimens.builders.layout import Layout
from scrubkit.specimens.builders.movie import mux
from scrubkit.specimens.cases.isobmff import source

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Literal

PRIMING = 2112
NUMBERS = b" 00000000 00000840 000001C0 0000000000001740 00000000 00000000"


def item(
    numbers: bytes, mean: bytes = b"com.apple.iTunes", name: bytes = b"iTunSMPB", *, version: bytes = bytes(4)
) -> bytes:
    data = full(b"data", 0, 1, u32(0), numbers)
    free_form = box(b"----", full(b"mean", 0, 0, mean), full(b"name", 0, 0, name), data)
    return box(b"udta", box(b"meta", version, box(b"hdlr", bytes(24)), box(b"ilst", free_form)))


def beginnings(folder: Path, name: str, edits: Literal["none", "one"], numbers: bytes) -> list[int]:
    """Where in its media each track begins to be shown."""
    path = folder / "source"
    path.write_bytes(mux(source(name), Layout(edits=edits, inside={"moov": item(numbers)})))
    with Source(path) as opened:
        movie = read(opened, Policy())[1].essence
        assert isinstance(movie, Movie)
        return [
            next(edit.media_time for edit in track.edits if edit.media_time >= 0) for track in movie.tracks
        ]


def test_a_sound_without_edits_begins_where_it_says(tmp_path: Path) -> None:
    assert beginnings(tmp_path, "aac", "none", NUMBERS) == [PRIMING]
    assert beginnings(tmp_path, "aac", "none", b"") == [0]


def test_an_edit_list_goes_first(tmp_path: Path) -> None:
    assert beginnings(tmp_path, "aac", "one", NUMBERS) == beginnings(tmp_path, "aac", "one", b"")


def test_it_says_nothing_of_a_sound_with_pictures(tmp_path: Path) -> None:
    assert beginnings(tmp_path, "h264", "none", NUMBERS) == beginnings(tmp_path, "h264", "none", b"")


@pytest.mark.parametrize("version", [bytes(4), b""], ids=["ISO", "QuickTime"])
def test_it_is_found_in_either_kind_of_meta(version: bytes) -> None:
    assert gapless.priming(memoryview(item(NUMBERS, version=version))) == PRIMING


@pytest.mark.parametrize(
    "broken",
    [
        item(b""),
        item(b"words"),
        item(b" 00000000 00004000 00000000"),
        item(b" 00000000 FFFFFFFFFFFFFFFF 00000000"),
        item(b" 00000000 -0000840 00000000"),
        item(NUMBERS, mean=b"org.example"),
        item(NUMBERS, name=b"iTunNORM"),
        item(NUMBERS)[:-1],
        b"",
        b"\xff" * 40,
    ],
)
def test_what_is_none_counts_for_nothing(broken: bytes) -> None:
    assert gapless.priming(memoryview(broken)) == 0
