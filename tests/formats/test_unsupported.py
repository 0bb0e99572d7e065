"""Stills that are refused for what they are."""

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
}


@pytest.mark.parametrize("rule", BEGINNINGS)
def test_the_refusal_says_what_the_file_is(rule: str, tmp_path: Path) -> None:
    with pytest.raises(Unsupported) as raised:
        stills.read(tmp_path, BEGINNINGS[rule] + bytes(64))
    assert raised.value.rule == rule


@pytest.mark.parametrize("rule", BEGINNINGS)
def test_no_other_format_claims_the_file(rule: str) -> None:
    head = BEGINNINGS[rule] + bytes(64)
    assert [found.name for found in formats.all_formats() if found.sniff(head)] == ["unsupported"]


def test_an_old_raw_of_canon_is_no_tiff() -> None:
    head = b"II*\0\x10\0\0\0CR\2\0" + bytes(32)
    assert [found.name for found in formats.all_formats() if found.sniff(head)] == ["unsupported"]
