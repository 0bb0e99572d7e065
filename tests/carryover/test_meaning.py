"""What a needle is worth: noise much, structure little."""

from __future__ import annotations

import random

import pytest

from scrubkit.carryover import constants
from scrubkit.carryover.constants import is_constant
from scrubkit.carryover.meaning import BUDGET, LEAST, Needle, bits, escaped, plan
from scrubkit.carryover.windows import best
from scrubkit.model import Kind, Value

VALUE = Value("residue", "x", Kind.SERIAL, "x")


@pytest.mark.parametrize(
    "data",
    [
        bytes(96),
        b"\xff" * 96,
        bytes(80) + b"\x01\x00\x00\x02" + bytes(12),
        b"\x00\x00\x00\x48" * 20,
        b"AAAAAAAAAAAAAAAA",
        b"0101010101010101",
        bytes(60) + b"\x10",
    ],
)
def test_zeros_runs_and_patterns_are_worth_little(data: bytes) -> None:
    assert bits(data) < LEAST


def test_noise_is_worth_eight_bits_a_byte() -> None:
    assert 60 <= bits(bytes((17, 201, 94, 3, 250, 66, 139, 5))) <= 64


def test_letters_of_either_case_are_worth_less() -> None:
    assert bits(b"Kestrel", caseless=True) < bits(b"Kestrel")


def test_all_needles_together_keep_within_the_budget() -> None:
    from scrubkit.carryover.forms import Form

    dice = random.Random(2)
    forms = [(VALUE, Form("x", dice.randbytes(5 + i % 4))) for i in range(3000)]
    planned = plan(forms, 50_000_000)
    assert 0 < sum(needle.chance for needle in planned.whole) <= BUDGET
    assert planned.ends
    assert planned.slight
    assert len(planned.whole) + len(planned.ends) + len(planned.slight) == 3000


def test_a_needle_without_zeros_has_no_escaped_shape() -> None:
    assert escaped(Needle(VALUE, "x", b"Kestrel-0451", caseless=False, chance=0)) == ()


@pytest.mark.parametrize("word", ["VideoHandler", "soundhandler", "Display P3", "heic", "ICC_PROFILE"])
def test_words_of_clean_files_are_constant(word: str) -> None:
    assert is_constant(word.encode(), text=True)
    assert is_constant(word.encode("utf-16-le"), text=True)


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("size", [3, 6, 7, 30])
def test_all_parts_of_the_tables_are_constant(size: int, text: bool) -> None:
    tables = (constants.HUFFMAN[0], constants.STRUCTURE[0], constants.PROFILES[0])
    for table in tables:
        parts = [table[at : at + size] for at in range(len(table) - size + 1)]
        assert all(is_constant(part, text=text) for part in parts)
        assert not is_constant(table + b"~", text=text)


@pytest.mark.parametrize("word", ["Core Media", "GoPro", "iPhone", "Lavf58.29.100", "com.apple.quicktime"])
def test_words_of_recorders_are_not(word: str) -> None:
    assert not is_constant(word.encode(), text=True)


def test_a_window_avoids_the_tables_of_a_picture() -> None:
    dice = random.Random(5)
    table = b"\xff\xdb\x00\x43\x00" + dice.randbytes(64)
    assert best(bytes(40) + table + bytes(40)) == b""
    behind = dice.randbytes(64)
    window = best(table + bytes(40) + behind)
    assert window
    assert window in bytes(16) + behind


def test_a_window_is_not_taken_from_zeros() -> None:
    assert best(bytes(4000) + b"\x01" + bytes(4000)) == b""
