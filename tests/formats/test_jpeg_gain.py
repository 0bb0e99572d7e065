"""Gain maps behind JPEGs: what is no gain map stays behind, and what crosses holds its numbers only."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import support
from scrubkit.codecs import gain_map
from scrubkit.model import Extra, Residual, Verdict
from scrubkit.specimens.builders import heif, jpeg
from scrubkit.specimens.builders.jpeg import COM, Part, Parts
from scrubkit.specimens.cases.jpeg import BASELINE, GAIN_PICTURE, KEEP, dirty_gain, ultra_hdr

if TYPE_CHECKING:
    from pathlib import Path

ISO = jpeg.gain_numbers(heif.gain_numbers())
SECRET = b"a phone's own words"


def behind(*said: Part, parts: Parts = GAIN_PICTURE) -> bytes:
    return jpeg.join(BASELINE.parts, jpeg.join((*said, *parts)))


DROPPED: dict[str, bytes] = {
    "no numbers": behind(),
    "an announcement only": behind(jpeg.gain_numbers(bytes(4))),
    "half the numbers": behind(jpeg.gain_numbers(heif.gain_numbers()[:30])),
    "numbers out of range": behind(jpeg.gain_packet(GainMapMax=b"99")),
    "a bright base in XMP": behind(jpeg.gain_packet(BaseRenditionIsHDR=b"True")),
    "a bright base": behind(jpeg.gain_numbers(heif.gain_numbers(headrooms=((2, 1), (0, 1))))),
    "a larger gain map": behind(ISO, parts=jpeg.picture(size=(96, 80))),
    "another shape": behind(ISO, parts=jpeg.picture(size=(24, 8))),
    "a gain map that is cut off": behind(ISO)[:-40],
    "a gain map without a table": behind(ISO, parts=jpeg.without(GAIN_PICTURE, jpeg.DQT)),
    "a gain map without a scan": behind(ISO, parts=jpeg.without(GAIN_PICTURE, jpeg.SOS)),
    "a second frame in it": behind(ISO, parts=(*GAIN_PICTURE[:2], *GAIN_PICTURE)),
    "numbers in the picture only": jpeg.join((ISO, *BASELINE.parts), jpeg.join(GAIN_PICTURE)),
    "in a Samsung record": jpeg.join(
        BASELINE.parts, jpeg.samsung((b"Gain", jpeg.join((ISO, *GAIN_PICTURE))))
    ),
    "stray bytes after its scan": behind(ISO)[:-2] + b"\xff\xfe\0\2" + SECRET + b"\xff\xd9",
}


@pytest.mark.parametrize("data", DROPPED.values(), ids=DROPPED)
def test_what_can_not_be_kept_as_a_whole_stays_behind(data: bytes, tmp_path: Path) -> None:
    assert support.cleaned(tmp_path, data, KEEP) == support.cleaned(tmp_path, data)
    report = support.audit(tmp_path, data, KEEP)
    assert report.ledger is not None
    assert report.ledger.complete
    assert Residual.GAIN_MAP not in {each.what for each in report.remaining}


def parted(data: bytes) -> tuple[bytes, bytes]:
    """The picture and its gain map, by the index."""
    at = data.index(b"MPF\0") + 4
    whole, zero, _, _, size, distance = (
        int.from_bytes(data[at + 50 + place : at + 54 + place]) for place in (4, 8, 12, 16, 20, 24)
    )
    assert zero == 0
    assert at + distance == whole
    assert whole + size == len(data)
    return data[:whole], data[whole:]


def test_the_index_says_where_the_gain_map_is(tmp_path: Path) -> None:
    picture, gain = parted(support.cleaned(tmp_path, dirty_gain(), KEEP))
    assert picture.endswith(b"\xff\xd9")
    assert gain.startswith(b"\xff\xd8")
    stated = re.search(rb'Item:Semantic="GainMap" Item:Mime="image/jpeg" Item:Length="(\d+)"', picture)
    assert stated is not None
    assert int(stated[1]) == len(gain)


def test_both_forms_of_the_numbers_are_written(tmp_path: Path) -> None:
    _, gain = parted(support.cleaned(tmp_path, ultra_hdr(ISO), KEEP))
    numbers, _ = gain_map.read(heif.gain_numbers())
    assert gain_map.SIGNATURE + gain_map.write(numbers) in gain
    assert gain_map.write_xmp(numbers) in gain


def test_its_samples_are_those_of_the_original(tmp_path: Path) -> None:
    _, gain = parted(support.cleaned(tmp_path, dirty_gain(), KEEP))
    assert support.decoded_still(gain) == support.decoded_still(jpeg.join((jpeg.JFIF, *GAIN_PICTURE)))


def test_an_independent_reader_finds_both_pictures(tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "clean.jpg"
    path.write_bytes(support.cleaned(tmp_path, dirty_gain(), KEEP))
    _, gain = parted(path.read_bytes())
    with Image.open(path) as image:
        index = image._getmp()  # type: ignore[attr-defined]
    assert index[0xB001] == 2
    assert [each["Size"] for each in index[0xB002]] == [path.stat().st_size - len(gain), len(gain)]


PROFILES = {
    "Display P3": (jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE, words=SECRET), b"Display P3"),
    "sRGB": (jpeg.profile(jpeg.SRGB, jpeg.srgb_table(), words=SECRET), b"sRGB"),
    "another": (jpeg.profile(jpeg.WIDE, jpeg.gamma(1.8), words=SECRET), b"RGB"),
}


@pytest.mark.parametrize(("profile", "name"), PROFILES.values(), ids=PROFILES)
def test_the_colours_of_what_comes_out_are_kept(profile: bytes, name: bytes, tmp_path: Path) -> None:
    data = support.cleaned(tmp_path, ultra_hdr(*jpeg.icc(profile), ISO), KEEP)
    picture, gain = parted(data)
    assert b"ICC_PROFILE" not in picture
    assert name.decode().encode("utf-16-be") in gain
    assert support.found_in(data, SECRET) == []
    assert support.audit(tmp_path, data, KEEP).verdict is Verdict.CANONICAL


def test_a_profile_that_can_not_be_rebuilt_takes_the_gain_map_with_it(tmp_path: Path) -> None:
    curves = jpeg.profile(jpeg.P3, b"zzzz" + jpeg.SRGB_CURVE[4:])
    data = ultra_hdr(*jpeg.icc(curves), ISO)
    without = support.cleaned(tmp_path, data)
    assert support.cleaned(tmp_path, data, KEEP) in (without, support.cleaned(tmp_path, ultra_hdr(ISO), KEEP))


def test_what_lies_in_the_gain_map_is_named_as_such(tmp_path: Path) -> None:
    report = support.audit(tmp_path, dirty_gain(), KEEP)
    paths = {each.path for each in report.findings}
    assert {"gain-map/APP1/Exif", "gain-map/APP1/Exif/GPS/GPSLatitude", "gain-map/DQT/unused"} <= paths


def test_findings_in_the_gain_map_stand_where_they_lie(tmp_path: Path) -> None:
    data = behind(Part(COM, SECRET), ISO)
    found = {each.path: each for each in support.audit(tmp_path, data, KEEP).findings}
    start = found["gain-map/COM"].start
    assert start is not None
    assert data[start + 4 : start + 4 + len(SECRET)] == SECRET


def test_bits_hidden_in_fractions_are_rounded_away(tmp_path: Path) -> None:
    ratio = int.from_bytes(b"secr"), int.from_bytes(b"etly")
    row = (*heif.GAINS[:2], ratio, *heif.GAINS[3:])
    data = ultra_hdr(jpeg.gain_numbers(heif.gain_numbers(row)))
    once = support.cleaned(tmp_path, data, KEEP)
    assert support.found_in(once, b"secretly") == []
    assert Residual.GAIN_MAP in {each.what for each in support.audit(tmp_path, once, KEEP).remaining}


def test_digits_behind_the_sixth_are_rounded_away(tmp_path: Path) -> None:
    once = support.cleaned(tmp_path, ultra_hdr(jpeg.gain_packet(Gamma=b"1.00000019876543210987")), KEEP)
    assert once == support.cleaned(tmp_path, ultra_hdr(ISO), KEEP)


def test_pictures_of_motion_jpeg_and_others_keep_none(tmp_path: Path) -> None:
    depth_only = replace(KEEP, keep=frozenset({Extra.DEPTH, Extra.STEREO}))
    assert support.cleaned(tmp_path, dirty_gain(), depth_only) == support.cleaned(tmp_path, dirty_gain())


def test_thousands_of_would_be_gain_maps_cost_little(tmp_path: Path) -> None:
    bad = jpeg.join((ISO, *jpeg.without(GAIN_PICTURE, jpeg.DQT)))
    data = jpeg.join(BASELINE.parts, bad * 4000)
    begin = time.perf_counter()
    assert support.audit(tmp_path, data, KEEP).problem is None
    assert time.perf_counter() - begin < 5
