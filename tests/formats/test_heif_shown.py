"""What a cleaned still shows is what the source showed: turned, cropped, in the same colours."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pillow_heif
import pytest
from PIL import Image, ImageOps

from scrubkit.codecs import hdr
from scrubkit.essence import Colour, Orientation
from scrubkit.formats.heif.transform import PROPERTIES, followed
from scrubkit.specimens.builders import heif, jpeg, nal
from scrubkit.specimens.builders.boxes import box, full, u32
from scrubkit.specimens.builders.heif import SIDE, Layout, Property
from scrubkit.specimens.cases.heif import ALPHA_URN, HEVC_ALPHA_URN, with_alpha

from . import heifs

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = heif.picture()
P3 = jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE, words=b"somebody's display")
SRGB = jpeg.profile(jpeg.SRGB, jpeg.SRGB_CURVE, words=b"somebody's display")
STRANGE = jpeg.profile(jpeg.WIDE, jpeg.gamma(1.8), words=b"somebody's display")


def shown(*properties: Property) -> bytes:
    return heif.build((heif.picture(shown=properties),), "picture")


def tiled(grid: tuple[Property, ...] = (), tiles: tuple[Property, ...] = ()) -> bytes:
    parts = heif.grid(shown=grid)
    changed = (heif.picture(index=i, name=part.name, shown=tiles) for i, part in enumerate(parts[:4]))
    return heif.build((*changed, parts[4]), "picture")


def decoded(data: bytes) -> Any:
    """What libheif shows."""
    return pillow_heif.open_heif(io.BytesIO(data)).to_pillow()


def as_exif_says(orientation: Orientation) -> Any:
    image = decoded(shown())
    image.getexif()[0x0112] = orientation.value
    return ImageOps.exif_transpose(image)


def turned(orientation: Orientation) -> tuple[Property, ...]:
    angle, axis = PROPERTIES[orientation]
    return heif.irot(angle), *(() if axis is None else (heif.imir(axis),))


@pytest.mark.parametrize("orientation", Orientation)
def test_an_orientation_is_read_from_transformations_as_libheif_shows_them(
    orientation: Orientation, tmp_path: Path
) -> None:
    data = shown(*turned(orientation))
    assert heifs.essence(tmp_path, data).orientation is orientation
    assert decoded(data).tobytes() == as_exif_says(orientation).tobytes()


@pytest.mark.parametrize("orientation", Orientation)
def test_a_cleaned_picture_is_shown_the_same_way_up(orientation: Orientation, tmp_path: Path) -> None:
    out = heifs.cleaned(tmp_path, shown(*turned(orientation)))
    assert decoded(out).tobytes() == as_exif_says(orientation).tobytes()


@pytest.mark.parametrize("first", Orientation)
@pytest.mark.parametrize("then", Orientation)
def test_two_orientations_make_the_one_that_pillow_makes(first: Orientation, then: Orientation) -> None:
    image: Any = Image.frombytes("L", (2, 3), bytes(range(6)))

    def turn(picture: Any, orientation: Orientation) -> Any:
        picture.getexif()[0x0112] = orientation.value
        return ImageOps.exif_transpose(picture)

    twice = turn(turn(image.copy(), first), then)
    once = turn(image.copy(), followed(first, then))
    assert (once.size, once.tobytes()) == (twice.size, twice.tobytes())


def test_transformations_are_done_in_the_order_of_their_associations(tmp_path: Path) -> None:
    one = heifs.essence(tmp_path, shown(heif.imir(1), heif.irot(1)))
    other = heifs.essence(tmp_path, shown(heif.irot(1), heif.imir(1)))
    assert (one.orientation, other.orientation) == (Orientation.TRANSPOSED, Orientation.TRANSVERSED)


SAID = (b"udes", b"altt", b"elng", b"crtt", b"mdft", b"itai", b"taic", b"cmin", b"cmex", b"free")
"""Properties that say something about a picture, and change nothing of it."""


@pytest.mark.parametrize("kind", SAID)
def test_what_is_said_about_a_picture_may_be_marked_as_essential(kind: bytes, tmp_path: Path) -> None:
    data = shown((full(kind, 0, 0, b"said of it"), True))
    assert heifs.cleaned(tmp_path, data) == heifs.cleaned(tmp_path, shown())


def test_a_property_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    twice = heif.nclx(), heif.nclx(), heif.ispe()
    data = heif.build((heif.picture(shown=twice),), "picture", Layout(shared=False))
    assert heifs.cleaned(tmp_path, data) == heifs.cleaned(tmp_path, shown(heif.nclx()))


def test_colours_of_an_unknown_kind_hide_no_profile(tmp_path: Path) -> None:
    other = box(b"colr", b"nclc", bytes(6)), False
    data = shown(other, heif.profile(P3))
    assert heifs.cleaned(tmp_path, data) == heifs.cleaned(tmp_path, shown(heif.profile(P3)))


def test_an_av1_picture_that_is_mirrored_first_is_read_where_that_is_the_same(tmp_path: Path) -> None:
    def data(*turns: Property) -> bytes:
        layout = Layout(brands=b"avif\0\0\0\0avifmif1miaf")
        return heif.build((heif.picture("av1", shown=turns),), "picture", layout)

    first, then = data(heif.imir(1), heif.irot(2)), data(heif.irot(2), heif.imir(1))
    assert heifs.cleaned(tmp_path, first) == heifs.cleaned(tmp_path, then)


def test_an_exif_orientation_turns_nothing(tmp_path: Path) -> None:
    from scrubkit.specimens.cases.heif import exif_item

    data = heif.build((PICTURE, exif_item(b"a camera")), "picture")
    assert heifs.essence(tmp_path, data).orientation is Orientation.UPRIGHT
    assert heifs.cleaned(tmp_path, data) == heifs.cleaned(tmp_path, heif.build((PICTURE,), "picture"))


def test_a_margin_stays_cropped(tmp_path: Path) -> None:
    crop = box(b"clap", u32(2 * SIDE - 8, 2, SIDE - 2, 1, 1, 1, (1 << 32) - 1, 1)), True
    data = shown(crop)
    out = heifs.cleaned(tmp_path, data)
    assert decoded(out).size == (SIDE - 4, SIDE - 2)
    assert decoded(out).tobytes() == decoded(data).tobytes()


def test_a_size_a_little_below_the_coded_one_becomes_a_grid_of_one_tile(tmp_path: Path) -> None:
    data = heif.build(
        (replace(PICTURE, properties=(PICTURE.properties[0], heif.ispe(SIDE, SIDE - 6))),), "picture"
    )
    whole = decoded(heif.build((PICTURE,), "picture"))
    out = decoded(heifs.cleaned(tmp_path, data))
    assert out.tobytes() == whole.crop((0, 0, SIDE, SIDE - 6)).tobytes()


def test_an_alpha_plane_may_be_coded_a_little_larger_than_its_picture(tmp_path: Path) -> None:
    """Apple's writers code it as one picture, in whole blocks, and say by its size what of it counts."""
    size = SIDE - 2, SIDE - 4
    picture = heif.picture("hevc", 0, "tile")
    grid = heif.grid(size=size)[-1]
    grid = replace(grid, data=heif.grid_body(1, 1, *size), references=((b"dimg", ("tile",)),))
    plane = heif.picture("grey", 3, "alpha", (heif.auxc(HEVC_ALPHA_URN),))
    plane = replace(plane, references=((b"auxl", ("picture",)),))
    small = replace(plane, properties=(plane.properties[0], heif.ispe(*size), *plane.properties[2:]))
    out = decoded(heifs.cleaned(tmp_path, heif.build((picture, grid, small), "picture")))
    alpha = decoded(heif.build((replace(plane, name="picture", references=()),), "picture"))
    assert (out.mode, out.size) == ("RGBA", size)
    assert out.getchannel("A").tobytes() == alpha.convert("L").crop((0, 0, *size)).tobytes()


@pytest.mark.parametrize("place", ["tiles", "grid", "both"])
def test_colours_may_stand_with_the_tiles_or_the_grid(place: str, tmp_path: Path) -> None:
    colour = (heif.nclx(9, 16, 9, 0),)
    data = tiled(colour if place != "tiles" else (), colour if place != "grid" else ())
    found = heifs.essence(tmp_path, data)
    assert found.colour == Colour(9, 16, 9, full_range=False)


@pytest.mark.parametrize("data", [shown(), tiled()])
def test_colours_that_nobody_states_are_not_made_up(data: bytes, tmp_path: Path) -> None:
    assert heifs.essence(tmp_path, data).colour is None
    assert b"colr" not in heifs.cleaned(tmp_path, data)


def test_code_points_that_no_standard_has_become_unspecified(tmp_path: Path) -> None:
    found = heifs.essence(tmp_path, shown(heif.nclx(0x4142, 0x4344, 0x4546, 0xFF)))
    assert found.colour == Colour(2, 2, 2, full_range=True)


def test_a_known_profile_becomes_a_constant_of_ours(tmp_path: Path) -> None:
    first = heifs.essence(tmp_path, shown(heif.profile(P3)))
    other = jpeg.profile(jpeg.P3, jpeg.srgb_table(), words=b"another display")
    assert first.profile
    assert first.profile == heifs.essence(tmp_path, shown(heif.profile(other))).profile


def test_an_unknown_profile_is_rebuilt_from_its_numbers(tmp_path: Path) -> None:
    found = heifs.essence(tmp_path, shown(heif.profile(STRANGE)))
    assert found.profile
    assert b"somebody" not in found.profile


def test_a_profile_that_amounts_to_srgb_makes_code_points_say_so(tmp_path: Path) -> None:
    found = heifs.essence(tmp_path, shown(heif.profile(SRGB), heif.nclx(12, 16, 6)))
    assert (found.profile, found.colour) == (b"", Colour(1, 13, 6, full_range=True))


def test_a_profile_stands_beside_code_points(tmp_path: Path) -> None:
    found = heifs.essence(tmp_path, shown(heif.nclx(12, 13, 6), heif.profile(P3)))
    assert found.profile
    assert found.colour == Colour(12, 13, 6, full_range=True)


def test_a_profile_for_other_colours_is_left_behind(tmp_path: Path) -> None:
    grey = jpeg.profile((), jpeg.gamma(1.8), space=b"GRAY")
    assert heifs.essence(tmp_path, shown(heif.profile(grey))).profile == b""


def test_hdr_metadata_crosses_in_canonical_form(tmp_path: Path) -> None:
    light = box(b"clli", b"\x03\xe8\x01\x90")
    mastering = bytes.fromhex("33c2 86c4 1d4c 0bb8 84d0 3e80 3d13 4042 00989680 00000001")
    found = heifs.essence(tmp_path, shown((light, False), (box(b"mdcv", mastering), False)))
    assert found.light == b"\x03\xe8\x01\x90"
    assert found.mastering == hdr.mastering_display(mastering) != b""


def test_a_pixel_shape_is_reduced(tmp_path: Path) -> None:
    assert heifs.essence(tmp_path, shown((box(b"pasp", u32(200, 100)), False))).aspect == (2, 1)
    assert heifs.essence(tmp_path, shown((box(b"pasp", u32(7, 7)), False))).aspect is None


@pytest.mark.parametrize("premultiplied", [False, True])
def test_transparency_stays_and_says_whether_colours_were_multiplied(
    premultiplied: bool, tmp_path: Path
) -> None:
    data = heif.build(with_alpha("hevc", HEVC_ALPHA_URN, premultiplied=premultiplied), "picture")
    out = heifs.cleaned(tmp_path, data)
    assert decoded(out).mode in ("RGBA", "RGBa")
    assert decoded(out).tobytes() == decoded(data).tobytes()
    assert heifs.essence(tmp_path, out).premultiplied is premultiplied


def test_an_alpha_plane_may_be_a_grid(tmp_path: Path) -> None:
    plane = heif.grid(name="alpha", shown=(heif.auxc(HEVC_ALPHA_URN),))
    plane = (*plane[:4], replace(plane[4], references=(*plane[4].references, (b"auxl", ("picture",)))))
    data = heif.build((*heif.grid(), *plane), "picture")
    out = heifs.cleaned(tmp_path, data)
    found = heifs.essence(tmp_path, out).alpha
    assert found is not None
    assert (found.rows, found.columns) == (2, 2)
    assert decoded(out).tobytes() == decoded(data).tobytes()


def test_the_primary_picture_is_kept_wherever_it_stands(tmp_path: Path) -> None:
    other = heif.picture(index=2, name="other")
    for parts in ((PICTURE, other), (other, PICTURE)):
        out = heifs.cleaned(tmp_path, heif.build(parts, "picture"))
        assert out == heifs.cleaned(tmp_path, heif.build((PICTURE,), "picture"))


def test_a_grid_of_32_bit_sizes_is_the_same_grid(tmp_path: Path) -> None:
    wide = heif.build(heif.grid(wide=True), "picture", Layout())
    assert heifs.cleaned(tmp_path, wide) == heifs.cleaned(tmp_path, heif.build(heif.grid(), "picture"))


def test_hdr_metadata_in_the_configuration_becomes_properties(tmp_path: Path) -> None:
    light = nal.sei(nal.hevc_header(39), (144, b"\x03\xe8\x01\x90"))
    record = PICTURE.properties[0][0]
    array = bytes((39, 0, 1)) + len(light).to_bytes(2) + light
    body = record[8:30] + bytes((record[30] + 1,)) + record[31:] + array
    changed = replace(PICTURE, properties=((box(b"hvcC", body), True), heif.ispe()))
    assert heifs.essence(tmp_path, heif.build((changed,), "picture")).light == b"\x03\xe8\x01\x90"


@pytest.mark.parametrize("orientation", list(Orientation)[1:])
def test_an_alpha_plane_that_says_nothing_is_turned_with_its_picture(
    orientation: Orientation, tmp_path: Path
) -> None:
    """Writers of AVIF turn the picture alone, and libavif and browsers turn both."""
    picture, plane = with_alpha("av1", ALPHA_URN)
    properties = tuple((each, True) for each, _ in turned(orientation))
    silent = replace(picture, properties=(*picture.properties, *properties))
    both = replace(plane, properties=(*plane.properties, *properties))
    brands = Layout(brands=b"avif\0\0\0\0avifmif1miaf")
    out = heifs.cleaned(tmp_path, heif.build((silent, plane), "picture", brands))
    assert out == heifs.cleaned(tmp_path, heif.build((silent, both), "picture", brands))
    assert heifs.essence(tmp_path, out).orientation is orientation
