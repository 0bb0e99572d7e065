"""How much a hit would mean: which needles are searched, and where.

A needle of few bits turns up in any large file by chance.  The chance is estimated
per byte: coded pictures and sound look like noise, so most bytes weigh eight bits;
zeros, runs and letters, which structure and text are full of, weigh less.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from .constants import is_constant
from .forms import LONGEST, Form

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model import Value

BUDGET = 1e-5
"""Chance hits that one file may expect of all its needles together."""

HEAD = 64 << 10
TAIL = 512 << 10
"""The ends of a file, where structure is: needles that mean something there, but not in all of it, are
searched there."""

LEAST = 36.0
"""Bits below which a needle means nothing, however small the file."""

_CASELESS = 1e-9
"""Chance up to which letters of either case count as the same; a shorter text is searched as it is."""


def _weights(letter: float) -> bytes:
    """Bits times ten that a byte of each value is worth."""
    table = [80] * 256
    table[0] = 20
    table[255] = 50
    for code in (*range(0x41, 0x5B), *range(0x61, 0x7B)):
        table[code] = round(letter * 10)
    for code in b"0123456789 ":
        table[code] = 70
    return bytes(table)


_EXACT = _weights(7.8)
_EITHER = _weights(7.0)


def weights(data: bytes) -> bytes:
    """Return what each byte of a needle is worth, in tenths of a bit."""
    return data.translate(_EXACT)


_IN_A_RUN = re.compile(rb"(.)(?=\1\1)", re.DOTALL)


def bits(data: bytes, *, caseless: bool = False) -> float:
    """Return how many bits of surprise a needle is worth: little, if it is runs or few different bytes."""
    data, most = _squeezed(data)
    return _worth(data, most, _EITHER if caseless else _EXACT)


def _squeezed(data: bytes) -> tuple[bytes, float]:
    """Return bytes with two of each run, and what they are worth at most."""
    different = len(set(data))
    if different < len(data) - 1:
        # A run has a byte three times.
        data = _IN_A_RUN.sub(b"", data)
    return data, 9 * different + len(data) / 4


def _worth(squeezed: bytes, most: float, weights: bytes) -> float:
    return min(sum(squeezed.translate(weights)) / 10, most)


class Needle(NamedTuple):
    """One encoding of one value, as it is searched.

    `plain` is false for mere wrappings (base64, hexadecimal, UTF-16) of another needle;
    `escaped` says that emulation prevention bytes are in it.
    """

    value: Value
    form: str
    data: bytes
    caseless: bool
    chance: float
    plain: bool = True
    escaped: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is searched in the whole file, what only in its ends, and what not at all.

    `slight` would be expected too often by chance, `constant` lies in any clean file.
    `owners` are the values behind each needle's bytes.
    """

    whole: tuple[Needle, ...]
    ends: tuple[Needle, ...]
    slight: tuple[Needle, ...]
    constant: tuple[Needle, ...]
    owners: dict[bytes, list[Value]]

    def values(self, needles: Iterable[Needle]) -> set[int]:
        """Return the identities of values of which needles are among these, not counting mere wrappings."""
        return {id(value) for needle in needles if needle.plain for value in self.owners[needle.data]}


def plan(candidates: Iterable[tuple[Value, Form]], size: int) -> Plan:
    """Choose what to search in `size` bytes: the most telling first, until the budget is spent."""
    constant: list[Needle] = []
    needles: list[Needle] = []
    owners: dict[bytes, list[Value]] = {}
    plain_constants: set[bytes] = set()
    plain_slight: set[bytes] = set()
    for value, form in candidates:
        data = form.data[:LONGEST]
        if not data:
            continue
        if data in owners:
            if owners[data][-1] is not value:
                owners[data].append(value)
            continue
        owners[data] = [value]
        plain = not form.of or form.of == form.data
        squeezed, most = _squeezed(data)
        weight = _worth(squeezed, most, _EXACT)
        if weight < LEAST or form.of in plain_slight:
            plain_slight.add(form.of or data)
            needles.append(Needle(value, form.name, data, caseless=False, chance=math.inf, plain=plain))
            continue
        if is_constant(data, text=form.text) or form.of in plain_constants:
            plain_constants.add(form.of or data)
            constant.append(Needle(value, form.name, data, caseless=False, chance=0.0, plain=plain))
            continue
        caseless = False
        if form.text:
            chance = _chance(size, _worth(squeezed, most, _EITHER))
            caseless = chance <= _CASELESS
        if not caseless:
            chance = _chance(size, weight)
        needles.append(Needle(value, form.name, data, caseless, chance, plain))
    needles.sort(key=attrgetter("chance"))
    whole, left = _within(needles, 1.0)
    ends, slight = _within(left, min(HEAD + TAIL, size) / max(size, 1)) if size > HEAD + TAIL else ([], left)
    return Plan(tuple(whole), tuple(ends), tuple(slight), tuple(constant), owners)


def _within(needles: list[Needle], share: float) -> tuple[list[Needle], list[Needle]]:
    spent = 0.0
    for i, needle in enumerate(needles):
        spent += needle.chance * share
        if spent > BUDGET:
            return needles[:i], needles[i:]
    return needles, []


def _chance(size: int, weight: float) -> float:
    return float(max(size, 1) * 2.0**-weight)


def escaped(needle: Needle) -> tuple[Needle, ...]:
    """Return the needle as it stands in a NAL unit (ITU-T H.264, 7.4.1; H.265, 7.4.2), where that differs.

    How many zero bytes come before it decides where the first emulation prevention byte falls.
    """
    data = needle.data
    if b"\0\0" not in data and not (data[0] == 0 and len(data) > 1 and data[1] <= 3):
        return ()
    found = []
    for before in (0, 1, 2):
        if before == 2 and data[0] > 3:
            continue
        out, zeros = bytearray(), before
        for i, byte in enumerate(data):
            if zeros == 2 and byte <= 3:
                # In front of the first byte it belongs to what comes before.
                out += b"\x03" * (i > 0)
                zeros = 0
            out.append(byte)
            zeros = min(zeros + 1, 2) if byte == 0 else 0
        if bytes(out) != data and bytes(out) not in found:
            found.append(bytes(out))
    return tuple(
        Needle(needle.value, needle.form, shape, needle.caseless, needle.chance, needle.plain, escaped=True)
        for shape in found
    )
