"""A run in lines for a terminal.  Names are escaped here; values are never shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from ..model import Outcome, Verdict
from .claims import LEVELS
from .document import ABOUT, share
from .escape import escaped
from .words import ALWAYS, PROBLEMS, RESIDUALS, WORST_FIRST, checked, explained, residual

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..model import FileReport, Finding, Kind, Ledger
    from .document import About
    from .totals import Totals


def file_lines(
    report: FileReport, *, number: int | None = None, verbose: bool = False, planned: bool = False
) -> Iterator[str]:
    """Yield what there is to say of one file; `planned` for a run that writes nothing.

    With `number` the file is called by that: whoever may not know the original's name can read along.
    """
    name = escaped(report.untrusted_name) if number is None else f"file {number}"
    verdict = _planned(report) if planned else report.verdict.value
    arrow = f" → {report.output_name}" if report.output_name else ""
    line = f"{verdict:<12} {name}{arrow}"
    if report.problem is not None:
        # Where a file breaks off is its size, which is as private as its name.
        problem = report.problem if number is None else replace(report.problem, at=None)
        line += f"  {explained(problem)}"
    elif report.findings:
        line += f"  [{kinds(report.findings)}]"
    yield line
    if verbose:
        yield from _details(report)


def kinds(findings: Iterable[Finding]) -> str:
    """Return counts by kind, in a fixed order: `gps 2, serial 1`."""
    counts: Counter[Kind] = Counter()
    for each in findings:
        counts[each.kind] += each.count
    return _counted(counts)


def summary_lines(totals: Totals, command: str, about: About = ABOUT) -> Iterator[str]:
    """Yield the end of a run: verdicts, what was found, what was not checked, what groups, what stays."""
    verdicts = ", ".join(f"{totals.verdicts[each]} {each}" for each in WORST_FIRST if totals.verdicts[each])
    excluded = f" ({totals.excluded} excluded on request)" if totals.excluded else ""
    files = "1 file" if totals.files == 1 else f"{totals.files} files"
    yield f"{files}{excluded}: {verdicts}" if verdicts else f"{files}{excluded}"
    if totals.level is not None:
        yield f"As a whole: {totals.level}: {LEVELS[totals.level]}"
    for code, count in sorted(totals.problems.items()):
        yield f"  {count} {code}: {PROBLEMS.get(code, 'unknown code')}"
    if totals.findings:
        yield f"{'Left behind' if command == 'clean' else 'Found'}: {_counted(totals.findings)}"
    for (name, reason), count in sorted(totals.not_run.items()):
        yield f"Not checked in {count}: {name} ({reason})"
    if totals.searched:
        found = _counted(totals.carried) or "nothing"
        yield f"Searched for {totals.searched} values of originals: {found} found in new files"
    if about.pairs is not None and about.pairs.count:
        yield (
            f"Live Photos: {about.pairs.count} pictures and clips named each other in the originals; "
            "their pictures still show the same moment"
        )
    for check in about.custody:
        yield checked(check)
    if about.linkage is not None:
        for sentence in about.linkage.says:
            yield f"Linkage: {sentence}"
    if totals.verdicts[Verdict.CLEANED] or totals.verdicts[Verdict.CANONICAL]:
        yield "Still in the files:"
        for what, count in sorted(totals.residuals.items()):
            yield f"  in {count}: {RESIDUALS[what]}"
        for sentence in ALWAYS:
            yield f"  {sentence}"


def shares(ledger: Ledger) -> str:
    """Return the ledger in one line."""
    from ..model import Fate

    return ", ".join(f"{fate.value} {share(ledger.total(fate), ledger.size)}" for fate in Fate)


def _planned(report: FileReport) -> str:
    match report.verdict:
        case Verdict.IDENTIFYING:
            return "would clean"
        case Verdict.CANONICAL:
            return "clean as is"
        case _:
            return report.verdict.value


def _counted(counts: Counter[Kind]) -> str:
    from ..model import Kind

    return ", ".join(f"{kind.value} {counts[kind]}" for kind in Kind if counts[kind])


def _details(report: FileReport) -> Iterator[str]:
    labels: Counter[tuple[str, str]] = Counter()
    for each in report.findings:
        labels[each.kind.value, each.label if each.known else "not in the catalog"] += each.count
    for (kind, label), count in sorted(labels.items()):
        yield f"    {kind}: {label}" + (f" ({count})" if count > 1 else "")
    if report.ledger is not None:
        yield f"    bytes: {shares(report.ledger)}"
    for check in report.checks:
        mark = "!" if check.outcome is Outcome.FAILED else " "
        yield f"   {mark}{checked(check)}"
    for stays in report.remaining:
        yield f"    stays: {residual(stays)}" + (f" ({stays.count})" if stays.count > 1 else "")
