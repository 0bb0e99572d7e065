"""The five laws once more, for stills of which a policy keeps a gain map, a depth map or the other eye."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import support
from scrubkit.model import Fate, Outcome, Profile, Residual, Verdict
from scrubkit.specimens.cases import heif, jpeg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from scrubkit.specimens.cases import Case

CASES = tuple(case for case in (*heif.CASES, *jpeg.CASES) if case.policy.keep)

RESIDUALS = {
    "gain map": Residual.GAIN_MAP,
    "depth": Residual.DEPTH_MAP,
    "stereo": Residual.STEREO_PAIR,
}

CANARY = b"Qk7ZtWmXv3PdLr9YhBn2Cs5g"

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def _twins() -> Iterator[object]:
    for case in CASES:
        for name, make in case.twins:
            yield pytest.param(case, make, id=f"{case.name}: {name}")


@pytest.fixture(scope="module")
def once() -> Callable[[Case, Path], bytes]:
    """The clean form of a case's dirty file, made once."""
    known: dict[str, bytes] = {}

    def clean(case: Case, folder: Path) -> bytes:
        if case.name not in known:
            known[case.name] = support.cleaned(folder, case.dirty(), case.policy)
        return known[case.name]

    return clean


@each_case
def test_the_extra_is_kept_and_the_report_says_so(case: Case, tmp_path: Path) -> None:
    found = support.clean(tmp_path, case.dirty(), case.policy)
    expected = next(residual for words, residual in RESIDUALS.items() if case.name.endswith(words))
    assert expected in {each.what for each in found.report.remaining}


@each_case
def test_nothing_of_it_is_kept_unless_asked_for(case: Case, tmp_path: Path) -> None:
    found = support.clean(tmp_path, case.dirty())
    assert not {each.what for each in found.report.remaining} & set(RESIDUALS.values())
    kept = support.cleaned(tmp_path, case.dirty(), case.policy)
    assert found.data is not None
    assert len(found.data) < len(kept)
    assert support.cleaned(tmp_path, kept) == found.data


@each_case
def test_the_ledger_names_every_byte(case: Case, tmp_path: Path, once: Callable[[Case, Path], bytes]) -> None:
    for data in (case.dirty(), once(case, tmp_path)):
        report = support.audit(tmp_path, data, case.policy)
        assert report.ledger is not None, report.problem
        assert report.ledger.complete
        assert all(row.size >= 0 for row in report.ledger.rows)


@each_case
def test_a_clean_file_is_canonical(case: Case, tmp_path: Path, once: Callable[[Case, Path], bytes]) -> None:
    data = once(case, tmp_path)
    report = support.audit(tmp_path, data, case.policy)
    assert report.verdict is Verdict.CANONICAL, report.findings
    assert report.ledger is not None
    assert report.ledger.total(Fate.RESIDUE) == 0
    assert not [check for check in report.checks if check.outcome is Outcome.FAILED]
    assert support.cleaned(tmp_path, data, case.policy) == data


@each_case
def test_a_clean_file_is_dirty_to_who_did_not_ask(
    case: Case, tmp_path: Path, once: Callable[[Case, Path], bytes]
) -> None:
    assert support.audit(tmp_path, once(case, tmp_path)).verdict is Verdict.IDENTIFYING


@each_case
def test_the_strict_profile_drops_it(case: Case, tmp_path: Path) -> None:
    strict = replace(case.policy, profile=Profile.STRICT)
    assert support.cleaned(tmp_path, case.dirty(), strict) == support.cleaned(tmp_path, case.dirty())


@each_case
def test_the_payload_digest_is_that_of_the_original(
    case: Case, tmp_path: Path, once: Callable[[Case, Path], bytes]
) -> None:
    before = support.audit(tmp_path, case.dirty(), case.policy).payload_digest
    assert before == support.audit(tmp_path, once(case, tmp_path), case.policy).payload_digest != ""


@pytest.mark.parametrize(("case", "twin"), tuple(_twins()))
def test_a_twin_cleans_to_the_same_bytes(
    case: Case, twin: Callable[[], bytes], tmp_path: Path, once: Callable[[Case, Path], bytes]
) -> None:
    data = support.cleaned(tmp_path, twin(), case.policy)
    expected = once(case, tmp_path)
    assert data == expected, support.first_difference(data, expected)


@each_case
def test_a_planted_secret_leaves_no_trace(
    case: Case, tmp_path: Path, once: Callable[[Case, Path], bytes]
) -> None:
    assert case.planted is not None
    survived, moved, refused, total = [], [], [], 0
    expected = once(case, tmp_path)
    for place, data in case.planted(CANARY):
        total += 1
        needle = next(
            (CANARY[:size] for size in (24, 16, 8, 4) if support.found_in(data, CANARY[:size])), b""
        )
        assert needle, f"nothing was planted in {place}"
        found = support.clean(tmp_path, data, case.policy)
        if found.report.verdict is Verdict.REFUSED:
            refused.append(f"{place}: {found.report.problem}")
        elif found.data is None or support.found_in(found.data, needle):
            survived.append(f"{place}: {found.report.problem}")
        elif found.data != expected:
            moved.append(place)
    assert (survived, moved) == ([], [])
    assert len(refused) <= 0.05 * total, refused


@each_case
def test_a_file_that_is_cut_off_is_refused_or_cleaned(
    case: Case, tmp_path: Path, once: Callable[[Case, Path], bytes]
) -> None:
    data = once(case, tmp_path)
    step = max(len(data) // 60, 1)
    for size in range(0, len(data), step):
        report = support.clean(tmp_path, data[:size], case.policy).report
        assert report.verdict in (Verdict.REFUSED, Verdict.CLEANED), report.problem
