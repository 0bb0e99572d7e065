"""What lies between the last block and the marker behind it is seen by no decoder, and stays behind."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import support
from scrubkit.essence import HuffmanTable, Jpeg
from scrubkit.formats.jpeg import tails, walk
from scrubkit.formats.jpeg.read import read_file
from scrubkit.model import Fate, Policy, Residual
from scrubkit.source import Memory
from scrubkit.specimens.builders import jpeg
from scrubkit.specimens.builders.jpeg import SOS, Parts

from . import jpegs

if TYPE_CHECKING:
    from pathlib import Path

SECRET = b"\x91Q7ZK31 behind it"

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
    assert walk.sequential(b"\xff" * 8, 4, [(broken, broken)]) is None
    assert walk.sequential(b"\x00", 4, [(broken, broken)]) == 8


def test_a_block_of_too_many_coefficients_ends_the_walk() -> None:
    dc = walk.decoder(HuffmanTable(b"\x01" + bytes(15), b"\x00"))
    ac = walk.decoder(HuffmanTable(b"\x02" + bytes(15), b"\xf0\x00"))
    assert walk.sequential(bytes(8), 1, [(dc, ac)]) is None


def test_symbols_that_repeat_in_a_table_are_refused(tmp_path: Path) -> None:
    def repeat(body: bytes) -> bytes:
        return body[:-1] + body[-2:-1]

    parts = tuple(
        replace(part, body=repeat(part.body)) if part.code == jpeg.DHT else part for part in WAYS["grey"]
    )
    report = support.clean(tmp_path, jpeg.join(parts)).report
    assert report.problem is not None
    assert (report.problem.where, report.problem.rule) == ("DHT", "bad-symbols")
