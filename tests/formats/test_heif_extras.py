"""Gain maps, depth maps and stereo pairs: what can't be kept as a whole is left, and the picture is not."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import support
from scrubkit.codecs import gain_map
from scrubkit.model import Extra, Policy, Residual, Verdict
from scrubkit.specimens.builders import heif, jpeg
from scrubkit.specimens.builders.boxes import box, full, u8, u32
from scrubkit.specimens.builders.heif import Layout, Part, Parts, Property
from scrubkit.specimens.cases.heif import beside, display_p3

from . import heifs

if TYPE_CHECKING:
    from pathlib import Path

ALL = replace(support.POLICY, keep=frozenset(Extra))
OWN = beside.OWN
GAIN = beside.gain_map()
TONE = heif.tone_map()
ALTR = ((b"altr", ("tone map", "picture")),)
STER = ((b"ster", ("picture", "right")),)


def build(*parts: Part, layout: Layout | None = None) -> bytes:
    return heif.build(parts, "picture", layout or Layout())


def kept(folder: Path, data: bytes, policy: Policy = ALL) -> dict[str, bytes]:
    """The boxes of what is made of a file, by path; properties and groups under their own."""
    return dict(heifs.boxes(support.cleaned(folder, data, policy)))


def sized(part: Part, width: int, height: int) -> Part:
    """A picture that says it is of another size."""
    rest = tuple(each for each in part.properties if each[0][4:8] != b"ispe")
    return replace(part, properties=(*rest, heif.ispe(width, height)))


def shown(part: Part, *more: Property) -> Part:
    return replace(part, properties=(*part.properties, *more))


def larger() -> Parts:
    """A gain map of four times the picture."""
    return (*heif.grid(size=(2 * heif.SIDE, 2 * heif.SIDE), name="gain map"),)


def wide() -> Parts:
    """A grid of 2 by 2 tiles as picture, of another shape than a gain map of one tile."""
    return heif.grid(size=(2 * heif.SIDE, heif.SIDE + 8))


DROPPED: dict[str, bytes] = {
    "two tone maps": build(OWN, GAIN, TONE, replace(TONE, name="another")),
    "a tone map of three": build(
        OWN,
        GAIN,
        heif.picture("hevc", 2, "b"),
        replace(TONE, references=((b"dimg", ("picture", "gain map", "b")),)),
    ),
    "a tone map of the picture alone": build(OWN, replace(TONE, references=((b"dimg", ("picture",)),))),
    "a tone map of the picture and itself": build(
        OWN, replace(TONE, references=((b"dimg", ("picture", "tone map")),))
    ),
    "the picture as its own gain map": build(
        OWN, replace(TONE, references=((b"dimg", ("picture", "picture")),))
    ),
    "inputs the other way round": build(OWN, GAIN, heif.tone_map(inputs=("gain map", "picture"))),
    "another version": build(OWN, GAIN, replace(TONE, data=b"\1" + TONE.data[1:])),
    "half the numbers": build(OWN, GAIN, replace(TONE, data=TONE.data[:40])),
    "numbers out of range": build(OWN, GAIN, heif.tone_map(heif.gain_numbers(headrooms=((9, 1), (99, 1))))),
    "a very long tone map": build(OWN, GAIN, replace(TONE, data=TONE.data + bytes(70_000), inside=False)),
    "a turned tone map": build(OWN, GAIN, shown(TONE, heif.irot(1))),
    "a cropped tone map": build(OWN, GAIN, shown(TONE, (box(b"clap", u32(32, 1, 32, 1, 0, 1, 0, 1)), True))),
    "an unknown essential property": build(OWN, GAIN, shown(TONE, (box(b"zzzz", b"?"), True))),
    "an unknown essential property of the gain map": build(OWN, shown(GAIN, (box(b"zzzz"), True)), TONE),
    "a turned gain map": build(OWN, shown(GAIN, heif.irot(1)), TONE),
    "a larger gain map": build(OWN, *larger(), TONE),
    "a gain map of another shape": build(*wide(), GAIN, TONE),
    "a gain map of another size than it says": build(OWN, sized(GAIN, 16, 16), TONE),
    "a gain map of another coding": build(OWN, beside.gain_map("av1"), TONE),
    "a gain map without a configuration": build(OWN, replace(GAIN, properties=GAIN.properties[1:]), TONE),
    "a broken gain map": build(OWN, replace(GAIN, data=GAIN.data[:20]), TONE),
    "a gain map of a gain map": build(
        OWN, GAIN, replace(heif.picture("hevc", 2, "x"), references=((b"auxl", ("gain map",)),)), TONE
    ),
    "Apple's without a packet": build(OWN, beside.apple_gain_map()[0]),
    "Apple's without a headroom": build(OWN, *beside.apple_gain_map(b"", b"")),
    "Apple's with a headroom of one": build(OWN, *beside.apple_gain_map(b"", b"1.0")),
    "two of Apple's": build(
        OWN, *beside.apple_gain_map(), replace(beside.apple_gain_map()[0], name="another gain map")
    ),
    "two depth maps": build(
        OWN,
        beside.depth_map("hevc", beside.DEPTH_URN),
        replace(beside.depth_map("hevc", beside.DEPTH_URN), name="another"),
    ),
    "a turned depth map": build(OWN, shown(beside.depth_map("hevc", beside.DEPTH_URN), heif.imir(0))),
    "three eyes": build(
        OWN,
        heif.picture("hevc", 3, "right"),
        heif.picture("hevc", 2, "third"),
        layout=Layout(groups=((b"ster", ("picture", "right", "third")),)),
    ),
    "one eye twice": build(OWN, layout=Layout(groups=((b"ster", ("picture", "picture")),))),
    "two pairs": build(
        OWN,
        heif.picture("hevc", 3, "right", (heif.nclx(),)),
        layout=Layout(groups=(*STER, (b"ster", ("right", "picture")))),
    ),
    "a pair of other colours": build(
        OWN, heif.picture("hevc", 3, "right", (heif.nclx(9, 16, 9),)), layout=Layout(groups=STER)
    ),
    "a pair of another shape": build(
        OWN, *heif.grid(name="right", shown=(heif.nclx(),)), layout=Layout(groups=STER)
    ),
    "a pair with an eye turned": build(
        OWN, heif.picture("hevc", 3, "right", (heif.nclx(), heif.irot(2))), layout=Layout(groups=STER)
    ),
    "a pair of which one is no picture": build(
        OWN, Part("right", b"mime", b"words", content_type=b"text/plain"), layout=Layout(groups=STER)
    ),
}


@pytest.mark.parametrize("data", DROPPED.values(), ids=DROPPED)
def test_what_can_not_be_kept_as_a_whole_stays_behind(data: bytes, tmp_path: Path) -> None:
    assert support.cleaned(tmp_path, data, ALL) == support.cleaned(tmp_path, data)


@pytest.mark.parametrize("data", DROPPED.values(), ids=DROPPED)
def test_and_the_ledger_still_names_every_byte(data: bytes, tmp_path: Path) -> None:
    report = support.audit(tmp_path, data, ALL)
    assert report.ledger is not None
    assert report.ledger.complete
    assert not {each.what for each in report.remaining} & {
        Residual.GAIN_MAP,
        Residual.DEPTH_MAP,
        Residual.STEREO_PAIR,
    }


def test_a_gain_map_that_shares_bytes_with_the_picture_stays_behind(tmp_path: Path) -> None:
    data = build(OWN, GAIN, TONE)
    # the location of the gain map is moved onto that of the picture
    at = data.index(b"iloc") + 4 + 4 + 4
    rows = [data[at + 16 * i : at + 16 * (i + 1)] for i in range(2)]
    moved = rows[1][:8] + rows[0][8:]
    hostile = data[: at + 16] + moved + data[at + 32 :]
    assert support.cleaned(tmp_path, hostile, ALL) == support.cleaned(tmp_path, hostile)


def test_a_gain_map_outside_of_the_media_data_stays_behind(tmp_path: Path) -> None:
    data = build(OWN, GAIN, TONE, layout=Layout(after=box(b"free", GAIN.data)))
    at = data.index(b"iloc") + 4 + 4 + 4 + 16
    place = data.rindex(GAIN.data).to_bytes(4)
    hostile = data[: at + 8] + place + data[at + 12 :]
    assert support.cleaned(tmp_path, hostile, ALL) == support.cleaned(tmp_path, hostile)


def test_only_what_is_asked_for_is_kept(tmp_path: Path) -> None:
    data = build(OWN, GAIN, TONE, beside.depth_map("hevc", beside.DEPTH_URN))
    for extra, residual in ((Extra.GAIN_MAP, Residual.GAIN_MAP), (Extra.DEPTH, Residual.DEPTH_MAP)):
        found = support.clean(tmp_path, data, replace(ALL, keep=frozenset({extra})))
        said = {each.what for each in found.report.remaining}
        assert said & {Residual.GAIN_MAP, Residual.DEPTH_MAP} == {residual}


def test_all_three_stand_side_by_side(tmp_path: Path) -> None:
    right = heif.picture("hevc", 3, "right", (heif.nclx(),))
    parts = (OWN, GAIN, TONE, beside.depth_map("hevc", beside.DEPTH_URN), right)
    data = build(*parts, layout=Layout(groups=(*ALTR, *STER)))
    once = support.cleaned(tmp_path, data, ALL)
    assert support.audit(tmp_path, once, ALL).verdict is Verdict.CANONICAL
    assert {each.what for each in support.audit(tmp_path, once, ALL).remaining} >= {
        Residual.GAIN_MAP,
        Residual.DEPTH_MAP,
        Residual.STEREO_PAIR,
    }


def test_the_numbers_are_written_in_one_form(tmp_path: Path) -> None:
    found = kept(tmp_path, build(OWN, GAIN, TONE))
    body = b"\0" + gain_map.write(gain_map.read(heif.gain_numbers())[0])
    assert found["meta/idat"] == body
    assert found["ftyp"] == b"heic\0\0\0\0mif1heictmap"
    assert found["meta/grpl"] == full(b"altr", 0, 0, u32(4, 2, 3, 1))


def test_bits_hidden_in_fractions_are_rounded_away(tmp_path: Path) -> None:
    hidden = b"secretly"
    # 0x73656372 / 0x65746C79 is a little more than 1
    ratio = int.from_bytes(hidden[:4]), int.from_bytes(hidden[4:])
    row = (*heif.GAINS[:2], ratio, *heif.GAINS[3:])
    data = build(OWN, GAIN, heif.tone_map(heif.gain_numbers(row)))
    once = support.cleaned(tmp_path, data, ALL)
    assert hidden in data
    assert support.found_in(once, hidden) == []
    assert b"tmap" in once


@pytest.mark.parametrize(
    ("colours", "expected"),
    [
        (heif.nclx(9, 16, 9), b"nclx" + bytes((0, 9, 0, 16, 0, 6, 0x80))),
        (heif.nclx(99, 98, 9), b"nclx" + bytes((0, 2, 0, 2, 0, 6, 0x80))),
        (heif.profile(display_p3(b"a phone")), b"prof"),
        (
            heif.profile(jpeg.profile(jpeg.SRGB, jpeg.srgb_table())),
            b"nclx" + bytes((0, 1, 0, 13, 0, 6, 0x80)),
        ),
    ],
)
def test_what_comes_out_has_colours_of_its_own(colours: Property, expected: bytes, tmp_path: Path) -> None:
    data = support.cleaned(tmp_path, build(OWN, GAIN, heif.tone_map(colours=colours)), ALL)
    found = [body for path, body in heifs.boxes(data) if path == "meta/iprp/ipco/colr"]
    assert [each for each in found if each.startswith(expected)]
    assert b"a phone" not in data
    assert support.audit(tmp_path, data, ALL).verdict is Verdict.CANONICAL


def test_a_profile_with_code_points_becomes_them(tmp_path: Path) -> None:
    profile = jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE, extra=[(b"cicp", b"cicp" + bytes(4) + u8(12, 16, 0, 1))])
    data = build(OWN, GAIN, heif.tone_map(colours=heif.profile(profile)))
    found = [
        body for path, body in heifs.boxes(support.cleaned(tmp_path, data, ALL)) if path.endswith("colr")
    ]
    assert found[-1] == b"nclx" + bytes((0, 12, 0, 16, 0, 6, 0x80))


def test_a_pair_says_which_eye_is_which(tmp_path: Path) -> None:
    right = heif.picture("hevc", 3, "right", (heif.nclx(),))
    for names, expected in ((("picture", "right"), (1, 2)), (("right", "picture"), (2, 1))):
        data = build(OWN, right, layout=Layout(groups=((b"ster", names),)))
        assert kept(tmp_path, data)["meta/grpl"] == full(b"ster", 0, 0, u32(3, 2, *expected))


def test_apples_packet_holds_the_headroom_and_nothing_else(tmp_path: Path) -> None:
    data = support.cleaned(tmp_path, build(OWN, *beside.apple_gain_map(b"words", b"3.25")), ALL)
    assert data.endswith(gain_map.write_apple(3_250_000))
    assert b"words" not in data


def test_an_independent_reader_lists_apples_gain_map(tmp_path: Path) -> None:
    import pillow_heif

    path = tmp_path / "clean.heic"
    path.write_bytes(support.cleaned(tmp_path, build(OWN, *beside.apple_gain_map()), ALL))
    info = pillow_heif.open_heif(path).info
    assert list(info["aux"]) == ["urn:com:apple:photo:2020:aux:hdrgainmap"]


def test_an_independent_reader_lists_the_depth_map(tmp_path: Path) -> None:
    import pillow_heif

    path = tmp_path / "clean.heic"
    path.write_bytes(support.cleaned(tmp_path, build(*beside.DEEPENED.parts), ALL))
    depth = pillow_heif.open_heif(path).info["depth_images"]
    assert [each.size for each in depth] == [(heif.SIDE, heif.SIDE)]


def test_thousands_of_would_be_gain_maps_cost_little(tmp_path: Path) -> None:
    tones = tuple(replace(TONE, name=f"tone {i}") for i in range(1500))
    apples = tuple(replace(beside.apple_gain_map()[0], name=f"gain {i}", data=GAIN.data) for i in range(1500))
    data = build(OWN, GAIN, *tones, *apples)
    begin = time.perf_counter()
    support.audit(tmp_path, data, ALL)
    assert time.perf_counter() - begin < 2
