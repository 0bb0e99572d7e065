"""Traits of movies: pattern and timing are read the same from long and short clips of one recorder."""

from __future__ import annotations

from array import array
from dataclasses import replace

import pytest

from scrubkit.essence import Edit, Movie, Picture, Samples, Sound, Track
from scrubkit.linkage.movies import movie_traits, profile
from scrubkit.pieces import Payload
from scrubkit.source import Memory

PAYLOAD = Payload(Memory(memoryview(b"")), array("Q"), array("Q"))
SPS = bytes.fromhex("6764002aacd9")
PPS = bytes.fromhex("68ebecb22c")
CODING = Picture("h264", "avc1", 1920, 1080, parameter_sets=(SPS, PPS))


def video(
    frames: int = 300,
    *,
    group: int = 30,
    order: tuple[int, ...] = (),
    step: int = 20,
    timescale: int = 600,
    durations: list[int] | None = None,
    coding: Picture = CODING,
) -> Track:
    steps = array("I", durations or [step] * frames)
    return Track(
        entries=(coding,),
        timescale=timescale,
        samples=Samples(
            offsets=array("Q", range(frames)),
            sizes=array("I", [1] * frames),
            durations=steps,
            compositions=array("i", [step * order[i % len(order)] for i in range(frames)] if order else []),
            sync=bytes(i % group == 0 for i in range(frames)) if group > 1 else b"",
        ),
        edits=(Edit(0, sum(steps)),),
    )


def sound(rate: int = 48000, *, priming: int = 0, frames: int = 400) -> Track:
    return Track(
        entries=(Sound("aac", "mp4a", 2, rate, frame_length=1024, record=b"\x11\x90"),),
        timescale=rate,
        samples=Samples(
            offsets=array("Q", range(frames)),
            sizes=array("I", [1] * frames),
            durations=array("I", [1024] * frames),
        ),
        edits=(Edit(priming, frames * 1024 - priming),),
    )


def named(*tracks: Track) -> dict[str, str]:
    return dict(movie_traits(Movie(tracks, PAYLOAD)))


def changed(one: Track, other: Track) -> set[str]:
    first, second = named(one), named(other)
    return {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)}


def test_a_longer_clip_of_the_same_recorder_differs_in_its_duration_alone() -> None:
    order = (0, 2, 0, 0)
    assert changed(video(300, order=order), video(900, order=order)) == {"duration"}


def test_how_far_apart_whole_pictures_are_is_a_trait() -> None:
    assert named(video(group=30))["group of pictures"] == "30"
    assert named(video(group=1))["group of pictures"] == "1"


def test_one_group_that_is_longer_than_the_rest_changes_nothing() -> None:
    track = video(300, group=30)
    sync = bytearray(track.samples.sync)
    sync[150] = 0
    cut = replace(track, samples=replace(track.samples, sync=bytes(sync)))
    assert changed(track, cut) == set()


def test_a_clip_of_one_group_says_nothing_of_its_length() -> None:
    assert "group of pictures" not in {name for name, value in named(video(20, group=30)).items() if value}


def test_the_order_of_pictures_is_a_trait_whatever_the_time_scale() -> None:
    one = video(order=(0, 3, 1, 1), step=20, timescale=600)
    other = video(order=(0, 3, 1, 1), step=512, timescale=15360)
    assert named(one)["picture order"] == named(other)["picture order"]
    assert named(one)["picture order"] != named(video(order=(0, 2, 0, 0)))["picture order"]
    assert named(video())["picture order"] == "in turn"


def test_an_even_rate_is_told_exactly() -> None:
    assert named(video(step=1001, timescale=30000))["frame rate"] == "29.970"
    assert named(video(step=20, timescale=600))["frame rate"] == "30.000"


def test_a_rate_that_jitters_is_told_roughly() -> None:
    one = video(300, durations=[2990, 3000, 3011] * 100, timescale=90000)
    other = video(300, durations=[2985, 3004, 3010] * 100, timescale=90000)
    assert named(one)["frame rate"] == named(other)["frame rate"] == "30"
    assert named(one)["frame timing"] == "90000 varied"


def test_how_long_the_last_frame_lasts_is_no_jitter() -> None:
    assert changed(video(300), video(300, durations=[20] * 299 + [47])) <= {"duration"}


@pytest.mark.parametrize(
    ("coding", "expected"),
    [
        (CODING, "h264 64002a"),
        (
            Picture(
                "hevc",
                "hvc1",
                1,
                1,
                parameter_sets=(
                    bytes.fromhex("4001"),
                    bytes.fromhex("420101" + "016000000300900000030000030078aa"),
                ),
            ),
            "hevc 016000000090000000000078",
        ),
        (Picture("av1", "av01", 1, 1, record=b"\x81\x08\x0c\x00"), "av1 080c"),
        (Picture("prores", "apch", 1, 1), "prores apch"),
        (Picture("h264", "avc1", 1, 1), "h264 avc1"),
    ],
    ids=["h264", "hevc", "av1", "prores", "no parameter sets"],
)
def test_profile_and_level_are_read_from_where_each_codec_has_them(coding: Picture, expected: str) -> None:
    assert profile(coding) == expected


def test_parameter_sets_differ_in_one_bit() -> None:
    other = replace(CODING, parameter_sets=(SPS, PPS[:-1] + b"\x2d"))
    assert changed(video(), video(coding=other)) == {"parameter sets"}


def test_priming_is_a_trait_and_a_cut_is_not() -> None:
    assert named(sound(priming=2112))["sound priming"] == "2112"
    assert named(sound(priming=20000))["sound priming"] == named(sound(priming=30000))["sound priming"]


def test_the_sound_of_a_movie_has_traits_beside_its_picture() -> None:
    found = named(video(), sound())
    assert found["sound coding"].startswith("aac 48000 2")
    assert found["container skeleton"] == "avc1+stss mp4a"


def test_a_sound_alone_has_a_duration() -> None:
    assert named(sound(frames=469))["duration"] == "10.0"


def test_the_ending_of_a_name_is_a_trait() -> None:
    assert named(video())["file format"] == "mp4"
    assert named(video(coding=Picture("prores", "apch", 1, 1)))["file format"] == "mov"
