"""BMP: what crosses, what stays behind, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scrubkit.errors import LimitExceeded, Malformed, Refused, Truncated, Unsupported
from scrubkit.model import Kind
from scrubkit.specimens.builders import bmp, jpeg
from scrubkit.specimens.cases.bmp import ALPHA, INDEXED, MASKED, RUNS, SIZE, TRUE

from . import stills

if TYPE_CHECKING:
    from pathlib import Path

DEPTHS = {
    1: replace(INDEXED, bits=1, data=bmp.rows(*SIZE, 1, b"\xff"), palette=bmp.palette(2)),
    4: INDEXED,
    8: replace(INDEXED, bits=8, data=bmp.rows(*SIZE, 8, b"x"), palette=bmp.palette(251)),
    16: MASKED,
    24: TRUE,
    32: ALPHA,
}


@pytest.mark.parametrize("bits", DEPTHS)
def test_pixels_are_those_of_the_source(bits: int, tmp_path: Path) -> None:
    data = DEPTHS[bits].build()
    assert stills.frames(stills.cleaned(tmp_path, data)) == stills.frames(data)


@pytest.mark.parametrize("top_down", [False, True])
def test_the_order_of_rows_crosses(top_down: bool, tmp_path: Path) -> None:
    data = replace(TRUE, top_down=top_down).build()
    assert stills.frames(stills.cleaned(tmp_path, data)) == stills.frames(data)


def test_bytes_and_bits_behind_the_rows_are_zero(tmp_path: Path) -> None:
    full = replace(DEPTHS[1], data=bmp.rows(*SIZE, 1, b"\xff"))
    empty = replace(DEPTHS[1], data=bmp.rows(*SIZE, 1, b"\0"))
    assert stills.cleaned(tmp_path, full.build()) == stills.cleaned(tmp_path, empty.build())
    assert stills.findings(tmp_path, full.build())["pixels/padding"].kind is Kind.HIDDEN


def test_a_padding_byte_in_run_lengths_is_zero(tmp_path: Path) -> None:
    odd = replace(RUNS, data=RUNS.data.replace(b"\1\2\3\0", b"\1\2\3\x55"))
    assert stills.cleaned(tmp_path, odd.build()) == stills.cleaned(tmp_path, RUNS.build())


def test_an_embedded_profile_crosses_in_canonical_form(tmp_path: Path) -> None:
    profile = jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE, words=b"a display of somebody")
    data = replace(TRUE, header=124, profile=profile).build()
    out = stills.cleaned(tmp_path, data)
    assert b"somebody" not in out
    assert "Display P3".encode("utf-16-be") in out
    assert stills.frames(out) == stills.frames(data)


def test_the_path_of_a_linked_profile_is_named(tmp_path: Path) -> None:
    data = replace(TRUE, header=124, profile=b"C:\\Users\\somebody\\x.icm", kind=b"KNIL").build()
    assert stills.findings(tmp_path, data)["profile/link"].kind is Kind.PERSON


def test_a_palette_may_lack_colours_that_no_pixel_has(tmp_path: Path) -> None:
    low = bytes(byte & 0x77 for byte in bmp.rows(*SIZE, 4))
    few = replace(INDEXED, palette=bmp.palette(8), data=low)
    assert stills.read(tmp_path, few.build()).ledger.complete


REFUSED: dict[str, tuple[bytes, type[Refused], str]] = {
    "rows missing": (TRUE.build()[:-1], Truncated, "rows"),
    "JPEG inside": (replace(TRUE, compression=4).build(), Unsupported, "coding"),
    "no width": (replace(TRUE, size=(0, 9)).build(), Malformed, "picture-size"),
    "rows without end": (replace(TRUE, size=(1, 1 << 30)).build(), LimitExceeded, "rows"),
    "seven bits": (replace(TRUE, bits=7).build(), Malformed, "bits-per-pixel"),
    "masks that overlap": (replace(MASKED, masks=(0xFF00, 0x1F00, 0x1F)).build(), Malformed, "masks"),
    "runs beyond the row": (
        replace(RUNS, data=b"\x09\1" + RUNS.data).build(),
        Malformed,
        "outside-the-picture",
    ),
    "runs without an end": (replace(RUNS, data=RUNS.data[:6]).build(), Truncated, "no-end"),
    "colours that pixels have missing": (
        replace(INDEXED, palette=bmp.palette(8)).build(),
        Malformed,
        "palette-missing",
    ),
    "pixels where the palette lies": (
        INDEXED.build()[:10] + b"\x36\0\0\0" + INDEXED.build()[14:],
        Malformed,
        "palette-missing",
    ),
    "pixels in the header": (
        TRUE.build()[:10] + b"\x20\0\0\0" + TRUE.build()[14:],
        Malformed,
        "place-of-the-pixels",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_shown_for_sure_is_refused(name: str, tmp_path: Path) -> None:
    data, error, rule = REFUSED[name]
    with pytest.raises(error) as raised:
        stills.read(tmp_path, data)
    assert raised.value.rule == rule
