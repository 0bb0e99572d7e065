"""ProRes frames: coefficients cross, the encoder's name and every spare byte stay behind."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecs_samples import filtered, keys
from scrubkit.codecs.prores import ProresFilter, sample_filter
from scrubkit.errors import Malformed, ScrubError, Unsupported
from scrubkit.essence import Picture
from scrubkit.model import Policy
from scrubkit.specimens.builders.codecs_other import prores
from scrubkit.specimens.builders.encoded import decoded, pictures

SECRET = b"\xa5canary\x5a"


def walker() -> ProresFilter:
    return sample_filter(Picture("prores", "apch", 64, 48), Policy())


@cache
def packets(pixel_format: str = "yuv422p10le", encoder: str = "prores_ks") -> tuple[bytes, ...]:
    return pictures(encoder, pixel_format=pixel_format).packets


@cache
def clean() -> bytes:
    return filtered(walker(), packets()[0])


def test_an_encoder_becomes_the_one_of_all() -> None:
    assert packets()[0][12:16] == b"Lavc"
    assert clean()[12:16] == b"apl0"
    assert filtered(walker(), packets()[0].replace(b"Lavc", b"xyz1", 1)) == clean()


@pytest.mark.parametrize(
    "changes",
    [
        {"reserved": True},
        {"header_tail": SECRET},
        {"picture_tail": SECRET},
        {"after_slices": SECRET},
        {"stuffing": SECRET},
        {"after": SECRET},
        {"stuffing": bytes(512)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_twins_become_one_frame(changes: dict[str, Any]) -> None:
    planted = prores(packets()[0], **changes)
    assert planted != packets()[0]
    assert filtered(walker(), planted) == clean()


def test_slice_tails_stay_behind() -> None:
    long = prores(packets()[0], slice_tail=b"")
    planted = prores(packets()[0], slice_tail=SECRET)
    walk = walker()
    assert filtered(walk, planted) == filtered(walker(), long)
    assert keys(walk) == {"prores/slice-tail"}


@pytest.mark.parametrize(
    ("encoder", "pixel_format"),
    [
        ("prores", "yuv422p10le"),
        ("prores_ks", "yuv422p10le"),
        ("prores_ks", "yuv444p10le"),
        ("prores_ks", "yuva444p10le"),
    ],
)
def test_decoded_pictures_are_the_same(encoder: str, pixel_format: str) -> None:
    frames = packets(pixel_format, encoder)
    walk = walker()
    out = [filtered(walk, frame) for frame in frames]
    assert decoded("prores", b"", out) == decoded("prores", b"", frames)
    assert walk.entry().depth == (32 if pixel_format.startswith("yuva") else 24)
    assert walk.dropped() == ()


def test_a_clean_frame_is_a_fixed_point() -> None:
    assert filtered(walker(), clean()) == clean()


def test_another_frame_type_is_malformed() -> None:
    with pytest.raises(Malformed):
        filtered(walker(), clean().replace(b"icpf", b"prrf"))


def test_a_frame_longer_than_its_sample_is_malformed() -> None:
    with pytest.raises(Malformed):
        filtered(walker(), clean()[:-1])


def test_a_slice_header_of_unknown_size_is_unsupported() -> None:
    long = bytearray(prores(packets()[0], slice_tail=b""))
    long[long.index(bytes((8 << 3 | 5,)), 160)] = 9 << 3
    with pytest.raises(Unsupported):
        filtered(walker(), bytes(long))


@settings(deadline=None)
@given(st.data())
def test_damaged_frames_are_a_fixed_point_or_refused(data: st.DataObject) -> None:
    frame = bytearray(clean())
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, 250))] = data.draw(st.integers(0, 255))
    frame = frame[: data.draw(st.integers(0, len(frame)))] if data.draw(st.booleans()) else frame
    try:
        once = filtered(walker(), bytes(frame))
    except ScrubError:
        return
    assert filtered(walker(), once) == once
