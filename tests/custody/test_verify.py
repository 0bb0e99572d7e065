"""Files are what the hash lists on a drive say, or the check says how they are not."""

from __future__ import annotations

import os
from hashlib import md5, sha1
from typing import TYPE_CHECKING

import pytest

from mhl import DATA, entry, history, listed, old
from scrubkit.custody import verify as module
from scrubkit.custody.verify import Custody, Listed, Status, verify
from scrubkit.model import Check, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MD5 = md5(DATA).hexdigest()
SHA1 = sha1(DATA).hexdigest()
WRONG = "0" * 32


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    drive = tmp_path / "drive"
    (drive / "A").mkdir(parents=True)
    (drive / "A" / "a.mov").write_bytes(DATA)
    return drive


def verified(drive: Path, *texts: str) -> Custody:
    return verify(history(drive, *texts))


def check(found: Custody) -> Check:
    result = found.check()
    assert result is not None
    return result


def test_a_file_that_is_what_its_hash_says_passes(drive: Path) -> None:
    found = verified(drive, listed(entry("A/a.mov", size=len(DATA), md5=MD5)))
    assert found.files == {Status.UNCHANGED: 1}
    assert check(found).outcome is Outcome.PASSED


def test_a_file_that_is_not_fails(drive: Path) -> None:
    found = verified(drive, listed(entry("A/a.mov", md5=WRONG)))
    assert found.files == {Status.CHANGED: 1}
    assert check(found).outcome is Outcome.FAILED


def test_a_file_of_another_size_has_changed_whatever_its_hash(drive: Path) -> None:
    found = verified(drive, listed(entry("A/a.mov", size=3, blake9="00")))
    assert found.files == {Status.CHANGED: 1}


def test_one_wrong_hash_among_right_ones_is_a_change(drive: Path) -> None:
    assert verified(drive, listed(entry("A/a.mov", md5=MD5, sha1="0" * 40))).files == {Status.CHANGED: 1}


def test_a_missing_file_fails(drive: Path) -> None:
    found = verified(drive, listed(entry("A/b.mov", md5=MD5)))
    assert found.files == {Status.MISSING: 1}
    assert check(found).outcome is Outcome.FAILED


def test_a_list_of_the_old_kind_lies_above_its_files(drive: Path) -> None:
    path = drive / "drive.mhl"
    path.write_text(old(f"<hash><file>A\\a.mov</file><size>17</size><md5>{MD5}</md5></hash>"), "utf-8")
    found = verify([path])
    assert found.files == {Status.UNCHANGED: 1}
    assert check(found).outcome is Outcome.PASSED


def test_a_hash_of_an_unknown_kind_proves_nothing(drive: Path) -> None:
    found = verified(drive, listed(entry("A/a.mov", blake9="00")))
    assert found.files == {Status.NOT_COMPARED: 1}
    assert check(found).outcome is Outcome.NOT_RUN


def test_one_file_that_could_not_be_compared_is_not_passed_over(drive: Path) -> None:
    (drive / "A" / "b.mov").write_bytes(DATA)
    found = verified(drive, listed(entry("A/a.mov", md5=MD5), entry("A/b.mov", blake9="00")))
    assert check(found).outcome is Outcome.NOT_RUN


def test_a_path_that_leads_out_is_not_passed_over(drive: Path) -> None:
    (drive.parent / "out.mov").write_bytes(DATA)
    found = verified(drive, listed(entry("A/a.mov", md5=MD5), entry("../out.mov", md5=MD5)))
    assert found.files == {Status.UNCHANGED: 1, Status.OUTSIDE: 1}
    assert check(found).outcome is Outcome.NOT_RUN


def test_a_file_that_changes_while_it_is_read_is_not_compared(
    drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grown(blocks: Iterable[bytes], names: Iterable[str]) -> dict[str, bytes]:
        with (drive / "A" / "a.mov").open("ab") as file:
            file.write(b"more")
        return dict.fromkeys(names, b"")

    monkeypatch.setattr(module, "digests", grown)
    assert verified(drive, listed(entry("A/a.mov", md5=MD5))).files == {Status.NOT_COMPARED: 1}


def test_a_file_that_no_list_names_is_counted(drive: Path) -> None:
    (drive / "A" / "new.mov").write_bytes(DATA)
    (drive / ".DS_Store").write_bytes(b"x")
    found = verified(drive, listed(entry("A/a.mov", md5=MD5)))
    assert found.unlisted == 1
    assert "no list names: 1" in check(found).scope


def test_files_of_lists_within_the_folder_of_another_are_named(drive: Path) -> None:
    inner = history(drive / "A", listed(entry("a.mov", md5=MD5)))
    outer = history(drive, listed())
    found = verify([*outer, *inner])
    assert found.files == {Status.UNCHANGED: 1}
    assert found.unlisted == 0


# Several generations


def test_a_file_of_several_generations_is_one_file(drive: Path) -> None:
    row = listed(entry("A/a.mov", md5=MD5))
    assert verified(drive, row, row, row).files == {Status.UNCHANGED: 1}


def test_a_file_is_read_once_for_all_generations_and_algorithms(
    drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    real = module._blocks

    def counted(descriptor: int) -> Iterator[bytes]:
        read.append(descriptor)
        return real(descriptor)

    monkeypatch.setattr(module, "_blocks", counted)
    rows = (listed(entry("A/a.mov", md5=MD5)), listed(*[entry("A/a.mov", sha1=SHA1)] * 50))
    assert verified(drive, *rows).files == {Status.UNCHANGED: 1}
    assert len(read) == 1


def test_a_change_that_a_later_generation_took_for_granted_is_found(drive: Path) -> None:
    first, later = listed(entry("A/a.mov", md5=WRONG)), listed(entry("A/a.mov", md5=MD5))
    assert verified(drive, first, later).files == {Status.CHANGED: 1}


def test_a_hash_that_a_later_generation_recorded_as_failed_excuses_nothing(drive: Path) -> None:
    failed = f'<hash><path>A/a.mov</path><md5 action="failed">{MD5}</md5></hash>'
    assert verified(drive, listed(entry("A/a.mov", md5=WRONG)), listed(failed)).files == {Status.CHANGED: 1}


def test_a_generation_that_cannot_be_compared_leaves_one_that_can(drive: Path) -> None:
    rows = (listed(entry("A/a.mov", blake9="00")), listed(entry("A/a.mov", md5=MD5)))
    found = verified(drive, *rows)
    assert found.files == {Status.UNCHANGED: 1}
    assert found.details == []


def test_a_file_that_was_renamed_is_compared_under_its_new_name(drive: Path) -> None:
    rows = (
        listed(entry("one.mov", md5=MD5)),
        listed(entry("two.mov", md5=MD5, previous="one.mov")),
        listed(entry("A/a.mov", sha1=SHA1, previous="two.mov")),
    )
    assert verified(drive, *rows).files == {Status.UNCHANGED: 1}


def test_a_file_that_was_changed_when_it_was_renamed_is_found(drive: Path) -> None:
    rows = (listed(entry("one.mov", md5=WRONG)), listed(entry("A/a.mov", md5=MD5, previous="one.mov")))
    assert verified(drive, *rows).files == {Status.CHANGED: 1}


def test_a_name_that_is_given_to_another_file_later_is_no_rename_of_that(drive: Path) -> None:
    (drive / "A" / "b.mov").write_bytes(b"b")
    other = md5(b"b").hexdigest()
    rows = (
        listed(entry("A/b.mov", md5=MD5)),
        listed(entry("A/a.mov", md5=MD5, previous="A/b.mov"), entry("A/b.mov", md5=other)),
    )
    assert verified(drive, *rows).files == {Status.UNCHANGED: 2}


# Lists that are not what they should be


def test_a_list_that_differs_from_its_chain_fails(drive: Path) -> None:
    lists = history(drive, listed(entry("A/a.mov", md5=WRONG)))
    lists[0].write_text(listed(entry("A/a.mov", md5=MD5)), "utf-8")
    result = check(verify(lists))
    assert result.outcome is Outcome.FAILED
    assert "chain" in result.reason


def test_a_list_without_a_chain_is_not_passed(drive: Path) -> None:
    lists = history(drive, listed(entry("A/a.mov", md5=MD5)))
    (drive / "ascmhl" / "ascmhl_chain.xml").unlink()
    assert check(verify(lists)).outcome is Outcome.NOT_RUN


def test_a_list_that_cannot_be_read_is_not_passed(drive: Path) -> None:
    found = verified(drive, listed(entry("A/a.mov", md5=MD5)), "no list")
    assert found.unreadable == 1
    assert check(found).outcome is Outcome.NOT_RUN


def test_a_change_is_told_even_if_the_list_breaks_off_behind_it(drive: Path) -> None:
    found = verified(drive, listed(entry("A/a.mov", md5=WRONG))[: -len("</hashlist>")])
    assert check(found).outcome is Outcome.FAILED


def test_a_list_that_names_nothing_is_not_passed(drive: Path) -> None:
    assert check(verified(drive, listed())).outcome is Outcome.NOT_RUN


def test_no_list_is_no_check() -> None:
    assert verify([]).check() is None


def test_more_files_than_the_limit_are_given_up(drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    found = verified(drive, listed(*(entry(f"{name}.mov", md5=MD5) for name in range(3))))
    assert found.unreadable == 1


# What is told


def test_files_that_are_wrong_are_kept_by_name_for_the_private_report(drive: Path) -> None:
    found = verified(drive, listed(entry("A/a.mov", md5=WRONG), entry("gone.mov", md5=MD5)))
    assert found.details == [Listed(Status.CHANGED, "A/a.mov"), Listed(Status.MISSING, "gone.mov")]


def test_no_more_than_the_limit_are_kept_by_name(drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DETAILS", 2)
    found = verified(drive, listed(*(entry(f"{name}.mov", md5=MD5) for name in range(3))))
    assert len(found.details) == 2
    assert found.files == {Status.MISSING: 3}


def test_the_check_tells_neither_names_nor_hashes(drive: Path) -> None:
    rows = [entry("A/a.mov", md5=MD5), entry("secret.mov", md5=WRONG), entry("/secret", sha1=SHA1)]
    result = check(verified(drive, listed(*rows, entry("A/a.mov", secret="secret"))))
    told = f"{result.scope} {result.reason}"
    assert not any(each in told for each in ("secret", "mov", MD5, SHA1, "A/"))


def test_a_relative_list_leads_to_the_same_files(drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history(drive, listed(entry("A/a.mov", md5=MD5)))
    monkeypatch.chdir(drive / "ascmhl")
    found = verify([type(drive)("0001_x.mhl")])
    assert found.files == {Status.UNCHANGED: 1}


def test_a_thousand_files_in_any_case_take_one_listing_of_their_folder(
    drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1000):
        (drive / "A" / f"clip{number}.mov").write_bytes(DATA)
    scanned = []
    real = os.scandir

    def counted(path: int | str) -> object:
        scanned.append(path)
        return real(path)

    rows = listed(*(entry(f"A/CLIP{number}.MOV", md5=MD5) for number in range(1000)))
    lists = history(drive, rows)
    monkeypatch.setattr("scrubkit.custody.below.os.scandir", counted)
    assert verify(lists).files == {Status.UNCHANGED: 1000}
    assert sum(isinstance(each, int) for each in scanned) == 1
