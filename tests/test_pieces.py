from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.errors import Malformed
from scrubkit.pieces import (
    DIRECT,
    JOIN,
    Coded,
    Compared,
    Copied,
    Patch,
    Payload,
    Pieces,
    Reserve,
    Span,
    Walked,
    compare,
    copy,
    merged,
)
from scrubkit.source import DIRECT as AT_ONCE
from scrubkit.source import Source
from support import Memory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scrubkit.pieces import Piece


def pieces(*each: Piece, walked: Walked = Walked()) -> Pieces:  # noqa: B008 (frozen)
    yield from each
    return walked


def everything(source: Source) -> Payload:
    return Payload(source, *merged([(0, source.size)]))


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    path = tmp_path / "source"
    path.write_bytes(bytes(range(256)))
    with Source(path) as opened:
        yield opened


def copied(source: Source, *each: Piece) -> tuple[bytes, Copied]:
    sink = Memory()
    result = copy(pieces(*each), everything(source), sink)
    return bytes(sink.data), result


def test_pieces_are_written_in_order(source: Source) -> None:
    data, result = copied(source, b"ab", Span(5, 2), Coded(b"cd"), b"ef", Span(0, 1))
    assert data == b"ab\x05\x06cdef\x00"
    assert result.size == 9


def test_the_digest_covers_spans_and_coded_bytes_only(source: Source) -> None:
    _, result = copied(source, b"structure", Span(5, 2), Coded(b"cd"), Reserve(3), Span(0, 1))
    assert result.digest == blake3(b"\x05\x06cd\x00").hexdigest()
    assert result.payload == 5


def test_a_patch_changes_what_was_reserved_and_nothing_else(source: Source) -> None:
    data, _ = copied(source, b"ab", Reserve(2), Span(1, 1), Patch(2, b"XY"), b"z")
    assert data == b"abXY\x01z"


def test_what_the_writer_returns_is_handed_on(source: Source) -> None:
    walked = Walked()
    assert copy(pieces(Span(0, 1), walked=walked), everything(source), Memory()).walked is walked


@pytest.mark.parametrize("size", [DIRECT - 1, DIRECT, JOIN, AT_ONCE, AT_ONCE + 1, 2 * AT_ONCE + DIRECT])
def test_spans_of_any_size_are_copied_whole(tmp_path: Path, size: int) -> None:
    path = tmp_path / "large"
    block = bytes(range(251))
    data = (block * (size // 251 + 2))[: size + 7]
    path.write_bytes(data)
    with Source(path) as source:
        written, result = copied(source, b"head", Span(7, size), b"tail")
    assert written == b"head" + data[7:] + b"tail"
    assert result.digest == blake3(data[7:]).hexdigest()


def test_small_and_large_pieces_keep_their_order_over_many_blocks(tmp_path: Path) -> None:
    path = tmp_path / "large"
    data = bytes(range(251)) * 400
    path.write_bytes(data)
    each: list[Piece] = []
    expected = bytearray()
    for i in range(700):
        start, size = i * 7 % 5000, DIRECT - 9 if i % 50 else DIRECT + 9
        made = bytes([i % 256]) * (5 if i % 30 else DIRECT + 1)
        each += [Coded(made), Span(start, size)]
        expected += made + data[start : start + size]
    with Source(path) as source:
        written, result = copied(source, *each)
    assert len(written) > 8 * AT_ONCE
    assert written == expected
    assert result.digest == blake3(expected).hexdigest()


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 40)), max_size=30))
def test_joining_spans_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, spans: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.mktemp("spans") / "source"
    data = bytes(range(256)) * 2
    path.write_bytes(data)
    with Source(path) as source:
        written, _ = copied(source, *(Span(start, size) for start, size in spans))
    assert written == b"".join(data[start : start + size] for start, size in spans)


@pytest.mark.parametrize("span", [Span(0, 5), Span(4, 1), Span(9, 2), Span(8, 3), Span(200, 1)])
def test_a_span_that_the_essence_does_not_list_is_out_of_reach(source: Source, span: Span) -> None:
    payload = Payload(source, array("Q", [0, 8]), array("Q", [4, 10]))
    with pytest.raises(Malformed, match="span-outside-essence"):
        copy(pieces(span), payload, Memory())


def test_two_listed_neighbours_do_not_open_what_lies_between(source: Source) -> None:
    payload = Payload(source, array("Q", [0, 8]), array("Q", [4, 10]))
    with pytest.raises(Malformed):
        payload.view(0, 10)


def compared(source: Source, *each: Piece, digest: bool = True) -> Compared:
    return compare(pieces(*each), everything(source), source, digest=digest)


def test_a_file_that_is_what_the_pieces_say_is_the_same(source: Source) -> None:
    result = compared(source, bytes(range(4)), Span(4, 250), bytes((254, 255)))
    assert result.same
    assert result.difference is None
    assert result.digest == blake3(bytes(range(4, 254))).hexdigest()


def test_without_a_digest_payload_is_not_read(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Payload, "view", lambda *_: pytest.fail("read"))
    assert compared(source, Span(0, 256), digest=False) == Compared(True, None, "", Walked())


@pytest.mark.parametrize(
    ("each", "difference"),
    [
        ((b"\x00\x01X", Span(3, 253)), 0),
        ((b"\x00\x01\x02", Span(4, 252)), 3),
        ((Span(0, 255),), 255),
        ((Span(0, 256), b"more"), 256),
        ((Span(0, 10), Reserve(2), Span(12, 244), Patch(10, b"XY")), 10),
        ((Span(0, 10), Coded(b"X"), Span(11, 245)), 10),
    ],
)
def test_a_difference_is_found_and_placed(source: Source, each: tuple[Piece, ...], difference: int) -> None:
    result = compared(source, *each)
    assert not result.same
    assert result.difference == difference


def test_a_reserved_place_counts_as_what_is_patched_in(source: Source) -> None:
    assert compared(source, Span(0, 10), Reserve(2), Span(12, 244), Patch(10, b"\x0a\x0b")).same


def test_merged_joins_what_touches_or_overlaps() -> None:
    starts, stops = merged([(0, 2), (2, 4), (3, 5), (7, 7), (8, 9)])
    assert (list(starts), list(stops)) == ([0, 8], [5, 9])


@pytest.mark.parametrize("seen", [(), (0,), (5 << 20,), (1 << 20, 3 << 20), (100, 7 << 20)])
def test_parts_are_the_bytes_in_order_whatever_was_seen_before(tmp_path: Path, seen: tuple[int, ...]) -> None:
    path = tmp_path / "large"
    data = bytes(range(251)) * 40_000
    path.write_bytes(data)
    with Source(path) as source:
        for at in seen:
            source.view(at, 9)
        payload = everything(source)
        payload.fetch([(2 << 20, (2 << 20) + 200_000)])
        assert b"".join(payload.parts(77, len(data) - 99)) == data[77:-22]


def test_parts_that_the_essence_does_not_list_are_refused(source: Source) -> None:
    payload = Payload(source, *merged([(0, 10), (20, 30)]))
    assert b"".join(payload.parts(20, 10)) == bytes(range(20, 30))
    for start, size in ((0, 11), (5, 20), (10, 10), (29, 2)):
        with pytest.raises(Malformed):
            list(payload.parts(start, size))
