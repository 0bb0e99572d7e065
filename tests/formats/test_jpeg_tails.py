"""What lies between the last block and the marker behind it is seen by no decoder, and stays behind."""

from __future__ import annotations

import io
import random
import re
import time
import tracemalloc
from array import array
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import support
from scrubkit.essence import HuffmanTable, Jpeg
from scrubkit.formats.jpeg import progression, tails, walk
from scrubkit.formats.jpeg.progression import PAST
from scrubkit.formats.jpeg.read import read_file
from scrubkit.model import Fate, Policy, Residual
from scrubkit.source import Memory
from scrubkit.specimens.builders import jpeg
from scrubkit.specimens.builders.jpeg import SOS, Parts

from . import jpegs

if TYPE_CHECKING:
    from pathlib import Path

SECRET = b"\x91Q7ZK31 behind it"

PAD = b"\xff" * PAST

WAYS = {
    "grey": jpeg.picture("L"),
    "subsampled": jpeg.picture(subsampling="4:2:0"),
    "CMYK": jpeg.picture("CMYK"),
    "finest": jpeg.picture(quality=100, subsampling="4:4:4"),
    "coarsest": jpeg.picture(quality=1),
    "one block": jpeg.picture("L", size=(1, 1)),
    "own tables": jpeg.picture(optimize=True),
    "restart markers": jpeg.picture(restart_marker_blocks=2),
    "progressive": jpeg.picture(progressive=True, subsampling="4:2:0"),
    "progressive, grey": jpeg.picture("L", progressive=True, quality=100),
    "progressive, restart markers": jpeg.picture(progressive=True, restart_marker_rows=1),
}


def scans(parts: Parts) -> list[int]:
    return [number for number, part in enumerate(parts) if part.code == SOS]


def behind(parts: Parts, number: int, words: bytes) -> bytes:
    return jpeg.join(jpeg.replaced(parts, number, parts[number].data + words))


@pytest.mark.parametrize("parts", WAYS.values(), ids=WAYS)
def test_bytes_behind_the_last_block_of_any_scan_stay_behind(parts: Parts, tmp_path: Path) -> None:
    plain = jpegs.cleaned(tmp_path, jpeg.join(parts))
    for number in scans(parts):
        for words in (SECRET, bytes(40), b"\x55"):
            assert jpegs.cleaned(tmp_path, behind(parts, number, words)) == plain


@pytest.mark.parametrize("parts", WAYS.values(), ids=WAYS)
def test_what_was_walked_to_its_end_has_nothing_behind_it(parts: Parts, tmp_path: Path) -> None:
    reading = jpegs.read(tmp_path, jpeg.join(parts))
    assert Residual.BEHIND_PICTURE not in {each.what for each in reading.remaining}
    assert reading.ledger.total(Fate.ESSENCE) == sum(len(parts[number].data) for number in scans(parts))


def test_bytes_behind_a_restart_interval_stay_behind(tmp_path: Path) -> None:
    parts = WAYS["restart markers"]
    (number,) = scans(parts)
    data = parts[number].data
    at = data.index(b"\xff\xd1")
    dirty = jpeg.join(jpeg.replaced(parts, number, data[:at] + SECRET + data[at:]))
    assert jpegs.cleaned(tmp_path, dirty) == jpegs.cleaned(tmp_path, jpeg.join(parts))


def test_a_tail_is_named_with_its_place(tmp_path: Path) -> None:
    parts = WAYS["subsampled"]
    reading = jpegs.read(tmp_path, behind(parts, scans(parts)[-1], SECRET))
    (found,) = (each for each in reading.residue if each.path == "SOS/tail")
    assert found.size == len(SECRET)
    assert found.start == len(jpeg.join(parts)) - 2


@pytest.mark.parametrize("damage", [b"", b"\x00"], ids=["cut short", "cut short, a zero behind it"])
def test_a_scan_that_ends_early_crosses_as_it_is_and_says_so(damage: bytes, tmp_path: Path) -> None:
    parts = WAYS["subsampled"]
    (number,) = scans(parts)
    data = parts[number].data[: len(parts[number].data) // 2].rstrip(b"\xff") + damage
    reading = jpegs.read(tmp_path, jpeg.join(jpeg.replaced(parts, number, data)))
    assert Residual.BEHIND_PICTURE in {each.what for each in reading.remaining}
    assert reading.ledger.total(Fate.ESSENCE) == len(data)


def test_an_arithmetic_scan_says_that_it_was_not_walked(tmp_path: Path) -> None:
    parts = jpeg.recoded(WAYS["grey"], 0xC9)
    reading = jpegs.read(tmp_path, jpeg.join(parts))
    assert Residual.BEHIND_PICTURE in {each.what for each in reading.remaining}


# Pictures that are too large to be walked whole.


def noise(**options: object) -> Parts:
    from PIL import Image

    size = 320, 320
    pixels = random.Random(5).randbytes(size[0] * size[1] * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", size, pixels).save(out, "JPEG", quality=75, **options)
    return jpeg.without(jpeg.split(out.getvalue()), *jpeg.APP)


@pytest.fixture
def small_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "WALKED", 1 << 10)


def walks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how often a scan is walked whole from here on."""
    done: list[int] = []
    whole = tails.Tails._walked

    def counted(self: tails.Tails, scan: tails._Scan) -> tails.Trimmed:
        done.append(1)
        return whole(self, scan)

    monkeypatch.setattr(tails.Tails, "_walked", counted)
    return done


@pytest.mark.parametrize("options", [{"subsampling": "4:2:0"}, {"subsampling": "4:4:4"}], ids=str)
def test_of_a_large_picture_only_the_end_is_walked(
    options: dict[str, object], monkeypatch: pytest.MonkeyPatch, small_budget: None
) -> None:
    done = walks(monkeypatch)
    reading = read_file(Memory(memoryview(jpeg.join(noise(**options)))), support.POLICY)
    assert done == []
    assert Residual.BEHIND_PICTURE in {each.what for each in reading.remaining}


@pytest.mark.parametrize("options", [{}, {"restart_marker_rows": 1}], ids=str)
def test_a_large_picture_that_ends_out_of_step_is_walked_whole(
    options: dict[str, object], small_budget: None
) -> None:
    parts = noise(**options)
    (number,) = scans(parts)
    dirty = read_file(Memory(memoryview(behind(parts, number, SECRET))), support.POLICY).essence
    assert isinstance(dirty, Jpeg)
    assert sum(span.size for span in dirty.scans[0].entropy) == len(parts[number].data)


def test_a_deep_policy_walks_pictures_of_any_size(small_budget: None) -> None:
    parts = noise(progressive=True)
    data = behind(parts, scans(parts)[0], SECRET)
    policy = Policy(deep=True, verify=support.POLICY.verify)
    reading = read_file(Memory(memoryview(data)), policy)
    assert Residual.BEHIND_PICTURE not in {each.what for each in reading.remaining}
    assert reading.ledger.total(Fate.ESSENCE) == sum(len(parts[number].data) for number in scans(parts))


def test_a_code_that_no_table_has_ends_the_walk() -> None:
    table = HuffmanTable(b"\x01" + bytes(15), b"\x00")
    broken = walk.decoder(table)
    assert walk.sequential(b"\xff" * 8 + PAD, 4, [(broken, broken)]) is None
    assert walk.sequential(b"\x00" + PAD, 4, [(broken, broken)]) == 8


def test_a_block_of_too_many_coefficients_ends_the_walk() -> None:
    dc = walk.decoder(HuffmanTable(b"\x01" + bytes(15), b"\x00"))
    ac = walk.decoder(HuffmanTable(b"\x02" + bytes(15), b"\xf0\x00"))
    assert walk.sequential(bytes(8) + PAD, 1, [(dc, ac)]) is None


def test_symbols_that_repeat_in_a_table_are_refused(tmp_path: Path) -> None:
    def repeat(body: bytes) -> bytes:
        return body[:-1] + body[-2:-1]

    parts = tuple(
        replace(part, body=repeat(part.body)) if part.code == jpeg.DHT else part for part in WAYS["grey"]
    )
    report = support.clean(tmp_path, jpeg.join(parts)).report
    assert report.problem is not None
    assert (report.problem.where, report.problem.rule) == ("DHT", "bad-symbols")


# What is walked doesn't hang on what is cut off.


def behind_all(parts: Parts, words: bytes) -> Parts:
    for number in scans(parts):
        data = re.sub(rb"(\xff[\xd0-\xd7])", words + rb"\1", parts[number].data) + words
        parts = jpeg.replaced(parts, number, data)
    return parts


@pytest.mark.parametrize(
    "way", ["subsampled", "restart markers", "progressive", "progressive, restart markers"]
)
@pytest.mark.parametrize("share", [0, 1, 2, 5, 9])
def test_a_clean_file_is_read_like_the_one_it_came_from(
    way: str, share: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the budget is, also where it lies between the sizes of the two."""
    parts = WAYS[way]
    dirty = behind_all(parts, SECRET)
    small, large = (sum(len(part.data) for part in each) for each in (parts, dirty))
    monkeypatch.setattr(tails, "WALKED", small + tails.SCAN + (large - small) * share // 9)
    jpegs.cleaned(tmp_path, jpeg.join(dirty))


def test_more_than_a_small_picture_can_hold_is_cut_off(tmp_path: Path) -> None:
    parts = WAYS["one block"]
    (number,) = scans(parts)
    dirty = behind(parts, number, b"\x55" * 400_000)
    assert jpegs.cleaned(tmp_path, dirty) == jpegs.cleaned(tmp_path, jpeg.join(parts))


def test_an_interval_without_data_ends_the_walk(tmp_path: Path) -> None:
    parts = WAYS["restart markers"]
    (number,) = scans(parts)
    data = parts[number].data
    empty = jpeg.replaced(parts, number, data[data.index(b"\xff\xd0") :])
    reading = jpegs.read(tmp_path, jpeg.join(empty))
    assert Residual.BEHIND_PICTURE in {each.what for each in reading.remaining}
    assert reading.ledger.total(Fate.ESSENCE) == len(empty[number].data)


# Bits that fill up the last byte of an interval.


def _free(data: bytes, value: int) -> bytes:
    """Give the lowest bit of an interval's last byte a value; whether it is free is up to the picture."""
    return data[:-1] + bytes([data[-1] & 0xFE | value])


def intervals(parts: Parts) -> list[bytes]:
    (number,) = scans(parts)
    return re.split(rb"\xff[\xd0-\xd7]", parts[number].data)


def with_intervals(parts: Parts, each: list[bytes]) -> bytes:
    (number,) = scans(parts)
    data = b"".join(one + bytes((0xFF, 0xD0 + turn % 8)) for turn, one in enumerate(each[:-1])) + each[-1]
    return jpeg.join(jpeg.replaced(parts, number, data))


def test_padding_that_may_say_something_is_named(tmp_path: Path) -> None:
    parts = WAYS["restart markers"]
    plain = intervals(parts)
    free = []
    for number, one in enumerate(plain):
        if one[-1] & 1:
            changed = [*plain[:number], _free(one, 0), *plain[number + 1 :]]
            reading = jpegs.read(tmp_path, with_intervals(parts, changed))
            walked = not any(each.path == "SOS/tail" for each in reading.residue)
            assert walked
            free.append(Residual.BEHIND_PICTURE in {each.what for each in reading.remaining})
    assert free.count(True) > len(free) // 2


def test_padding_that_may_say_something_does_not_keep_later_scans_from_being_walked(tmp_path: Path) -> None:
    parts = WAYS["progressive, restart markers"]
    first, *_, last = scans(parts)
    data = parts[first].data
    at = next(
        found.start()
        for found in re.finditer(rb"[\x01-\xfd]\xff[\xd0-\xd7]", data)
        if data[found.start()] & 1
    )
    odd = jpeg.replaced(parts, first, data[:at] + _free(data[at : at + 1], 0) + data[at + 1 :])
    reading = jpegs.read(tmp_path, behind(odd, last, SECRET))
    assert Residual.BEHIND_PICTURE in {each.what for each in reading.remaining}
    assert "SOS/tail" in jpegs.paths(reading)


# What was walked is known again.


@pytest.mark.parametrize("way", ["subsampled", "restart markers", "progressive"])
def test_a_scan_is_walked_once(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walked = []
    step = tails._Scan.step

    def counted(self: tails._Scan, words: array[int] | None) -> tails.Step:
        walked.append(self)
        return step(self, words)

    monkeypatch.setattr(tails._Scan, "step", counted)
    tails._ends.cache_clear()
    parts = WAYS[way]
    plain = jpeg.join(parts)
    assert jpegs.cleaned(tmp_path, jpeg.join((jpeg.Part(jpeg.COM, SECRET), *parts))) == jpegs.cleaned(
        tmp_path, plain
    )
    assert len(walked) == len(scans(parts))
    dirty = jpeg.join(jpeg.replaced(parts, scans(parts)[0], parts[scans(parts)[0]].data + SECRET))
    assert jpegs.cleaned(tmp_path, dirty) == jpegs.cleaned(tmp_path, plain)
    moved = dirty[:2] + bytes(jpeg.Part(jpeg.COM, SECRET)) + dirty[2:]
    assert jpegs.cleaned(tmp_path, moved) == jpegs.cleaned(tmp_path, plain)


# Codes that decoders disagree on.


def test_a_run_without_a_size_ends_the_walk() -> None:
    """Some decoders take 0x10 for the end of a block, some for a zero."""
    dc = walk.decoder(HuffmanTable(b"\x01" + bytes(15), b"\x00"))
    ac = walk.decoder(HuffmanTable(b"\x01\x01" + bytes(14), b"\x10\x00"))
    assert walk.sequential(bytes(8) + PAD, 1, [(dc, ac)]) is None
    assert walk.sequential(b"\x5f" + PAD, 1, [(dc, ac)]) == 3


def test_a_difference_of_sixteen_bits_ends_the_walk() -> None:
    codes = walk.decoder(HuffmanTable(b"\x02" + bytes(15), b"\x00\x10")).codes
    assert progression.differences(b"\x00" + PAD, 8, [codes]) == 8
    assert progression.differences(b"\x01" + bytes(4) + PAD, 8, [codes]) is None


# Hostile.


def _huge(side: int, scans: int) -> bytes:
    """A progressive picture in which few bits say that all blocks of a band are empty, in many scans."""
    blocks = (side // 8) ** 2
    whole, rest = divmod(blocks, 32767)
    low = rest.bit_length() - 1
    bits = ("0" + "1" * 14) * whole + "10" + format(rest - (1 << low), "b").zfill(low)
    bits += "1" * (-len(bits) % 8)
    ecs = int(bits, 2).to_bytes(len(bits) // 8).replace(b"\xff", b"\xff\0")
    size = side.to_bytes(2)
    parts = [
        jpeg.Part(jpeg.DQT, b"\0" + bytes([1] * 64)),
        jpeg.Part(0xC2, b"\x08" + size + size + b"\x01\x01\x11\0"),
        jpeg.Part(jpeg.DHT, b"\0\x01" + bytes(15) + b"\0"),
        jpeg.Part(jpeg.DHT, b"\x10\x01\x01" + bytes(14) + bytes([0xE0, low << 4])),
        jpeg.Part(SOS, b"\x01\x01\0\0\0\0", bytes(-(-blocks // 8))),
    ]
    for low_bit in range(13, -1, -1):
        for band in range(1, 64):
            high = 0 if low_bit == 13 else low_bit + 1
            parts.append(jpeg.Part(SOS, bytes((1, 1, 0, band, band, high << 4 | low_bit)), ecs))
    return jpeg.join(parts[: 5 + scans])


@pytest.mark.parametrize("side", [2048, 16_000, 65_520])
def test_many_scans_of_a_huge_empty_picture_are_read_in_time(side: int) -> None:
    data = _huge(side, 800)
    tracemalloc.start()
    begun = time.process_time()
    read_file(Memory(memoryview(data)), support.POLICY)
    taken = time.process_time() - begun
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 2
    assert peak < 64 << 20


def test_an_end_that_never_falls_into_step_is_looked_at_in_time() -> None:
    parts = jpeg.changed(jpeg.picture("L"), 0xC0, lambda body: body[:1] + b"\x0f\xa0\x0f\xa0" + body[5:])
    (number,) = scans(parts)
    noise = random.Random(3).randbytes(300_000).replace(b"\xff", b"\xfe")
    begun = time.process_time()
    read_file(Memory(memoryview(jpeg.join(jpeg.replaced(parts, number, noise)))), support.POLICY)
    assert time.process_time() - begun < 2
