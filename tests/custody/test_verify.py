"""Hash lists from a drive are read as what they are: somebody else's words."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
import xxhash

from scrubkit.custody import verify as module
from scrubkit.custody.digests import c4
from scrubkit.custody.verify import Custody, entries, is_list, verify
from scrubkit.errors import LimitExceeded, Malformed, ScrubError
from scrubkit.model import Outcome
from scrubkit.source import Source

if TYPE_CHECKING:
    from pathlib import Path

DATA = b"picture and sound"


def listed(*files: str, version: str = "2.0") -> str:
    return f'<?xml version="1.0"?>\n<hashlist version="{version}">{"".join(files)}</hashlist>'


def entry(path: str, **hashes: str) -> str:
    rows = "".join(f"<{name}>{value}</{name}>" for name, value in hashes.items())
    return f'<hash><path size="{len(DATA)}">{path}</path>{rows}</hash>'


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    (tmp_path / "A").mkdir()
    (tmp_path / "A" / "a.mov").write_bytes(DATA)
    (tmp_path / "ascmhl").mkdir()
    return tmp_path


def verified(drive: Path, text: str) -> Custody:
    path = drive / "ascmhl" / "0001_x.mhl"
    path.write_text(text, "utf-8")
    return verify([path])


HASHES = {
    "md5": hashlib.md5(DATA).hexdigest(),
    "sha1": hashlib.sha1(DATA).hexdigest().upper(),
    "xxh32": xxhash.xxh32(DATA).hexdigest(),
    "xxh64": xxhash.xxh64(DATA).hexdigest(),
    "xxh3": xxhash.xxh3_64(DATA).hexdigest(),
    "xxh128": xxhash.xxh3_128(DATA).hexdigest(),
}


@pytest.mark.parametrize("name", HASHES)
def test_a_file_that_is_what_its_hash_says_is_unchanged(drive: Path, name: str) -> None:
    found = verified(drive, listed(entry("A/a.mov", **{name: HASHES[name]})))
    assert found.counts == {"unchanged": 1}
    check = found.check()
    assert check is not None
    assert check.outcome is Outcome.PASSED


@pytest.mark.parametrize("name", HASHES)
def test_a_file_that_is_not_fails_the_check(drive: Path, name: str) -> None:
    found = verified(drive, listed(entry("A/a.mov", **{name: "0" * len(HASHES[name])})))
    check = found.check()
    assert check is not None
    assert check.outcome is Outcome.FAILED


def test_one_wrong_hash_among_right_ones_is_a_change(drive: Path) -> None:
    found = verified(drive, listed(entry("A/a.mov", md5=HASHES["md5"], sha1="0" * 40)))
    assert found.counts == {"changed": 1}


def test_a_list_of_the_old_kind_is_read(drive: Path) -> None:
    row = f"<hash><file>A/a.mov</file><size>17</size><xxhash64be>{HASHES['xxh64']}</xxhash64be></hash>"
    path = drive / "drive.mhl"
    path.write_text(listed(row, version="1.1"), "utf-8")
    assert verify([path]).counts == {"unchanged": 1}


def test_a_missing_file_fails_the_check(drive: Path) -> None:
    check = verified(drive, listed(entry("A/b.mov", md5=HASHES["md5"]))).check()
    assert check is not None
    assert check.outcome is Outcome.FAILED


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside", "A/../../outside", "", "A\\..\\..\\outside"])
def test_a_path_that_leads_out_is_not_followed(drive: Path, path: str) -> None:
    assert verified(drive, listed(entry(path, md5=HASHES["md5"]))).counts == {"outside": 1}


def test_a_link_is_not_followed(drive: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "a.mov").write_bytes(DATA)
    (drive / "B").symlink_to(elsewhere)
    (drive / "c.mov").symlink_to(elsewhere / "a.mov")
    rows = [entry("B/a.mov", md5=HASHES["md5"]), entry("c.mov", md5=HASHES["md5"])]
    assert verified(drive, listed(*rows)).counts == {"outside": 1, "missing": 1}


@pytest.mark.parametrize(("listed_as", "stored_as"), [("Zo\u00eb", "Zoe\u0308"), ("Zoe\u0308", "Zo\u00eb")])
def test_accents_may_be_spelt_in_another_way_than_on_the_disk(
    drive: Path, listed_as: str, stored_as: str
) -> None:
    (drive / stored_as).mkdir()
    (drive / stored_as / f"{stored_as}.mov").write_bytes(DATA)
    row = entry(f"{listed_as}/{listed_as}.mov", md5=HASHES["md5"])
    assert verified(drive, listed(row)).counts == {"unchanged": 1}


def test_case_matters_in_base_58(drive: Path) -> None:
    rows = [entry("A/a.mov", c4=said) for said in (c4(DATA), c4(DATA).swapcase())]
    assert verified(drive, listed(*rows)).counts == {"unchanged": 1, "changed": 1}


def test_a_file_is_read_once_however_often_it_is_listed(drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def counted(path: Path) -> Source:
        opened.append(path)
        return Source(path)

    path = drive / "ascmhl" / "0001_x.mhl"
    path.write_text(listed(*[entry("A/a.mov", md5=HASHES["md5"])] * 50), "utf-8")
    monkeypatch.setattr("scrubkit.custody.verify.Source", counted)
    assert verify([path]).counts == {"unchanged": 50}
    assert opened.count(drive / "A" / "a.mov") == 1


def test_a_hash_of_an_unknown_kind_proves_nothing(drive: Path) -> None:
    found = verified(drive, listed(entry("A/a.mov", blake9="00")))
    assert found.counts == {"not comparable": 1}
    check = found.check()
    assert check is not None
    assert check.outcome is Outcome.NOT_RUN


def test_no_list_is_no_check() -> None:
    assert verify([]).check() is None


HOSTILE = {
    "an entity bomb": '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;">]><hashlist>&b;</hashlist>',
    "an outside entity": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><hashlist>&a;</hashlist>',
    "no list": "<html></html>",
    "no XML": "\0\1\2",
    "cut short": "<hashlist><hash>",
    "nothing": "",
    "too deep": "<hashlist>" + "<a>" * 100 + "</a>" * 100 + "</hashlist>",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_list_is_a_typed_error_and_the_check_did_not_run(drive: Path, text: str) -> None:
    found = verified(drive, text)
    assert found.unreadable == 1
    check = found.check()
    assert check is not None
    assert check.outcome is Outcome.NOT_RUN
    with pytest.raises(ScrubError):
        list(entries(drive / "ascmhl" / "0001_x.mhl"))


def test_entities_are_refused_before_they_grow(drive: Path) -> None:
    path = drive / "x.mhl"
    path.write_text(HOSTILE["an entity bomb"], "utf-8")
    with pytest.raises(Malformed, match="document-type"):
        list(entries(path))


def test_more_files_than_the_limit_are_refused(drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    path = drive / "x.mhl"
    path.write_text(listed(*[entry("A/a.mov", md5="0")] * 3), "utf-8")
    with pytest.raises(LimitExceeded):
        list(entries(path))


@pytest.mark.parametrize(("name", "expected"), [("a.mhl", True), ("A.MHL", True), ("a.mhl.mov", False)])
def test_lists_are_known_by_their_name(name: str, expected: bool) -> None:
    assert is_list(name) is expected
