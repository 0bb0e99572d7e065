"""One file: read, write beside the destination, verify what was written, publish.

Only `Staged` and `publish` touch the disk.  A staged file that fails any check is
deleted; nothing half-written or unverified ever has a final name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import pieces
from .audit import (
    DEFAULT,
    LIMITED,
    Audited,
    audit_source,
    checks,
    failed,
    merged,
    problem,
    read,
    settled,
    typed_failures,
)
from .errors import (
    DestinationFailed,
    Refused,
    ScrubError,
    SourceFailed,
    UsageError,
    VerificationFailed,
)
from .hidden import Section
from .linkage import traits
from .model import Check, Fate, FileReport, Outcome, Policy, Verdict, Verify
from .source import Source
from .staged import Staged, discard, publish, staged_name, sync_folder

if TYPE_CHECKING:
    from pathlib import Path

    from .formats import Format
    from .hidden import Stretch
    from .model import Trait


def clean_file(src: Path, dst: Path, policy: Policy = DEFAULT, *, force: bool = False) -> FileReport:
    """Write to `dst` what `src` holds of picture and sound, verified; `dst` exists afterwards or doesn't.

    Returns `CLEANED`, or `REFUSED` or `FAILED` with the reason and no output.  An
    existing `dst` is replaced only if `force` is set.  Raises `UsageError` if both
    are the same file.
    """
    if _same_file(src, dst):
        raise UsageError("output", "same-file-as-source")
    if not dst.name:
        raise UsageError("output", "not-a-file-name")
    if not force and _exists(dst):
        return failed(DestinationFailed("output", "EEXIST"))
    staged = dst.with_name(staged_name())
    report = stage(src, staged, policy, name=src.name)
    if report.verdict is not Verdict.CLEANED:
        return report
    try:
        publish(staged, dst, force=force)
        sync_folder(dst.parent)
    except DestinationFailed as error:
        return failed(error)
    finally:
        discard(staged)
    return replace(report, output_name=dst.name)


def stage(
    src: Path, staged: Path, policy: Policy = DEFAULT, *, stretch: Stretch | None = None, name: str = ""
) -> FileReport:
    """Write the clean form of `src`, or of a stretch of it, to the new file `staged` and verify it there.

    The file is on the disk, verified and ready to be published if the verdict is
    `CLEANED`; otherwise it is gone.  `name` is what the original is called below what was given.
    """
    try:
        opened = Source(src) if stretch is None else Section(src, stretch)
        with typed_failures(), opened as source:
            report = _stage(source, src, staged, policy, name)
    except ScrubError as error:
        return failed(error)
    if report.verdict is not Verdict.CLEANED:
        discard(staged)
    return report


def _stage(source: Source, src: Path, staged: Path, policy: Policy, name: str) -> FileReport:
    found, reading = read(source, policy)
    with Staged(staged, reading.ledger.total(Fate.ESSENCE)) as sink:
        copied = pieces.copy(found.write(reading.essence, policy), reading.essence.payload, sink)
        source.check_unchanged()
        sink.start_sync()
        ledger = settled(reading.ledger, copied.walked)
        if not ledger.complete:
            raise VerificationFailed("source", "ledger-incomplete")
        results, marks = _verified(staged, found, copied, policy)
        report = FileReport(
            verdict=Verdict.CLEANED,
            format=found.name,
            media=reading.media,
            suffix=reading.suffix,
            checks=results,
            findings=reading.residue + copied.walked.dropped,
            remaining=merged(reading.remaining + copied.walked.remaining),
            ledger=ledger,
            traits=marks,
            size=source.size,
            output_size=copied.size,
            payload_digest=copied.digest,
        )
        if policy.verify.includes(Verify.READERS):
            from .investigate import investigate

            report = investigate(report, source, src, staged, name)
        if policy.verify is Verify.DECODE:
            report = replace(report, checks=(*report.checks, _decoded(source, src, staged, report)))
        source.check_unchanged()
        sink.settle()
    return _judged(report)


def _judged(report: FileReport) -> FileReport:
    """Return the report as failed if a check of it failed, with all that is known of why."""
    check = next((each for each in report.checks if each.outcome is Outcome.FAILED), None)
    if check is None:
        return report
    why = f"{check.name} {check.reason}" if check.name == "decode" else check.name
    error = VerificationFailed("output", why)
    return replace(report, verdict=Verdict.FAILED, problem=problem(error))


def _verified(
    staged: Path, found: Format, copied: pieces.Copied, policy: Policy
) -> tuple[tuple[Check, ...], tuple[Trait, ...]]:
    """Audit the staged file; raises `VerificationFailed` unless every check that runs passes.

    Also returns by what the file can be grouped with others.
    """
    try:
        with Source(staged) as source:
            audited = audit_source(source, policy)
    except SourceFailed as error:
        raise DestinationFailed("output", error.rule) from None
    except Refused as error:
        raise VerificationFailed(
            f"output/{error.where}", f"{error.code} {error.rule}".rstrip(), error.at
        ) from None
    results = (*checks(audited, policy), _essence(audited, copied, policy))
    for check in results:
        if check.outcome is Outcome.FAILED:
            raise VerificationFailed("output", check.name, audited.compared.difference)
    if audited.format.name != found.name:
        raise VerificationFailed("output", "other-format-than-written")
    return results, traits(audited.reading.essence, copied.size)


def _essence(audited: Audited, copied: pieces.Copied, policy: Policy) -> Check:
    if policy.verify is Verify.STRUCTURE:
        return Check("essence", Outcome.NOT_RUN, "", LIMITED)
    scope = "digest of the coded payload, copied against read back"
    if audited.compared.digest == copied.digest:
        return Check("essence", Outcome.PASSED, scope)
    return Check("essence", Outcome.FAILED, scope, "digests differ")


def _decoded(source: Source, src: Path, staged: Path, report: FileReport) -> Check:
    from .investigate import keeps_pictures
    from .witnesses.decode import NAME, compare_decoded

    assert report.format is not None
    if isinstance(source, Section):
        return Check(NAME, Outcome.NOT_RUN, "", "the original is a part of another file")
    return compare_decoded(src, staged, (report.format, report.format), kept=keeps_pictures(report))


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except OSError:
        return False
    return True


def _same_file(src: Path, dst: Path) -> bool:
    try:
        return src.samefile(dst)
    except OSError:
        return False
