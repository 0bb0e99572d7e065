"""Every input is in a report once: cleaned, refused, failed, or left out on request; and the sums agree."""

from __future__ import annotations

import json
import os
import socket
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from scrubkit import demo
from scrubkit.cli import main


@pytest.fixture(scope="module")
def drive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("counts") / "drive"
    below = folder / "DCIM" / "a.mp4"
    below.mkdir(parents=True)
    (folder / "empty").mkdir()
    for number, name in enumerate(("a.jpg", "b.jpg", "A.jpg", ".hidden.jpg", "DCIM/a.mp4/c.jpg", "skip.jpg")):
        (folder / name).write_bytes(demo.photo(level=20 + number, orientation=1))
    (folder / "same.jpg").write_bytes((folder / "a.jpg").read_bytes())
    (folder / "cut.jpg").write_bytes((folder / "a.jpg").read_bytes()[:100])
    (folder / "none.jpg").write_bytes(b"")
    (folder / "notes.txt").write_text("notes", "ascii")
    (folder / "link.jpg").symlink_to("a.jpg")
    (folder / "loop").symlink_to(".")
    (folder / "nowhere").symlink_to("absent")
    os.mkfifo(folder / "pipe.jpg")
    os.link(folder / "b.jpg", folder / "hard.jpg")
    with socket.socket(socket.AF_UNIX) as other:
        # The address of a socket has room for a short path only.
        before = Path.cwd()
        os.chdir(folder)
        other.bind("socket.jpg")
        os.chdir(before)
    return folder


def inputs(drive: Path) -> list[str]:
    return sorted(
        str(Path(folder, name))
        for folder, folders, files in os.walk(drive)
        for name in (*files, *(each for each in folders if Path(folder, each).is_symlink()))
    )


def run(drive: Path, out: Path, *options: str) -> tuple[Any, Any, int]:
    status = main(["clean", str(drive), "-o", str(out), "--verify", "payload", "-q", *options])
    report = json.loads(Path(f"{out}-report", "report.json").read_text("ascii"))
    private = json.loads(Path(f"{out}-private", "private.json").read_text("ascii"))
    return report, private, status


def test_every_input_is_told_once_or_left_out_on_request(drive: Path, tmp_path: Path) -> None:
    report, private, _ = run(drive, tmp_path / "out", "--exclude", "skip*")
    told = sorted(each["path"] for each in private["files"])
    assert told == [each for each in inputs(drive) if not each.endswith("skip.jpg")]
    assert report["totals"]["excluded"] == 1


def test_both_reports_number_the_same_files_without_a_gap(drive: Path, tmp_path: Path) -> None:
    report, private, _ = run(drive, tmp_path / "out")
    for each in (report, private):
        assert [file["number"] for file in each["files"]] == list(range(1, len(inputs(drive)) + 1))
    assert [file["verdict"] for file in report["files"]] == [file["verdict"] for file in private["files"]]


def test_sums_are_those_of_the_files(drive: Path, tmp_path: Path) -> None:
    report, _, status = run(drive, tmp_path / "out")
    totals, files = report["totals"], report["files"]
    assert totals["files"] == len(files) == sum(totals["levels"].values()) == sum(totals["verdicts"].values())
    assert totals["verdicts"] == Counter(each["verdict"] for each in files)
    assert totals["levels"] == Counter(each["level"] for each in files)
    assert totals["problems"] == Counter(each["problem"]["code"] for each in files if "problem" in each)
    assert totals["unchecked"] == sum("checks" not in each for each in files)
    found: Counter[str] = Counter()
    for file in files:
        for each in file.get("findings", ()):
            found[each["kind"]] += each["count"]
    assert totals["findings"] == found
    assert (report["exit_status"], status) == (4, 4)


def test_what_was_cleaned_is_in_the_output_and_nothing_else_is(drive: Path, tmp_path: Path) -> None:
    report, _, _ = run(drive, tmp_path / "out")
    cleaned = [each["output"] for each in report["files"] if each["verdict"] == "cleaned"]
    assert sorted(cleaned) == sorted(each.name for each in (tmp_path / "out").iterdir())
    assert len(cleaned) >= 7
    assert not [each for each in report["files"] if each["verdict"] != "cleaned" and "output" in each]


def test_a_run_ends_well_only_if_no_file_was_refused(drive: Path, tmp_path: Path) -> None:
    bad = ("cut*", "none*", "notes*", "link*", "loop", "nowhere", "pipe*", "socket*")
    report, _, status = run(drive, tmp_path / "out", *(f"--exclude={each}" for each in bad))
    assert report["totals"]["verdicts"].keys() == {"cleaned"}
    assert report["totals"]["excluded"] == len(bad)
    assert status == 0
