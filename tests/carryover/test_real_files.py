"""What common tools leave in real files is found; what scrubkit writes of them holds nothing."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from corpus import manifest
from scrubkit.audit import audit_file
from scrubkit.carryover import harvest, search_for, values_of_path
from scrubkit.clean import clean_file
from scrubkit.model import Policy, Verdict, Verify
from scrubkit.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from corpus.manifest import Entry
    from scrubkit.model import Search

pytestmark = [pytest.mark.corpus, manifest.needed]

PLAIN = Policy(verify=Verify.PAYLOAD)
"""Cleans without the search that is tested."""

FAMILIES = ("isobmff-video", "heif", "jpeg", "png-webp-gif-tiff-raw", "audio")

LEFT = (
    ("karma.mp4", "exiftool", "track meta/sample"),
    ("karma.mp4", "ffmpeg", "track meta/sample"),
    ("IMG_3853.MOV", "exiftool", "track meta/sample"),
    ("IMG_3853.MOV", "ffmpeg", "track meta/sample"),
    ("quicktime-hvc1.mov", "ffmpeg", "track meta/sample"),
    ("video.mov", "ffmpeg", "sei/5"),
    ("bt601.mov", "exiftool", "sei/5"),
    ("samsung-one-ui-6.heic", "exiftool", "mpvd/video"),
    ("h265_with_metadata_track.mp4", "exiftool", "moov/mvhd.creation_time"),
    ("karma.mp4", "mat2", "sei/5"),
    ("video.mov", "mat2", "sei/5"),
)
"""A file, a tool, and a place in the file whose content that tool leaves."""


def _entries() -> Iterator[Entry]:
    for family in FAMILIES:
        yield from manifest.entries(family)


def _searched(original: Path, copy: Path) -> Search:
    findings = audit_file(original).findings
    with Source(original) as source:
        search = search_for(harvest(source, findings, values_of_path(original)), copy)
    assert search is not None
    return search


def _cleaned_by(tool: str, original: Path, folder: Path) -> Path:
    if shutil.which(tool) is None:
        pytest.skip(f"NOT RUN: {tool} is not installed")
    copy = folder / f"copy{original.suffix}"
    if tool == "ffmpeg":
        quiet = ("-nostdin", "-v", "quiet")
        command = ["ffmpeg", *quiet, "-i", str(original), "-map", "0", "-map_metadata", "-1"]
        command += ["-c", "copy", "-f", "mov", str(copy)]
    elif tool == "exiftool":
        command = ["exiftool", "-config", "", "-q", "-q", "-all=", "-o", str(copy), str(original)]
    else:
        # mat2 goes by the suffix, and by name knows only one kind of movie.
        (folder / "in.mp4").write_bytes(original.read_bytes())
        command = ["mat2", str(folder / "in.mp4")]
        copy = folder / "in.cleaned.mp4"
    subprocess.run(command, capture_output=True, timeout=60, check=False)
    if not copy.exists() or not copy.stat().st_size:
        pytest.skip(f"NOT RUN: {tool} does not write this file")
    return copy


@pytest.mark.parametrize(("name", "tool", "place"), LEFT, ids=lambda part: part)
def test_what_a_tool_leaves_is_found(name: str, tool: str, place: str, tmp_path: Path) -> None:
    entry = next(entry for entry in _entries() if entry.path.endswith(f"/{name}"))
    carried = _searched(entry.file, _cleaned_by(tool, entry.file, tmp_path)).carried
    assert place in {hit.value.path for hit in carried}


@pytest.mark.parametrize("entry", list(_entries()), ids=lambda entry: entry.path)
def test_our_own_output_of_a_real_file_holds_nothing(entry: Entry, tmp_path: Path) -> None:
    copy = tmp_path / "clean"
    if clean_file(entry.file, copy, PLAIN).verdict is not Verdict.CLEANED:
        pytest.skip("scrubkit refuses this file")
    assert [(hit.value.path, hit.form) for hit in _searched(entry.file, copy).carried] == []


def test_a_stale_movie_header_in_the_sample_data_is_found(tmp_path: Path) -> None:
    entry = next(entry for entry in _entries() if entry.path.endswith("/video1.mp4"))
    data = entry.file.read_bytes()
    stale = data[data.index(b"moov") - 4 :]
    # A tool that makes a new header and leaves the old one where it was, now part of `mdat`.
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(b"\0" * 64 + stale)
    paths = {hit.value.path for hit in _searched(entry.file, copy).carried}
    assert any("creation_time" in path or "udta" in path or "meta" in path for path in paths)
