"""The builders are right: another decoder sees the same recording in every layout of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import support
from scrubkit.specimens.cases.isobmff import CASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scrubkit.specimens.cases import Case

SPLIT_PACKETS = frozenset({"amr", "mp3", "ac3", "eac3", "h263", "ac3-surround"})
FRAGMENTED = ("fragment", "dash", "edits of length 0")


ODD_LAYOUTS = frozenset({"one edit cut in two", "tables that say too much or too little"})


def _odd(case: Case, name: str) -> bool:
    """Whether FFmpeg's own demuxer shows it differently: two edits that touch, edits that leave samples
    out, chunk offsets that lead nowhere, and, in a fragmented file, samples of no bytes and an edit that
    begins inside a packet of certain codings.
    """
    if name in ODD_LAYOUTS or case.name.endswith("-cut"):
        return True
    fragmented = any(words in name for words in (*FRAGMENTED, "live clock"))
    return fragmented and case.name.split()[-1] in SPLIT_PACKETS | {"h264-hollow"}


def _pairs() -> Iterator[object]:
    for case in CASES:
        for name, make in case.twins:
            if not _odd(case, name):
                yield pytest.param(case, make, id=f"{case.name}: {name}")


@pytest.mark.slow
@pytest.mark.parametrize(("case", "make"), tuple(_pairs()))
def test_a_twin_decodes_to_the_same_pictures_and_sounds(case: Case, make: Callable[[], bytes]) -> None:
    expected, found = support.decoded_movie(case.dirty()), support.decoded_movie(make())
    assert found == expected
