"""Audit of one file: whether it is what scrubkit would write, and what would stay behind.

The auditor has no rules of its own.  It reads a file into its essence, runs the
writer on that, and compares the two: cleaner and auditor can't drift apart.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import formats, pieces
from .errors import LimitExceeded, Refused, ScrubError, Unrecognised
from .model import (
    Check,
    Fate,
    FileReport,
    Finding,
    Kind,
    Ledger,
    LedgerRow,
    Outcome,
    Policy,
    Problem,
    Remaining,
    Residual,
    Verdict,
    Verify,
)
from .source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from .formats import Format, Reading

DEFAULT = Policy()

SCOPE = "the bytes of the file; not its name, its times or what the file system keeps beside it"

LIMITED = "verification was limited to structure"


@dataclass(frozen=True, slots=True)
class Audited:
    """What one pass over a source showed; `ledger` and `findings` include what lies inside samples."""

    format: Format
    reading: Reading
    compared: pieces.Compared
    ledger: Ledger
    findings: tuple[Finding, ...]
    remaining: tuple[Remaining, ...]

    @property
    def canonical(self) -> bool:
        """Whether the source is exactly what would be written, and nothing stays behind."""
        return self.compared.same and self.ledger.complete and not self.findings


@contextmanager
def typed_failures() -> Iterator[None]:
    """Turn what the interpreter raises when a file costs too much into `LimitExceeded`."""
    try:
        yield
    except MemoryError:
        raise LimitExceeded("file", "memory") from None
    except RecursionError:
        raise LimitExceeded("file", "recursion") from None


def read(source: Source, policy: Policy) -> tuple[Format, Reading]:
    """Identify a source by its content and read it; raises `Unrecognised` and what the format raises."""
    found = formats.identify(source.read(0, min(source.size, formats.HEAD)))
    if found is None:
        raise Unrecognised("file", "" if source.size else "empty")
    return found, found.read(source, policy)


def audit_source(source: Source, policy: Policy) -> Audited:
    """Read a source, write it again without keeping the result, and compare; raises `Refused` errors."""
    with typed_failures():
        found, reading = read(source, policy)
        walk = policy.verify is not Verify.STRUCTURE
        compared = pieces.compare(
            (found.write if walk else found.outline)(reading.essence, policy),
            reading.essence.payload,
            source,
            digest=walk,
        )
        source.check_unchanged()
    dropped = compared.walked.dropped
    return Audited(
        found,
        reading,
        compared,
        settled(reading.ledger, compared.walked),
        reading.residue + dropped,
        merged(reading.remaining + compared.walked.remaining),
    )


def audit_file(path: Path, policy: Policy = DEFAULT) -> FileReport:
    """Return what a file gives away: `CANONICAL`, `IDENTIFYING`, or `REFUSED` with the reason.

    Nothing is written.  Raises no `ScrubError`: it becomes the report's `problem`.
    """
    try:
        with Source(path) as source:
            audited = audit_source(source, policy)
            size = source.size
    except ScrubError as error:
        return failed(error)
    findings = audited.findings
    if not findings and not audited.compared.same:
        findings = (_layout(audited.compared),)
    return FileReport(
        verdict=Verdict.CANONICAL if audited.canonical else Verdict.IDENTIFYING,
        format=audited.format.name,
        media=audited.reading.media,
        suffix=audited.reading.suffix,
        checks=(*checks(audited, policy), *_not_compared(policy)),
        findings=findings,
        remaining=audited.remaining,
        ledger=audited.ledger,
        size=size,
        payload_digest=audited.compared.digest,
    )


def checks(audited: Audited, policy: Policy) -> tuple[Check, ...]:
    """Return the checks that need nothing but the file."""
    walked = policy.verify is not Verify.STRUCTURE
    found = (
        _check("fixed-point", audited.compared.same, SCOPE, "not what scrubkit writes for this essence"),
        _check("ledger", audited.ledger.complete, "every byte has a name", "bytes without a name"),
        _check(
            "residue",
            not audited.findings,
            "structure and coded samples" if walked else "structure only; coded samples were not read",
            "something stays behind",
        ),
    )
    return found if walked else (*found, Check("samples", Outcome.NOT_RUN, "", LIMITED))


def settled(ledger: Ledger, walked: pieces.Walked) -> Ledger:
    """Move what a writer dropped inside samples from essence to residue, and tell apart what it kept.

    Each is taken from the essence row with the longest path in common, then from
    the others in order; what can't be taken makes the ledger incomplete.  Of the
    samples' own row stays what the writer's walk couldn't put under a type.
    """
    rows = list(ledger.rows)
    residue: dict[str, LedgerRow] = {}
    parts: tuple[Finding | LedgerRow, ...] = (*walked.dropped, *walked.kept)
    for finding in parts:
        left = finding.size
        essence = [i for i, row in enumerate(rows) if row.fate is Fate.ESSENCE and row.size]
        for i in sorted(essence, key=lambda i: -_common(rows[i].path, finding.path)):
            taken = min(left, rows[i].size)
            rows[i] = replace(rows[i], size=rows[i].size - taken)
            left -= taken
            if not left:
                break
        if isinstance(finding, LedgerRow):
            continue
        old = residue.get(finding.path, LedgerRow(finding.path, Fate.RESIDUE, 0, 0))
        residue[finding.path] = LedgerRow(
            finding.path, Fate.RESIDUE, old.size + finding.size, old.count + finding.count
        )
    return Ledger(ledger.size, tuple(_beside(rows, walked.kept)) + tuple(residue.values()))


def _beside(rows: Iterable[LedgerRow], kept: Iterable[LedgerRow]) -> Iterator[LedgerRow]:
    """Yield rows, each followed by its parts, and left out if they are all of it."""
    parts: dict[str, list[LedgerRow]] = {}
    for part in kept:
        parts.setdefault(part.path.removesuffix(f"/{part.coded}"), []).append(part)
    for row in rows:
        own = parts.pop(row.path, ()) if row.fate is Fate.ESSENCE else ()
        if row.size or not own:
            yield row
        yield from own
    for orphans in parts.values():
        yield from orphans


def merged(remaining: Iterable[Remaining]) -> tuple[Remaining, ...]:
    """Return one residual of each kind, counts added up, in order of first appearance."""
    counts: Counter[Residual] = Counter()
    for each in remaining:
        counts[each.what] += each.count
    return tuple(Remaining(what, count) for what, count in counts.items())


def problem(error: ScrubError) -> Problem:
    """Return an error as data."""
    return Problem(error.code, error.exit_status, error.where, error.rule, error.at)


def failed(error: ScrubError) -> FileReport:
    """Return the report of a file that an error ended."""
    verdict = Verdict.REFUSED if isinstance(error, Refused) else Verdict.FAILED
    return FileReport(verdict=verdict, problem=problem(error))


def _check(name: str, passed: bool, scope: str, reason: str) -> Check:
    return Check(name, Outcome.PASSED if passed else Outcome.FAILED, scope, "" if passed else reason)


def _not_compared(policy: Policy) -> tuple[Check, ...]:
    reason = "no original to compare with"
    names = ("essence", "decode") if policy.verify is Verify.DECODE else ("essence",)
    return tuple(Check(name, Outcome.NOT_RUN, "", reason) for name in names)


def _layout(compared: pieces.Compared) -> Finding:
    return Finding(
        path="layout",
        kind=Kind.SOFTWARE,
        label="order, layout or values that another program chose",
        start=compared.difference,
    )


def _common(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one.split("/"), other.split("/"), strict=False):
        if a != b:
            break
        count += 1
    return count
