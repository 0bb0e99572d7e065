from __future__ import annotations

import errno
import io
import json
import os
import signal
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyrage
import pytest

from scrubkit.errors import DestinationFailed, UsageError
from scrubkit.model import FileReport, Finding, Job, Kind, Policy, Problem, Verdict
from scrubkit.report import document
from scrubkit.report.document import About
from scrubkit.report.files import PAGE, PRIVATE_REPORT, REPORT, SEALED_REPORT, Reports
from scrubkit.report.totals import Totals
from scrubkit.seal import unseal
from scrubkit.staged import EPOCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NAME, VALUE = "IMG_4711.MOV", "Jane Q Secret"

JOB = Job(Path("drive") / NAME, NAME)
REFUSED = FileReport(
    Verdict.REFUSED,
    findings=(Finding("udta/name", Kind.PERSON, "owner", 9, 1, untrusted_value=VALUE),),
    problem=Problem("malformed", 4, "moov"),
)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    found = tmp_path / "report", tmp_path / "private"
    for folder in found:
        folder.mkdir(mode=0o700)
    return found


@pytest.fixture
def identity() -> Any:
    return pyrage.x25519.Identity.generate()


def write(
    folders: tuple[Path, Path | None], keys: Sequence[str] = (), count: int = 3, *, complete: bool = True
) -> None:
    totals = Totals()
    with Reports(*folders, "clean", Policy(), keys) as reports:
        for _ in range(count):
            totals.add(REFUSED)
            reports.add(JOB, REFUSED)
        reports.finish(totals, complete=complete, about=About(private=reports.choice))


def unsealed(path: Path, identity: Any) -> Any:
    key, out = path.with_name("key"), io.BytesIO()
    key.write_text(str(identity), "ascii")
    unseal(path, key, out)
    key.unlink()
    return json.loads(out.getvalue())


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def holding(folder: Path, *words: str) -> list[str]:
    """Files below a folder that hold one of the words."""
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and any(word.encode() in path.read_bytes() for word in words)
    ]


# Choices


def test_the_private_report_is_kept_apart_and_says_everything(folders: tuple[Path, Path]) -> None:
    write(folders)
    report, private = folders
    assert (names(report), names(private)) == ([PAGE, REPORT], [PRIVATE_REPORT])
    assert json.loads((private / PRIVATE_REPORT).read_text("ascii"))["files"][2]["original"] == NAME
    assert holding(report, NAME, VALUE) == []


def test_a_sealed_report_says_the_same_to_whoever_has_the_key(
    folders: tuple[Path, Path], identity: Any
) -> None:
    write(folders)
    plain = json.loads((folders[1] / PRIVATE_REPORT).read_text("ascii"))
    (folders[1] / PRIVATE_REPORT).unlink()
    write(folders, [str(identity.to_public())])
    assert names(folders[1]) == [SEALED_REPORT]
    sealed = unsealed(folders[1] / SEALED_REPORT, identity)
    for each in (plain, sealed):
        # They are of documents that say another word for what became of the private one.
        del each["document_digest"], each["report_digest"]
    assert sealed == plain | {"private": "sealed to 1"}


def test_no_private_report_is_kept_where_none_is_wanted(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    write((folders[0], None))
    assert names(folders[1]) == []
    assert holding(tmp_path, NAME, VALUE) == []


@pytest.mark.parametrize(
    ("count", "said"), [(None, "none"), (0, "kept"), (1, "sealed to 1"), (2, "sealed to 2")]
)
def test_the_shareable_report_says_what_was_chosen(
    folders: tuple[Path, Path], count: int | None, said: str
) -> None:
    keys = [str(pyrage.x25519.Identity.generate().to_public()) for _ in range(count or 0)]
    write((folders[0], None if count is None else folders[1]), keys)
    assert json.loads((folders[0] / REPORT).read_text("ascii"))["private"] == said


@pytest.mark.parametrize("name", [PRIVATE_REPORT, f"{PRIVATE_REPORT}.part"])
def test_nothing_is_sealed_beside_an_earlier_report_that_is_plain(
    folders: tuple[Path, Path], identity: Any, name: str
) -> None:
    (folders[1] / name).write_text("{}", "ascii")
    with pytest.raises(UsageError):
        Reports(*folders, "clean", Policy(), [str(identity.to_public())])
    assert (names(folders[0]), names(folders[1])) == ([], [name])


# What is on the disk


def test_a_sealed_report_is_at_no_time_readable_on_the_disk(
    tmp_path: Path, folders: tuple[Path, Path], identity: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(temporary))
    totals = Totals()
    with Reports(*folders, "clean", Policy(), [str(identity.to_public())]) as reports:
        for _ in range(300):
            reports.add(JOB, REFUSED)
            assert holding(tmp_path, NAME, VALUE) == []
        reports.finish(totals, complete=True)
    assert holding(tmp_path, NAME, VALUE) == []
    assert names(temporary) == []


@pytest.fixture
def _no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_no_umask")
@pytest.mark.parametrize("sealed", [False, True])
def test_modes_do_not_depend_on_the_umask(folders: tuple[Path, Path], identity: Any, sealed: bool) -> None:
    with Reports(*folders, "clean", Policy(), [str(identity.to_public())] * sealed) as reports:
        (growing,) = folders[1].iterdir()
        assert stat.S_IMODE(growing.stat().st_mode) == 0o600
        reports.finish(Totals(), complete=True)
    (private,) = folders[1].iterdir()
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert {stat.S_IMODE(each.stat().st_mode) for each in folders[0].iterdir()} == {0o644}


@pytest.mark.parametrize("sealed", [False, True])
def test_no_time_dates_the_run(folders: tuple[Path, Path], identity: Any, sealed: bool) -> None:
    write(folders, [str(identity.to_public())] * sealed)
    for folder in folders:
        for path in (folder, *folder.iterdir()):
            assert (path.stat().st_mtime, path.stat().st_mtime_ns % 10**9) == (EPOCH, 0), path


def test_a_link_in_the_way_is_not_written_through(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    target = tmp_path / "target"
    target.write_text("as it was", "ascii")
    for folder, name in ((folders[0], REPORT), (folders[0], PAGE), (folders[1], PRIVATE_REPORT)):
        (folder / name).symlink_to(target)
        (folder / f"{name}.part").symlink_to(target)
    write(folders)
    assert target.read_text("ascii") == "as it was"


# A run that is cut off


def test_a_run_that_is_cut_off_leaves_the_map_of_what_it_did(folders: tuple[Path, Path]) -> None:
    with Reports(*folders, "clean", Policy()) as reports:
        reports.add(JOB, REFUSED)
        # as a killed process leaves it: nothing flushed, nothing closed
        assert NAME in (folders[1] / f"{PRIVATE_REPORT}.part").read_text("ascii")
    assert names(folders[1]) == [f"{PRIVATE_REPORT}.part"]


def test_a_sealed_run_that_is_cut_off_leaves_a_map_that_opens(
    folders: tuple[Path, Path], identity: Any
) -> None:
    with Reports(*folders, "clean", Policy(), [str(identity.to_public())]) as reports:
        reports.add(JOB, REFUSED)
    part = folders[1] / f"{SEALED_REPORT}.part"
    key, out = folders[0] / "key", io.BytesIO()
    key.write_text(str(identity), "ascii")
    unseal(part, key, out)
    assert NAME in out.getvalue().decode("ascii")


def test_an_incomplete_run_is_reported_as_one(folders: tuple[Path, Path]) -> None:
    write(folders, complete=False)
    for path in (folders[0] / REPORT, folders[1] / PRIVATE_REPORT):
        assert json.loads(path.read_text("ascii"))["complete"] is False


def test_a_signal_waits_until_an_entry_is_whole(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(Exception):
        pass

    def interrupt(*_: object) -> None:
        raise Interrupted

    real = document.shareable

    def interrupted(number: int, report: FileReport) -> dict[str, Any]:
        os.kill(os.getpid(), signal.SIGTERM)
        return real(number, report)

    # The kernel may give a signal to any thread that doesn't block it.
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        monkeypatch.setattr("scrubkit.report.files.shareable", interrupted)
        with Reports(*folders, "clean", Policy()) as reports:
            with pytest.raises(Interrupted):
                reports.add(JOB, REFUSED)
            reports.finish(Totals(), complete=False)
    finally:
        signal.signal(signal.SIGTERM, before)
        done.set()
        other.join()
    for path in (folders[0] / REPORT, folders[1] / PRIVATE_REPORT):
        assert len(json.loads(path.read_text("ascii"))["files"]) == 1


# A disk that fails


class Failing:
    """A stand-in for a function of `os` that fails from the given call on."""

    def __init__(self, real: Any, at: int) -> None:
        self.calls = 0
        self._real = real
        self._at = at

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self.calls += 1
        if self.calls >= self._at:
            raise OSError(errno.ENOSPC, "no space", "/a/path/of/somebody")
        return self._real(*arguments, **named)


@pytest.mark.parametrize("function", ["open", "fsync", "utime", "fdopen"])
@pytest.mark.parametrize("at", range(1, 5))
def test_a_call_that_fails_is_typed_and_leaves_no_half_of_a_report(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, function: str, at: int
) -> None:
    failing = Failing(getattr(os, function), at)
    monkeypatch.setattr(os, function, failing)
    told = None
    try:
        write(folders)
    except DestinationFailed as error:
        told = str(error)
    monkeypatch.undo()
    assert told in {None, "destination-failed: report: ENOSPC", "destination-failed: private: ENOSPC"}
    assert (told is None) == (failing.calls < at)
    for folder in folders:
        for path in folder.glob("*.json"):
            assert json.loads(path.read_text("ascii"))["complete"]


def test_a_full_disk_is_told_once_and_nothing_gets_a_final_name(
    folders: tuple[Path, Path],
) -> None:
    with Reports(*folders, "clean", Policy()) as reports, Path("/dev/full").open("wb", buffering=0) as full:
        reports.add(JOB, REFUSED)
        assert reports._private_file is not None
        os.dup2(full.fileno(), reports._private_file._file.fileno())
        with pytest.raises(DestinationFailed, match="ENOSPC"):
            reports.add(JOB, REFUSED)
        with pytest.raises(DestinationFailed, match="ENOSPC"):
            reports.add(JOB, REFUSED)
        with pytest.raises(DestinationFailed, match="ENOSPC"):
            reports.finish(Totals(), complete=False)
    assert (names(folders[0]), names(folders[1])) == ([f"{REPORT}.part"], [f"{PRIVATE_REPORT}.part"])


def test_a_sealed_report_that_fails_is_typed_too(
    folders: tuple[Path, Path], identity: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Reports(*folders, "clean", Policy(), [str(identity.to_public())]) as reports:
        assert reports._private_file is not None
        sealed = reports._private_file._sealed
        assert sealed is not None
        os.kill(sealed._child.pid, signal.SIGKILL)
        sealed._child.wait()
        with pytest.raises(DestinationFailed):
            reports.add(JOB, REFUSED)
        with pytest.raises(DestinationFailed):
            reports.finish(Totals(), complete=False)
    assert names(folders[0]) == [f"{REPORT}.part"]


def test_the_map_is_there_even_if_the_page_cannot_be_written(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr("scrubkit.report.html.write_page", full)
    with pytest.raises(DestinationFailed, match="ENOSPC"):
        write(folders)
    assert (names(folders[0]), names(folders[1])) == ([REPORT], [PRIVATE_REPORT])


def test_a_folder_that_is_gone_is_typed(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    with pytest.raises(DestinationFailed, match="ENOENT"):
        Reports(tmp_path / "none", folders[1], "clean", Policy())
    with pytest.raises(DestinationFailed, match="ENOENT"):
        Reports(folders[0], tmp_path / "none", "clean", Policy())
