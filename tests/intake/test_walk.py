from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.intake.walk import natural_key, walk

if TYPE_CHECKING:
    from pathlib import Path


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")


def names(*sources: Path, exclude: tuple[str, ...] = ()) -> list[str]:
    return [each.job.untrusted_name for each in walk(sources, exclude) if not each.excluded]


@pytest.mark.parametrize(
    "ordered",
    [
        ["img2", "img10", "img100"],
        ["IMG_1.jpg", "img_2.jpg", "IMG_3.jpg"],
        ["a", "a1", "a1b", "a2", "b"],
        ["01", "1", "002", "2", "10"],
        ["9" * 5000, "1" + "0" * 5000],
    ],
)
def test_names_are_ordered_as_people_count(ordered: list[str]) -> None:
    backwards = list(reversed(ordered))
    assert sorted(backwards, key=natural_key) == ordered


@given(st.text(), st.text())
def test_no_two_names_have_equal_keys(one: str, other: str) -> None:
    assert (natural_key(one) == natural_key(other)) is (one == other)


def test_folders_are_walked_in_natural_order(tmp_path: Path) -> None:
    for name in ("b/img10", "b/img2", "a/x", "B2/y", "c"):
        touch(tmp_path / name)
    assert names(tmp_path) == ["a/x", "b/img2", "b/img10", "B2/y", "c"]


def test_sources_come_in_the_order_given(tmp_path: Path) -> None:
    touch(tmp_path / "two/b")
    touch(tmp_path / "one/a")
    touch(tmp_path / "file")
    assert names(tmp_path / "two", tmp_path / "file", tmp_path / "one") == ["b", "file", "a"]


def test_hidden_files_are_walked_too(tmp_path: Path) -> None:
    touch(tmp_path / ".hidden/.x")
    assert names(tmp_path) == [".hidden/.x"]


def test_links_and_pipes_are_yielded_but_not_followed(tmp_path: Path) -> None:
    touch(tmp_path / "away/secret")
    drive = tmp_path / "drive"
    drive.mkdir()
    (drive / "folder-link").symlink_to(tmp_path / "away")
    (drive / "loop").symlink_to(drive)
    (drive / "file-link").symlink_to(tmp_path / "away/secret")
    os.mkfifo(drive / "fifo")
    assert names(drive) == ["fifo", "file-link", "folder-link", "loop"]


def test_a_source_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    touch(tmp_path / "away/secret")
    (tmp_path / "link").symlink_to(tmp_path / "away")
    assert names(tmp_path / "link") == ["link"]


def test_an_empty_folder_has_nothing(tmp_path: Path) -> None:
    assert names(tmp_path) == []


def test_deep_folders_do_not_recurse(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(150):
        deep /= "d"
    touch(deep / "x")
    assert names(tmp_path) == ["d/" * 150 + "x"]


def test_a_folder_that_cannot_be_listed_is_an_error_with_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path / "locked/x")
    touch(tmp_path / "open")
    opened = os.open

    def refuse(path: str, flags: int, *, dir_fd: int | None = None) -> int:
        if path == "locked":
            raise PermissionError(13, "no")
        return opened(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refuse)
    found = list(walk([tmp_path]))
    assert [each.job.untrusted_name for each in found] == ["locked", "open"]
    assert found[0].error is not None
    assert (found[0].error.code, found[0].error.rule) == ("source-failed", "EACCES")


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("*.THM", ["a/x.mp4", "b/y.mp4"]),
        ("a", ["b/y.mp4", "b/y.THM"]),
        ("b/*", ["a/x.mp4"]),
        ("a/x.*", ["b/y.mp4", "b/y.THM"]),
        ("[", ["a/x.mp4", "b/y.mp4", "b/y.THM"]),
    ],
)
def test_patterns_exclude_by_name_or_path(tmp_path: Path, pattern: str, left: list[str]) -> None:
    for name in ("a/x.mp4", "b/y.THM", "b/y.mp4"):
        touch(tmp_path / name)
    assert names(tmp_path, exclude=(pattern,)) == left


def test_what_is_excluded_is_still_counted(tmp_path: Path) -> None:
    touch(tmp_path / "x.THM")
    assert [each.excluded for each in walk([tmp_path], ["*.THM"])] == [True]


def test_names_that_are_no_utf_8_survive(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff\xfe.mp4"
    try:
        os.close(os.open(raw, os.O_CREAT | os.O_WRONLY))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (found,) = walk([tmp_path])
    assert os.fsencode(found.job.path) == raw
