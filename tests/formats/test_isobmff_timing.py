"""Durations of packets of a fixed length."""

from __future__ import annotations

from array import array

import pytest

from scrubkit.essence import Samples, Sound
from scrubkit.formats.isobmff.timing import repaired

AAC = Sound("aac", "mp4a", 2, 48000, frame_length=1024)


def after(*durations: int, sound: Sound = AAC, timescale: int = 48000) -> list[int]:
    """What becomes of those durations."""
    count = len(durations)
    samples = Samples(array("Q", range(count)), array("I", [1] * count), array("I", durations))
    return list(repaired(samples, sound, timescale).durations)


@pytest.mark.parametrize(
    "given", [(2048, 0, 1024, 256), (0, 2048, 1024, 256), (3072, 0, 0, 256), (2048, 2048, 0, 0, 256)]
)
def test_packets_that_even_out_last_one_packet_each(given: tuple[int, ...]) -> None:
    assert after(*given) == [1024] * (len(given) - 1) + [256]


def test_packets_even_out_beside_one_that_is_longer() -> None:
    assert after(3840, 1024, 2048, 0, 0, 2048, 1024, 256) == [3840, *[1024] * 6, 256]


def test_a_pause_that_nothing_evens_out_stays() -> None:
    assert after(1024, 3072, 1024, 0, *[1024] * 9) == [1024, 3072, 1024, 0, *[1024] * 9]


def test_durations_that_count_no_packets_stay() -> None:
    assert after(3840, 1500, 0, 548, 1024) == [3840, 1500, 0, 548, 1024]


def test_packets_of_no_fixed_length_keep_their_durations() -> None:
    assert after(2048, 0, 256, sound=Sound("opus", "Opus", 2, 48000)) == [2048, 0, 256]
