"""A run over many files: workers stage and verify, the parent names and publishes in order."""

from __future__ import annotations

import os
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from ..audit import DEFAULT, audit_file, failed
from ..clean import stage
from ..errors import DestinationFailed, ScrubError
from ..hidden import hidden_footage
from ..model import FileReport, Job, Media, Policy, Problem, Verdict, Verify
from ..report.fault import fault
from ..source import Source
from ..staged import EPOCH, discard, publish, staged_name, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ..hidden import Stretch
    from .walk import Found

SYNC_EVERY = 256
"""Files published between two syncs of the output folder."""

LOST = FileReport(Verdict.FAILED, problem=Problem("internal", 1, "worker", "process-died"))


@dataclass(frozen=True, slots=True)
class Task:
    """One file for a worker, with the staged name the parent chose, so that the parent can remove it."""

    job: Job
    error: ScrubError | None
    staged: Path | None
    policy: Policy
    stretch: Stretch | None = None
    """Where in the file the footage lies that is wanted, if it is not the file itself."""


def workers_by_default(verify: Verify = Verify.READERS) -> int:
    """Return the number of processors this process may use, and two where workers only wait for the disk.

    With second readers each worker has processes of its own, which are busy while it waits.
    """
    found = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return found if verify.includes(Verify.READERS) else found + 2


def clean_run(
    found: Iterable[Found],
    output: Path,
    policy: Policy = DEFAULT,
    *,
    workers: int = 1,
    force: bool = False,
    extract_hidden: bool = False,
) -> Generator[tuple[Job, FileReport], None, None]:
    """Clean each file into the folder `output` as `clip-0001.mp4`, `photo-0001.jpg` …, in order.

    Yields a report per file, after its output has its final name; with `extract_hidden`
    also one for each movie that was hidden in a file, right after that file's.  Numbers run over
    successes only.  Nothing staged is left when the iteration ends, however it ends.
    """
    counts: Counter[Media] = Counter()
    published = 0
    try:
        for task, staged_report in _run(_stage, found, output, policy, workers):
            report = staged_report
            if report.verdict is Verdict.CLEANED:
                report = _published(task, report, output, counts, force=force)
                published += report.verdict is Verdict.CLEANED
                if published % SYNC_EVERY == 0:
                    sync_folder(output)
            yield task.job, replace(report, untrusted_name=task.job.untrusted_name)
            if extract_hidden and report.findings:
                for hidden in _hidden(task, report, output):
                    yield hidden.job, _extracted(hidden, output, counts, force=force)
    except BaseException:
        with suppress(DestinationFailed):
            _settle(output)
        raise
    _settle(output)


def audit_run(
    found: Iterable[Found], policy: Policy = DEFAULT, *, workers: int = 1, originals: Sequence[Path] = ()
) -> Generator[tuple[Job, FileReport], None, None]:
    """Audit each file; yields a report per file, in order, and writes nothing.

    With `originals` each file is also searched for what these say.
    """
    known = {path: guarded(audit_file, path, policy) for path in originals}
    for task, audited in _run(_audit, found, None, policy, workers):
        report = guarded(_against, audited, task.job.path, known) if known else audited
        yield task.job, replace(report, untrusted_name=task.job.untrusted_name)


def guarded(function: Callable[..., FileReport], *arguments: object, **named: object) -> FileReport:
    """Call, and make a report of whatever is raised: a bug must not end the run, nor quote a file."""
    try:
        return function(*arguments, **named)
    except ScrubError as error:
        return failed(error)
    except Exception as error:  # noqa: BLE001
        return FileReport(Verdict.FAILED, problem=fault(error))


def _run(
    work: Callable[[Task], FileReport],
    found: Iterable[Found],
    folder: Path | None,
    policy: Policy,
    workers: int,
) -> Iterator[tuple[Task, FileReport]]:
    rest = (_task(each, folder, policy) for each in found)
    first = list(islice(rest, 2))
    tasks = chain(first, rest)
    if workers > 1 and len(first) > 1:
        from .pool import in_order

        yield from in_order(work, tasks, workers, lost=LOST, abandon=_abandon)
        return
    for task in tasks:
        try:
            yield task, work(task)
        finally:
            _abandon(task)


def _task(found: Found, folder: Path | None, policy: Policy) -> Task:
    staged = None if folder is None else folder / staged_name()
    return Task(found.job, found.error, staged, policy)


def _stage(task: Task) -> FileReport:
    if task.error:
        return failed(task.error)
    name = task.job.untrusted_name
    return guarded(stage, task.job.path, task.staged, task.policy, stretch=task.stretch, name=name)


def _hidden(task: Task, report: FileReport, output: Path) -> Iterator[Task]:
    """Yield a task for each movie that lies in what stayed behind of a file."""
    try:
        with Source(task.job.path) as source:
            found = hidden_footage(source, report.findings)
    except ScrubError:
        return
    for number, stretch in enumerate(found, 1):
        job = Job(task.job.path, f"{task.job.untrusted_name}#hidden-{number}")
        yield Task(job, None, output / staged_name(), task.policy, stretch)


def _extracted(task: Task, output: Path, counts: Counter[Media], *, force: bool) -> FileReport:
    try:
        report = _stage(task)
        if report.verdict is Verdict.CLEANED:
            report = _published(task, report, output, counts, force=force)
        return replace(report, untrusted_name=task.job.untrusted_name)
    finally:
        _abandon(task)


def _audit(task: Task) -> FileReport:
    if task.error:
        return failed(task.error)
    report = guarded(audit_file, task.job.path, task.policy)
    if not task.policy.verify.includes(Verify.READERS) or report.problem is not None:
        return report
    return guarded(_witnessed, report, task.job.path)


def _witnessed(report: FileReport, path: Path) -> FileReport:
    from ..investigate import witnessed

    return witnessed(report, path)


def _against(report: FileReport, path: Path, originals: Mapping[Path, FileReport]) -> FileReport:
    from ..investigate import against

    return against(report, path, originals)


def _abandon(task: Task) -> None:
    if task.staged is not None:
        discard(task.staged)


def _settle(output: Path) -> None:
    # The folder's own time would date the run.
    with suppress(OSError):
        os.utime(output, (EPOCH, EPOCH))
    sync_folder(output)


def _published(
    task: Task, report: FileReport, output: Path, counts: Counter[Media], *, force: bool
) -> FileReport:
    assert report.media is not None
    assert task.staged is not None
    name = f"{report.media}-{counts[report.media] + 1:04d}{report.suffix}"
    try:
        publish(task.staged, output / name, force=force)
    except DestinationFailed as error:
        discard(task.staged)
        return failed(error)
    counts[report.media] += 1
    return replace(report, output_name=name)
