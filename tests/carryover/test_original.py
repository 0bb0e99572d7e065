"""Whole files: what our own output holds of its original (nothing), and what other tools leave."""

from __future__ import annotations

import importlib
import pkgutil
import random
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import support
from scrubkit.audit import audit_file
from scrubkit.carryover import against, check, harvest, search_for, values_of_path
from scrubkit.carryover.search import ALSO_CROSSES, UNREAD
from scrubkit.clean import clean_file
from scrubkit.model import Finding, Kind, Outcome, Policy, Search, Value, Verdict, Verify
from scrubkit.source import Source
from scrubkit.specimens import cases
from scrubkit.specimens.builders.boxes import box, full, u32

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scrubkit.specimens.cases import Case

CASES: tuple[Case, ...] = tuple(
    case
    for module in sorted(module.name for module in pkgutil.iter_modules(cases.__path__))
    for case in importlib.import_module(f"scrubkit.specimens.cases.{module}").CASES
)

PLAIN = Policy(verify=Verify.PAYLOAD)
"""Cleans without the search that is tested."""

SECRET = b"Wexford-99x71-lot"


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def written(path: Path, *parts: bytes) -> Path:
    path.write_bytes(b"".join(parts))
    return path


def searched(
    original: Path,
    clean: Path,
    findings: Sequence[Finding] = (),
    name: str = "",
    texts: Mapping[str, str] = {},
) -> Search:
    with Source(original) as source:
        search = search_for(harvest(source, findings, values_of_path(original, name)), clean, texts)
    assert search is not None
    return search


def carried(original: Path, clean: Path) -> Search:
    return searched(original, clean, audit_file(original).findings)


def raw(original: Path, findings: Sequence[Finding] = ()) -> frozenset[bytes]:
    with Source(original) as source:
        return harvest(source, findings).raw


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_our_own_output_passes(case: Case, tmp_path: Path) -> None:
    original = written(tmp_path / "Zephyr-4471-original", case.dirty())
    assert clean_file(original, tmp_path / "clean", PLAIN).verdict is Verdict.CLEANED
    search = carried(original, tmp_path / "clean")
    assert search.carried == ()
    assert check(search).outcome is Outcome.PASSED


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_original_itself_fails(case: Case, tmp_path: Path) -> None:
    original = written(tmp_path / "Zephyr-4471-original", case.dirty())
    assert check(carried(original, original)).outcome is Outcome.FAILED


def sample_table(handler: bytes, entry: bytes, sizes: list[int], at: int) -> bytes:
    stbl = box(
        b"stbl",
        full(b"stsd", 0, 0, u32(1), entry),
        full(b"stsz", 0, 0, u32(0, len(sizes)), u32(*sizes)),
        full(b"stsc", 0, 0, u32(1, 1, len(sizes), 1)),
        full(b"stco", 0, 0, u32(1, at)),
    )
    hdlr = full(b"hdlr", 0, 0, bytes(4), handler, bytes(13))
    return box(b"trak", box(b"mdia", hdlr, box(b"minf", stbl)))


def movie(handler: bytes, entry: bytes, *samples: bytes) -> bytes:
    body = b"".join(samples)
    trak = sample_table(handler, entry, [len(sample) for sample in samples], 16)
    return box(b"free") + box(b"mdat", body) + box(b"moov", trak)


def test_samples_of_a_metadata_track_are_found_wherever_they_went(tmp_path: Path) -> None:
    faces = [noise(40, seed) for seed in range(12)]
    original = written(tmp_path / "original", movie(b"meta", box(b"mebx", bytes(8)), *faces))
    moved = written(tmp_path / "moved", noise(5000, 77), faces[7], noise(5000, 78))
    search = searched(original, moved)
    assert {hit.value.path for hit in search.carried} == {"track meta/sample"}


def test_samples_of_pictures_are_no_needles(tmp_path: Path) -> None:
    frames = [noise(400, seed) for seed in range(12)]
    original = written(tmp_path / "Wexford-99x71", movie(b"vide", box(b"avc1", bytes(78)), *frames))
    search = searched(original, written(tmp_path / "clean", *frames))
    assert search.carried == ()


def test_user_data_inside_pictures_is_found(tmp_path: Path) -> None:
    uuid, text = noise(16, 5), b"shop encoder 4.7 threads=3"
    message = b"\x06\x05" + bytes((16 + len(text),)) + uuid + text + b"\x80"
    picture = b"\x65" + noise(300)
    sample = b"".join(len(unit).to_bytes(4) + unit for unit in (message, picture))
    record = box(b"avcC", b"\x01\x64\x00\x1f\xff\xe0\x00")
    original = written(tmp_path / "o", movie(b"vide", box(b"avc1", bytes(78), record), sample))
    for name, rest in (("uuid", uuid), ("text", text)):
        search = searched(original, written(tmp_path / name, noise(4000, 6), rest, noise(99)))
        assert {hit.value.path for hit in search.carried} == {"sei/5"}


def test_bytes_that_the_picture_shares_with_what_stays_behind_are_no_hit(tmp_path: Path) -> None:
    shared, own = noise(200, 3), noise(200, 4)
    original = written(tmp_path / "original", shared, own, noise(1000), shared)
    clean = written(tmp_path / "clean", noise(1000), shared)
    finding = Finding("thumbnail", Kind.PICTURE, "", 400, 0)
    search = searched(original, clean, [finding])
    assert search.carried == ()
    assert ALSO_CROSSES in {note.reason for note in search.not_searched}
    leaky = written(tmp_path / "leaky", noise(1000), shared, own)
    search = searched(original, leaky, [finding])
    assert search.carried


def test_a_shown_value_is_a_hit_even_if_the_picture_holds_it(tmp_path: Path) -> None:
    original = written(tmp_path / "original", SECRET, noise(1000), SECRET)
    finding = Finding("udta", Kind.SERIAL, "", len(SECRET), 0, untrusted_value=SECRET.decode())
    search = searched(original, written(tmp_path / "clean", noise(1000), SECRET), [finding])
    assert search.carried


def test_a_stretch_of_any_large_finding_is_found(tmp_path: Path) -> None:
    telemetry = bytes(random.Random(5).choices(range(65, 90), k=20_000))
    original = written(tmp_path / "original", noise(500), telemetry, noise(500, 2))
    finding = Finding("trailer", Kind.TELEMETRY, "", len(telemetry), 500)
    clean = written(tmp_path / "clean", zlib.compress(b"copied: " + telemetry))
    search = searched(original, clean, [finding])
    assert {hit.place for hit in search.carried} == {"deflate"}


@pytest.mark.parametrize("size", [0, 1, 7, 8, 15, 100])
def test_any_cut_of_a_movie_can_be_harvested(size: int, tmp_path: Path) -> None:
    whole = movie(b"meta", box(b"mebx", bytes(8)), noise(40), noise(40, 2))
    for cut in range(size, len(whole), 101):
        raw(written(tmp_path / "cut", whole[:cut]))


def test_a_table_that_lies_costs_nothing(tmp_path: Path) -> None:
    trak = sample_table(b"meta", box(b"mebx", bytes(8)), [1 << 31] * 5, (1 << 32) - 1)
    lying = trak.replace(u32(1, 1, 5, 1), u32(1, 1, (1 << 32) - 1, 1))
    assert raw(written(tmp_path / "lying", box(b"moov", lying))) == frozenset()


def test_tables_of_many_rows_are_read_in_part(tmp_path: Path) -> None:
    tables = (
        full(b"stsz", 0, 0, u32(4, 0xFFFFFFFF)),
        full(b"stsc", 0, 0, u32(1 << 20), u32(1, 0, 1) * (1 << 20)),
        full(b"stco", 0, 0, u32(1 << 20), bytes(4 << 20)),
    )
    stbl = box(b"stbl", *tables, box(b"free") * 100_000)
    hdlr = full(b"hdlr", 0, 0, bytes(4), b"meta", bytes(13))
    trak = box(b"trak", box(b"mdia", hdlr, box(b"minf", stbl)))
    start = time.process_time()
    assert raw(written(tmp_path / "many", box(b"moov", trak))) == frozenset()
    assert time.process_time() - start < 2


def test_findings_beyond_the_end_of_the_file_give_nothing(tmp_path: Path) -> None:
    findings = [
        Finding("x", Kind.HIDDEN, "", size, at) for at in (0, 90, 101, 1 << 70) for size in (8, 1 << 60)
    ]
    assert len(raw(written(tmp_path / "short", noise(100)), findings)) <= 8


def test_the_name_of_an_original_is_searched_in_the_file(tmp_path: Path) -> None:
    original = written(tmp_path / "x", noise(100))
    clean = written(tmp_path / "clean", noise(3000), b"/DCIM/ferry_at_dawn.mov", noise(3000))
    search = searched(original, clean, name="holiday/ferry_at_dawn.mov")
    assert {hit.value.origin for hit in search.carried} == {"file"}


def test_many_originals_are_searched_one_after_the_other(tmp_path: Path) -> None:
    for name in ("a-4711-xy", "b-0815-xy", "third-1234"):
        written(tmp_path / name, noise(100))
    clean = written(tmp_path / "clean", noise(3000), b"b-0815-xy", noise(3000))

    def read(path: Path) -> tuple[tuple[Finding, ...], tuple[Value, ...]] | None:
        return None if path.name.startswith("third") else ((), ())

    originals = [(tmp_path / name, name) for name in ("a-4711-xy", "b-0815-xy", "third-1234")]
    search = against(clean, originals, read)
    assert search is not None
    assert {hit.value.untrusted for hit in search.carried} == {"b-0815-xy"}
    assert search.values >= 3
    assert [note.count for note in search.not_searched if note.reason == UNREAD] == [1]


def test_an_identical_output_size_is_no_hit(tmp_path: Path) -> None:
    original = written(tmp_path / "original", noise(12_345_678 // 3))
    clean = written(tmp_path / "clean", noise(12_345_678 // 3, 2))
    texts = {"report": f'{{"size": {12_345_678 // 3}}}'}
    search = searched(original, clean, texts=texts)
    assert search.carried == ()


def test_the_package_imports_none_of_our_readers() -> None:
    folder = Path(support.__file__).parents[1] / "src" / "scrubkit" / "carryover"
    text = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    for layer in ("formats", "codecs", "essence", "pieces", "audit"):
        assert f"from ..{layer}" not in text
        assert f"from .. import {layer}" not in text
