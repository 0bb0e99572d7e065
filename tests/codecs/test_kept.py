"""What crosses is counted by type, and the counts add up to the samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from codecs_samples import START
from scrubkit.codecs import aac, av1, flac, h263, h264, mpeg4, opus, prores, vp9
from scrubkit.codecs.nal import NalFilter
from scrubkit.codecs.tally import Tally
from scrubkit.essence import Picture, Sound
from scrubkit.model import Policy
from scrubkit.specimens.builders import nal
from scrubkit.specimens.builders.encoded import Coded, pictures, sound

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrubkit.codecs import SampleFilter

SIZE = (64, 48)


def vp9_walker(_: Coded) -> SampleFilter:
    return vp9.sample_filter(Picture("vp9", "vp09", *SIZE), Policy())


def mpeg4_walker(coded: Coded) -> SampleFilter:
    record = mpeg4.rebuild(coded.extradata).record
    return mpeg4.sample_filter(Picture("mpeg4", "mp4v", *SIZE, record=record), Policy())


def prores_walker(_: Coded) -> SampleFilter:
    return prores.sample_filter(Picture("prores", "apch", *SIZE), Policy())


def av1_walker(_: Coded) -> SampleFilter:
    return av1.sample_filter(Picture("av1", "av01", *SIZE), Policy())


def h263_walker(_: Coded) -> SampleFilter:
    return h263.sample_filter(Picture("h263", "s263", *SIZE), Policy())


def aac_walker(coded: Coded) -> SampleFilter:
    config = aac.rebuild_config(coded.extradata)
    entry = Sound("aac", "mp4a", config.channels, config.rate, record=config.record)
    return aac.sample_filter(entry, Policy(deep=True))


def opus_walker(coded: Coded) -> SampleFilter:
    record = opus.from_head(coded.extradata).record
    return opus.sample_filter(Sound("opus", "Opus", 2, 48000, record=record), Policy())


def flac_walker(coded: Coded) -> SampleFilter:
    record = flac.from_streaminfo(coded.extradata[-34:]).record
    return flac.sample_filter(Sound("flac", "fLaC", 2, 48000, record=record), Policy())


CASES: dict[str, tuple[Callable[[], Coded], Callable[[Coded], SampleFilter]]] = {
    "vp9": (lambda: pictures("libvpx-vp9"), vp9_walker),
    "mpeg4": (lambda: pictures("mpeg4"), mpeg4_walker),
    "prores": (lambda: pictures("prores_ks", pixel_format="yuv422p10le"), prores_walker),
    "av1": (lambda: pictures("libsvtav1", options={"svtav1-params": "lp=1"}), av1_walker),
    "h263": (lambda: pictures("h263", size=(128, 96)), h263_walker),
    "aac": (lambda: sound("aac"), aac_walker),
    "opus": (lambda: sound("libopus", sample_format="flt"), opus_walker),
    "flac": (lambda: sound("flac", sample_format="s16"), flac_walker),
}


@pytest.mark.parametrize("name", CASES)
def test_every_byte_of_an_encoders_samples_is_under_a_type(name: str) -> None:
    make, walker = CASES[name]
    coded = make()
    walk = walker(coded)
    for packet in coded.packets:
        walk.sample(memoryview(packet), START, True)
    behind = sum(row.size for row in walk.dropped())
    assert sum(row.size for row in walk.kept()) + behind == sum(map(len, coded.packets))
    assert all(row.key.startswith(f"{name}/") and row.count for row in walk.kept())


AVC = Picture(
    "h264",
    "avc1",
    64,
    48,
    parameter_sets=h264.read_configuration(nal.avcc([nal.h264_sps()], [nal.h264_pps()]))[1],
)
RECOVERY = (6, nal.Bits().ue(0).flags(1, 0).u(2, 0).stop())


def test_nal_units_are_counted_with_their_lengths_under_their_type() -> None:
    walk = NalFilter(AVC, Policy())
    idr, slice_ = nal.h264_slice(), nal.h264_slice(0x61, kind=5)
    for units in ([b"\x09\xf0", idr], [slice_], [slice_ + b"\0\0"]):
        walk.sample(memoryview(nal.with_lengths(units)), START, False)
    assert [(row.key, row.count, row.size) for row in walk.kept()] == [
        ("h264/nal/1", 2, 2 * (4 + len(slice_))),
        ("h264/nal/5", 1, 4 + len(idr)),
    ]


def test_a_sei_message_that_crosses_is_counted_with_its_nal_unit() -> None:
    walk = NalFilter(AVC, Policy())
    data = nal.with_lengths([nal.sei(b"\x06", RECOVERY, (5, bytes(16))), nal.h264_slice()])
    walk.sample(memoryview(data), START, False)
    assert [row.key for row in walk.kept()] == ["h264/nal/5", "h264/sei/6"]
    behind = sum(row.size for row in walk.dropped())
    assert sum(row.size for row in walk.kept()) + behind == len(data)


def test_a_sample_is_what_was_not_left_behind_of_it() -> None:
    tally = Tally()
    tally.add("x/tail", 3)
    tally.rest("x/frame", 10)
    tally.rest("x/frame", 10)
    (row,) = tally.kept()
    assert (row.key, row.count, row.size) == ("x/frame", 2, 17)


def test_a_counter_that_nothing_was_added_to_is_not_listed() -> None:
    tally = Tally()
    tally.counter("h264/nal/1")
    assert not tally.kept()
