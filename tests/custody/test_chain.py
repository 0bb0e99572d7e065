"""A history's lists are what its chain says, whatever they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mhl import history, listed
from scrubkit.custody import chain as module
from scrubkit.custody.chain import Link, links

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lists(tmp_path: Path) -> list[Path]:
    return history(tmp_path, listed(), listed("<hash><path>a</path></hash>"))


def found(lists: list[Path]) -> list[Link]:
    return list(links(lists[0].parent, lists))


def test_lists_of_a_whole_chain_are_unchanged(lists: list[Path]) -> None:
    assert found(lists) == [Link.UNCHANGED, Link.UNCHANGED]


def test_a_list_that_was_changed_is_found(lists: list[Path]) -> None:
    lists[0].write_text(listed("<hash><path>b</path></hash>"), "utf-8")
    assert found(lists) == [Link.CHANGED, Link.UNCHANGED]


def test_a_list_that_was_renamed_is_known_by_its_digest(lists: list[Path]) -> None:
    other = lists[1].rename(lists[1].with_name("other.mhl"))
    assert found([lists[0], other]) == [Link.UNCHANGED, Link.UNCHANGED]


def test_a_list_that_was_taken_away_is_missing(lists: list[Path]) -> None:
    lists[1].unlink()
    assert found(lists[:1]) == [Link.UNCHANGED, Link.MISSING]


def test_a_list_that_was_added_stands_in_no_chain(lists: list[Path]) -> None:
    other = lists[0].with_name("0003_x.mhl")
    other.write_text(listed("<hash><path>c</path></hash>"), "utf-8")
    assert found([*lists, other]) == [Link.UNCHANGED, Link.UNCHANGED, Link.NOT_IN_CHAIN]


def test_without_a_chain_no_list_stands_in_one(lists: list[Path]) -> None:
    (lists[0].parent / "ascmhl_chain.xml").unlink()
    assert found(lists) == [Link.NOT_IN_CHAIN, Link.NOT_IN_CHAIN]


@pytest.mark.parametrize("text", ["", "<hashlist/>", '<!DOCTYPE x [<!ENTITY a "a">]><ascmhldirectory/>'])
def test_a_chain_that_cannot_be_read_vouches_for_nothing(lists: list[Path], text: str) -> None:
    (lists[0].parent / "ascmhl_chain.xml").write_text(text, "utf-8")
    assert found(lists) == [Link.UNREADABLE, Link.UNREADABLE]


def test_a_chain_that_is_a_link_is_not_read(lists: list[Path], tmp_path: Path) -> None:
    chain = lists[0].parent / "ascmhl_chain.xml"
    chain.rename(tmp_path / "elsewhere")
    chain.symlink_to(tmp_path / "elsewhere")
    assert found(lists) == [Link.UNREADABLE, Link.UNREADABLE]


def test_names_of_a_chain_are_never_opened(lists: list[Path]) -> None:
    chain = lists[0].parent / "ascmhl_chain.xml"
    chain.write_text(chain.read_text("utf-8").replace(lists[1].name, "../../../etc/passwd"), "utf-8")
    assert found(lists) == [Link.UNCHANGED, Link.UNCHANGED]


def test_a_digest_that_is_none_matches_no_list(lists: list[Path]) -> None:
    chain = lists[0].parent / "ascmhl_chain.xml"
    chain.write_text(chain.read_text("utf-8").replace("<c4>c4", "<c4>C4"), "utf-8")
    assert found(lists) == [Link.CHANGED, Link.CHANGED]


def test_more_generations_than_the_limit_are_not_read(
    lists: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 1)
    assert found(lists) == [Link.UNREADABLE, Link.UNREADABLE]
