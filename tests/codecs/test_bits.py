"""Bit strings: what is written is read again, and nothing reads past the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.codecs.bits import (
    FORBIDDEN,
    PEEK,
    BitReader,
    BitWriter,
    Rewriter,
    escape,
    peek,
    peek_ue,
    unescape,
)
from scrubkit.errors import Malformed, ScrubError, Truncated, Unsupported

NO_TRAILING_ZERO = st.binary(max_size=60).filter(lambda data: not data.endswith(b"\0"))


def written(*values: int) -> bytes:
    writer = BitWriter()
    for value in values:
        writer.ue(value)
    writer.stop()
    return writer.bytes()


@given(st.lists(st.integers(0, 0xFFFFFFFE), max_size=20))
def test_unsigned_codes_are_read_as_written(values: list[int]) -> None:
    reader = BitReader(written(*values), "test")
    assert [reader.ue(0xFFFFFFFE) for _ in values] == values
    reader.trailing()


@given(st.lists(st.integers(-(1 << 31) + 1, (1 << 31) - 1), max_size=20))
def test_signed_codes_are_read_as_written(values: list[int]) -> None:
    writer = BitWriter()
    for value in values:
        writer.se(value)
    writer.stop()
    reader = BitReader(writer.bytes(), "test")
    assert [reader.se(-(1 << 31) + 1, (1 << 31) - 1) for _ in values] == values


@given(
    st.integers(0, 7), st.integers(1, 64).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, 2**n - 1)))
)
def test_fields_of_any_width_stand_at_any_bit(offset: int, field: tuple[int, int]) -> None:
    writer = BitWriter()
    writer.u(offset, 0)
    writer.u(*field)
    reader = BitReader(writer.bytes(), "test")
    reader.u(offset)
    assert reader.u(field[0]) == field[1]


@given(NO_TRAILING_ZERO)
def test_escaped_bytes_hold_no_start_code_and_come_back(data: bytes) -> None:
    assert unescape(escape(data)) == data
    assert not FORBIDDEN.search(escape(data))


def test_a_field_beyond_the_end_is_truncated() -> None:
    with pytest.raises(Truncated):
        BitReader(b"\xff", "test").u(9)


def test_a_code_beyond_its_maximum_is_malformed() -> None:
    with pytest.raises(Malformed):
        BitReader(written(8), "test").ue(7)


def test_a_signed_code_beyond_its_minimum_is_malformed() -> None:
    with pytest.raises(Malformed):
        BitReader(written(4), "test").se(-1, 7)


def test_a_code_of_zeros_only_is_malformed() -> None:
    with pytest.raises(Malformed):
        BitReader(bytes(20), "test").ue(9)


@given(st.binary(max_size=16))
def test_any_bytes_give_a_value_or_a_scrub_error(data: bytes) -> None:
    reader = BitReader(data, "test")
    try:
        while True:
            reader.ue(0xFFFFFFFE)
    except ScrubError:
        pass


def test_data_after_the_last_field_is_refused() -> None:
    both = Rewriter(b"\xa0canary\x80", "test")
    both.u(2)
    with pytest.raises(Unsupported):
        both.rbsp()


def test_a_missing_stop_bit_is_forgiven() -> None:
    both = Rewriter(b"\xff", "test")
    both.u(8)
    assert both.rbsp() == b"\xff\x80"


def test_a_replaced_field_does_not_cross() -> None:
    both = Rewriter(b"\xab\x80", "test")
    both.put(8, 0x11)
    assert both.rbsp() == b"\x11\x80"


def test_more_data_ends_at_the_stop_bit() -> None:
    reader = BitReader(b"\xc0\x00", "test")
    assert reader.more_data()
    reader.flag()
    assert not reader.more_data()


@given(st.lists(st.integers(0, 200), min_size=3, max_size=3))
def test_peeking_agrees_with_reading(values: list[int]) -> None:
    bits = peek(escape(written(*values)).ljust(PEEK, b"\x55")[:PEEK])
    found = []
    for _ in values:
        value, bits = peek_ue(bits)
        found.append(value)
    assert found == values


def test_peeking_at_a_code_too_long_is_malformed() -> None:
    with pytest.raises(Malformed):
        peek_ue(peek(bytes(4)))
