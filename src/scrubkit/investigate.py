"""What others make of a file: second readers, and a search for all that the original says."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from .carryover import search as carryover
from .carryover.engine import available
from .carryover.values import values_of_findings, values_of_path
from .report import claims, coded, words
from .report.document import shareable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .model import FileReport, Search, Value
    from .source import Readable


def investigate(report: FileReport, source: Readable, original: Path, copy: Path, name: str) -> FileReport:
    """Return the report of a file that was rebuilt as `copy`, with what second readers and the search say.

    `source` is the original as it was read (a stretch of the file `original`, perhaps),
    `name` its name below what was given.
    """
    assert report.format is not None
    from .witnesses.observe import observe

    seen = observe(original, copy, report.format)
    values = (*seen.values, *values_of_path(original, name))
    residue = tuple(values_of_findings(source, report.findings))
    entry = {"report": json.dumps(shareable(1, report))}
    found = searched((*values, *residue), source, report, copy, entry)
    checks = (*report.checks, *seen.checks, carryover.check(found))
    return replace(report, checks=checks, values=values, search=found)


def witnessed(report: FileReport, path: Path) -> FileReport:
    """Return the report of a file that has no original to compare with, with what second readers say."""
    from .witnesses.observe import observe

    if report.format is None:
        return report
    return replace(report, checks=(*report.checks, *observe(None, path, report.format).checks))


def searched(
    values: Iterable[Value], source: Readable, report: FileReport, copy: Path, texts: dict[str, str]
) -> Search | None:
    """Search a copy; None where there is no search engine."""
    if not available():
        return None
    kept = list(values)
    return carryover.search_file(kept, copy, texts, vocabulary())


def against(report: FileReport, copy: Path, originals: Iterable[tuple[Path, FileReport]]) -> FileReport:
    """Return the audit of a file made by any program, with a search for what some originals say.

    `originals` are paths with their audits.
    """
    from .errors import ScrubError
    from .source import Source
    from .witnesses.observe import observe

    if not available():
        return replace(report, checks=(*report.checks, carryover.check(None)))
    values: list[Value] = []
    for path, audited in originals:
        if audited.format is not None:
            values += observe(path, None, audited.format).values
        values += values_of_path(path)
        try:
            with Source(path) as source:
                residue = values_of_findings(source, audited.findings)
                values += residue
        except ScrubError:
            continue
    found = carryover.search_file(values, copy, {"name": copy.name}, "")
    checks = tuple(check for check in report.checks if check.name != carryover.NAME)
    return replace(report, checks=(*checks, carryover.check(found)), search=found)


@cache
def vocabulary() -> str:
    """Return all words that a report may hold whatever an original says."""
    tables = files("scrubkit.catalog")
    catalog = [each.read_text("utf-8") for each in tables.iterdir() if each.name.endswith(".toml")]
    own = (words, coded, claims)
    return "\n".join([*catalog, *(repr(vars(module)) for module in own)])
