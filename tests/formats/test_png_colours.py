"""What of a PNG's colour chunks crosses, and that colours stay where they were."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pytest

import support
from scrubkit.errors import Unsupported
from scrubkit.model import Policy, Profile, Residual
from scrubkit.specimens.builders import jpeg, png
from scrubkit.specimens.builders.png import Chunk, icc, join

from . import rasters

if TYPE_CHECKING:
    from pathlib import Path

HEAD, DATA = png.picture()
GREY = png.picture(colour=png.GREY)

WIDE = jpeg.profile(jpeg.WIDE, jpeg.gamma(1.8), words=b"someone's display")
P3 = jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE)
SRGB_PRIMARIES = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)

STRICT = Policy(profile=Profile.STRICT)


def gamma(value: int) -> Chunk:
    return Chunk(b"gAMA", value.to_bytes(4))


def chromaticities(*values: int) -> Chunk:
    return Chunk(b"cHRM", b"".join(value.to_bytes(4) for value in values))


def code_points(*values: int) -> Chunk:
    return Chunk(b"cICP", bytes(values))


def said(folder: Path, *chunks: Chunk, policy: Policy = support.POLICY) -> dict[str, bytes]:
    """What a clean RGB picture with those chunks says of its colours."""
    out = rasters.cleaned(folder, join((HEAD, *chunks, DATA)), policy)
    return {
        chunk.kind.decode(): chunk.body for chunk in png.split(out) if chunk.kind not in (b"IHDR", b"IDAT")
    }


def told(folder: Path, *chunks: Chunk) -> set[Residual]:
    return {each.what for each in rasters.read(folder, join((HEAD, *chunks, DATA))).remaining}


SRGB = {"sRGB": b"\0"}


@pytest.mark.parametrize("intent", range(4))
def test_srgb_is_said_with_one_intent(intent: int, tmp_path: Path) -> None:
    assert said(tmp_path, Chunk(b"sRGB", bytes((intent,)))) == SRGB


@pytest.mark.parametrize("body", [b"\4", b"", b"\0\0"])
def test_srgb_that_no_viewer_takes_is_not_said(body: bytes, tmp_path: Path) -> None:
    assert said(tmp_path, Chunk(b"sRGB", body)) == {}


def test_an_srgb_profile_becomes_the_chunk(tmp_path: Path) -> None:
    profile = jpeg.profile(jpeg.SRGB, jpeg.srgb_table(), words=b"a display")
    assert said(tmp_path, icc(profile)) == SRGB


def test_a_profile_goes_before_the_other_chunks(tmp_path: Path) -> None:
    found = said(tmp_path, gamma(50000), Chunk(b"sRGB", b"\0"), chromaticities(*SRGB_PRIMARIES), icc(P3))
    assert list(found) == ["iCCP"]


def test_srgb_goes_before_gamma_and_chromaticities(tmp_path: Path) -> None:
    assert said(tmp_path, gamma(50000), chromaticities(*range(1, 9)), Chunk(b"sRGB", b"\0")) == SRGB


def test_a_profile_is_stored_without_compression_under_a_fixed_name(tmp_path: Path) -> None:
    body = said(tmp_path, icc(P3, b"the profile of somebody"))["iCCP"]
    name, rest = body.split(b"\0", 1)
    assert name == b"ICC profile"
    assert rest[:3] == b"\0\x78\x01"
    assert zlib.decompress(rest[1:])[36:40] == b"acsp"


@pytest.mark.parametrize("profile", [P3, WIDE], ids=["Display P3", "another"])
def test_colours_under_a_profile_stay_within_one_of_255(profile: bytes, tmp_path: Path) -> None:
    source = join((HEAD, icc(profile), DATA))
    one, other = support.decoded_still(source), support.decoded_still(rasters.cleaned(tmp_path, source))
    assert one == other
    assert abs(one.colours - other.colours).max() <= 1


def test_a_profile_of_its_own_is_told_and_a_common_one_not(tmp_path: Path) -> None:
    assert Residual.COLOUR_PROFILE in told(tmp_path, icc(WIDE))
    assert Residual.COLOUR_PROFILE not in told(tmp_path, icc(P3))


UNUSABLE = {
    "no profile": icc(b"nothing"),
    "not inflated": Chunk(b"iCCP", b"icc\0\0" + WIDE),
    "cut": Chunk(b"iCCP", icc(WIDE).body[:-20]),
    "for grey": icc(jpeg.profile((), jpeg.gamma(1.8), space=b"GRAY")),
    "for CMYK": icc(jpeg.profile((), jpeg.gamma(1.8), space=b"CMYK")),
    "a curve is missing": icc(WIDE.replace(b"gTRC", b"xTRC")),
    "a wrong CRC": Chunk(b"iCCP", icc(WIDE).body, b"abcd"),
}


@pytest.mark.parametrize("chunk", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_profile_that_nothing_uses_leaves_the_next_in_force(chunk: Chunk, tmp_path: Path) -> None:
    assert said(tmp_path, chunk, gamma(50000)) == {"gAMA": gamma(50000).body}


def test_a_profile_that_needs_lookup_tables_is_unsupported(tmp_path: Path) -> None:
    profile = jpeg.profile(jpeg.SRGB, jpeg.gamma(2.2), extra=[(b"A2B0", b"mft1" + bytes(44))])
    with pytest.raises(Unsupported):
        rasters.read(tmp_path, join((HEAD, icc(profile), DATA)))


def test_a_grey_picture_keeps_a_profile_for_grey(tmp_path: Path) -> None:
    profile = jpeg.profile((), jpeg.gamma(1.8), space=b"GRAY")
    out = rasters.cleaned(tmp_path, join((GREY[0], icc(profile), *GREY[1:])))
    assert png.kinds(out) == ["IHDR", "iCCP", "IDAT"]


def test_gamma_and_chromaticities_are_kept_where_nothing_else_speaks(tmp_path: Path) -> None:
    found = said(
        tmp_path, gamma(50000), chromaticities(31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
    )
    assert list(found) == ["gAMA", "cHRM"]
    assert found["gAMA"] == (50000).to_bytes(4)


def test_numbers_next_to_known_ones_are_those(tmp_path: Path) -> None:
    near = (31269, 32901, 63999, 33001, 30000, 60000, 15000, 5999)
    found = said(tmp_path, gamma(45454), chromaticities(*near))
    assert found == {"gAMA": gamma(45455).body, "cHRM": chromaticities(*SRGB_PRIMARIES).body}
    assert Residual.COLOUR_PROFILE not in told(tmp_path, gamma(45454), chromaticities(*near))


def test_numbers_of_its_own_are_told(tmp_path: Path) -> None:
    assert Residual.COLOUR_PROFILE in told(tmp_path, gamma(51234))
    assert Residual.COLOUR_PROFILE in told(
        tmp_path, chromaticities(31000, 32000, 63000, 33000, 30000, 61000, 15100, 6100)
    )


@pytest.mark.parametrize(
    "chunk",
    [
        gamma(0),
        gamma(0xFFFFFFFF),
        Chunk(b"gAMA", b"\0\1"),
        Chunk(b"cHRM", bytes(31)),
        chromaticities(0, 0, 1, 1, 1, 1, 1, 1),
        chromaticities(60000, 60000, 1, 1, 1, 1, 1, 1),
    ],
)
def test_numbers_that_no_viewer_takes_are_not_said(chunk: Chunk, tmp_path: Path) -> None:
    assert said(tmp_path, chunk) == {}


def test_code_points_are_kept_with_what_old_viewers_go_by(tmp_path: Path) -> None:
    found = said(tmp_path, code_points(9, 16, 0, 1), icc(P3))
    assert list(found) == ["cICP", "iCCP"]


def test_code_points_of_srgb_are_the_srgb_chunk(tmp_path: Path) -> None:
    assert said(tmp_path, code_points(1, 13, 0, 1)) == SRGB


@pytest.mark.parametrize(
    "values",
    [(2, 13, 0, 1), (200, 13, 0, 1), (1, 2, 0, 1), (1, 99, 0, 1), (1, 13, 1, 1), (1, 13, 0, 2), (1, 13, 0)],
)
def test_code_points_that_no_viewer_takes_are_not_said(values: tuple[int, ...], tmp_path: Path) -> None:
    assert said(tmp_path, code_points(*values)) == {}


MASTERING = Chunk(
    b"mDCV",
    b"".join(v.to_bytes(2) for v in (35400, 14600, 8500, 39850, 6550, 2300, 15635, 16450))
    + (10_000_000).to_bytes(4)
    + (50).to_bytes(4),
)
LIGHT = Chunk(b"cLLI", (10_000_000).to_bytes(4) + (2_000_000).to_bytes(4))


def test_hdr_numbers_are_kept_and_told_for_pq(tmp_path: Path) -> None:
    chunks = (code_points(9, 16, 0, 1), MASTERING, LIGHT)
    assert list(said(tmp_path, *chunks)) == ["cICP", "mDCV", "cLLI"]
    assert Residual.HDR_METADATA in told(tmp_path, *chunks)


def test_hdr_numbers_are_left_out_by_the_strict_profile(tmp_path: Path) -> None:
    chunks = (code_points(9, 16, 0, 1), MASTERING, LIGHT)
    assert list(said(tmp_path, *chunks, policy=STRICT)) == ["cICP"]


@pytest.mark.parametrize("points", [(), (9, 18, 0, 1), (12, 13, 0, 1)])
def test_hdr_numbers_are_left_out_where_no_viewer_uses_them(points: tuple[int, ...], tmp_path: Path) -> None:
    chunks = (code_points(*points),) if points else ()
    assert "mDCV" not in said(tmp_path, *chunks, MASTERING, LIGHT)


def test_a_mastering_display_that_cannot_be_is_left_out(tmp_path: Path) -> None:
    body = MASTERING.body[:16] + bytes(4) + (50).to_bytes(4)
    assert list(said(tmp_path, code_points(9, 16, 0, 1), Chunk(b"mDCV", body))) == ["cICP"]


def test_colour_chunks_behind_the_picture_count_for_nothing(tmp_path: Path) -> None:
    late = join((HEAD, DATA, icc(WIDE), Chunk(b"sRGB", b"\0"), gamma(50000)))
    assert rasters.cleaned(tmp_path, late) == join((HEAD, DATA))
