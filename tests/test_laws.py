"""The five laws of the design, for every format that hands in cases."""

from __future__ import annotations

import importlib
import json
import logging
import pkgutil
import random
import string
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

import cases
import support
from cases import Case
from scrubkit import catalog, formats
from scrubkit.model import Fate, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CASES: tuple[Case, ...] = tuple(
    case
    for module in sorted(module.name for module in pkgutil.iter_modules(cases.__path__))
    for case in importlib.import_module(f"cases.{module}").CASES
)

FEW = 0.05
"""Share of the plants of one case that may be refused in place of being cleaned."""

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def _twins() -> Iterator[object]:
    for case in CASES:
        for name, make in case.twins:
            yield pytest.param(case, make, id=f"{case.name}: {name}")


def secret() -> bytes:
    """A fresh one each run: nothing can be tuned to it, and no other run's output holds it."""
    return "".join(random.SystemRandom().choices(string.ascii_letters, k=24)).encode()


@pytest.fixture(scope="module")
def clean_once() -> Callable[[Case, Path], bytes]:
    """The clean form of a case's dirty file, made once per module."""
    known: dict[str, bytes] = {}

    def clean(case: Case, folder: Path) -> bytes:
        if case.name not in known:
            known[case.name] = support.cleaned(folder, case.dirty())
        return known[case.name]

    return clean


def test_every_format_has_cases_and_a_catalog_table() -> None:
    for found in formats.all_formats():
        assert any(case.format == found.name for case in CASES), found.name
        catalog.find(found.name, "anything")


def test_every_case_names_a_format_that_is_there() -> None:
    assert {case.format for case in CASES} <= {found.name for found in formats.all_formats()}


@each_case
def test_a_dirty_file_is_identified_by_its_own_format(case: Case) -> None:
    found = formats.identify(case.dirty()[: formats.HEAD])
    assert found is not None
    assert found.name == case.format


@each_case
def test_the_ledger_names_every_byte_of_a_dirty_file(case: Case, tmp_path: Path) -> None:
    data = case.dirty()
    report = support.audit(tmp_path, data)
    assert report.ledger is not None, report.problem
    assert report.ledger.size == len(data)
    assert report.ledger.complete
    assert all(row.size >= 0 and row.count > 0 and row.path for row in report.ledger.rows)


@each_case
def test_the_ledger_of_a_clean_file_has_no_residue(
    case: Case, tmp_path: Path, clean_once: Callable[[Case, Path], bytes]
) -> None:
    report = support.audit(tmp_path, clean_once(case, tmp_path))
    assert report.ledger is not None
    assert report.ledger.complete
    assert report.ledger.total(Fate.RESIDUE) == 0


@each_case
def test_a_dirty_file_is_identifying(case: Case, tmp_path: Path) -> None:
    report = support.audit(tmp_path, case.dirty())
    assert report.verdict is Verdict.IDENTIFYING, report.problem
    assert report.findings


@each_case
def test_a_clean_file_is_canonical_and_passes_every_check(
    case: Case, tmp_path: Path, clean_once: Callable[[Case, Path], bytes]
) -> None:
    report = support.audit(tmp_path, clean_once(case, tmp_path))
    assert report.verdict is Verdict.CANONICAL, report.findings
    assert not [check for check in report.checks if check.outcome is Outcome.FAILED]


@each_case
def test_cleaning_a_clean_file_changes_nothing(
    case: Case, tmp_path: Path, clean_once: Callable[[Case, Path], bytes]
) -> None:
    once = clean_once(case, tmp_path)
    assert support.cleaned(tmp_path, once) == once


@each_case
def test_one_changed_byte_of_structure_is_noticed(
    case: Case, tmp_path: Path, clean_once: Callable[[Case, Path], bytes]
) -> None:
    once = bytearray(clean_once(case, tmp_path))
    once += b"\0"
    assert support.audit(tmp_path, bytes(once)).verdict is not Verdict.CANONICAL


@each_case
def test_the_payload_digest_is_that_of_the_original(
    case: Case, tmp_path: Path, clean_once: Callable[[Case, Path], bytes]
) -> None:
    before = support.audit(tmp_path, case.dirty()).payload_digest
    after = support.audit(tmp_path, clean_once(case, tmp_path)).payload_digest
    assert before == after != ""


@pytest.mark.parametrize(("case", "twin"), tuple(_twins()))
def test_a_twin_cleans_to_the_same_bytes(
    case: Case, twin: Callable[[], bytes], tmp_path: Path, clean_once: Callable[[Case, Path], bytes]
) -> None:
    data = support.cleaned(tmp_path, twin())
    expected = clean_once(case, tmp_path)
    assert data == expected, support.first_difference(data, expected)


@each_case
def test_an_independent_decoder_sees_the_same(
    case: Case, tmp_path: Path, clean_once: Callable[[Case, Path], bytes]
) -> None:
    if not case.decodes:
        pytest.skip("no independent decoder for this coding")
    decode = support.decoder(case.format)
    assert support.look_alike(decode(clean_once(case, tmp_path)), decode(case.dirty()))


@pytest.mark.parametrize("case", [case for case in CASES if case.planted], ids=lambda case: case.name)
def test_a_planted_secret_is_gone_or_the_file_is_refused(
    case: Case, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert case.planted is not None
    canary = secret()
    base = case.dirty()
    survivors, refused, told, total = [], [], [], 0
    caplog.set_level(logging.DEBUG)
    for place, data in case.planted(canary):
        total += 1
        needle = next(
            (canary[:size] for size in (24, 16, 8, 4) if support.found_in(data, canary[:size])), b""
        )
        assert needle, f"nothing was planted in {place}"
        assert needle not in base
        result = support.clean(tmp_path, data)
        if result.report.verdict is Verdict.REFUSED:
            refused.append(f"{place}: {result.report.problem}")
        elif result.data is None:
            survivors.append(f"{place}: {result.report.problem}")
        elif support.found_in(result.data, needle):
            survivors.append(place)
        if len(needle) > 4 and needle.decode() in _said(result.report):
            told.append(place)
    assert survivors == []
    assert told == []
    assert canary.decode() not in caplog.text
    assert len(refused) <= FEW * total, "\n".join(refused)


def _said(report: object) -> str:
    """All that a report says outside the fields marked as untrusted and the paths of findings."""
    plain = asdict(report)  # type: ignore[call-overload]
    plain["findings"] = [
        {key: value for key, value in row.items() if key not in {"untrusted_value", "path"}}
        for row in plain["findings"]
    ]
    plain.pop("ledger")
    return json.dumps(plain, default=str)
