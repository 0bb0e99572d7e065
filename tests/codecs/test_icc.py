"""Colour profiles are built again from colorants and curves, and show colours as before."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.codecs import icc
from scrubkit.codecs.icc_profile import Parametric, Sampled, Space, build, read_space
from scrubkit.errors import LimitExceeded, Malformed, Refused, Unsupported
from scrubkit.specimens.builders import jpeg

WORDS = b"a name that must not cross"


def plain(curve: bytes, colorants: tuple[tuple[float, float, float], ...] = jpeg.WIDE) -> bytes:
    return jpeg.profile(colorants, curve, space=b"RGB " if colorants else b"GRAY")


CURVES = {
    "gamma 1.8": jpeg.gamma(1.8),
    "gamma 2.05": jpeg.gamma(2.05),
    "linear": b"curv" + bytes(8),
    "two points": jpeg.table((0, 65535)),
    "three points": jpeg.table((0, 20000, 65535)),
    "a table of sRGB": jpeg.srgb_table(),
    "a long table": jpeg.table(int(65535 * (i / 4095) ** 2.05) for i in range(4096)),
    "a short table": jpeg.table(int(65535 * (i / 40) ** 1.5) for i in range(41)),
    "parametric, type 1": jpeg.parametric(1, 2.2, 0.9, 0.1),
    "parametric, type 2": jpeg.parametric(2, 2.2, 0.9, 0.1, 0.01),
    "parametric, type 3": jpeg.SRGB_CURVE,
    "parametric, type 4": jpeg.parametric(4, 2.4, 0.94, 0.05, 0.08, 0.04, 0.001, 0.0005),
    "BT.709": jpeg.parametric(3, 1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081),
}

COLORANTS = {"wide": jpeg.WIDE, "P3": jpeg.P3, "sRGB": jpeg.SRGB, "grey": ()}

PROFILES = {
    f"{name}, {curve}": plain(data, colorants)
    for name, colorants in COLORANTS.items()
    for curve, data in CURVES.items()
}

each_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES.keys())


@each_profile
def test_the_canonical_form_of_a_profile_is_its_own(profile: bytes) -> None:
    once = icc.canonical(profile)
    assert not once.profile or icc.canonical(once.profile) == once


@each_profile
def test_another_colour_management_sees_the_same_colours(profile: bytes) -> None:
    import numpy as np
    from PIL import Image, ImageCms

    grey = profile[16:20] == b"GRAY"
    steps = np.arange(0, 256, 15, dtype="u1")
    cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(1, -1, 3)
    picture = Image.fromarray(np.arange(256, dtype="u1").reshape(1, 256) if grey else cube)
    # A destination that holds every colour, coded as evenly as sRGB.
    target = jpeg.profile(jpeg.WIDE, jpeg.SRGB_CURVE)

    def shown(source: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        converted = ImageCms.profileToProfile(
            picture,
            ImageCms.ImageCmsProfile(io.BytesIO(source)),
            ImageCms.ImageCmsProfile(io.BytesIO(target)),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
        )
        return np.asarray(converted).astype("i8")

    srgb = plain(jpeg.SRGB_CURVE, () if grey else jpeg.SRGB)
    out = icc.canonical(profile).profile or srgb
    # One step is the tolerance, and the colour management rounds twice.
    assert int(abs(shown(profile) - shown(out)).max()) <= 2


@pytest.mark.parametrize(
    "profile",
    [
        jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE, words=WORDS),
        jpeg.profile(jpeg.WIDE, jpeg.gamma(2.05), words=WORDS, extra=[(b"cprt", WORDS), (b"zzzz", WORDS)]),
        jpeg.profile(
            jpeg.WIDE, jpeg.gamma(2.05), fields=[(4, WORDS[:4]), (24, WORDS[:12]), (40, WORDS[:24])]
        ),
        jpeg.profile(jpeg.WIDE, jpeg.gamma(2.05), fields=[(64, b"name"), (80, WORDS)]),
    ],
)
def test_nothing_but_colours_crosses(profile: bytes) -> None:
    out = icc.canonical(profile).profile
    assert out
    assert WORDS[:4] not in out
    assert b"name" not in out


def test_a_profile_that_amounts_to_srgb_is_none() -> None:
    for curve in (jpeg.SRGB_CURVE, jpeg.srgb_table(), jpeg.srgb_table(4096)):
        assert icc.canonical(plain(curve, jpeg.SRGB)) == icc.Canonical(b"", constant=True)


def test_a_grey_profile_that_amounts_to_srgb_is_none() -> None:
    assert icc.canonical(plain(jpeg.srgb_table(), ())) == icc.Canonical(b"", constant=True)


def test_srgb_colorants_with_another_curve_are_not_srgb() -> None:
    assert icc.canonical(plain(jpeg.gamma(2.2), jpeg.SRGB)).profile


@pytest.mark.parametrize("shift", [2e-5, -2e-5])
def test_display_p3_is_known_by_its_colours(shift: float) -> None:
    moved = tuple((x + shift, y, z - shift) for x, y, z in jpeg.P3)
    one = icc.canonical(plain(jpeg.SRGB_CURVE, jpeg.P3))
    assert icc.canonical(plain(jpeg.srgb_table(), moved)) == one
    assert one.constant
    assert read_space(one.profile) == icc.DISPLAY_P3


def test_colorants_that_are_too_far_off_are_kept() -> None:
    moved = tuple((x + 0.004, y, z) for x, y, z in jpeg.P3)
    assert not icc.canonical(plain(jpeg.SRGB_CURVE, moved)).constant


def test_adobe_rgb_is_known_by_either_form_of_its_gamma() -> None:
    adobe = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
    one = icc.canonical(plain(jpeg.gamma(2.19921875), adobe))
    assert one.constant
    assert icc.canonical(plain(jpeg.parametric(0, 2.2), adobe)) == one


def test_known_curves_are_told_apart() -> None:
    known = {icc.canonical_curve(curve) for curve in icc._CURVES}
    assert known == set(icc._CURVES)


def test_code_points_are_kept() -> None:
    space = Space(icc.DISPLAY_P3.colorants, (icc.SRGB_CURVE,) * 3, (9, 16, 0, 1))
    out = icc.canonical(build(space, "whatever"))
    assert read_space(out.profile) == space
    assert not out.constant


def test_the_constants_have_no_date_maker_or_digest() -> None:
    for space, words in icc._CONSTANTS:
        header = build(space, words)[:128]
        assert not any(header[24:36] + header[40:64] + header[80:128])


UNUSABLE = {
    "empty": b"",
    "no signature": PROFILES["wide, linear"].replace(b"acsp", b"acsq"),
    "more tags than there is room for": PROFILES["wide, linear"][:128] + b"\0\0\0\x63" + bytes(8),
    "a colorant of another type": PROFILES["wide, linear"].replace(
        b"XYZ \0\0\0\0\0\0\xcc", b"xyz \0\0\0\0\0\0\xcc"
    ),
    "a curve of another type": plain(b"what" + bytes(20)),
    "a curve cut short": plain(b"curv\0\0\0\0\0\0\4\0"),
    "parameters cut short": plain(b"para\0\0\0\0\0\4\0\0" + bytes(8)),
    "an unknown function": plain(b"para\0\0\0\0\0\5\0\0" + bytes(40)),
}


@pytest.mark.parametrize("profile", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_what_nothing_takes_for_a_profile_is_malformed(profile: bytes) -> None:
    with pytest.raises(Malformed):
        icc.canonical(profile)


REFUSED = {
    "lookup tables": jpeg.profile(jpeg.WIDE, jpeg.gamma(2), extra=[(b"A2B0", b"mft2")]),
    "multi-process tables": jpeg.profile(jpeg.WIDE, jpeg.gamma(2), extra=[(b"D2B0", b"mpet")]),
    "CMYK": jpeg.profile((), jpeg.gamma(2), space=b"CMYK"),
    "version 5": jpeg.profile(jpeg.WIDE, jpeg.gamma(2), version=5),
    "a device link": jpeg.profile(jpeg.WIDE, jpeg.gamma(2), fields=[(12, b"link")]),
    "a Lab connection space": jpeg.profile(jpeg.WIDE, jpeg.gamma(2), fields=[(20, b"Lab ")]),
    "a falling curve": plain(jpeg.table((65535, 0))),
    "a curve without a value": plain(jpeg.parametric(1, 2.2, 0.0, 0.1)),
    "a curve that leaves the reals": plain(jpeg.parametric(4, 2.5, 1.0, -0.5, 0.0, 0.0, 0.0, 0.0)),
    "code points that are none": jpeg.profile(jpeg.WIDE, jpeg.gamma(2), extra=[(b"cicp", b"cicp")]),
}


@pytest.mark.parametrize("profile", REFUSED.values(), ids=REFUSED.keys())
def test_what_colorants_and_curves_do_not_describe_is_unsupported(profile: bytes) -> None:
    with pytest.raises(Unsupported):
        icc.canonical(profile)


def test_a_curve_of_millions_of_points_is_beyond_the_limit() -> None:
    with pytest.raises(LimitExceeded):
        icc.canonical(plain(b"curv\0\0\0\0\0\2\0\0" + bytes(1 << 18)))


def test_a_profile_of_many_megabytes_is_beyond_the_limit() -> None:
    with pytest.raises(LimitExceeded):
        icc.canonical(plain(jpeg.gamma(2)) + bytes(1 << 20))


def test_a_tag_outside_the_profile_does_not_spoil_the_others() -> None:
    stray = jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE, extra=[(b"zzzz", WORDS)])
    at = stray.index(b"zzzz")
    stray = stray[: at + 4] + b"\x7f\xff\xff\xff" + stray[at + 8 :]
    assert icc.canonical(stray) == icc.canonical(plain(jpeg.SRGB_CURVE, jpeg.P3))


@given(st.data())
def test_a_damaged_profile_is_rebuilt_or_refused(data: st.DataObject) -> None:
    profile = bytearray(data.draw(st.sampled_from(sorted(PROFILES.values())[::7])))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, min(len(profile), 600) - 1))
        profile[place] = data.draw(st.sampled_from((0, 1, 0x7F, 0x80, 0xFF)))
    try:
        once = icc.canonical(bytes(profile))
    except Refused:
        return
    assert not once.profile or icc.canonical(once.profile) == once


@given(st.lists(st.integers(0, 65535), min_size=2, max_size=300).map(sorted))
def test_a_rising_table_has_one_canonical_form(values: list[int]) -> None:
    curve = icc.canonical_curve(Sampled(tuple(values)))
    assert icc.canonical_curve(curve) == curve


@given(st.lists(st.integers(-(1 << 31), (1 << 31) - 1), min_size=7, max_size=7), st.integers(0, 4))
def test_any_parameters_give_a_value_or_a_refusal(numbers: list[int], function: int) -> None:
    count = (1, 3, 4, 5, 7)[function]
    try:
        value = icc.evaluate(Parametric(function, tuple(numbers[:count])), 0.5)
    except Unsupported:
        return
    assert 0.0 <= value <= 1.0
