"""What is looked at of a slice is the slice: no byte of the NAL unit behind it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scrubkit.codecs.nal import NalFilter
from scrubkit.errors import Malformed
from scrubkit.model import Policy
from scrubkit.specimens.builders import nal as build

from .test_nal import AVC, START

SHORT = b"\x61\x9a"
"""A P slice that ends in the first bit of its frame number."""


@pytest.mark.parametrize("size", [2, 4])
def test_a_slice_that_ends_in_its_header_is_refused_whatever_lengths_stand_around(size: int) -> None:
    sample = build.with_lengths([SHORT, build.h264_slice(0x61, first=5, kind=5)], size)
    walk = NalFilter(replace(AVC, length_size=size), Policy())
    with pytest.raises(Malformed):
        walk.sample(memoryview(sample), START, listed=False)
