"""Someone changes the drive while it is read: not a byte from outside of it may come out.

Once by a step: at each call that names or reads a file, something is swapped.  And once by
chance: a second process swaps as fast as it can.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import toy
from scrubkit.clean import clean_file
from scrubkit.intake.run import audit_run, clean_run
from scrubkit.intake.walk import walk
from scrubkit.model import Policy, Verdict, Verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scrubkit.model import FileReport

PAYLOAD = Policy(verify=Verify.PAYLOAD)

INSIDE = toy.toy(toy.chunk(b"M", b"from the drive"), toy.chunk(b"P", b"inside" * 20))
OUTSIDE = toy.toy(toy.chunk(b"M", b"not from the drive"), toy.chunk(b"P", b"beyond" * 20))


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    toy.install(monkeypatch)


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    """A file in a folder in a folder; what lies outside is laid out alike."""
    for name, data in (("drive", INSIDE), ("outside", OUTSIDE)):
        folder = tmp_path / name / "one" / "two"
        folder.mkdir(parents=True)
        (folder / "x").write_bytes(data)
    (tmp_path / "kept").mkdir()
    # The clock that file systems read moves in steps.
    time.sleep(0.02)
    return tmp_path / "drive"


def cleaned(drive: Path, policy: Policy = PAYLOAD) -> tuple[list[FileReport], bytes]:
    """The reports, and all that was published."""
    out = drive.parent / f"out-{os.urandom(4).hex()}"
    out.mkdir()
    reports = [report for _, report in clean_run(walk([drive]), out, policy)]
    return reports, b"".join(path.read_bytes() for path in sorted(out.iterdir()))


# Swapped at a step


def swapped_for_a_link(drive: Path, name: str) -> None:
    place, kept = drive / name, drive.parent / "kept" / "it"
    if not place.is_symlink():
        place.rename(kept)
        place.symlink_to(drive.parent / "outside" / name)


def swapped_back(drive: Path, name: str) -> None:
    place, kept = drive / name, drive.parent / "kept" / "it"
    if place.is_symlink():
        place.unlink()
        kept.rename(place)


class Steps:
    """Calls that name a file, of which the one numbered `at` is preceded by `act`, the next by `undo`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, act: Callable[[], None]) -> None:
        self.count, self.at, self.act = 0, at, act
        self.undo: Callable[[], None] = lambda: None
        self.busy = False
        for name in ("open", "stat", "lstat", "scandir"):
            monkeypatch.setattr(os, name, self._counted(getattr(os, name)))

    def _counted(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if not self.busy:
                self.busy = True
                if self.count == self.at:
                    self.act()
                elif self.count == self.at + 1:
                    self.undo()
                self.count += 1
                self.busy = False
            return real(*arguments, **named)

        return call


@pytest.mark.parametrize("back", [False, True], ids=["for good", "and back"])
@pytest.mark.parametrize("name", ["one", "one/two", "one/two/x"])
def test_a_link_that_is_put_in_place_at_any_step_leads_nowhere(
    drive: Path, name: str, back: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(1000):
        with monkeypatch.context() as patch:
            steps = Steps(patch, at, lambda: swapped_for_a_link(drive, name))
            if back:
                steps.undo = lambda: swapped_back(drive, name)
            reports, published = cleaned(drive)
        swapped_back(drive, name)
        assert b"beyond" not in published
        assert all("not from" not in str(report.findings) for report in reports)
        if steps.count <= at:
            assert b"inside" in published
            return
    pytest.fail("steps without end")


@pytest.mark.parametrize("name", ["one", "one/two", "one/two/x"])
def test_a_link_that_is_put_in_place_after_the_walk_is_refused(drive: Path, name: str) -> None:
    found = list(walk([drive]))
    swapped_for_a_link(drive, name)
    (drive.parent / "out").mkdir()
    for run in (clean_run(found, drive.parent / "out", PAYLOAD), audit_run(found, PAYLOAD)):
        assert [report.verdict for _, report in run] == [Verdict.REFUSED]
    assert list((drive.parent / "out").iterdir()) == []


def test_second_readers_are_not_led_away(drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With them a file is opened several times more."""
    for at in range(12, 30):
        with monkeypatch.context() as patch:
            Steps(patch, at, lambda: swapped_for_a_link(drive, "one"))
            reports, published = cleaned(drive, Policy(verify=Verify.READERS))
        swapped_back(drive, "one")
        assert b"beyond" not in published
        assert all("not from" not in str((report.findings, report.values)) for report in reports)


def test_a_folder_that_somebody_typed_may_be_a_link(drive: Path, tmp_path: Path) -> None:
    (tmp_path / "typed").symlink_to(drive / "one")
    report = clean_file(tmp_path / "typed" / "two" / "x", tmp_path / "y", PAYLOAD)
    assert report.verdict is Verdict.CLEANED


# Written to


def grown(path: Path) -> None:
    with path.open("ab") as file:
        file.write(toy.chunk(b"P", b"grown"))


def shrunk(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 5)


def overwritten(path: Path) -> None:
    path.write_bytes(OUTSIDE[: len(INSIDE)])


def overwritten_and_dated_back(path: Path) -> None:
    before = path.stat()
    path.write_bytes(INSIDE.replace(b"inside", b"INSIDE"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [grown, shrunk, overwritten, overwritten_and_dated_back])
def test_a_file_that_is_written_to_at_any_read_is_refused(
    drive: Path, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, path = os.pread, drive / "one" / "two" / "x"
    for at in range(1000):
        path.write_bytes(INSIDE)
        time.sleep(0.02)
        count = 0

        def read(fd: int, size: int, start: int, at: int = at) -> bytes:
            nonlocal count
            if os.path.samestat(os.fstat(fd), path.stat()):
                if count == at:
                    change(path)
                count += 1
            return real(fd, size, start)

        with monkeypatch.context() as patch:
            patch.setattr(os, "pread", read)
            (report,), published = cleaned(drive)
        if count <= at:
            assert report.verdict is Verdict.CLEANED
            return
        assert report.verdict is Verdict.REFUSED
        assert published == b""
    pytest.fail("reads without end")


# A second process

SWAPPER = """
import os, random, sys, time
drive, name, outside = sys.argv[1:]
place, kept = os.path.join(drive, name), os.path.join(drive, "..", "kept")
file, link = os.path.join(kept, "it"), os.path.join(kept, "link")
os.symlink(os.path.join(outside, name), link)
def wait():
    until = time.perf_counter() + random.random() / 2000
    while time.perf_counter() < until:
        pass
while True:
    wait()
    os.rename(place, file)
    os.rename(link, place)
    wait()
    os.rename(place, link)
    os.rename(file, place)
"""


@pytest.fixture(params=["one", "one/two", "one/two/x"])
def swapping(drive: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    arguments = [str(drive), request.param, str(drive.parent / "outside")]
    with subprocess.Popen([sys.executable, "-c", SWAPPER, *arguments]) as child:
        yield drive
        child.kill()


def race(drive: Path, seconds: float) -> None:
    until = time.monotonic() + seconds
    verdicts: set[Verdict] = set()
    while time.monotonic() < until or (verdicts == {Verdict.CLEANED} and time.monotonic() < until + 30):
        reports, published = cleaned(drive)
        assert b"beyond" not in published
        assert all("not from" not in str(report.findings) for report in reports)
        verdicts |= {report.verdict for report in reports}
    assert Verdict.REFUSED in verdicts <= {Verdict.CLEANED, Verdict.REFUSED}


def test_a_second_process_that_swaps_brings_nothing_in(swapping: Path) -> None:
    race(swapping, 0.7)


@pytest.mark.slow
def test_a_second_process_that_swaps_for_long_brings_nothing_in(swapping: Path) -> None:
    race(swapping, 20)
