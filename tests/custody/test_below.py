"""No path leads out of the folder that it is meant for, and honest ones find their file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mhl import DATA
from scrubkit.custody import below as module
from scrubkit.custody.below import Absent, Below
from scrubkit.errors import LimitExceeded, SourceFailed

OUT = b"something else"


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    drive = tmp_path / "drive"
    (drive / "A" / "B").mkdir(parents=True)
    (drive / "A" / "a.mov").write_bytes(DATA)
    (drive / "A" / "B" / "b.mov").write_bytes(DATA)
    (tmp_path / "out.mov").write_bytes(OUT)
    return drive


def found(drive: Path, path: str) -> bytes | Absent:
    with Below(drive) as below:
        return content(below, path)


def content(below: Below, path: str) -> bytes | Absent:
    descriptor = below.open(path)
    if isinstance(descriptor, Absent):
        return descriptor
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def descriptors() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


@pytest.mark.parametrize(
    "path",
    [
        "A/a.mov",
        "./A//a.mov",
        "A/./a.mov",
        "A\\a.mov",
        " A/a.mov\n",
        "A/B/b.mov",
        "A/A.MOV",
        "a/a.mov",
    ],
)
def test_a_path_is_found_however_it_is_written(drive: Path, path: str) -> None:
    assert found(drive, path) == DATA


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../out.mov",
        "A/../../out.mov",
        "A/../A/a.mov",
        "A\\..\\..\\out.mov",
        "",
        ".",
        "C:\\Users\\x\\a.mov",
        "C:/Users/x/a.mov",
        "\\\\host\\share\\a.mov",
    ],
)
def test_a_path_that_leads_out_is_not_followed(drive: Path, path: str) -> None:
    assert found(drive, path) is Absent.OUTSIDE


def test_an_absolute_path_into_the_folder_is_none_below_it(drive: Path) -> None:
    assert found(drive, str(drive / "A" / "a.mov")) is Absent.OUTSIDE


@pytest.mark.parametrize("path", ["link/a.mov", "A/up/out.mov", "A/out.mov", "A/inner.mov"])
def test_no_link_is_followed(drive: Path, path: str) -> None:
    (drive / "link").symlink_to(drive / "A")
    (drive / "A" / "up").symlink_to("../..")
    (drive / "A" / "out.mov").symlink_to("../../out.mov")
    (drive / "A" / "inner.mov").symlink_to("a.mov")
    assert found(drive, path) is Absent.OUTSIDE


def test_a_link_that_is_swapped_in_after_the_look_is_not_followed(
    drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = (drive / "A" / "a.mov").stat()
    (drive / "A" / "a.mov").unlink()
    (drive / "A" / "a.mov").symlink_to("../../out.mov")
    folder = (drive / "A").stat()
    (drive / "A").rename(drive / "B")
    (drive / "A").symlink_to("B")
    before = {"a.mov": looked, "A": folder}
    monkeypatch.setattr("scrubkit.custody.below.os.stat", lambda name, **_: before[name])
    assert found(drive, "A/a.mov") in {Absent.OUTSIDE, Absent.MISSING}


@pytest.mark.parametrize("path", ["b.mov", "A/a.mov/b.mov", "A", "B/a.mov", "x" * 300, "A/" + "x/" * 100])
def test_what_is_not_there_is_missing(drive: Path, path: str) -> None:
    assert found(drive, path) is Absent.MISSING


def test_a_pipe_is_not_waited_for(drive: Path) -> None:
    os.mkfifo(drive / "pipe.mov")
    assert found(drive, "pipe.mov") is Absent.MISSING


def test_a_path_of_more_folders_than_the_limit_is_not_walked(drive: Path) -> None:
    assert found(drive, "A/" * 1000 + "a.mov") is Absent.UNREADABLE


@pytest.mark.parametrize(("listed", "stored"), [("Zo\u00eb", "Zoe\u0308"), ("Zoe\u0308", "Zo\u00eb")])
def test_accents_may_be_composed_in_another_way_than_on_the_disk(
    drive: Path, listed: str, stored: str
) -> None:
    (drive / stored).mkdir()
    (drive / stored / f"{stored}.mov").write_bytes(DATA)
    assert found(drive, f"{listed}/{listed}.mov") == DATA


def test_the_name_that_is_given_is_preferred_to_one_that_is_like_it(drive: Path) -> None:
    (drive / "A" / "A.MOV").write_bytes(OUT)
    assert found(drive, "A/A.MOV") == OUT
    assert found(drive, "A/a.mov") == DATA


def test_a_name_that_may_be_two_files_is_neither(drive: Path) -> None:
    (drive / "A" / "A.MOV").write_bytes(OUT)
    assert found(drive, "A/a.MOV") is Absent.UNREADABLE


def test_a_backslash_in_a_name_is_one_where_the_file_is_called_so(drive: Path) -> None:
    (drive / "A\\a.mov").write_bytes(OUT)
    assert found(drive, "A\\a.mov") == OUT


def test_paths_are_looked_up_from_the_top_each_time(drive: Path) -> None:
    with Below(drive) as below:
        paths = ["A/B/b.mov", "A/B/b.mov", "A/a.mov", "A/x/b.mov", "A/B/b.mov", "B/b.mov"]
        assert [content(below, path) for path in paths] == [
            *(DATA, DATA, DATA),
            Absent.MISSING,
            DATA,
            Absent.MISSING,
        ]


def test_no_descriptor_is_left_open(drive: Path) -> None:
    before = descriptors()
    for path in ("A/B/b.mov", "A/B/x", "x/y/z", "A/a.mov/x", "../x"):
        found(drive, path)
    assert descriptors() == before


def test_folders_with_more_names_than_the_limit_are_given_up(
    drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 1)
    with pytest.raises(LimitExceeded, match="names"):
        found(drive, "A/missing.mov")


def test_a_folder_that_is_gone_is_a_typed_failure(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed):
        Below(tmp_path / "missing")
