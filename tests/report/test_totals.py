from __future__ import annotations

import pytest

from scrubkit.model import Check, FileReport, Outcome, Problem, Verdict
from scrubkit.report.totals import Totals


def ending(status: int) -> FileReport:
    return FileReport(Verdict.FAILED, problem=Problem("code", status, "where"))


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [((), 0), ((4,), 4), ((4, 5), 5), ((5, 1), 1), ((4, 1, 3), 3), ((3, 130), 130), ((1, 4), 1)],
)
def test_the_worst_status_wins_in_its_own_order(statuses: tuple[int, ...], worst: int) -> None:
    totals = Totals()
    for status in statuses:
        totals.add(ending(status))
    assert totals.exit_status == worst


def test_identifying_data_is_a_bad_end_of_an_audit_only() -> None:
    audit, dry_run = Totals(), Totals()
    audit.add(FileReport(Verdict.IDENTIFYING))
    dry_run.add(FileReport(Verdict.IDENTIFYING), judge_findings=False)
    assert (audit.exit_status, dry_run.exit_status) == (3, 0)


def test_no_file_has_no_verdict() -> None:
    assert Totals().verdict is None


def test_a_check_that_ended_a_file_before_its_others_counts_as_failed() -> None:
    totals = Totals()
    totals.add(FileReport(Verdict.FAILED, problem=Problem("verification-failed", 3, "output", "fixed-point")))
    assert totals.checks == {("fixed-point", Outcome.FAILED): 1}
    assert totals.unchecked == 0


def test_files_without_any_check_are_counted() -> None:
    totals = Totals()
    totals.add(FileReport(Verdict.REFUSED, problem=Problem("malformed", 4, "moov", "box-size")))
    totals.add(FileReport(Verdict.CLEANED, checks=(Check("ledger", Outcome.PASSED),)))
    assert (totals.unchecked, totals.files) == (1, 2)
