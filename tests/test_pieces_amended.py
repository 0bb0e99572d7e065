"""Spans with single bytes replaced, and payload that is fetched ahead: copies and comparisons stay exact."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from scrubkit import pieces as module
from scrubkit.errors import Malformed, Truncated
from scrubkit.pieces import (
    DIRECT,
    FETCHED,
    GATHER,
    Amended,
    Coded,
    Compared,
    Copied,
    Payload,
    Span,
    Walked,
    compare,
    copy,
    merged,
)
from scrubkit.source import Memory, Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scrubkit.pieces import Piece, Pieces

SIZE = 4 * GATHER
DATA = bytes(i * i % 251 for i in range(SIZE))
BORDERS = (0, 1, DIRECT - 1, DIRECT, GATHER - 1, GATHER, 2 * GATHER - 1, 2 * GATHER)


class Sink:
    def __init__(self) -> None:
        self.data = bytearray()
        self.largest = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.data += data
        self.largest = max(self.largest, len(data))

    def patch(self, at: int, data: bytes) -> None:
        self.data[at : at + len(data)] = data


class Reads:
    """A source that counts what is asked of it."""

    def __init__(self, data: bytes = DATA) -> None:
        self._inner = Memory(memoryview(data))
        self.size = len(data)
        self.asked: list[tuple[int, int]] = []

    def read(self, at: int, size: int) -> bytes:
        self.asked.append((at, size))
        return self._inner.read(at, size)

    def view(self, at: int, size: int) -> memoryview:
        self.asked.append((at, size))
        return self._inner.view(at, size)

    def part(self, at: int, size: int) -> memoryview:
        return self.view(at, size)


def walking(*each: Piece) -> Pieces:
    yield from each
    return Walked()


def everything(source: Reads | Source) -> Payload:
    return Payload(source, *merged([(0, source.size)]))


def copied(*each: Piece) -> tuple[bytes, Copied]:
    sink = Sink()
    result = copy(walking(*each), everything(Reads()), sink)
    return bytes(sink.data), result


def changed(start: int, size: int, *changes: tuple[int, int]) -> bytes:
    data = bytearray(DATA[start : start + size])
    for place, value in changes:
        data[place] = value
    return bytes(data)


class TestCopies:
    @pytest.mark.parametrize("size", [1, DIRECT - 1, DIRECT, GATHER, GATHER + 1, 3 * GATHER])
    def test_bytes_are_replaced_wherever_they_are(self, size: int) -> None:
        changes = [(place, 255) for place in sorted({*BORDERS, size - 1}) if place < size]
        assert copied(Amended(0, size, changes))[0] == changed(0, size, *changes)

    def test_what_was_replaced_is_digested(self) -> None:
        data, result = copied(b"head", Amended(5, 20, [(3, 254)]), b"tail")
        assert data == b"head" + changed(5, 20, (3, 254)) + b"tail"
        assert (result.payload, result.digest) == (20, blake3(data[4:-4]).hexdigest())

    def test_the_payload_itself_stays_as_it_is(self) -> None:
        data, _ = copied(Amended(0, 9, [(0, 255)]), Span(0, 9))
        assert data[9:] == DATA[:9]

    def test_what_is_handed_on_is_small(self) -> None:
        sink = Sink()
        copy(walking(Amended(0, SIZE, [(9, 9)])), everything(Reads()), sink)
        assert sink.largest <= GATHER + DIRECT

    def test_only_payload_is_amended(self) -> None:
        payload = Payload(Reads(), *merged([(10, 20)]))
        with pytest.raises(Malformed):
            copy(walking(Amended(9, 5, [(0, 0)])), payload, Sink())

    @given(st.data())
    def test_in_any_company(self, draw: st.DataObject) -> None:
        each: list[Piece] = []
        expected = b""
        for _ in range(draw.draw(st.integers(1, 6))):
            start = draw.draw(st.sampled_from(BORDERS))
            size = draw.draw(st.sampled_from([1, 7, DIRECT - 1, DIRECT, GATHER - 3, GATHER + 9]))
            match draw.draw(st.integers(0, 3)):
                case 0:
                    each.append(Span(start, size))
                    expected += DATA[start : start + size]
                case 1:
                    each.append(b"x" * (size % 999))
                    expected += b"x" * (size % 999)
                case 2:
                    each.append(Coded(b"y" * (size % 999)))
                    expected += b"y" * (size % 999)
                case _:
                    places = draw.draw(st.sets(st.integers(0, size - 1), max_size=4))
                    changes = [(place, 255) for place in sorted(places)]
                    each.append(Amended(start, size, changes))
                    expected += changed(start, size, *changes)
        assert copied(*each)[0] == expected


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    path = tmp_path / "source"
    path.write_bytes(DATA)
    with Source(path) as source:
        yield source


def compared(source: Source, *each: Piece) -> Compared:
    return compare(walking(*each), everything(source), source, digest=True)


class TestComparisons:
    def test_a_file_differs_where_the_first_byte_would_be_replaced(self, source: Source) -> None:
        place = GATHER + 5
        result = compared(source, Span(0, 7), Amended(7, SIZE - 7, [(place, 255), (place + 9, 255)]))
        assert not result.same
        assert result.difference == 7 + place
        assert result.digest == blake3(changed(0, SIZE, (7 + place, 255), (16 + place, 255))).hexdigest()

    def test_it_differs_where_what_is_amended_lies_elsewhere(self, source: Source) -> None:
        result = compared(source, Span(0, 7), Amended(8, SIZE - 8, []), Span(7, 1))
        assert result.difference == 7

    def test_bytes_that_are_replaced_by_themselves_are_no_difference(self, source: Source) -> None:
        assert compared(source, Amended(0, SIZE, [(5, DATA[5])])).same


LEAST = FETCHED.start


class TestFetching:
    def test_what_was_fetched_is_not_read_again(self) -> None:
        source = Reads()
        payload = everything(source)
        payload.fetch([(0, LEAST), (2 * LEAST, 3 * LEAST)])
        assert source.asked == [(0, LEAST), (2 * LEAST, LEAST)]
        assert payload.view(2 * LEAST + 5, 9) == DATA[2 * LEAST + 5 : 2 * LEAST + 14]
        assert payload.view(0, LEAST) == DATA[:LEAST]
        assert len(source.asked) == 2

    @pytest.mark.parametrize(
        ("start", "size"), [(LEAST - 1, 2), (LEAST - 1, LEAST + 2), (LEAST, 5), (2 * LEAST - 1, 1), (0, 0)]
    )
    def test_what_crosses_a_border_is_read(self, start: int, size: int) -> None:
        payload = everything(Reads())
        payload.fetch([(0, LEAST), (2 * LEAST, 3 * LEAST)])
        assert payload.view(start, size) == DATA[start : start + size]

    def test_what_was_fetched_last_but_one_stays(self) -> None:
        source = Reads()
        payload = everything(source)
        for start in (0, LEAST, 2 * LEAST):
            payload.fetch([(start, start + LEAST)])
        del source.asked[:]
        payload.view(LEAST, 9)
        payload.view(2 * LEAST, 9)
        assert source.asked == []
        payload.view(0, 9)
        assert source.asked == [(0, 9)]

    @pytest.mark.parametrize("size", [0, 1, LEAST - 1])
    def test_small_ones_are_left_to_the_windows(self, size: int) -> None:
        source = Reads()
        everything(source).fetch([(0, size)])
        assert source.asked == []

    def test_large_ones_would_take_too_much_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "FETCHED", range(4, 100))
        source = Reads()
        everything(source).fetch([(0, 99), (200, 300)])
        assert source.asked == [(0, 99)]

    def test_only_payload_is_fetched(self) -> None:
        payload = Payload(Reads(), *merged([(10, 10 + LEAST)]))
        with pytest.raises(Malformed):
            payload.fetch([(9, 9 + LEAST)])

    def test_a_view_of_what_is_no_payload_is_refused_beside_what_was_fetched(self) -> None:
        payload = Payload(Reads(), *merged([(10, 10 + LEAST)]))
        payload.fetch([(10, 10 + LEAST)])
        for start, size in ((9, 2), (9, LEAST), (10, LEAST + 1), (10 + LEAST, 1)):
            with pytest.raises(Malformed):
                payload.view(start, size)

    def test_a_fetch_that_fails_leaves_what_came_before(self) -> None:
        source = Reads(DATA[: 2 * LEAST])
        payload = Payload(source, *merged([(0, 4 * LEAST)]))
        payload.fetch([(0, LEAST)])
        with pytest.raises(Truncated):
            payload.fetch([(LEAST, 3 * LEAST)])
        assert payload.view(0, LEAST) == DATA[:LEAST]

    @given(st.lists(st.integers(1, 40), min_size=1, max_size=12), st.data())
    def test_views_are_right_whatever_was_fetched(self, sizes: list[int], draw: st.DataObject) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "FETCHED", range(5, 30))
            payload = everything(Reads())
            edges = list(accumulate(sizes, initial=0))
            for start, stop in pairwise(edges):
                payload.fetch([(start, stop), (stop + 3, stop + 3 + draw.draw(st.integers(1, 40)))])
                at = draw.draw(st.integers(0, edges[-1]))
                size = draw.draw(st.integers(0, 60))
                assert payload.view(at, size) == DATA[at : at + size]
