"""DNxHD and DNxHR: headers are made anew, and a frame is as long as its kind of compression asks for."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecs_samples import filtered, keys
from scrubkit.codecs import vc3
from scrubkit.errors import Malformed, ScrubError, Unsupported
from scrubkit.essence import Picture
from scrubkit.model import Policy
from scrubkit.specimens.builders.encoded import Coded, decoded, pictures

SECRET = b"CANARY-canary"
SIZE = (256, 120)
FREE = (*range(0x08, 0x18), 0x1C, *range(0x2D, 0x5F), *range(0x60, 0x160), *range(0x1A0, 0x280))
"""Positions of a header of eight lines that hold nothing."""


def walker() -> vc3.Vc3Filter:
    return vc3.sample_filter(Picture("vc3", "AVdn", 1, 1), Policy())


@cache
def coded(profile: str = "dnxhr_sq", pixel_format: str = "yuv422p") -> Coded:
    options = {"profile": profile}
    return pictures("dnxhd", size=SIZE, count=2, pixel_format=pixel_format, options=options)


@cache
def fixed() -> Coded:
    return pictures("dnxhd", size=(1280, 720), count=1, pixel_format="yuv422p", options={"b": "90M"})


@pytest.mark.parametrize(
    ("profile", "pixel_format"),
    [("dnxhr_lb", "yuv422p"), ("dnxhr_sq", "yuv422p"), ("dnxhr_hqx", "yuv422p10le")],
)
def test_the_picture_is_bit_identical(profile: str, pixel_format: str) -> None:
    source = coded(profile, pixel_format)
    walk = walker()
    made = [filtered(walk, packet) for packet in source.packets]
    assert decoded("dnxhd", b"", made) == decoded("dnxhd", b"", source.packets)
    assert not walk.dropped()


def test_the_entry_says_what_the_frames_are() -> None:
    walk = walker()
    filtered(walk, coded().packets[0])
    assert (walk.entry().entry, walk.entry().width, walk.entry().height) == ("AVdh", *SIZE)
    walk = walker()
    filtered(walk, fixed().packets[0])
    assert (walk.entry().entry, walk.entry().width, walk.entry().height) == ("AVdn", 1280, 720)


def test_nothing_of_a_header_crosses_but_its_fields() -> None:
    packet = bytearray(coded().packets[0])
    for at in FREE:
        packet[at] ^= 0x5A
    walk = walker()
    assert filtered(walk, bytes(packet)) == coded().packets[0]
    assert keys(walk) == {"vc3/header"}


def test_a_checksum_becomes_the_signature() -> None:
    packet = coded().packets[0]
    assert filtered(walker(), packet[:-4] + b"abcd") == packet


@pytest.mark.parametrize("make", [coded, fixed])
def test_bytes_behind_a_frame_stay_behind(make: object) -> None:
    assert callable(make)
    packet = make().packets[0]
    walk = walker()
    assert filtered(walk, packet + SECRET) == packet
    assert keys(walk) == {"vc3/after-frame"}


def test_a_frame_that_is_shorter_than_its_kind_is_malformed() -> None:
    with pytest.raises(Malformed):
        filtered(walker(), coded().packets[0][:-5])


def test_an_unknown_kind_is_refused() -> None:
    packet = bytearray(coded().packets[0])
    packet[0x2B] = 1
    with pytest.raises(Unsupported):
        filtered(walker(), bytes(packet))


def test_frames_of_another_size_are_refused() -> None:
    walk = walker()
    filtered(walk, coded().packets[0])
    other = pictures(
        "dnxhd", size=(512, 240), count=1, pixel_format="yuv422p", options={"profile": "dnxhr_sq"}
    )
    with pytest.raises(Unsupported):
        filtered(walk, other.packets[0])


@given(st.data())
def test_damaged_frames_are_a_fixed_point_or_refused(data: st.DataObject) -> None:
    packet = bytearray(coded().packets[0])
    for _ in range(data.draw(st.integers(1, 4))):
        packet[data.draw(st.integers(0, 0x2FF))] = data.draw(st.integers(0, 255))
    try:
        once = filtered(walker(), bytes(packet))
    except ScrubError:
        return
    assert filtered(walker(), once) == once
