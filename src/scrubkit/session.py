"""One run of `clean` or `audit`: from what was asked for to what is printed, reported and returned."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from .custody.lists import is_list
from .errors import INTERRUPTED, DestinationFailed
from .intake import heap, places, run, walk
from .intake.policyfile import load_policy
from .linkage import Groups
from .model import Extra, LeadIn, Outcome, Policy, Profile, Verify
from .pairs import Pairing
from .report.document import About
from .report.escape import escaped
from .report.files import PAGE, PRIVATE_REPORT, SEALED_REPORT, Reports
from .report.printer import Printer
from .report.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from .intake.places import Places
    from .intake.walk import Found
    from .model import Check, FileReport, Job

    Results = Generator[tuple[Job, FileReport], None, None]
    Start = Callable[[Iterable[Found], Policy, int], Results]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `clean` and `audit` have in common, as it was typed."""

    sources: tuple[Path, ...]
    jobs: int | None
    verbose: bool
    quiet: bool
    as_json: bool
    as_jsonl: bool
    exclude: tuple[str, ...]
    policy_file: Path | None
    profile: str | None
    verify: str | None
    lead_in: str | None
    deep: bool
    keep: tuple[str, ...]
    progress: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What a clean leaves: folders, a report sealed to keys, names on the terminal, a hash list."""

    places: Places
    keys: tuple[str, ...]
    names: bool
    mhl: bool


def execute(command: str, wanted: Wanted, start: Start, kept: Kept | None = None) -> int:
    """Run, print, report; returns the exit status."""
    places.check_sources(wanted.sources)
    heap.keep_freed()
    policy = _policy(wanted)
    totals = Totals()
    groups = Groups()
    pairing = Pairing()
    found = _included(walk.walk(wanted.sources, wanted.exclude), totals)
    jobs = wanted.jobs or run.workers_by_default(policy.verify)
    complete = False
    with ExitStack() as stack:
        reports = None
        if kept is not None:
            where = kept.places
            stack.enter_context(places.held(where))
            reports = stack.enter_context(Reports(where.report, where.private, command, policy, kept.keys))
        printer = _printer(command, wanted, policy, names=kept is None or kept.names)
        custody: tuple[Check, ...] = ()
        try:
            if kept is not None:
                custody = _custody(wanted.sources, totals)
            with _signals(), closing(start(found, policy, jobs)) as results:
                for job, report in results:
                    totals.add(report, judge_findings=command == "audit")
                    pairing.add(totals.files, report)
                    if report.output_name:
                        groups.add(totals.files, report.media, report.traits)
                    if reports is not None:
                        reports.add(job, report)
                    printer.file(report, totals)
            complete = True
            if kept is not None and kept.mhl:
                from .custody.write import write_history

                write_history(kept.places.output)
        except KeyboardInterrupt:
            totals.statuses.add(INTERRUPTED)
        except DestinationFailed as error:
            totals.statuses |= {error.exit_status, 5}
            click.echo(f"scrubkit: {escaped(str(error))}", err=True)
        about = About(
            groups.linkage() if kept else None,
            custody,
            reports.choice if reports else "none",
            pairing.pairs(),
        )
        if reports is not None:
            reports.finish(totals, complete=complete, about=about)
        printer.end(totals, complete=complete, about=about)
    if kept is not None and reports is not None and printer.talks:
        _tell_places(kept, reports.digest)
    return totals.exit_status


def _printer(command: str, wanted: Wanted, policy: Policy, *, names: bool) -> Printer:
    return Printer(
        command,
        policy,
        form="json" if wanted.as_json else "jsonl" if wanted.as_jsonl else "text",
        verbose=wanted.verbose,
        quiet=wanted.quiet,
        progress=wanted.progress == "always" or (wanted.progress == "auto" and sys.stderr.isatty()),
        names=names,
    )


def _tell_places(kept: Kept, digest: str) -> None:
    click.echo(f"Report, may be shared:        {escaped(str(kept.places.report / PAGE))}")
    click.echo(f"Digest of the report:         {digest}")
    if kept.places.private is not None:
        name = SEALED_REPORT if kept.keys else PRIVATE_REPORT
        click.echo(f"Private, names and values in: {escaped(str(kept.places.private / name))}")


def _custody(sources: Iterable[Path], totals: Totals) -> tuple[Check, ...]:
    """Verify the hash lists that came with the drive, before anything else is done with it."""
    lists = [each.job.path for each in walk.walk(tuple(sources)) if is_list(each.job.path.name)]
    if not lists:
        return ()
    from .custody.verify import verify

    check = verify(lists).check()
    if check is None:
        return ()
    if check.outcome is Outcome.FAILED:
        totals.statuses.add(3)
    return (check,)


def _included(found: Iterable[Found], totals: Totals) -> Iterator[Found]:
    for each in found:
        if each.excluded:
            totals.excluded += 1
        else:
            yield each


def _policy(wanted: Wanted) -> Policy:
    policy = Policy()
    if wanted.policy_file is not None:
        places.check_policy_file(wanted.policy_file, wanted.sources)
        policy = load_policy(wanted.policy_file)
    if wanted.profile:
        policy = replace(policy, profile=Profile(wanted.profile))
    if wanted.verify:
        policy = replace(policy, verify=Verify(wanted.verify))
    if wanted.lead_in:
        policy = replace(policy, lead_in=LeadIn(wanted.lead_in))
    keep = policy.keep | {Extra(each) for each in wanted.keep}
    return replace(policy, deep=policy.deep or wanted.deep, keep=keep)


@contextmanager
def _signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end a run as Ctrl-C does; once it ends, let nothing cut the tidying short."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        for each in caught:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    # Whoever started us with a signal ignored (nohup) meant it.
    caught = {each: signal.getsignal(each) for each in wanted if signal.getsignal(each) is not signal.SIG_IGN}
    for each in caught:
        signal.signal(each, interrupt)
    try:
        yield
    finally:
        for each, before in caught.items():
            signal.signal(each, before)
