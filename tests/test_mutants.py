"""Sources with random damage: a clean file that stays as it is when cleaned again, or a `ScrubError`."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest

import support
from scrubkit.errors import ScrubError
from scrubkit.specimens.builders import boxes
from test_laws import CASES

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.specimens.cases import Case

ROUNDS = 400
SECONDS = 5.0
VALUES = (0, 1, 7, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def _stretches(case: Case, data: bytes) -> list[tuple[int, int]]:
    """Where damage is likely to matter: the boxes of a movie, any 64 bytes of others."""
    if case.format == "isobmff":
        return [(node.start, node.end) for node in boxes.every(data) if node.kind != b"mdat"]
    return [(at, min(at + 64, len(data))) for at in range(0, len(data), 64)]


def mutant(case: Case, data: bytes, chance: random.Random) -> bytes:
    """One to four of: a flipped bit, an extreme value, a copied, doubled or lost stretch, a cut."""
    stretches = _stretches(case, data)
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        start, stop = chance.choice(stretches)
        at = chance.randrange(start, max(start + 1, stop))
        match chance.randrange(7):
            case 0:
                out[at : at + 1] = bytes((out[at] ^ 1 << chance.randrange(8),)) if at < len(out) else b""
            case 1:
                out[at : at + 4] = chance.choice(VALUES).to_bytes(4, "big")
            case 2:
                out[start : start + 4] = chance.choice(VALUES).to_bytes(4, "big")
            case 3:
                other, end = chance.choice(stretches)
                out[start:stop] = data[other:end]
            case 4:
                out[stop:stop] = data[start:stop]
            case 5:
                del out[start:stop]
            case _:
                del out[at:]
    return bytes(out)


def _check(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    begun = time.perf_counter()
    try:
        out = support.rebuilt(path)
    except ScrubError:
        out = b""
    assert time.perf_counter() - begun < SECONDS
    if out:
        path.write_bytes(out)
        assert support.rebuilt(path) == out


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_random_damage_is_refused_or_cleaned_for_good(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    for number in range(ROUNDS):
        case = chance.choice(CASES)
        makers = (case.dirty, *(make for _, make in case.twins))
        data = mutant(case, chance.choice(makers)(), chance)
        try:
            _check(tmp_path / "mutant", data)
        except Exception as error:
            raise AssertionError(f"{case.name}, seed {seed}, round {number}") from error
