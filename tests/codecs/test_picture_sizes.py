"""The size that is written is the stream's, so that a sample entry can't lie about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from codecs_samples import START
from scrubkit.codecs import h263, mjpeg, prores, vp9
from scrubkit.codecs.fitting import fitted
from scrubkit.essence import Picture
from scrubkit.model import Policy
from scrubkit.pieces import Span
from scrubkit.specimens.builders.encoded import Coded, pictures

if TYPE_CHECKING:
    from scrubkit.codecs import SampleFilter

LYING = Picture("", "", 1234, 567, aperture=(1000, 1, 500, 1, 0, 1, 0, 1))


def whole(data: memoryview, start: int) -> mjpeg.Cleaned:
    return mjpeg.Cleaned((Span(start, len(data)),), len(data), 64, 24)


def walker(codec: str, entry: Picture) -> SampleFilter:
    match codec:
        case "vp9":
            return vp9.sample_filter(entry, Policy())
        case "prores":
            return prores.sample_filter(entry, Policy())
        case _:
            return h263.sample_filter(entry, Policy())


def size_after(walk: SampleFilter, coded: Coded) -> tuple[int, int]:
    for packet in coded.packets:
        walk.sample(memoryview(packet), START, True)
    entry = walk.entry()
    assert isinstance(entry, Picture)
    return entry.width, entry.height


@pytest.mark.parametrize(
    ("codec", "encoder", "size", "pixel_format"),
    [
        ("vp9", "libvpx-vp9", (66, 50), "yuv420p"),
        ("prores", "prores_ks", (66, 50), "yuv422p10le"),
        ("h263", "h263", (176, 144), "yuv420p"),
        ("h263", "h263p", (180, 100), "yuv420p"),
    ],
)
def test_it_is_that_of_the_first_picture(
    codec: str, encoder: str, size: tuple[int, int], pixel_format: str
) -> None:
    coded = pictures(encoder, size=size, pixel_format=pixel_format, count=2)
    assert size_after(walker(codec, replace(LYING, codec=codec)), coded) == size


def test_two_fields_of_a_jpeg_are_one_picture() -> None:
    walk = mjpeg.sample_filter(replace(LYING, codec="mjpeg", fields=(2, 6)), Policy(), whole)
    assert size_after(walk, Coded("mjpeg", b"", (b"\xff\xd8",))) == (64, 24)


def test_a_crop_inside_one_macroblock_is_kept() -> None:
    picture = Picture("prores", "apch", 1920, 1080)
    assert fitted(picture, 1920, 1088) is picture


def test_an_aperture_of_a_size_that_was_not_true_goes() -> None:
    assert fitted(LYING, 64, 48) == replace(LYING, width=64, height=48, aperture=None)
