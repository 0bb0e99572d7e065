"""Sums over a run, kept small however many files there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..model import Check, Kind, Outcome, Residual, Verdict
from .claims import CHECKS, Level, level
from .words import STATUS_WORST_FIRST, WORST_FIRST

if TYPE_CHECKING:
    from ..model import FileReport


@dataclass(slots=True)
class Totals:
    """Owns the sums of a run so far."""

    files: int = 0
    excluded: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    findings: Counter[Kind] = field(default_factory=Counter)
    levels: Counter[Level] = field(default_factory=Counter)
    checks: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    """Files by check and how it ended."""
    unchecked: int = 0
    """Files in which no check came to an end: refused, or failed before."""
    searched: int = 0
    """Values of originals that were searched for in clean files."""
    carried: Counter[Kind] = field(default_factory=Counter)
    not_run: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Files by check and reason."""
    residuals: Counter[Residual] = field(default_factory=Counter)
    """Files that keep it."""
    statuses: set[int] = field(default_factory=set)

    def add(self, report: FileReport, *, judge_findings: bool = True) -> None:
        """Count one file; `judge_findings` says that identifying data is a bad end, as for an audit."""
        self.files += 1
        self.verdicts[report.verdict] += 1
        self.levels[level(report)] += 1
        if report.search is not None:
            self.searched += report.search.values
            self.carried.update(hit.value.kind for hit in report.search.carried)
        if report.problem is not None:
            self.problems[report.problem.code] += 1
            self.statuses.add(report.problem.exit_status)
        elif report.verdict is Verdict.IDENTIFYING and judge_findings:
            self.statuses.add(3)
        for finding in report.findings:
            self.findings[finding.kind] += finding.count
        found = _checks(report)
        self.unchecked += not found
        for check in found:
            self.checks[check.name, check.outcome] += 1
            if check.outcome is Outcome.NOT_RUN:
                self.not_run[check.name, check.reason] += 1
        self.residuals.update({each.what for each in report.remaining})

    @property
    def verdict(self) -> Verdict | None:
        """The worst verdict of the run; None if there were no files."""
        return next((verdict for verdict in WORST_FIRST if self.verdicts[verdict]), None)

    @property
    def level(self) -> Level | None:
        """The worst level of the run; None if there were no files."""
        return next((each for each in Level if self.levels[each]), None)

    @property
    def exit_status(self) -> int:
        """The worst exit status of the run."""
        return next((status for status in STATUS_WORST_FIRST if status in self.statuses), 0)


def _checks(report: FileReport) -> tuple[Check, ...]:
    """Return the checks of a file; the first that fails may end it before it has any."""
    if report.checks or report.problem is None or report.problem.rule not in CHECKS:
        return report.checks
    return (Check(report.problem.rule, Outcome.FAILED),)
