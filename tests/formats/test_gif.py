"""GIF: what crosses, what stays behind, and what is refused."""

from __future__ import annotations

import importlib
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scrubkit.errors import LimitExceeded, Malformed, Refused, Truncated, Unsupported
from scrubkit.essence import Gif
from scrubkit.formats.gif.lzw import walk
from scrubkit.model import Kind
from scrubkit.specimens.builders import gif
from scrubkit.specimens.builders.gif import Frame
from scrubkit.specimens.cases.gif import ANIMATION, COLOURS, STILL

from . import stills

if TYPE_CHECKING:
    from pathlib import Path

FIRST = STILL.frames[0]


def test_frames_durations_and_transparency_are_those_of_the_source(tmp_path: Path) -> None:
    data = ANIMATION.build()
    assert stills.frames(stills.cleaned(tmp_path, data)) == stills.frames(data)


def test_the_loop_count_crosses(tmp_path: Path) -> None:
    picture = stills.read(tmp_path, ANIMATION.build()).essence
    assert isinstance(picture, Gif)
    assert picture.loop == 5
    assert gif.loop(5) in stills.cleaned(tmp_path, ANIMATION.build())


def test_a_file_of_another_encoder_shows_the_same(tmp_path: Path) -> None:
    from PIL import Image

    pictures = [Image.effect_mandelbrot((70, 50), (-2 + i / 9, -1, 1, 1), 40) for i in range(4)]
    out = io.BytesIO()
    pictures[0].save(
        out, "GIF", save_all=True, append_images=pictures[1:], duration=[50, 70, 90, 110], loop=3
    )
    assert stills.frames(stills.cleaned(tmp_path, out.getvalue())) == stills.frames(out.getvalue())


def test_data_lie_in_sub_blocks_of_255_bytes(tmp_path: Path) -> None:
    noise = bytes((x * x * 7 + x // 3) % 4 for x in range(64 * 64))
    picture = replace(STILL, size=(64, 64), frames=(Frame(noise, (64, 64), block=11),))
    data = stills.cleaned(tmp_path, picture.build())
    at = 13 + len(COLOURS) + 11
    sizes = []
    while data[at]:
        sizes.append(data[at])
        at += 1 + data[at]
    assert set(sizes[:-1]) == {255}
    assert data[at:] == b"\0\x3b"


def test_an_end_code_is_written_where_there_is_none(tmp_path: Path) -> None:
    cut = replace(STILL, frames=(replace(FIRST, data=gif.lzw(FIRST.pixels, 2, end=False)),))
    assert stills.cleaned(tmp_path, cut.build()) == stills.cleaned(tmp_path, STILL.build())


def test_an_end_code_before_the_last_pixel_stays_the_end(tmp_path: Path) -> None:
    data = gif.lzw(FIRST.pixels[:99], 2)
    short = replace(STILL, frames=(replace(FIRST, data=data + b"surplus"),))
    assert gif.blocks(data) in stills.cleaned(tmp_path, short.build())


def test_a_scale_of_greys_stays_whole(tmp_path: Path) -> None:
    greys = bytes(value for value in range(0, 256, 85) for _ in range(3))
    black = replace(STILL, colours=greys, frames=(replace(FIRST, pixels=bytes(len(FIRST.pixels))),))
    assert greys in stills.cleaned(tmp_path, black.build())


def test_colours_without_pixels_are_named(tmp_path: Path) -> None:
    hidden = replace(STILL, colours=COLOURS + b"hidden words")
    found = stills.findings(tmp_path, hidden.build())["screen/colours/unused"]
    assert (found.kind, found.size) == (Kind.HIDDEN, 12)


def test_what_extensions_say_is_named(tmp_path: Path) -> None:
    head = gif.comment(b"by a person") + gif.xmp(b'<x dc:creator="somebody"/>') + gif.extension(0x42, b"x")
    found = stills.findings(tmp_path, replace(STILL, head=head).build())
    assert found["comment"].untrusted_value == "by a person"
    assert found["application/XMP/dc:creator"].untrusted_value == "somebody"
    assert found["extension/unknown"].kind is Kind.UNKNOWN


def test_a_trailer_is_named(tmp_path: Path) -> None:
    assert "trailer/ZIP" in stills.findings(tmp_path, STILL.build() + b"PK\3\4" + bytes(60))


def _with(**changes: object) -> bytes:
    return replace(STILL, frames=(replace(FIRST, **changes),)).build()  # type: ignore[arg-type]


REFUSED: dict[str, tuple[bytes, type[Refused], str]] = {
    "a frame beyond the screen": (_with(place=(1, 0)), Unsupported, "beyond-the-screen"),
    "a frame without rows": (_with(size=(24, 0)), Malformed, "without-size"),
    "a screen without columns": (replace(STILL, size=(0, 16)).build(), Malformed, "screen-without-size"),
    "no frame": (replace(STILL, frames=()).build(), Malformed, "no-picture"),
    "codes that end early": (
        _with(data=gif.lzw(FIRST.pixels[:99], 2, end=False)),
        Truncated,
        "pixels-missing",
    ),
    "a code from nowhere": (
        _with(data=gif.packed([(4, 3), (7, 3)])),
        Malformed,
        "code-before-its-definition",
    ),
    "codes of no bits": (_with(code_size=0, data=b"\0"), Malformed, "code-size"),
    "codes of one bit, on which decoders disagree": (
        _with(code_size=1, data=gif.lzw(bytes(24 * 16), 1)),
        Malformed,
        "code-size",
    ),
    "codes of nine bits": (_with(code_size=9, data=b"\0"), Malformed, "code-size"),
    "stray bytes between blocks": (
        replace(STILL, tail=b"\0").build(),
        Malformed,
        "neither-extension-nor-image",
    ),
    "an unknown disposal": (_with(before=gif.control(1, 7)), Unsupported, "disposal"),
    "a sub-block beyond the file": (STILL.build()[:-9], Truncated, "sub-block-beyond-the-file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_shown_for_sure_is_refused(name: str, tmp_path: Path) -> None:
    data, error, rule = REFUSED[name]
    with pytest.raises(error) as raised:
        stills.read(tmp_path, data)
    assert raised.value.rule == rule


def test_frames_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module("scrubkit.formats.gif.read"), "FRAMES", 50)
    many = Frame(b"\0", (1, 1)).build() * 51
    with pytest.raises(LimitExceeded):
        stills.read(tmp_path, replace(STILL, frames=(), tail=many).build())


@pytest.mark.parametrize("size", [1, 5, 255])
def test_the_walk_ends_with_the_last_pixel_however_the_data_are_cut(size: int) -> None:
    data = gif.lzw(bytes(range(4)) * 500, 2)
    parts = [memoryview(data[at : at + size]) for at in range(0, len(data), size)]
    extent = walk(parts, 2, 2000)
    assert extent == walk([memoryview(data)], 2, 2000)
    assert extent.used == b"\1\1\1\1"
    assert extent.bits + extent.end_bits <= 8 * len(data) < extent.bits + extent.end_bits + 8


def test_a_table_that_is_full_stays_as_it_is() -> None:
    noise = bytes((i * 7919 >> 5) % 251 for i in range(30_000))
    assert walk([memoryview(gif.lzw(noise, 8))], 8, len(noise)).end_bits
