"""Where a still could hide something, or viewers would show different things, it is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scrubkit.errors import Encrypted, External, LimitExceeded, Malformed, ScrubError, Truncated, Unsupported
from scrubkit.specimens.builders import heif
from scrubkit.specimens.builders.boxes import box, full, u8, u16, u32
from scrubkit.specimens.builders.heif import SIDE, Layout, Part, Parts
from scrubkit.specimens.cases.heif import ALPHA_URN, HEVC_ALPHA_URN, display_p3, with_alpha

from . import heifs

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = heif.picture()
TILES = heif.grid()[:4]
GRID = heif.grid()[4]
HEAD = len(box(b"ftyp", Layout().brands))


PLAIN = Layout()


def file(*parts: Part, layout: Layout = PLAIN) -> bytes:
    return heif.build(parts, "picture", layout)


def shown(*properties: heif.Property) -> bytes:
    return file(heif.picture(shown=properties))


def av1(*properties: heif.Property) -> bytes:
    layout = Layout(brands=b"avif\0\0\0\0avifmif1miaf")
    return file(heif.picture("av1", shown=properties), layout=layout)


def grid(rows: int = 2, columns: int = 2, width: int = 2 * SIDE, height: int = 2 * SIDE) -> Part:
    body = heif.grid_body(rows, columns, width, height)
    return replace(GRID, data=body, properties=(heif.ispe(width, height),))


def tiled(tile: Part) -> Parts:
    return replace(tile, name=TILES[0].name), *TILES[1:], grid()


def clap(width: int, height: int, across: int = 0, down: int = 0) -> heif.Property:
    return box(b"clap", u32(width, 1, height, 1), u32(across % (1 << 32), 1, down % (1 << 32), 1)), True


def changed(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1
    assert len(old) == len(new)
    return data.replace(old, new)


def protected(data: bytes) -> bytes:
    return changed(data, u16(1, 0) + b"hvc1", u16(1, 1) + b"hvc1")


def referring(data: bytes, index: int = 1) -> bytes:
    """Give the item a data reference index; the first entry is this file."""
    at = data.index(b"iloc") + 4
    return data[: at + 12] + u16(index) + data[at + 14 :]


def elsewhere(data: bytes) -> bytes:
    """Say that the file which the first data reference names is another one."""
    return changed(referring(data), b"url \0\0\0\1", b"url \0\0\0\0")


UNSUPPORTED = {
    "tiles beyond the picture": file(*TILES, grid(width=SIDE)),
    "rows of tiles beyond the picture": file(*TILES, grid(height=SIDE - 1)),
    "a grid of itself": file(
        replace(grid(), references=((b"dimg", ("picture",) * 4),)),
    ),
    "an overlay": file(*TILES, replace(GRID, kind=b"iovl")),
    "a tone-mapped picture": file(*TILES, replace(GRID, kind=b"tmap")),
    "a JPEG picture": file(replace(PICTURE, kind=b"jpeg")),
    "a tile that is turned": file(*tiled(heif.picture(shown=(heif.irot(1),)))),
    "a tile with a crop": file(*tiled(heif.picture(shown=(clap(SIDE - 2, SIDE),)))),
    "a tile of another size": file(
        *tiled(replace(PICTURE, properties=(PICTURE.properties[0], heif.ispe(8, 8))))
    ),
    "a tile of another colour": file(*tiled(heif.picture(shown=(heif.nclx(9, 16, 9),)))),
    "a tile of another bit depth": file(*tiled(heif.picture("hevc10"))),
    "a tile of another coding": file(*tiled(heif.picture("av1"))),
    "a tile with an alpha plane": file(
        *TILES,
        grid(),
        replace(
            heif.picture(name="alpha", shown=(heif.auxc(HEVC_ALPHA_URN),)),
            references=((b"auxl", (TILES[0].name,)),),
        ),
    ),
    "a colour that its tiles contradict": file(
        *heif.grid(size=(128, 128))[:3],
        replace(TILES[3], properties=(*TILES[3].properties, heif.nclx(9, 16, 9))),
        grid(),
    ),
    "a grid that says another size than its property": file(
        *TILES, replace(grid(), properties=(heif.ispe(9, 9),))
    ),
    "a size far from the coded one": file(
        replace(PICTURE, properties=(PICTURE.properties[0], heif.ispe(SIDE, SIDE - 17)))
    ),
    "a size beyond the coded one": file(
        replace(PICTURE, properties=(PICTURE.properties[0], heif.ispe(SIDE, SIDE + 1)))
    ),
    "an aperture that hides much": shown(clap(SIDE, SIDE - 18)),
    "an aperture outside the picture": shown(clap(SIDE + 2, SIDE)),
    "an aperture moved outside the picture": shown(clap(SIDE - 2, SIDE, 4)),
    "an aperture of no size": shown(clap(0, SIDE)),
    "an aperture after a rotation": shown(heif.irot(1), clap(SIDE - 2, SIDE)),
    "an unknown property that must not be ignored": shown((box(b"zzzz"), True)),
    "a chosen layer": shown((box(b"lsel", u16(1)), True)),
    "a chosen operating point": shown((box(b"a1op", u8(1)), True)),
    "a scale": shown((full(b"iscl", 0, 0, u16(1, 2, 1, 2)), False)),
    "two sizes": shown(heif.ispe(SIDE - 1)),
    "two apertures": shown(clap(SIDE, SIDE - 2), clap(SIDE - 2, SIDE)),
    "two kinds of code points": shown(heif.nclx(1, 13, 6), heif.nclx(12, 13, 1)),
    "two profiles": shown(heif.profile(display_p3()), heif.profile(display_p3(b"other"))),
    "two configurations": shown(heif.configuration("hevc10")),
    "an AV1 picture that is mirrored before it is rotated": av1(heif.imir(1), heif.irot(1)),
    "an AV1 picture that is rotated twice": av1(heif.irot(1), heif.irot(1)),
    "an AV1 picture that would have to be scaled": file(
        replace(heif.picture("av1"), properties=(heif.configuration("av1"), heif.ispe(SIDE - 4))),
    ),
    "two alpha planes": file(
        *with_alpha("hevc", HEVC_ALPHA_URN), replace(with_alpha("hevc", ALPHA_URN)[1], name="second")
    ),
    "colours that are multiplied with something else": file(
        replace(with_alpha("hevc", HEVC_ALPHA_URN)[0], references=((b"prem", ("other",)),)),
        with_alpha("hevc", HEVC_ALPHA_URN)[1],
        heif.picture(name="other"),
    ),
    "an alpha plane of another coding": file(
        PICTURE,
        replace(
            heif.picture("av1", name="alpha", shown=(heif.auxc(ALPHA_URN),)),
            references=((b"auxl", ("picture",)),),
        ),
    ),
    "an alpha plane turned otherwise": file(
        PICTURE,
        replace(
            heif.picture(name="alpha", shown=(heif.auxc(ALPHA_URN), heif.irot(1))),
            references=((b"auxl", ("picture",)),),
        ),
    ),
}

MALFORMED = {
    "a sequence without pictures": box(b"ftyp", b"msf1\0\0\0\0msf1hevc") + box(b"moov", bytes(100)),
    "no meta box": box(b"ftyp", Layout().brands) + box(b"mdat", bytes(9)),
    "a meta box of another handler": changed(file(PICTURE), b"pict", b"mdir"),
    "no primary item": file(PICTURE, layout=Layout(order=("hdlr", "iloc", "iinf", "iprp"))),
    "no configuration": file(replace(PICTURE, properties=PICTURE.properties[1:])),
    "the configuration of another coding": file(
        replace(PICTURE, properties=(heif.configuration("av1"), heif.ispe()))
    ),
    "a structure twice": file(PICTURE, layout=Layout(extra_meta=full(b"pitm", 0, 0, u16(1)))),
    "an item twice": file(PICTURE, layout=Layout(extra_items=full(b"infe", 2, 0, u16(1, 0), b"hvc1\0"))),
    "too few tiles": file(*TILES, grid(rows=3)),
    "tiles that don't cover it": file(*TILES, grid(width=2 * SIDE + 1)),
    "a grid cut short": file(*TILES, replace(grid(), data=grid().data[:7])),
    "a grid of another version": file(*TILES, replace(grid(), data=b"\1" + grid().data[1:])),
    "an identity of itself": file(Part("picture", b"iden", b"\0", (), ((b"dimg", ("picture",)),))),
    "an identity of nothing": file(Part("picture", b"iden", b"\0")),
    "an identity of two": file(
        replace(PICTURE, name="one"), Part("picture", b"iden", b"\0", (), ((b"dimg", ("one", "one")),))
    ),
    "an item outside the file": file(PICTURE)[:-1],
    "lengths that lead nowhere": file(replace(PICTURE, data=b"\xff" + PICTURE.data[1:])),
    "an aperture divided by nothing": shown((box(b"clap", u32(SIDE, 0, SIDE, 1, 0, 1, 0, 1)), True)),
}

OTHERS = {
    "a protected item": (Encrypted, protected(file(PICTURE))),
    "data in another file": (External, elsewhere(file(PICTURE))),
    "data in a file that is not named": (External, referring(file(PICTURE), 2)),
    "more tiles than anyone makes": (
        LimitExceeded,
        file(*TILES, replace(grid(), data=heif.grid_body(65, 64, 9, 9))),
    ),
    "a meta box beyond the end": (Truncated, file(PICTURE)[: HEAD + 100]),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_the_model_has_no_place_for_is_unsupported(name: str, tmp_path: Path) -> None:
    with pytest.raises(Unsupported):
        heifs.read(tmp_path, UNSUPPORTED[name])


@pytest.mark.parametrize("name", MALFORMED)
def test_what_breaks_a_rule_of_the_format_is_malformed(name: str, tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        heifs.read(tmp_path, MALFORMED[name])


@pytest.mark.parametrize("name", OTHERS)
def test_other_refusals_say_why(name: str, tmp_path: Path) -> None:
    error, data = OTHERS[name]
    with pytest.raises(ScrubError) as caught:
        heifs.read(tmp_path, data)
    assert type(caught.value) is error


def test_the_files_that_these_are_changed_from_are_read(tmp_path: Path) -> None:
    assert heifs.cleaned(tmp_path, referring(file(PICTURE))) == heifs.cleaned(tmp_path, file(PICTURE))
    assert heifs.essence(tmp_path, file(PICTURE)).picture.columns == 0
    assert heifs.essence(tmp_path, file(*TILES, grid())).picture.columns == 2
    assert heifs.essence(tmp_path, file(*with_alpha("hevc", HEVC_ALPHA_URN))).alpha is not None
