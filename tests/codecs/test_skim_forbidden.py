"""Forbidden bytes are found where they are, whoever looks, and however often they are asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scrubkit.codecs import forbidden
from scrubkit.codecs.forbidden import BYTES_PER_PAIR, Lookout, engine

if TYPE_CHECKING:
    from collections.abc import Iterator

RULE = re.compile(rb"\x00\x00[\x00-\x02]")
ZEROS = st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 4, 255]), max_size=80).map(bytes)


def found_by_rule(data: bytes, at: int) -> int:
    found = RULE.search(data, at)
    return found.start() if found else len(data)


@pytest.fixture(scope="class", params=["Hyperscan", "re"])
def search(request: pytest.FixtureRequest) -> Iterator[forbidden.PairSearch | None]:
    if request.param == "re":
        yield None
        return
    pytest.importorskip("hyperscan")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forbidden, "WORTHWHILE", 0)
        patch.setattr(forbidden, "BYTES_PER_PAIR", 1)
        yield engine()


class TestPlaces:
    @given(data=ZEROS, places=st.lists(st.integers(0, 80), max_size=9))
    @example(data=b"\0\0\2", places=[0])
    @example(data=b"\0\0\0\3\0\0\1", places=[1, 0, 5])
    @example(data=b"\0\0", places=[0, 1, 2])
    def test_the_next_place_is_the_one_of_the_rule(
        self, search: forbidden.PairSearch | None, data: bytes, places: list[int]
    ) -> None:
        lookout = Lookout(memoryview(data), search)
        for place in (min(place, len(data)) for place in places):
            assert lookout.next(place) == found_by_rule(data, place)

    @given(data=ZEROS)
    def test_all_of_them_are_found_in_a_row(self, search: forbidden.PairSearch | None, data: bytes) -> None:
        lookout = Lookout(memoryview(data), search)
        at, found = 0, []
        while (place := lookout.next(at)) < len(data):
            found.append(place)
            at = place + 1
        assert found == [place for place in range(len(data)) if RULE.match(data, place)]

    def test_runs_of_a_piece_of_memory_aresearched_alone(self, search: forbidden.PairSearch | None) -> None:
        memory = memoryview(b"\0\0\1abc\0\0\1")
        assert Lookout(memory[1:8], search).next(0) == 7


def test_many_pairs_are_left_to_the_othersearch() -> None:
    pytest.importorskip("hyperscan")
    search = engine()
    assert search is not None
    data = b"\0\0\3" * BYTES_PER_PAIR
    assert search(memoryview(data)) is None
    assert search(memoryview(data[:6] + b"x" * 9 * BYTES_PER_PAIR)) == [0, 3]
    assert Lookout(memoryview(data * 9 + b"\0\0\1"), search).next(0) == 9 * len(data)
