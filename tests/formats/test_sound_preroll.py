"""Packets before an in-point that the first packet that sounds takes to decode."""

from __future__ import annotations

from array import array

import pytest

from scrubkit.essence import Samples
from scrubkit.formats.isobmff.edits import AUDIO_PREROLL, Shown, trim

IN_POINT = 20


def kept_before(codec: str, size: int) -> int:
    samples = Samples(array("Q", range(40)), array("I", [size] * 40), array("I", [1152] * 40))
    shown = (Shown(IN_POINT * 1152, 40 * 1152),)
    found = trim(samples, shown, lambda _: True, codec, video=False)
    return len(found.samples) - (40 - IN_POINT)


def test_a_packet_takes_a_few_before_it() -> None:
    assert kept_before("aac", 100) == kept_before("aac", 1000) == AUDIO_PREROLL


@pytest.mark.parametrize(
    ("size", "count"), [(1000, AUDIO_PREROLL), (166, 4), (165, 5), (96, 9), (39, IN_POINT)]
)
def test_a_packet_of_mp3_takes_those_whose_bytes_it_may_use(size: int, count: int) -> None:
    # A reservoir of 511 bytes, of which header, check and side information are no part.
    assert kept_before("mp3", size) == count
