"""Second readers and the search, on stills of which a policy keeps more than the picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import support
from scrubkit.model import Outcome, Verdict, Verify
from scrubkit.specimens.cases import heif, jpeg
from scrubkit.witnesses.observe import observe

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.specimens.cases import Case

CASES = tuple(case for case in (*heif.CASES, *jpeg.CASES) if case.policy.keep)
TWO_FORMS = [case for case in CASES if case.name in ("heif, depth", "jpeg, gain map")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_readers_and_search_pass_what_was_asked_for(case: Case, tmp_path: Path) -> None:
    policy = replace(case.policy, verify=Verify.READERS)
    report = support.clean(tmp_path, case.dirty(), policy).report
    assert report.verdict is Verdict.CLEANED, report.problem
    assert not [check for check in report.checks if check.outcome is Outcome.FAILED]


@pytest.mark.parametrize("case", TWO_FORMS, ids=lambda case: case.name)
def test_readers_fail_what_was_not_asked_for(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(support.cleaned(tmp_path, case.dirty(), case.policy))

    def outcomes(*, kept: bool) -> set[Outcome]:
        checks = observe(None, path, case.format, kept=kept).checks
        return {check.outcome for check in checks if check.name == "reader-exiftool"}

    if outcomes(kept=True) == {Outcome.NOT_RUN}:
        pytest.skip("NOT RUN: ExifTool is absent")
    assert outcomes(kept=True) == {Outcome.PASSED}
    assert outcomes(kept=False) == {Outcome.FAILED}
