"""A hash list of clean files: valid, checkable, and silent about who made it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from scrubkit.custody.digests import c4
from scrubkit.custody.lists import CHAIN, FOLDER
from scrubkit.custody.verify import Status, verify
from scrubkit.custody.write import LIST, check, write_history
from scrubkit.errors import DestinationFailed
from scrubkit.staged import EPOCH

if TYPE_CHECKING:
    from pathlib import Path

MHL = "{urn:ASC:MHL:v2.0}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "clip-0001.mp4").write_bytes(b"one")
    (tmp_path / "photo-0001.jpg").write_bytes(b"two")
    write_history(tmp_path)
    return tmp_path


def elements(path: Path) -> list[str]:
    return [each.tag.removeprefix(MHL) for each in ET.parse(path).getroot().iter()]


def test_the_list_has_the_elements_of_the_schema_in_their_order(folder: Path) -> None:
    file = ["hash", "path", "c4"]
    assert elements(folder / FOLDER / LIST) == [
        *("hashlist", "creatorinfo", "creationdate", "hostname", "tool"),
        *("processinfo", "process", "roothash", "content", "c4", "structure", "c4"),
        *("ignore", "pattern", "pattern", "pattern"),
        "hashes",
        *file,
        *file,
    ]


def test_the_chain_holds_the_list(folder: Path) -> None:
    text = (folder / FOLDER / CHAIN).read_text("utf-8")
    assert LIST in text
    assert c4((folder / FOLDER / LIST).read_bytes()) in text


def test_files_are_verified_by_it(folder: Path) -> None:
    assert verify([folder / FOLDER / LIST]).files == {Status.UNCHANGED: 2}


def test_it_names_no_host_no_time_and_no_tool(folder: Path) -> None:
    import socket

    text = (folder / FOLDER / LIST).read_text("utf-8")
    assert socket.gethostname() not in text.replace("<hostname>host</hostname>", "")
    assert "scrubkit" not in text
    assert set(ET.fromstring(text).find(f"{MHL}creatorinfo").itertext()) >= {  # type: ignore[union-attr]
        "1970-01-01T00:00:00+00:00"
    }
    assert "lastmodificationdate" not in text


def test_nothing_of_it_dates_the_run(folder: Path) -> None:
    places = (folder, folder / FOLDER, folder / FOLDER / LIST, folder / FOLDER / CHAIN)
    assert {each.stat().st_mtime for each in places} == {EPOCH}


def test_a_list_of_an_empty_folder_is_a_list(tmp_path: Path) -> None:
    write_history(tmp_path)
    assert "hashes" not in elements(tmp_path / FOLDER / LIST)


@pytest.mark.parametrize("name", ["a&<b>.jpg", "]]>.jpg", "a\rb\nc\t.jpg", " a .jpg ", "Zoe\u0308.jpg"])
def test_names_are_escaped(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    write_history(tmp_path)
    paths = ET.parse(tmp_path / FOLDER / LIST).getroot().iter(f"{MHL}path")
    assert [each.text for each in paths] == [name]
    assert verify([tmp_path / FOLDER / LIST]).files == {Status.UNCHANGED: 1}


@pytest.mark.parametrize("name", [b"a\x01.jpg", b"a\xff.jpg", "a\uffff.jpg".encode()])
def test_a_name_that_xml_cannot_hold_is_a_typed_failure(tmp_path: Path, name: bytes) -> None:
    (tmp_path / os.fsdecode(name)).write_bytes(b"x")
    with pytest.raises(DestinationFailed, match="name-is-not-xml"):
        write_history(tmp_path)


def test_a_history_of_ours_is_replaced(folder: Path) -> None:
    (folder / "clip-0002.mp4").write_bytes(b"three")
    write_history(folder)
    assert verify([folder / FOLDER / LIST]).files == {Status.UNCHANGED: 3}
    assert sorted(each.name for each in (folder / FOLDER).iterdir()) == [LIST, CHAIN]


def test_a_history_of_somebody_else_is_neither_kept_nor_replaced(folder: Path) -> None:
    (folder / FOLDER / "0002_somebody.mhl").write_bytes(b"x")
    with pytest.raises(DestinationFailed, match="another-history"):
        write_history(folder)
    assert (folder / FOLDER / "0002_somebody.mhl").exists()


def test_a_folder_whose_files_the_list_would_not_name_is_a_typed_failure(folder: Path) -> None:
    (folder / "more").mkdir()
    with pytest.raises(DestinationFailed, match="other-folders"):
        check(folder)


def test_a_folder_of_files_and_a_history_of_ours_can_have_one(folder: Path) -> None:
    check(folder)


def test_no_link_of_the_folder_is_listed(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to("/etc/passwd")
    write_history(tmp_path)
    assert "hashes" not in elements(tmp_path / FOLDER / LIST)


def test_a_folder_that_cannot_be_written_is_a_typed_failure(tmp_path: Path) -> None:
    with pytest.raises(DestinationFailed, match="ENOENT"):
        write_history(tmp_path / "missing")
