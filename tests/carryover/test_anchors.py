"""Needles are found by short stretches of theirs, as surely as by all of their bytes."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest

from scrubkit.carryover import engine, search_file
from scrubkit.carryover.anchors import anchors
from scrubkit.carryover.forms import forms
from scrubkit.carryover.meaning import Needle
from scrubkit.model import Kind, Value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VALUE = Value("residue", "x", Kind.SERIAL, "x")
SECRET = "Kestrel-0451-ab"


def needle(data: bytes, *, caseless: bool = False) -> Needle:
    return Needle(VALUE, "x", data, caseless, 0.0)


def needles(seed: int, count: int) -> list[Needle]:
    """Noise, text, zeros and repetitions, of which some begin like others."""
    dice = random.Random(seed)
    alphabets = (bytes(range(256)), b"abcABC123", b"\0\0\0\1\2", b"a\0b\0")
    found: list[bytes] = []
    for _ in range(count):
        data = bytes(dice.choices(dice.choice(alphabets), k=dice.randint(1, 40)))
        found.append(
            dice.choice(found)[: dice.randint(1, 20)] + data if found and dice.random() < 0.4 else data
        )
    return [needle(data[:96], caseless=dice.random() < 0.5) for data in found]


def everywhere(wanted: Sequence[Needle], data: bytes) -> dict[int, int]:
    """Return where needles begin first, by comparing them with all of the data."""
    found = {}
    for number, each in enumerate(wanted):
        at = data.lower().find(each.data.lower()) if each.caseless else data.find(each.data)
        if at >= 0:
            found[number] = at
    return found


@pytest.mark.parametrize("size", [engine.SHORT, engine.LONG])
def test_every_needle_holds_its_anchor_where_it_is_said_to_be(size: int) -> None:
    wanted = needles(3, 400)
    held = anchors(wanted, size)
    numbers = [number for holders in held.values() for number, _ in holders]
    assert sorted(numbers) == list(range(400))
    for anchor, holders in held.items():
        for number, reach in holders:
            assert wanted[number].data[:reach].lower().endswith(anchor)


def test_spellings_of_a_moment_share_anchors() -> None:
    value = Value("residue", "x", Kind.TIME, "2023-08-17T14:33:09")
    texts = [needle(form.data) for form in forms(value) if form.name == "time-text"]
    assert len(anchors(texts, engine.SHORT)) <= 3


@pytest.mark.parametrize(
    "data",
    [
        bytes(9) + b"\x91\xc4\x17\xee" + bytes(9),
        bytes(4) + b"\x64\xdd\x91\x0b",
        b"\0\0\x80\x07\x31\x9a\0\0\0",
    ],
)
def test_an_anchor_avoids_zeros(data: bytes) -> None:
    (anchor,) = anchors([needle(data)], 4)
    assert anchor.count(0) <= 1


@pytest.mark.parametrize("size", [1000, engine.SMALL + 1])
@pytest.mark.parametrize("seed", range(4))
def test_a_finder_finds_what_comparing_everything_finds(seed: int, size: int) -> None:
    dice = random.Random(seed)
    wanted = needles(seed, 200)
    parts = [each.data.swapcase() if each.caseless else each.data for each in dice.choices(wanted, k=60)]
    data = b"".join(part + dice.randbytes(dice.randint(0, 9)) for part in parts)
    assert engine.Finder(wanted, size).find(data) == everywhere(wanted, data)


def test_a_value_in_a_file_that_is_full_of_its_anchor_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = []

    def compile_needles(wanted: Sequence[Needle]) -> engine.Compiled | None:
        compiled.append(len(wanted))
        return original(wanted)

    original = engine.compile_needles
    monkeypatch.setattr(engine, "compile_needles", compile_needles)
    (anchor,) = anchors([needle(SECRET.encode())], engine.SHORT)
    before = anchor * 100_000 + b"-"
    path = tmp_path / "file"
    path.write_bytes(before + SECRET.encode() + before)
    began = time.process_time()
    search = search_file([Value("residue", "x", Kind.SERIAL, SECRET)], path)
    assert {hit.at for hit in search.carried} == {len(before)}
    assert compiled
    assert time.process_time() - began < 2
