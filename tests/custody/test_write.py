"""A hash list of clean files: valid, checkable, and silent about who made it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from scrubkit.custody.digests import c4, c4_digest
from scrubkit.custody.verify import verify
from scrubkit.custody.write import CHAIN, FOLDER, LIST, write_history
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


def test_c4_is_sha_512_in_base_58_of_fixed_length() -> None:
    for data in (b"", b"a", bytes(100)):
        assert len(c4(data)) == 90
        assert c4_digest(c4(data)) == hashlib.sha512(data).digest()


def test_a_known_c4_identifier() -> None:
    # of nothing, as SMPTE ST 2114 and every implementation has it
    assert c4(b"").startswith("c459dsjfscH38cYeXXYogktxf4Cd9ibshE3BHUo6a58hBXmRQdZrAkZ")


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
    assert verify([folder / FOLDER / LIST]).counts == {"unchanged": 2}


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


def test_names_are_escaped(tmp_path: Path) -> None:
    (tmp_path / "a&<b>.jpg").write_bytes(b"x")
    write_history(tmp_path)
    paths = ET.parse(tmp_path / FOLDER / LIST).getroot().iter(f"{MHL}path")
    assert [each.text for each in paths] == ["a&<b>.jpg"]


def test_a_folder_that_cannot_be_written_is_a_typed_failure(tmp_path: Path) -> None:
    with pytest.raises(DestinationFailed, match="ENOENT"):
        write_history(tmp_path / "missing")
