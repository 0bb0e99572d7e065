"""What others make of a file: second readers, and a search for all that the original says."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from . import carryover
from .model import Residual
from .report import claims, coded, words
from .report.document import shareable
from .witnesses.observe import observe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from .model import FileReport, Finding, Value
    from .source import Readable

_CHECKS = (
    "audit.py",
    "clean.py",
    "carryover/original.py",
    "carryover/__init__.py",
    "carryover/meaning.py",
    "carryover/search.py",
    "witnesses/confined.py",
    "witnesses/decode.py",
    "witnesses/landlock.py",
    "witnesses/link.py",
    "witnesses/lockstep.py",
    "witnesses/observe.py",
    "witnesses/sandbox.py",
    "witnesses/seccomp.py",
    "witnesses/server.py",
    "witnesses/stills.py",
    "witnesses/stream.py",
)

_BESIDE = frozenset({Residual.GAIN_MAP, Residual.DEPTH_MAP, Residual.STEREO_PAIR})


def investigate(report: FileReport, source: Readable, original: Path, copy: Path, name: str) -> FileReport:
    """Return the report of a file that was rebuilt as `copy`, with what second readers and the search say.

    `source` is the original as it was read (a stretch of the file `original`, perhaps),
    `name` its name below what was given.
    """
    assert report.format is not None
    seen = observe(original, copy, report.format, kept=keeps_pictures(report))
    values = (*seen.values, *carryover.values_of_path(original, name))
    found = carryover.search_for(
        carryover.harvest(source, report.findings, values),
        copy,
        {"report": json.dumps(shareable(1, report))},
        vocabulary(),
    )
    checks = (*report.checks, *seen.checks, carryover.check(found))
    return replace(report, checks=checks, values=values, search=found)


def keeps_pictures(report: FileReport) -> bool:
    """Whether a still has pictures beside its picture, which the policy asked for."""
    return not _BESIDE.isdisjoint(each.what for each in report.remaining)


def witnessed(report: FileReport, path: Path) -> FileReport:
    """Return the audit of a file that has no original to compare with, with what second readers say."""
    if report.format is None:
        return report
    seen = observe(None, path, report.format, kept=keeps_pictures(report))
    return replace(report, checks=(*report.checks, *seen.checks))


def against(report: FileReport, path: Path, originals: Mapping[Path, FileReport]) -> FileReport:
    """Return the audit of a file made by any program, with a search for what some originals say.

    `originals` are paths with their audits.
    """

    def read(original: Path) -> tuple[Sequence[Finding], Iterable[Value]] | None:
        audited = originals[original]
        if audited.format is None:
            return None
        return audited.findings, observe(original, None, audited.format).values

    found = carryover.against(path, ((each, each.name) for each in originals), read)
    return replace(report, checks=(*report.checks, carryover.check(found)), search=found)


@cache
def vocabulary() -> str:
    """Return all words that a report may hold whatever an original says."""
    tables = files("scrubkit.catalog")
    catalog = [each.read_text("utf-8") for each in tables.iterdir() if each.name.endswith(".toml")]
    keys = files("scrubkit.report").joinpath("report.schema.json").read_text("utf-8")
    own = (words, coded, claims)
    return "\n".join([*catalog, keys, *(repr(vars(module)) for module in own), *_said_by_checks()])


def _said_by_checks() -> Iterator[str]:
    """Yield the texts in the modules that make checks: what these covered, and why they didn't run."""
    for name in _CHECKS:
        tree = ast.parse(files("scrubkit").joinpath(name).read_text("utf-8"))
        nodes = list(ast.walk(tree))
        explained = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explained:
                yield node.value
