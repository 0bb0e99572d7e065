"""The five laws of the design, for every format that hands in cases."""

from __future__ import annotations

import importlib
import json
import logging
import pkgutil
import random
import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

import support
from scrubkit import catalog, formats
from scrubkit.model import Fate, FileReport, LeadIn, Outcome, Policy, Profile, Verdict, Verify
from scrubkit.report.document import shareable
from scrubkit.specimens import cases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from scrubkit.specimens.cases import Case

CASES: tuple[Case, ...] = tuple(
    case
    for module in sorted(module.name for module in pkgutil.iter_modules(cases.__path__))
    for case in importlib.import_module(f"scrubkit.specimens.cases.{module}").CASES
)

FEW = 0.05
"""Share of the plants of one case that may be refused in place of being cleaned."""

SHOWN = (
    ("isobmff", "clap in"),
    ("isobmff", "pasp in"),
    ("isobmff", "tkhd: size"),
    ("isobmff", "dvcC in"),
    ("isobmff", "dvvC in"),
    ("isobmff", "live clock"),
    ("isobmff", "SEI 6"),
    ("isobmff", "behind the SEI message"),
    ("isobmff", "NAL unit 10"),
    ("isobmff", "NAL unit 36"),
    ("isobmff", "ac3: "),
    ("jpeg", "profile"),
    ("jpeg, turned", "Exif"),
)
"""Cases and places where a plant changes what is shown, or adds something that crosses in its canonical
form: a picture or pixel shape, Dolby Vision, the time of a file without edits, a recovery point, an end of
sequence, a colour profile, an orientation that contradicts the other; or takes the place of sound.
"""

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
        # a format that reads nothing only says why
        assert not found.reads or any(case.format == found.name for case in CASES), found.name
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


POLICIES = {
    "strict": Policy(profile=Profile.STRICT, verify=Verify.PAYLOAD),
    "next sync": Policy(lead_in=LeadIn.NEXT_SYNC, verify=Verify.PAYLOAD),
    "structure": Policy(verify=Verify.STRUCTURE),
}


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@each_case
def test_a_clean_file_is_canonical_under_the_policy_that_made_it(
    case: Case, policy: Policy, tmp_path: Path
) -> None:
    once = support.cleaned(tmp_path, case.dirty(), policy)
    assert support.cleaned(tmp_path, once, policy) == once
    assert support.audit(tmp_path, once, policy).verdict is Verdict.CANONICAL


@pytest.mark.slow
@each_case
def test_the_decoding_check_passes_where_it_can_run(case: Case, tmp_path: Path) -> None:
    result = support.clean(tmp_path, case.dirty(), Policy(verify=Verify.DECODE))
    assert result.report.verdict is Verdict.CLEANED, result.report.problem
    check = next(check for check in result.report.checks if check.name == "decode")
    expected = Outcome.PASSED if case.format == "isobmff" and case.decodes else check.outcome
    assert check.outcome is expected, check.reason
    assert check.reason or check.outcome is Outcome.PASSED


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
    assert support.differences(decode(case.dirty()), decode(clean_once(case, tmp_path))) == []


@dataclass
class Planting:
    """How the plants of one case ended, by place."""

    total: int = 0
    survived: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


def _shown(case: Case, place: str) -> bool:
    # An image sequence is a movie but for its handler.
    like = "isobmff" if case.name == "heif, a sequence" else case.name
    return any(like.startswith(name) and words in place for name, words in SHOWN)


def _plant(case: Case, folder: Path, canary: bytes, expected: bytes) -> Planting:
    assert case.planted is not None
    base, found = case.dirty(), Planting()
    for place, data in case.planted(canary):
        found.total += 1
        needle = next(
            (canary[:size] for size in (24, 16, 8, 4) if support.found_in(data, canary[:size])), b""
        )
        assert needle, f"nothing was planted in {place}"
        assert needle not in base
        result = support.clean(folder, data)
        if result.report.verdict is Verdict.REFUSED:
            found.refused.append(f"{place}: {result.report.problem}")
        elif result.data is None or support.found_in(result.data, needle):
            found.survived.append(f"{place}: {result.report.problem}")
        elif result.data != expected and not _shown(case, place):
            found.moved.append(place)
        if needle.decode() in _said(result.report):
            found.told.append(place)
    return found


@pytest.mark.parametrize("case", [case for case in CASES if case.planted], ids=lambda case: case.name)
def test_a_planted_secret_leaves_no_trace_or_the_file_is_refused(
    case: Case, tmp_path: Path, caplog: pytest.LogCaptureFixture, clean_once: Callable[[Case, Path], bytes]
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = secret()
    found = _plant(case, tmp_path, canary, clean_once(case, tmp_path))
    assert found.survived == []
    assert found.moved == []
    assert found.told == []
    assert canary.decode() not in caplog.text
    assert len(found.refused) <= FEW * found.total, "\n".join(found.refused)


def _said(report: FileReport) -> str:
    """All that is said of a file in public: the shareable report, and the error."""
    return json.dumps(shareable(1, report), default=str) + str(report.problem)
