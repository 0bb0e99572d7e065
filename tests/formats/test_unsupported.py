"""Files that are refused for what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scrubkit import formats
from scrubkit.errors import Unsupported

from . import stills

if TYPE_CHECKING:
    from pathlib import Path

BEGINNINGS = {
    "jpeg-xl": b"\0\0\0\x0cJXL \r\n\x87\n",
    "jpeg-2000": b"\0\0\0\x0cjP  \r\n\x87\n",
    "canon-raw": b"\0\0\0\x18ftypcrx \0\0\0\1",
    "fujifilm-raw": b"FUJIFILMCCD-RAW 0201",
    "panasonic-raw": b"IIU\0\x18\0\0\0",
    "olympus-raw": b"IIRO\x08\0\0\0",
    "sigma-raw": b"FOVb",
    "photoshop": b"8BPS\0\1",
    "matroska": b"\x1a\x45\xdf\xa3\x9f",
    "avi": b"RIFF\x10\x20\0\0AVI LIST",
    "windows-media": bytes.fromhex("3026b2758e66cf11a6d9"),
    "flash-video": b"FLV\1\5\0\0\0\x09",
    "mpeg-program-stream": b"\0\0\1\xba\x44",
    "mpeg-transport-stream": (b"\x47\x40\0\x10" + bytes(184)) * 3,
    "wav": b"RIFF\x10\x20\0\0WAVEfmt ",
    "aiff": b"FORM\0\0\x10\0AIFCFVER",
    "core-audio": b"caff\0\1\0\0desc",
    "flac": b"fLaC\0\0\0\x22",
    "ogg": b"OggS\0\2",
    "amr": b"#!AMR-WB\n",
    "mp3": b"\xff\xfb\x90\x44",
    "aac": b"\xff\xf1\x50\x80\x02\x1f\xfc",
}


@pytest.mark.parametrize("rule", BEGINNINGS)
def test_the_refusal_says_what_the_file_is(rule: str, tmp_path: Path) -> None:
    with pytest.raises(Unsupported) as raised:
        stills.read(tmp_path, BEGINNINGS[rule] + bytes(64))
    assert raised.value.rule == rule


@pytest.mark.parametrize(
    ("rule", "head"),
    [
        ("mpeg-transport-stream", (bytes(4) + b"\x47\x40\0\x10" + bytes(184)) * 3),
        ("mp3", b"ID3\4\0\0\0\0\0\0"),
        ("wav", b"RF64\xff\xff\xff\xffWAVEds64"),
        ("amr", b"#!AMR\n"),
    ],
)
def test_a_kind_may_begin_in_more_than_one_way(rule: str, head: bytes, tmp_path: Path) -> None:
    with pytest.raises(Unsupported) as raised:
        stills.read(tmp_path, head + bytes(64))
    assert raised.value.rule == rule


@pytest.mark.parametrize(
    "head", [b"\x47" + bytes(600), b"\xff\xfe\x61\0", b"\xff\xff\xff\xff", b"RIFF....ABCD"]
)
def test_what_only_resembles_one_is_unrecognised(head: bytes) -> None:
    assert formats.identify(head + bytes(64)) is None


@pytest.mark.parametrize("rule", BEGINNINGS)
def test_no_other_format_claims_the_file(rule: str) -> None:
    head = BEGINNINGS[rule] + bytes(64)
    assert [found.name for found in formats.all_formats() if found.sniff(head)] == ["unsupported"]


def test_an_old_raw_of_canon_is_no_tiff() -> None:
    head = b"II*\0\x10\0\0\0CR\2\0" + bytes(32)
    assert [found.name for found in formats.all_formats() if found.sniff(head)] == ["unsupported"]
