"""The `scrubkit` command: parse, call, print, exit.

Results go to stdout, progress and errors to stderr.  Nothing heavy is imported
before a command needs it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .intake.walk import Found
    from .model import Policy
    from .session import Results, Wanted

_PATH = click.Path(path_type=Path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; nothing is raised."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding can't show must not end the run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    from .errors import INTERRUPTED, ScrubError

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


def _options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def add(command: Any) -> Any:  # noqa: ANN401 (click's own types)
        for option in reversed(options):
            command = option(command)
        return command

    return add


_RUN = _options(
    click.argument("sources", nargs=-1, required=True, type=_PATH, metavar="SRC..."),
    click.option(
        "-j",
        "--jobs",
        type=click.IntRange(1),
        help="Files worked on at once [default: processors, one more without second readers].",
    ),
    click.option("-v", "--verbose", is_flag=True, help="Say what each file held, and each check."),
    click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text."),
    click.option("--jsonl", "as_jsonl", is_flag=True, help="Print one JSON object per file as it is done."),
    click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out what matches; repeatable."),
    click.option("--policy", "policy_file", type=_PATH, metavar="FILE", help="A policy in TOML."),
    click.option("--profile", type=click.Choice(["lossless", "strict"]), help="What may cross."),
    click.option(
        "--verify",
        type=click.Choice(["structure", "payload", "readers", "decode"]),
        help="How deep to verify [default: readers].",
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
        "--keep",
        multiple=True,
        type=click.Choice(["gain-map", "depth", "stereo"]),
        help="A picture beside the picture of a still that is to cross too; repeatable.",
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
@click.option("--no-private", is_flag=True, help="Keep no private report: nothing maps new names to old.")
@click.option(
    "--seal-to",
    multiple=True,
    metavar="KEY",
    help="Write the private report only encrypted, to this age or SSH public key; repeatable.",
)
@click.option("--show-names", is_flag=True, help="Print original names; else files are numbered.")
@click.option(
    "--extract-hidden", is_flag=True, help="Clean videos inside pictures too, as files of their own."
)
@click.option("--mhl", is_flag=True, help="Write a neutral ASC MHL hash list for the clean files.")
@click.option("--force", is_flag=True, help="Write into folders that are not empty, and replace files there.")
def clean(
    output: Path | None,
    report: Path | None,
    private: Path | None,
    names: str,  # noqa: ARG001 (there is one way so far)
    seal_to: tuple[str, ...],
    *,
    no_private: bool,
    show_names: bool,
    extract_hidden: bool,
    mhl: bool,
    force: bool,
    dry_run: bool,
    **given: Any,  # noqa: ANN401
) -> int:
    """Clean files and folders into the folder OUT.

    Exit status: 0 all cleaned and verified, 1 destination or internal failure,
    2 usage, 3 verification failed, 4 some files refused, 5 incomplete, 130 signal.
    """
    from . import seal
    from .intake import places, run
    from .session import Kept, execute

    wanted = _wanted(given)
    if dry_run:
        return execute("dry-run", wanted, _audited)
    if output is None:
        raise click.UsageError("clean needs -o OUT (or -n to write nothing).")
    if no_private and (private is not None or seal_to):
        raise click.UsageError("--no-private excludes --private and --seal-to.")
    keys = seal.recipients(seal_to)
    where = places.places(output, report, private, keep_private=not no_private)
    places.check(where, wanted.sources, force=force)

    def cleaned(found: Iterable[Found], policy: Policy, jobs: int) -> Results:
        return run.clean_run(
            found, where.output, policy, workers=jobs, force=force, extract_hidden=extract_hidden
        )

    return execute("clean", wanted, cleaned, Kept(where, tuple(keys), names=show_names, mhl=mhl))


@cli.command()
@_RUN
@click.option(
    "--against",
    multiple=True,
    type=_PATH,
    metavar="ORIGINAL",
    help="Search for everything that this original, or folder of originals, says; repeatable.",
)
def audit(against: tuple[Path, ...], **given: Any) -> int:  # noqa: ANN401
    """Say what files and folders give away; nothing is written.

    Exit status: 0 nothing but essence in canonical form, 1 internal failure,
    2 usage, 3 identifying data found, 4 some files refused, 130 signal.
    """
    from .intake import places, run, walk
    from .session import execute

    places.check_sources(against)
    originals = [found.job.path for found in walk.walk(against) if found.error is None]

    def audited(found: Iterable[Found], policy: Policy, jobs: int) -> Results:
        return run.audit_run(found, policy, workers=jobs, originals=originals)

    return execute("audit", _wanted(given), audited)


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
    from .witnesses.observe import present

    for each in all_formats():
        click.echo(f"{each.name}: {each.title}")
        for line in each.reads:
            click.echo(f"  reads    {line}")
        for line in each.refuses:
            click.echo(f"  refuses  {line}")
    click.echo("second readers:")
    for name, version in present().items():
        click.echo(f"  {name} {version or 'not installed'}")
    click.echo("libraries:")
    found = versions()
    for name in LIBRARIES:
        click.echo(f"  {name} {found[name] or 'not installed'}")


@cli.command()
@click.option("--quick", is_flag=True, help="Try one place in ten.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, an object per line.")
def selftest(*, quick: bool, as_json: bool) -> int:
    """Plant secrets in every known place of made-up files, clean these, and search for the secrets.

    Exit status: 0 none survived, 1 nothing could be tried, 3 one survived or the search is blind.
    """
    from .selftest import Sums, row_line, rows, sums_lines

    sums = Sums()
    for row in rows(every=10 if quick else 1):
        sums.add(row)
        click.echo(row_line(row, as_json=as_json))
    for line in sums_lines(sums, as_json=as_json):
        click.echo(line)
    return sums.exit_status


@cli.command()
@click.argument("file", type=_PATH)
@click.option(
    "-i", "--identity", type=_PATH, required=True, metavar="KEY", help="A file with the secret key."
)
@click.option("-o", "--output", type=_PATH, metavar="FILE", help="A new file [default: standard output].")
def unseal(file: Path, identity: Path, output: Path | None) -> int:
    """Decrypt a sealed private report, on a machine that has the secret key."""
    import os

    from .seal import failure
    from .seal import unseal as decrypt

    if output is None:
        decrypt(file, identity, sys.stdout.buffer)
        return 0
    try:
        descriptor = os.open(
            output, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
    except OSError as error:
        raise failure(error, "output") from None
    try:
        with os.fdopen(descriptor, "wb") as out:
            decrypt(file, identity, out)
    except BaseException:
        # What was decrypted of a damaged report is not to be relied on.
        output.unlink(missing_ok=True)
        raise
    return 0


@cli.command()
@click.argument("report", type=_PATH)
@click.option("--digest", metavar="HEX", help="What `clean` or `audit` printed, or the private report says.")
def verify(report: Path, *, digest: str | None) -> int:
    """Say whether REPORT (report.json, or its folder) and the page beside it are as they were written."""
    from .report.files import PAGE, REPORT
    from .report.intact import check

    path = report / REPORT if report.is_dir() else report
    found = check(path, path.with_name(PAGE))
    known = digest is not None and digest.strip().lower() == found.found
    if not found.whole or (digest is not None and not known):
        _complain("The report is not as it was written." if found.page is not False else _OTHER_PAGE)
        return 3
    click.echo("The report is as it was written." if known else _UNPROVEN)
    click.echo(f"Digest: {found.found}")
    return 0


_OTHER_PAGE = "The page is not the one that this version of scrubkit makes of the report."
_UNPROVEN = (
    "The report agrees with the digest at its end. Who forges a report can forge that too: "
    "compare it with the one printed when the report was made, with --digest."
)


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
    click.echo(f"\nReport: {_shown(where.report / 'report.html')}")
    return status


def _audited(found: Iterable[Found], policy: Policy, jobs: int) -> Results:
    from .intake import run

    return run.audit_run(found, policy, workers=jobs)


def _wanted(given: dict[str, Any]) -> Wanted:
    from .session import Wanted

    wanted = Wanted(**given)
    if wanted.as_json and wanted.as_jsonl:
        raise click.UsageError("--json and --jsonl exclude each other.")
    return wanted


def _shown(path: Path) -> str:
    from .report.escape import escaped

    return escaped(str(path))


def _complain(text: str) -> None:
    from .report.escape import escaped

    click.echo(f"scrubkit: {escaped(text)}", err=True)
