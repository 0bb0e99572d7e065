"""Hash lists are read as what they are: somebody else's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhl import entry, listed, old
from scrubkit.custody import records as module
from scrubkit.custody.lists import Entry, Generation, entries, generation, generations, is_list
from scrubkit.errors import LimitExceeded, Malformed, ScrubError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.mhl"


def read(path: Path, text: str | bytes) -> list[Entry]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return list(entries(path))


def test_a_list_of_today_has_paths_sizes_and_hashes(path: Path) -> None:
    found = read(path, listed(entry("A/a.mov", size=17, md5="00", c4="c4x")))
    assert found == [Entry("A/a.mov", 17, (("md5", "00"), ("c4", "c4x")))]


def test_a_list_of_the_old_kind_has_them_too(path: Path) -> None:
    row = (
        "<hash><file>A/a.mov</file><size> 17 </size><lastmodificationdate>2013</lastmodificationdate>"
        "<xxhash64be> 00 </xxhash64be><hashdate>2013</hashdate></hash>"
    )
    assert read(path, old(row)) == [Entry("A/a.mov", 17, (("xxhash64be", "00"),))]


def test_a_file_that_was_renamed_has_its_path_of_before(path: Path) -> None:
    assert read(path, listed(entry("b", previous="a", md5="00")))[0].untrusted_previous == "a"


def test_a_hash_that_is_recorded_as_failed_is_none_of_the_file(path: Path) -> None:
    row = '<hash><path>a</path><md5 action="original">00</md5><sha1 action="failed">11</sha1></hash>'
    assert read(path, listed(row))[0].hashes == (("md5", "00"),)


def test_metadata_of_a_file_is_no_hash_of_it(path: Path) -> None:
    row = "<hash><path>a</path><metadata><md5>00</md5><hash><path>b</path></hash></metadata></hash>"
    assert read(path, listed(row)) == [Entry("a")]


def test_only_hashes_of_the_list_itself_are_files(path: Path) -> None:
    text = listed(entry("a")).replace(
        "</hashlist>", f"<metadata>{entry('b')}<hashes>{entry('c')}</hashes></metadata></hashlist>"
    )
    assert [each.untrusted_path for each in read(path, text)] == ["a"]


def test_a_namespace_changes_nothing(path: Path) -> None:
    text = listed(entry("a", md5="00")).replace("<hashlist", '<hashlist xmlns="urn:ASC:MHL:v2.0"')
    assert read(path, text) == [Entry("a", None, (("md5", "00"),))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_list_is_read_in_the_encodings_that_unicode_has(path: Path, encoding: str) -> None:
    text = f"<hashlist>{entry('Zoë')}</hashlist>".encode(encoding)
    assert read(path, text)[0].untrusted_path == "Zoë"


MANY = " ".join(f'a{number}=""' for number in range(100))
HOSTILE = {
    "an entity bomb": '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;">]><hashlist>&b;</hashlist>',
    "an outside entity": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><hashlist>&a;</hashlist>',
    "an outside document type": '<!DOCTYPE hashlist SYSTEM "http://localhost/x.dtd"><hashlist/>',
    "an unknown entity": "<hashlist><hash><path>&a;</path></hash></hashlist>",
    "no list": "<html></html>",
    "no XML": "\0\1\2",
    "cut short": "<hashlist><hash>",
    "nothing": "",
    "too deep": "<hashlist>" + "<a>" * 100 + "</a>" * 100 + "</hashlist>",
    "too long a path": listed(entry("a" * 5000)),
    "too many children": listed("<hash>" + "<md5>0</md5>" * 100 + "</hash>"),
    "too many attributes": listed(f"<hash><path {MANY}>x</path></hash>"),
    "a name without an end": "<hashlist><" + "a" * (4 << 20),
    "a comment without an end": "<hashlist><!--" + "a" * (4 << 20),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_list_is_a_typed_error(path: Path, text: str) -> None:
    with pytest.raises(ScrubError):
        read(path, text)


@pytest.mark.parametrize("encoding", ["hex", "zlib", "undefined", "idna", "utf-7", "gb18030", "ascii"])
def test_no_codec_is_chosen_by_a_list(path: Path, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><hashlist>{entry("Zoë")}</hashlist>'
    assert read(path, text)[0].untrusted_path == "Zoë"


def test_entities_are_refused_before_they_grow(path: Path) -> None:
    with pytest.raises(Malformed, match="document-type"):
        read(path, HOSTILE["an entity bomb"])


def test_what_does_not_end_is_given_up_early(path: Path) -> None:
    with pytest.raises(LimitExceeded, match="element"):
        read(path, HOSTILE["a comment without an end"])


def test_more_files_than_the_limit_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    with pytest.raises(LimitExceeded):
        read(path, listed(*[entry("A/a.mov", md5="0")] * 3))


def test_a_larger_list_than_the_limit_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 10)
    with pytest.raises(LimitExceeded, match="size"):
        read(path, listed())


def test_files_before_a_fault_are_told(path: Path) -> None:
    path.write_text(listed(entry("a"))[: -len("</hashlist>")], "utf-8")
    found = entries(path)
    assert next(found).untrusted_path == "a"
    with pytest.raises(Malformed):
        next(found)


@given(st.binary(max_size=300), st.integers(0, 200), st.integers(0, 200))
def test_whatever_its_bytes_a_list_ends_in_a_typed_error_or_is_read(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, start: int, end: int
) -> None:
    path = tmp_path_factory.mktemp("x") / "x.mhl"
    whole = listed(entry("A/a", size=3, md5="00", c4="11", previous="b")).encode("utf-8")
    path.write_bytes(whole[:start] + noise + whole[end:])
    try:
        list(entries(path))
        list(generations(path))
    except ScrubError:
        pass


@pytest.mark.parametrize("size", ["", "-1", "x", "٣", "9" * 30])
def test_a_size_that_is_no_size_is_none(path: Path, size: str) -> None:
    row = f'<hash><path size="{size}">a</path></hash>'
    assert read(path, listed(row))[0].size is None


def test_a_chain_names_lists_with_their_identifiers(path: Path) -> None:
    path.write_text(
        '<ascmhldirectory><hashlist sequencenr="1"><path>0001_x.mhl</path><c4>c4x</c4></hashlist>'
        "</ascmhldirectory>",
        "utf-8",
    )
    assert list(generations(path)) == [Generation("0001_x.mhl", "c4x")]


@pytest.mark.parametrize(
    ("name", "expected"), [("a.mhl", True), ("A.MHL", True), ("a.mhl.mov", False), ("._0001_a.mhl", False)]
)
def test_lists_are_known_by_their_name(name: str, expected: bool) -> None:
    assert is_list(name) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("0001_x.mhl", 1), ("0012.mhl", 12), ("12_x.mhl", 0), ("x.mhl", 0), ("9" * 5000 + ".mhl", 0)],
)
def test_generations_are_numbered_by_their_name(name: str, expected: int) -> None:
    assert generation(name) == expected
