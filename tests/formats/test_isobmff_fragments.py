"""Movie fragments: where their samples begin and last, box by box."""

from __future__ import annotations

import pytest

from scrubkit.errors import Malformed
from scrubkit.formats.isobmff.fragments import Defaults, Growing, append
from scrubkit.model import Limits
from scrubkit.specimens.builders.boxes import box, full, u32, u64


def moof(time: bytes, *, long: bool) -> memoryview:
    """The body of a `moof` of two samples of 1024 ticks and 5 bytes, with a `tfdt` of that form."""
    traf = full(b"tfhd", 0, 0x20000, u32(1))
    traf += full(b"tfdt", int(long), 0, time)
    traf += full(b"trun", 0, 1, u32(2) + u32(200))
    return memoryview(box(b"traf", traf))


def grown(*moofs: memoryview) -> Growing:
    """The one track of those fragments."""
    track = Growing()
    for body in moofs:
        append(body, 0, {1: track}, {1: Defaults(duration=1024, size=5)}, Limits(), 1000)
    return track


def test_a_decode_time_below_zero_is_a_beginning_before_the_movie() -> None:
    track = grown(moof(u64((1 << 64) - 1024), long=True), moof(u64(1024), long=True))
    assert (track.origin, track.end, list(track.durations)) == (-1024, 3072, [1024] * 4)


def test_a_short_decode_time_has_no_sign() -> None:
    assert grown(moof(u32((1 << 32) - 1024), long=False)).origin == (1 << 32) - 1024


def test_a_gap_between_fragments_lengthens_the_sample_before_it() -> None:
    track = grown(moof(u64(0), long=True), moof(u64(3000), long=True))
    assert list(track.durations) == [1024, 1976, 1024, 1024]


def test_fragments_that_go_back_behind_a_sample_are_malformed() -> None:
    with pytest.raises(Malformed):
        grown(moof(u64(5000), long=True), moof(u64(0), long=True))
