"""A run as JSON: one document that may be shared and one that may not.

The shareable one has verdicts, kinds, counts and checks.  It has no value, no
original name, no byte position, no size and no digest of an original: low-entropy
values are found again from a plain hash, and an exact size confirms a match.
`report.schema.json` and `private.schema.json` beside this module say it all.
"""

from __future__ import annotations

import base64
import json
import sys
from collections import Counter
from importlib import metadata
from typing import TYPE_CHECKING, Any

from ..model import Fate, Kind
from .coded import coded_type
from .words import ALWAYS, PROBLEMS, WORST_FIRST, residual

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import Check, FileReport, Finding, Job, Ledger, Policy, Problem
    from .totals import Totals

SHAREABLE = "scrubkit-report/1"
PRIVATE = "scrubkit-private/1"

LIBRARIES = ("blake3", "click", "piexif", "mutagen", "pymediainfo", "av", "numpy")

Json = dict[str, Any]


class Document:
    """Owns one JSON document that is written as the run goes: head, files, tail."""

    def __init__(self, write: Callable[[str], object], head: Json) -> None:
        """Write the head; `write` takes text."""
        self._write = write
        self._first = True
        write(
            "".join(f"{_text(key)}: {_text(value)},\n" for key, value in head.items()).join(
                ("{\n", '"files": [')
            )
        )

    def add(self, entry: Json) -> None:
        """Write one file's entry."""
        self._write(f"{'' if self._first else ','}\n{_text(entry)}")
        self._first = False

    def close(self, tail: Json) -> None:
        """Write what is known only at the end."""
        self._write(
            "\n],\n" + ",\n".join(f"{_text(key)}: {_text(value)}" for key, value in tail.items()) + "\n}\n"
        )


def head(schema: str, command: str, policy: Policy) -> Json:
    """Return what stands before the files."""
    return {
        "schema": schema,
        "command": command,
        "policy": {
            "profile": policy.profile.value,
            "verify": policy.verify.value,
            "lead_in": policy.lead_in.value,
            "deep": policy.deep,
        },
        "versions": versions(),
    }


def tail(totals: Totals, *, complete: bool) -> Json:
    """Return what stands after the files; verdicts are listed worst first."""
    return {
        "totals": {
            "files": totals.files,
            "excluded": totals.excluded,
            "verdicts": {each.value: totals.verdicts[each] for each in WORST_FIRST if totals.verdicts[each]},
            "problems": dict(sorted(totals.problems.items())),
            "findings": {kind.value: totals.findings[kind] for kind in Kind if totals.findings[kind]},
            "checks_not_run": [
                {"name": name, "reason": reason, "files": count}
                for (name, reason), count in sorted(totals.not_run.items())
            ],
            "residuals": {what.value: count for what, count in sorted(totals.residuals.items())},
        },
        "residual_risk": list(ALWAYS),
        "complete": complete,
        "verdict": None if totals.verdict is None else totals.verdict.value,
        "exit_status": totals.exit_status,
    }


def versions() -> dict[str, str | None]:
    """Return the versions of all that took part; None for what is not installed."""
    found: dict[str, str | None] = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in ("scrubkit", *LIBRARIES):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def shareable(number: int, report: FileReport) -> Json:
    """Return one file's entry for the document that may be shared."""
    entry: Json = {"number": number, "verdict": report.verdict.value}
    if report.output_name:
        entry["output"] = report.output_name
    entry |= _common(report)
    if report.findings:
        entry["findings"] = _by_kind(report.findings)
    if report.ledger is not None:
        entry["shares"] = _shares(report.ledger)
        if coded := coded_types(report.ledger):
            entry["coded"] = coded
    if report.problem is not None:
        entry["problem"] = _problem(report.problem)
    return entry


def private(number: int, job: Job, report: FileReport) -> Json:
    """Return one file's entry for the document that is kept apart: names, values, places, sizes, digest."""
    entry: Json = {"number": number, "verdict": report.verdict.value}
    entry |= named("original", job.untrusted_name) | named("path", str(job.path.absolute()))
    if report.output_name:
        entry["output"] = report.output_name
    entry |= {"size": report.size, "output_size": report.output_size, "payload_digest": report.payload_digest}
    entry |= _common(report)
    entry["findings"] = [_finding(each) for each in report.findings]
    if report.ledger is not None:
        entry["ledger"] = [
            named("path", row.path)
            | {"fate": row.fate.value, "size": row.size, "count": row.count}
            | ({"what": coded_type(row.coded)} if row.coded else {})
            for row in report.ledger.rows
        ]
    if report.problem is not None:
        entry["problem"] = _problem(report.problem) | {"at": report.problem.at}
    return entry


def named(key: str, text: str) -> Json:
    """Return untrusted text under `key`, readable; `key_b64` has its bytes where that is approximate."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        try:
            raw = text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raw = text.encode("utf-8", "surrogatepass")
        return {
            key: raw.decode("utf-8", "replace"),
            f"{key}_b64": base64.b64encode(raw).decode("ascii"),
        }
    return {key: text}


def share(part: int, whole: int) -> str:
    """Return a share in whole percent; what is neither nothing nor everything never reads as either."""
    if not part:
        return "none"
    if part == whole:
        return "all"
    percent = round(100 * part / whole)
    if percent < 1:
        return "<1 %"
    return ">99 %" if percent > 99 else f"{percent} %"


def _common(report: FileReport) -> Json:
    entry: Json = {}
    if report.format is not None:
        entry["format"] = report.format
    if report.media is not None:
        entry["media"] = report.media.value
    if report.checks:
        entry["checks"] = [_check(each) for each in report.checks]
    if report.remaining:
        entry["residuals"] = [
            {"what": each.what.value, "count": each.count, "sentence": residual(each)}
            for each in report.remaining
        ]
    return entry


def _by_kind(findings: tuple[Finding, ...]) -> list[Json]:
    counts: Counter[tuple[Kind, str]] = Counter()
    for each in findings:
        # A name that the catalog doesn't know may be a value itself.
        counts[each.kind, each.label if each.known else ""] += each.count
    order = list(Kind)
    return [
        {"kind": kind.value, "label": label or "unknown", "known": bool(label), "count": count}
        for (kind, label), count in sorted(
            counts.items(), key=lambda item: (order.index(item[0][0]), item[0][1])
        )
    ]


def _shares(ledger: Ledger) -> dict[str, str]:
    return {fate.value: share(ledger.total(fate), ledger.size) for fate in Fate}


def coded_types(ledger: Ledger) -> list[Json]:
    """Return the types of coded data of a file, the largest first, with their share of it."""
    sizes: Counter[str] = Counter()
    for row in ledger.rows:
        if row.coded:
            sizes[row.coded] += row.size
    return [
        {"type": key, "what": coded_type(key), "share": share(size, ledger.size)}
        for key, size in sizes.most_common()
    ]


def _check(check: Check) -> Json:
    entry: Json = {"name": check.name, "outcome": check.outcome.value}
    if check.scope:
        entry["scope"] = check.scope
    if check.reason:
        entry["reason"] = check.reason
    return entry


def _problem(problem: Problem) -> Json:
    return {
        "code": problem.code,
        "where": problem.where,
        "rule": problem.rule,
        "sentence": PROBLEMS.get(problem.code, "unknown code"),
    }


def _finding(finding: Finding) -> Json:
    entry = named("path", finding.path) | {
        "kind": finding.kind.value,
        "label": finding.label,
        "known": finding.known,
        "count": finding.count,
        "size": finding.size,
        "start": finding.start,
    }
    if finding.writer:
        entry["writer"] = finding.writer
    if finding.untrusted_value is not None:
        entry |= named("value", finding.untrusted_value)
    return entry


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)
