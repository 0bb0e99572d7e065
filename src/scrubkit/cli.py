"""The `scrubkit` command: parse, call, print, exit.

Results go to stdout, progress and errors to stderr.  Nothing heavy is imported
before a command needs it.
"""

from __future__ import annotations

import sys
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from .intake.places import Places
    from .intake.walk import Found
    from .model import FileReport, Job, Policy
    from .report.totals import Totals

    Results = Generator[tuple[Job, FileReport], None, None]
    Start = Callable[[Iterable[Found], Policy, int], Results]

INTERRUPTED = 130

_PATH = click.Path(path_type=Path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; nothing is raised."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding can't show must not end the run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    from .errors import ScrubError

    try:
        status = cli.main(arguments, prog_name="scrubkit", standalone_mode=False)
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        _complain(error.format_message())
        return error.exit_code
    except ScrubError as error:
        _complain(str(error))
        return error.exit_status
    except Exception as error:  # noqa: BLE001 (nobody gets a traceback, which may quote a file)
        from .report.fault import fault
        from .report.words import explained

        _complain(explained(fault(error)))
        return 1
    return status if isinstance(status, int) else 0


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="scrubkit", message="%(prog)s %(version)s")
def cli() -> None:
    """Rebuild footage from its coded picture and sound alone, and audit what is left."""


@dataclass(frozen=True, slots=True)
class _Wanted:
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
    progress: str


def _options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def add(command: Any) -> Any:  # noqa: ANN401 (click's own types)
        for option in reversed(options):
            command = option(command)
        return command

    return add


_RUN = _options(
    click.argument("sources", nargs=-1, required=True, type=_PATH, metavar="SRC..."),
    click.option(
        "-j", "--jobs", type=click.IntRange(1), help="Files worked on at once [default: processors]."
    ),
    click.option("-v", "--verbose", is_flag=True, help="Say what each file held, and each check."),
    click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text."),
    click.option("--jsonl", "as_jsonl", is_flag=True, help="Print one JSON object per file as it is done."),
    click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out what matches; repeatable."),
    click.option("--policy", "policy_file", type=_PATH, metavar="FILE", help="A policy in TOML."),
    click.option("--profile", type=click.Choice(["lossless", "strict"]), help="What may cross."),
    click.option(
        "--verify", type=click.Choice(["structure", "payload", "decode"]), help="How deep to verify."
    ),
    click.option(
        "--lead-in",
        type=click.Choice(["keep", "next-sync"]),
        help="Samples before a visible start that decoding needs.",
    ),
    click.option(
        "--deep",
        is_flag=True,
        help="Walk coded samples to the end of their syntax, where that takes long too.",
    ),
    click.option(
        "--progress",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Count files on stderr.",
    ),
)


@cli.command()
@_RUN
@click.option("-o", "--output", type=_PATH, metavar="OUT", help="A new or empty folder.")
@click.option("-n", "--dry-run", is_flag=True, help="Read everything, write nothing.")
@click.option(
    "--names",
    type=click.Choice(["sequential"]),
    default="sequential",
    show_default=True,
    help="clip-0001.mp4, photo-0001.jpg …, in natural order of the originals.",
)
@click.option("--report", type=_PATH, metavar="DIR", help="For the shareable report [default: OUT-report].")
@click.option("--private", type=_PATH, metavar="DIR", help="For the private report [default: OUT-private].")
@click.option("--force", is_flag=True, help="Write into folders that are not empty, and replace files there.")
def clean(
    output: Path | None,
    report: Path | None,
    private: Path | None,
    names: str,  # noqa: ARG001 (there is one way so far)
    *,
    force: bool,
    dry_run: bool,
    **given: Any,  # noqa: ANN401
) -> int:
    """Clean files and folders into the folder OUT.

    Exit status: 0 all cleaned and verified, 1 destination or internal failure,
    2 usage, 3 verification failed, 4 some files refused, 5 incomplete, 130 signal.
    """
    from .intake import places, run

    wanted = _Wanted(**given)
    if dry_run:
        return _execute("dry-run", wanted, _audited)
    if output is None:
        raise click.UsageError("clean needs -o OUT (or -n to write nothing).")
    where = places.places(output, report, private)
    places.check(where, wanted.sources, force=force)

    def cleaned(found: Iterable[Found], policy: Policy, jobs: int) -> Results:
        return run.clean_run(found, where.output, policy, workers=jobs, force=force)

    return _execute("clean", wanted, cleaned, where)


@cli.command()
@_RUN
def audit(**given: Any) -> int:  # noqa: ANN401
    """Say what files and folders give away; nothing is written.

    Exit status: 0 nothing but essence in canonical form, 1 internal failure,
    2 usage, 3 identifying data found, 4 some files refused, 130 signal.
    """
    return _execute("audit", _Wanted(**given), _audited)


@cli.command()
@click.argument("file", type=_PATH)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(file: Path, *, as_json: bool) -> int:
    """Show what every byte of FILE is: the ledger as a tree."""
    from .audit import audit_file
    from .report.text import file_lines
    from .report.tree import tree_json, tree_lines

    report = audit_file(file)
    if report.ledger is None:
        assert report.problem is not None
        from .report.words import explained

        _complain(explained(report.problem))
        return report.problem.exit_status
    if as_json:
        import json

        click.echo(json.dumps(tree_json(report), indent=1))
    else:
        for line in tree_lines(report):
            click.echo(line)
        for line in list(file_lines(report, verbose=True))[1:]:
            click.echo(line)
    return 0


@cli.command()
def formats() -> None:
    """Say what is read, what is refused, and which readers are present."""
    from .formats import all_formats
    from .report.document import LIBRARIES, versions

    for each in all_formats():
        click.echo(f"{each.name}: {each.title}")
        for line in each.reads:
            click.echo(f"  reads    {line}")
        for line in each.refuses:
            click.echo(f"  refuses  {line}")
    click.echo("libraries:")
    found = versions()
    for name in LIBRARIES:
        click.echo(f"  {name} {found[name] or 'not installed'}")


@cli.command()
@click.argument("folder", type=_PATH, default="scrubkit-demo")
def demo(folder: Path) -> int:
    """Make a small phone-like drive in FOLDER, clean it, audit it, and say where the report is."""
    from .demo import build_drive
    from .intake.places import places

    drive, output = folder / "drive", folder / "clean"
    build_drive(drive)
    where = places(output)
    click.echo(f"An invented drive is in {_shown(drive)}. What its files give away:\n")
    main(["audit", str(drive)])
    click.echo(f"\nscrubkit clean {_shown(drive)} -o {_shown(output)}\n")
    status = main(["clean", str(drive), "-o", str(output)])
    click.echo(f"\nscrubkit audit {_shown(output)}\n")
    status = status or main(["audit", str(output)])
    click.echo(f"\nReport: {_shown(where.report / 'report.json')}")
    return status


def _audited(found: Iterable[Found], policy: Policy, jobs: int) -> Results:
    from .intake import run

    return run.audit_run(found, policy, workers=jobs)


def _execute(command: str, wanted: _Wanted, start: Start, where: Places | None = None) -> int:
    """Run, print, report; returns the exit status."""
    from contextlib import ExitStack

    from .errors import DestinationFailed
    from .intake import places, run, walk
    from .report.files import Reports
    from .report.printer import Printer
    from .report.totals import Totals

    if wanted.as_json and wanted.as_jsonl:
        raise click.UsageError("--json and --jsonl exclude each other.")
    places.check_sources(wanted.sources)
    policy = _policy(wanted)
    totals = Totals()
    found = _kept(walk.walk(wanted.sources, wanted.exclude), totals)
    jobs = wanted.jobs or run.workers_by_default()
    complete = False
    with ExitStack() as stack:
        reports = None
        if where is not None:
            places.make(where)
            reports = stack.enter_context(Reports(where.report, where.private, command, policy))
        printer = Printer(
            command,
            policy,
            form="json" if wanted.as_json else "jsonl" if wanted.as_jsonl else "text",
            verbose=wanted.verbose,
            quiet=wanted.quiet,
            progress=wanted.progress == "always" or (wanted.progress == "auto" and sys.stderr.isatty()),
        )
        try:
            with _signals(), closing(start(found, policy, jobs)) as results:
                for job, report in results:
                    totals.add(report, judge_findings=command == "audit")
                    if reports is not None:
                        reports.add(job, report)
                    printer.file(report, totals)
            complete = True
        except KeyboardInterrupt:
            totals.statuses.add(INTERRUPTED)
        except DestinationFailed as error:
            totals.statuses |= {error.exit_status, 5}
            _complain(str(error))
        if reports is not None:
            reports.finish(totals, complete=complete)
        printer.end(totals, complete=complete)
    if where is not None and printer.talks:
        from .report.files import PRIVATE_REPORT, REPORT

        click.echo(f"Report, may be shared:        {_shown(where.report / REPORT)}")
        click.echo(f"Private, names and values in: {_shown(where.private / PRIVATE_REPORT)}")
    return totals.exit_status


def _kept(found: Iterable[Found], totals: Totals) -> Iterator[Found]:
    for each in found:
        if each.excluded:
            totals.excluded += 1
        else:
            yield each


def _policy(wanted: _Wanted) -> Policy:
    from dataclasses import replace

    from .model import LeadIn, Policy, Profile, Verify

    policy = Policy()
    if wanted.policy_file is not None:
        from .intake.places import check_policy_file
        from .intake.policyfile import load_policy

        check_policy_file(wanted.policy_file, wanted.sources)
        policy = load_policy(wanted.policy_file)
    if wanted.profile:
        policy = replace(policy, profile=Profile(wanted.profile))
    if wanted.verify:
        policy = replace(policy, verify=Verify(wanted.verify))
    if wanted.lead_in:
        policy = replace(policy, lead_in=LeadIn(wanted.lead_in))
    return replace(policy, deep=policy.deep or wanted.deep)


@contextmanager
def _signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end a run as Ctrl-C does; once it ends, let nothing cut the tidying short."""
    import signal
    import threading

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


def _shown(path: Path) -> str:
    from .report.escape import escaped

    return escaped(str(path))


def _complain(text: str) -> None:
    from .report.escape import escaped

    click.echo(f"scrubkit: {escaped(text)}", err=True)
