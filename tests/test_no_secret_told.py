"""Nothing that identifies an original leaves the private folder, however a run is called and however it ends.

What may be told on purpose: `audit`, `clean -n` and `clean --show-names` print the names of the
files that they speak of, and at which byte one that is refused breaks a rule, which can be its size.
(The first two write nothing that could be passed on.)  `show` is there to take one file apart.
Nothing else does, and no other command prints a value, a time or a digest of an original.
"""

from __future__ import annotations

import faulthandler
import json
import multiprocessing
import os
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyrage
import pytest

import planted
from scrubkit import formats
from scrubkit.cli import main
from scrubkit.intake import pool
from scrubkit.report import document

if TYPE_CHECKING:
    from pathlib import Path

    from planted import Secrets
    from scrubkit.model import FileReport


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for all that a run may write, temporary files and settings of programs included."""
    folder = tmp_path / "all"
    for name in ("temporary", "home"):
        (folder / name).mkdir(parents=True)
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(folder / "temporary"))
    monkeypatch.setenv("HOME", str(folder / "home"))
    return folder


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    return tmp_path / "drive"


def run(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, bytes]]:
    """The exit status, and what was printed."""
    status = main([str(each) for each in arguments])
    sys.stdout.flush()
    printed = capfd.readouterr()
    return status, {"stdout": printed.out.encode(), "stderr": printed.err.encode()}


CHECK_FAILED = 3
"""The drive's hash list is wrong of most files, and that comes before anything else."""


def counts(place: Path) -> Any:
    return json.loads((place / "out-report" / "report.json").read_text("ascii"))["totals"]["verdicts"]


OPTIONS: dict[str, tuple[str, ...]] = {
    "plain": ("-j1",),
    "two at once": ("-j2",),
    "verbose": ("-j1", "-v", "--progress", "always"),
    "quiet": ("-j2", "-q"),
    "json": ("-j2", "--json"),
    "json lines": ("-j2", "--jsonl"),
    "structure": ("-j2", "--verify", "structure"),
    "all there is": (
        "-j2",
        "--verify",
        "decode",
        "--deep",
        "--profile",
        "strict",
        "--mhl",
        "--extract-hidden",
    ),
    "nothing private": ("-j2", "--no-private"),
    "pictures beside the picture": ("-j2", "--keep", "gain-map", "--keep", "depth", "--keep", "stereo"),
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_clean_tells_nothing_outside_the_private_folder(
    drive: Path, place: Path, capfd: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    secrets = planted.build(drive)
    status, printed = run(capfd, "clean", drive, "-o", place / "out", *options)
    assert status == CHECK_FAILED
    assert counts(place)["cleaned"] >= 10
    assert counts(place)["refused"] >= 5
    private = place / "out-private"
    assert planted.told(secrets, planted.let_out(place, private) | printed) == []
    assert private.exists() == ("--no-private" not in options)


def test_a_sealed_report_tells_nothing_even_in_the_private_folder(
    drive: Path, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    secrets = planted.build(drive)
    key = pyrage.x25519.Identity.generate().to_public()
    _, printed = run(capfd, "clean", drive, "-o", place / "out", "-j2", "--seal-to", key)
    assert (place / "out-private" / "private.json.age").exists()
    assert planted.told(secrets, planted.let_out(place, None) | printed) == []


def test_the_private_report_tells_all_of_it(
    drive: Path, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Else the others would pass for a drive without secrets."""
    secrets = planted.build(drive)
    run(capfd, "clean", drive, "-o", place / "out", "-j2", "-q")
    found = planted.let_out(place / "out-private", None)
    assert {what for _, what in planted.told(secrets, found)} >= {"name", "word", "size", "time in Exif"}


def test_a_fault_of_our_own_tells_nothing(
    drive: Path, place: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = planted.build(drive)

    def broken(source: Any, policy: object) -> Any:
        raise ValueError(source.read(0, source.size), [*secrets.names, *secrets.words])

    every = tuple(replace(each, read=broken) for each in formats.all_formats())
    monkeypatch.setattr(formats, "all_formats", lambda: every)
    status, printed = run(capfd, "clean", drive, "-o", place / "out", "-j2", "-v")
    assert status == CHECK_FAILED
    assert counts(place)["failed"] >= 10
    assert planted.told(secrets, planted.let_out(place, place / "out-private") | printed) == []


def test_a_disk_that_fills_up_tells_nothing(
    drive: Path, place: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = planted.build(drive)
    real = document.private
    seen: list[FileReport] = []

    def full(number: int, job: Any, report: FileReport) -> Any:
        seen.append(report)
        if len(seen) > 3:
            raise OSError(28, "no space", str(job.path))
        return real(number, job, report)

    monkeypatch.setattr("scrubkit.report.files.private", full)
    status, printed = run(capfd, "clean", drive, "-o", place / "out", "-j1")
    assert status == 1
    assert planted.told(secrets, planted.let_out(place, place / "out-private") | printed) == []


def test_a_writer_that_leaks_is_caught_and_the_report_does_not_repeat_it(
    drive: Path, place: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = planted.build(drive)

    def leaking(write: Any) -> Any:
        def written(essence: Any, policy: object) -> Any:
            walked = yield from write(essence, policy)
            yield "".join(secrets.words).encode()
            return walked

        return written

    every = tuple(replace(each, write=leaking(each.write)) for each in formats.all_formats())
    monkeypatch.setattr(formats, "all_formats", lambda: every)
    status, printed = run(capfd, "clean", drive, "-o", place / "out", "-j2", "-v")
    assert status == 3
    assert counts(place)["failed"] >= 10
    assert planted.told(secrets, planted.let_out(place, place / "out-private") | printed) == []


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_worker_that_dies_tells_nothing(
    drive: Path, place: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = planted.build(drive)

    def dying(source: Any, policy: object) -> Any:
        source.read(0, source.size)
        faulthandler.disable()
        os.kill(os.getpid(), signal.SIGABRT)

    every = tuple(replace(each, read=dying) for each in formats.all_formats())
    monkeypatch.setattr(formats, "all_formats", lambda: every)
    monkeypatch.setattr(pool, "_context", lambda: multiprocessing.get_context("fork"))
    monkeypatch.chdir(place)
    status, printed = run(capfd, "clean", drive, "-o", place / "out", "-j2", "-v")
    assert status == CHECK_FAILED
    assert counts(place)["failed"] >= 10
    assert planted.told(secrets, planted.let_out(place, place / "out-private") | printed) == []


def test_a_run_that_is_interrupted_tells_nothing(
    drive: Path, place: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = planted.build(drive)
    real, count = document.shareable, 0

    def interrupted(number: int, report: FileReport) -> Any:
        nonlocal count
        count += 1
        if count == 4:
            raise KeyboardInterrupt
        return real(number, report)

    monkeypatch.setattr("scrubkit.report.printer.shareable", interrupted)
    status, printed = run(capfd, "clean", drive, "-o", place / "out", "-j2", "--jsonl")
    assert status == 130
    assert planted.told(secrets, planted.let_out(place, place / "out-private") | printed) == []


def test_a_search_for_what_originals_say_repeats_nothing_of_it(
    drive: Path, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    secrets = planted.build(drive)
    run(capfd, "clean", drive, "-o", place / "out", "-j2", "-q", "--verify", "payload")
    for options in ((), ("-v",), ("--json",)):
        _, printed = run(capfd, "audit", place / "out", "--against", drive, *options)
        assert printed["stdout"]
        assert planted.told(secrets, printed) == []


# Commands that speak of files by name

BY_NAME = {"name", "size"}


@pytest.mark.parametrize("options", [("-j2",), ("-j1", "-v"), ("-j2", "--json"), ("-j2", "--jsonl"), ("-q",)])
def test_an_audit_tells_names_and_no_value(
    drive: Path, place: Path, capfd: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    secrets = planted.build(drive)
    status, printed = run(capfd, "audit", drive, *options)
    assert status == 3
    assert {"name"} <= {what for _, what in planted.told(secrets, printed)} <= BY_NAME
    assert planted.told(secrets, planted.let_out(place, None)) == []


def test_a_dry_run_tells_names_and_no_value(
    drive: Path, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    secrets = planted.build(drive)
    _, printed = run(capfd, "clean", "-n", drive, "-v", "-j2")
    assert {"name"} <= {what for _, what in planted.told(secrets, printed)} <= BY_NAME
    assert planted.told(secrets, planted.let_out(place, None)) == []


def test_names_are_printed_where_they_are_asked_for_and_no_value_is(
    drive: Path, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    secrets = planted.build(drive)
    _, printed = run(capfd, "clean", drive, "-o", place / "out", "-j2", "-v", "--show-names")
    assert {"name"} <= {what for _, what in planted.told(secrets, printed)} <= BY_NAME
    assert planted.told(secrets, planted.let_out(place, place / "out-private")) == []


# The search is not blind


def leak(secrets: Secrets, what: str) -> str:
    match what:
        case "name":
            return f"file {secrets.names[-1].upper()}"
        case "word":
            return secrets.words[0][:10]
        case "digest of a name":
            return json.dumps(next(iter(planted._forms(secrets.names[0]))).decode())
        case _:
            return next(text for text, kind in secrets.figures.items() if kind == what)


@pytest.mark.parametrize(
    "what",
    [
        *("name", "word", "digest of a name", "size", "digest", "place"),
        *("time in Exif", "time of a file", "time of a folder"),
    ],
)
def test_a_report_that_tells_a_secret_is_noticed(
    drive: Path, place: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    secrets = planted.build(drive, each=0)
    real = document.shareable

    def leaking(number: int, report: FileReport) -> Any:
        return real(number, report) | {"note": leak(secrets, what)}

    monkeypatch.setattr("scrubkit.report.files.shareable", leaking)
    run(capfd, "clean", drive, "-o", place / "out", "-j2", "-q", "--verify", "structure")
    found = planted.told(secrets, planted.let_out(place, place / "out-private"))
    assert ("out-report/report.json", what.removeprefix("digest of a ")) in found
