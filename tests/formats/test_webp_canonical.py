"""What a clean WebP looks like, chunk by chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import support
from scrubkit.errors import Unsupported
from scrubkit.model import Residual
from scrubkit.specimens.builders import jpeg, webp
from scrubkit.specimens.builders.webp import Chunk, extended, join

from . import rasters

if TYPE_CHECKING:
    from pathlib import Path

LOSSY = webp.coded()
LOSSLESS = webp.coded(lossless=True)
TRANSPARENT = webp.coded("RGBA")
BOTH = webp.coded("RGBA", lossless=True)

BLOCK = jpeg.tiff([jpeg.short(0x0112, 6)])
P3 = jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE)
WIDE = jpeg.profile(jpeg.WIDE, jpeg.gamma(1.8), words=b"someone's display")


def flags(data: bytes) -> int:
    return webp.body(data, b"VP8X")[0]


@pytest.mark.parametrize("chunks", [LOSSY, LOSSLESS, BOTH], ids=["lossy", "lossless", "lossless with alpha"])
def test_a_picture_that_needs_no_more_has_the_simple_form(chunks: webp.Chunks, tmp_path: Path) -> None:
    all_flags = webp.EXIF | webp.XMP | webp.PROFILE | webp.ALPHA
    source = join((extended(all_flags), *chunks, Chunk(b"XMP ", b"words")))
    assert rasters.cleaned(tmp_path, source) == join(chunks)


def test_lossy_alpha_needs_the_extended_form(tmp_path: Path) -> None:
    out = rasters.cleaned(tmp_path, join((extended(0xFF & ~webp.ANIMATED), *TRANSPARENT)))
    assert webp.kinds(out) == ["VP8X", "ALPH", "VP8 "]
    assert flags(out) == webp.ALPHA
    assert webp.body(out, b"VP8X")[1:] == bytes((0, 0, 0, 30, 0, 0, 21, 0, 0))
    assert rasters.pixels(out) == rasters.pixels(join((extended(webp.ALPHA), *TRANSPARENT)))


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (16383, 1), (1, 300), (31, 33)])
@pytest.mark.parametrize("lossless", [False, True])
def test_every_size_crosses_as_it_is(size: tuple[int, int], lossless: bool, tmp_path: Path) -> None:
    data = webp.encode("RGB", size, lossless=lossless)
    assert rasters.cleaned(tmp_path, data) == data
    assert rasters.pixels(data)[0] == size


ODD = webp.changed(LOSSY, b"VP8 ", lambda body: body + bytes(1 - len(body) % 2))


def test_the_size_is_that_of_the_file_and_padding_is_zero(tmp_path: Path) -> None:
    out = rasters.cleaned(tmp_path, join([Chunk(each.kind, each.body, b"!") for each in ODD], b"trailer"))
    assert int.from_bytes(out[4:8], "little") == len(out) - 8
    assert out == join(ODD)
    assert out.endswith(b"\0")


def test_missing_padding_at_the_end_is_made_up(tmp_path: Path) -> None:
    assert rasters.cleaned(tmp_path, join(ODD)[:-1]) == join(ODD)


@pytest.mark.parametrize("value", range(2, 9))
def test_an_orientation_is_kept_as_the_only_exif_tag(value: int, tmp_path: Path) -> None:
    block = jpeg.tiff([jpeg.short(0x0112, value, big=False), jpeg.text(0x010F, b"maker")], big=False)
    out = rasters.cleaned(tmp_path, join((extended(webp.EXIF), *LOSSY, Chunk(b"EXIF", block))))
    expected = "4d4d002a00000008 0001 011200030000000100" + f"{value:02x}0000 00000000"
    assert webp.kinds(out) == ["VP8X", "VP8 ", "EXIF"]
    assert flags(out) == webp.EXIF
    assert webp.body(out, b"EXIF") == bytes.fromhex(expected)


@pytest.mark.parametrize("value", [0, 1, 9])
def test_an_upright_or_impossible_orientation_is_not_written(value: int, tmp_path: Path) -> None:
    exif = Chunk(b"EXIF", jpeg.tiff([jpeg.short(0x0112, value)]))
    assert rasters.cleaned(tmp_path, join((extended(webp.EXIF), *LOSSY, exif))) == join(LOSSY)


def test_exif_outside_of_the_extended_form_counts_for_nothing(tmp_path: Path) -> None:
    assert rasters.cleaned(tmp_path, join((*LOSSY, Chunk(b"EXIF", BLOCK)))) == join(LOSSY)


def test_a_profile_stands_before_the_picture(tmp_path: Path) -> None:
    out = rasters.cleaned(tmp_path, join((extended(webp.PROFILE), Chunk(b"ICCP", P3), *LOSSLESS)))
    assert webp.kinds(out) == ["VP8X", "ICCP", "VP8L"]
    assert flags(out) == webp.PROFILE


def test_the_alpha_of_a_lossless_picture_is_told_in_the_extended_form(tmp_path: Path) -> None:
    out = rasters.cleaned(tmp_path, join((extended(webp.PROFILE), Chunk(b"ICCP", P3), *BOTH)))
    assert flags(out) == webp.PROFILE | webp.ALPHA


def test_an_srgb_profile_is_none(tmp_path: Path) -> None:
    profile = jpeg.profile(jpeg.SRGB, jpeg.srgb_table())
    out = rasters.cleaned(tmp_path, join((extended(webp.PROFILE), Chunk(b"ICCP", profile), *LOSSY)))
    assert out == join(LOSSY)


@pytest.mark.parametrize("profile", [P3, WIDE], ids=["Display P3", "another"])
def test_colours_under_a_profile_stay_within_one_of_255(profile: bytes, tmp_path: Path) -> None:
    source = join((extended(webp.PROFILE), Chunk(b"ICCP", profile), *LOSSY))
    one, other = support.decoded_still(source), support.decoded_still(rasters.cleaned(tmp_path, source))
    assert one == other
    assert abs(one.colours - other.colours).max() <= 1


def test_a_profile_of_its_own_is_told_and_a_common_one_not(tmp_path: Path) -> None:
    told = [
        {
            each.what
            for each in rasters.read(tmp_path, join((extended(32), Chunk(b"ICCP", p), *LOSSY))).remaining
        }
        for p in (WIDE, P3)
    ]
    assert [Residual.COLOUR_PROFILE in each for each in told] == [True, False]


@pytest.mark.parametrize(
    "profile",
    [b"nothing", b"", WIDE.replace(b"gTRC", b"xTRC"), jpeg.profile((), jpeg.gamma(2), space=b"GRAY")],
    ids=["no profile", "empty", "a curve is missing", "for grey"],
)
def test_a_profile_that_nothing_uses_is_left_out(profile: bytes, tmp_path: Path) -> None:
    source = join((extended(webp.PROFILE), Chunk(b"ICCP", profile), *LOSSY))
    assert rasters.cleaned(tmp_path, source) == join(LOSSY)


def test_a_profile_that_needs_lookup_tables_is_unsupported(tmp_path: Path) -> None:
    profile = jpeg.profile(jpeg.SRGB, jpeg.gamma(2.2), extra=[(b"A2B0", b"mft1" + bytes(44))])
    with pytest.raises(Unsupported):
        rasters.read(tmp_path, join((extended(webp.PROFILE), Chunk(b"ICCP", profile), *LOSSY)))


def test_alpha_that_is_not_compressed_is_cut_to_its_samples(tmp_path: Path) -> None:
    samples = bytes(i % 256 for i in range(31 * 22))
    whole = (extended(webp.ALPHA), Chunk(b"ALPH", b"\0" + samples), *LOSSY)
    longer = (extended(webp.ALPHA), Chunk(b"ALPH", b"\0" + samples + b"secret"), *LOSSY)
    assert rasters.cleaned(tmp_path, join(longer)) == join(whole)


def test_alpha_beside_a_picture_that_has_its_own_is_left_out(tmp_path: Path) -> None:
    source = join((extended(webp.ALPHA), TRANSPARENT[0], *BOTH))
    assert rasters.cleaned(tmp_path, source) == join(BOTH)


def test_only_the_first_picture_counts(tmp_path: Path) -> None:
    source = join((extended(0), *LOSSY, *LOSSLESS, *LOSSY))
    assert rasters.cleaned(tmp_path, source) == join(LOSSY)


def test_an_animation_keeps_frames_times_and_operations(tmp_path: Path) -> None:
    source = join((*webp.animation(), Chunk(b"XMP ", b"words")))
    out = rasters.cleaned(tmp_path, source)
    assert webp.kinds(out) == ["VP8X", "ANIM", "ANMF", "ANMF", "ANMF"]
    assert out == join(webp.animation())
    assert rasters.frames(out) == rasters.frames(source)


def test_an_animation_by_pillow_crosses_as_it_is(tmp_path: Path) -> None:
    from PIL import Image

    pictures = [Image.new("RGBA", (20, 14), (9 * i, 200 - 7 * i, 30, 255 - 20 * i)) for i in range(6)]
    path = tmp_path / "animation"
    for options in ({"lossless": True}, {"quality": 40}, {"minimize_size": True}):
        pictures[0].save(
            path,
            "WEBP",
            save_all=True,
            append_images=pictures[1:],
            duration=[20, 30, 40, 50, 60, 70],
            **options,
        )
        source = path.read_bytes()
        out = rasters.cleaned(tmp_path, source)
        assert rasters.frames(out) == rasters.frames(source)
        assert len(out) <= len(source)


def test_an_animation_of_one_frame_stays_one(tmp_path: Path) -> None:
    chunks = (extended(webp.ANIMATED), webp.control(), webp.frame(LOSSY, (31, 22)))
    assert rasters.cleaned(tmp_path, join(chunks)) == join(chunks)


def test_frames_of_no_animation_are_left_out(tmp_path: Path) -> None:
    source = join((extended(0), *LOSSY, webp.control(), webp.frame(LOSSLESS, (31, 22))))
    assert rasters.cleaned(tmp_path, source) == join(LOSSY)


def test_the_colour_behind_the_frames_crosses_where_it_may_be_seen(tmp_path: Path) -> None:
    colour = b"\1\2\3\4"
    seen = (extended(webp.ANIMATED), webp.control(0, colour), webp.frame(LOSSY, (31, 22), flags=1))
    assert colour in rasters.cleaned(tmp_path, join(seen))
    assert colour not in rasters.cleaned(tmp_path, join(webp.covered(colour)))
    assert "ANIM/background" in rasters.paths(rasters.read(tmp_path, join(webp.covered(colour))))
