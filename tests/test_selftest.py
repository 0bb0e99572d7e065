from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scrubkit import cli
from scrubkit.clean import clean_file
from scrubkit.model import FileReport, Verdict
from scrubkit.selftest import Row, Sums, holds, planting, row_line, rows, sums_lines

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.selftest.planting import Cleaner
    from scrubkit.specimens.cases import Case

FEW = 60
"""One place in so many: every file, a few places of each."""


def outcome(cleaner: Cleaner | None = None, every: int = FEW) -> tuple[Sums, list[Row]]:
    sums, found = Sums(), []
    for row in rows(every=every, jobs=1, cleaner=cleaner):
        sums.add(row)
        found.append(row)
    return sums, found


def copied(source: Path, target: Path) -> FileReport:
    shutil.copyfile(source, target)
    return FileReport(Verdict.CLEANED)


@pytest.fixture
def _two_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few files are enough for what has nothing to do with them."""
    real = planting._cases
    monkeypatch.setattr(
        planting, "_cases", lambda module: real(module)[:1] if module in {"bmp", "gif"} else []
    )


# The verdict


def test_nothing_survives_on_this_machine() -> None:
    sums, found = outcome()
    assert [row for row in found if row.survived or row.told or row.failed or row.not_planted] == []
    assert sums.exit_status == 0
    assert sums.total("gone") > 100
    assert sums.not_run == []


def test_every_format_that_is_cleaned_is_tried() -> None:
    from scrubkit.formats import all_formats

    sums, _ = outcome(copied, every=1000)
    assert set(sums.formats) == {each.name for each in all_formats() if each.reads}
    assert all(counts["places"] for counts in sums.formats.values())


def test_a_cleaner_that_copies_is_caught_in_every_place() -> None:
    sums, found = outcome(copied, every=20)
    assert sums.exit_status == 3
    assert sums.total("survived") == sums.total("places") > 300
    assert all(len(row.survived) == row.places > 0 for row in found)


@pytest.mark.usefixtures("_two_cases")
@pytest.mark.parametrize("keep", [bytes.hex, lambda data: str(data[::-1])], ids=["in hex", "backwards"])
def test_a_cleaner_that_hides_what_it_keeps_is_caught(keep: object) -> None:
    assert callable(keep)

    def hiding(source: Path, target: Path) -> FileReport:
        report = clean_file(source, target)
        if report.verdict is Verdict.CLEANED:
            with target.open("ab") as out:
                out.write(keep(source.read_bytes()).encode("ascii"))
        return report

    sums, _ = outcome(hiding, every=1)
    assert sums.exit_status == 3
    assert sums.total("survived") > sums.total("places") / 2


@pytest.mark.usefixtures("_two_cases")
def test_what_only_the_search_of_clean_finds_is_caught_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planting, "carried", lambda path, _: path.name == "target")
    sums, _ = outcome()
    assert sums.exit_status == 3
    assert sums.total("survived") == sums.total("places")


@pytest.mark.usefixtures("_two_cases")
def test_a_report_that_tells_a_secret_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        planting,
        "shareable",
        lambda _, report: {"findings": [each.untrusted_value for each in report.findings]},
    )
    sums, found = outcome(every=1)
    assert sums.exit_status == 3
    assert any(row.told for row in found)


@pytest.mark.usefixtures("_two_cases")
def test_a_cleaner_that_refuses_everything_proves_nothing() -> None:
    sums, _ = outcome(lambda *_: FileReport(Verdict.REFUSED))
    assert sums.total("refused") == sums.total("places") > 0
    assert sums.exit_status == 1


@pytest.mark.usefixtures("_two_cases")
def test_a_check_that_fails_is_told_with_its_place() -> None:
    sums, found = outcome(lambda *_: FileReport(Verdict.FAILED))
    assert sums.exit_status == 3
    assert all(len(row.failed) == row.places for row in found)


@pytest.mark.usefixtures("_two_cases")
def test_a_search_that_is_blind_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planting, "holds", lambda *_: False)
    sums, found = outcome()
    assert sums.exit_status == 3
    assert all(len(row.not_planted) == row.places for row in found)


@pytest.mark.usefixtures("_two_cases")
def test_a_case_that_breaks_is_told_and_the_others_go_on() -> None:
    def breaks(source: Path, target: Path) -> FileReport:
        if source.read_bytes().startswith(b"BM"):
            raise ValueError("with \x1b[2J in it")
        return clean_file(source, target)

    sums, found = outcome(breaks)
    assert [(row.format, row.reason) for row in found] == [
        ("bmp", "could not be made here (ValueError)"),
        ("gif", ""),
    ]
    assert sums.exit_status == 1


@pytest.mark.usefixtures("_two_cases")
@pytest.mark.skipif(sys.platform != "linux", reason="a spawned process doesn't have what is patched here")
def test_a_process_that_dies_is_told_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    real = planting._tried

    def dies(case: Case, *rest: object) -> Row:
        if case.format == "bmp":
            os._exit(9)
        return real(case, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(planting, "_tried", dies)
    found = list(rows(jobs=2))
    assert [(row.format, bool(row.reason), row.gone > 0) for row in found] == [
        ("bmp", True, False),
        ("gif", False, True),
    ]
    assert found[0].faulty


def test_nothing_at_all_is_no_success() -> None:
    assert Sums().exit_status == 1


# How it runs


@pytest.mark.usefixtures("_two_cases")
def test_secrets_are_fresh_in_every_run() -> None:
    seen: list[bytes] = []

    def watched(source: Path, target: Path) -> FileReport:
        seen.append(source.read_bytes())
        return copied(source, target)

    outcome(watched, every=1000)
    outcome(watched, every=1000)
    assert len(seen) == len(set(seen)) + 2  # the two files without a secret come twice


@pytest.mark.usefixtures("_two_cases")
def test_nothing_is_left_behind_and_nobody_else_may_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    modes = []

    def watched(source: Path, target: Path) -> FileReport:
        modes.extend([each.stat().st_mode & 0o777 for each in (source.parent, source.parent.parent)])
        return copied(source, target)

    outcome(watched)
    assert set(modes) == {0o700}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_two_cases")
def test_a_run_that_is_given_up_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    going = rows(jobs=1)
    next(going)
    going.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_two_cases")
def test_several_processes_find_the_same_as_one() -> None:
    assert list(rows(jobs=2)) == list(rows(jobs=1))


@pytest.mark.usefixtures("_two_cases")
@pytest.mark.parametrize("every", [1, 2, 10, 1000])
def test_some_place_of_every_file_is_tried(every: int) -> None:
    _, found = outcome(every=every)
    assert all(row.places for row in found)


@pytest.mark.parametrize("missing", [("av",), ("PIL",), ("av", "PIL", "numpy", "pillow_heif")], ids=str)
def test_what_is_not_installed_is_said_and_the_rest_is_tried(
    missing: tuple[str, ...], tmp_path: Path
) -> None:
    code = f"import sys; sys.modules.update(dict.fromkeys({missing!r})); from scrubkit.cli import main; "
    code += "sys.exit(main(['selftest', '--quick', '--json']))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sums = json.loads(done.stdout.splitlines()[-1])
    assert {each["reason"] for each in sums["not_run"]} <= {f"{name} is not installed" for name in missing}
    assert sums["not_run"]
    assert sums["formats"]["gif"]["gone"] > 0


# What it says


GOOD = Row("bmp", "bmp, 24 bits", places=3, gone=2, same=2, refused=1, searched=2)
BAD = Row(
    "gif", "gif, still", places=4, survived=("a\x1b[2J",), told=("b",), failed=("c",), not_planted=("d",)
)
MISSING = Row("isobmff", "isobmff: all", reason="av is not installed")


def summed(*found: Row) -> Sums:
    sums = Sums()
    for row in found:
        sums.add(row)
    return sums


def test_every_place_that_went_wrong_is_named_and_escaped() -> None:
    text = row_line(BAD)
    assert [line.split()[-1] for line in text.splitlines()[1:]] == ["a\\x1b[2J", "b", "c", "d"]
    assert text.replace("\n", "").isprintable()


def test_the_end_has_a_table_by_format_and_says_what_did_not_run() -> None:
    lines = list(sums_lines(summed(GOOD, MISSING)))
    table = [line.split() for line in lines]
    assert ["bmp", "3", "2", "1", "0"] in table
    assert ["isobmff", "not", "run"] in table
    assert "Not run: isobmff: all: av is not installed." in lines
    assert "Nothing survived in what could be tried; see what could not." in lines


@pytest.mark.parametrize(
    ("found", "status", "word"),
    [
        ((GOOD,), 0, "Nothing survived."),
        ((GOOD, BAD), 3, "FAILED"),
        ((GOOD, Row("gif", "gif, still", places=2, refused=2)), 1, "NOT PROVEN"),
        ((MISSING,), 1, "NOT PROVEN"),
    ],
)
def test_words_and_status_agree(found: tuple[Row, ...], status: int, word: str) -> None:
    sums = summed(*found)
    assert sums.exit_status == status
    assert sum(line.startswith(word) for line in sums_lines(sums)) == 1
    assert json.loads(next(sums_lines(sums, as_json=True)))["exit_status"] == status


def test_rows_are_json_too() -> None:
    assert json.loads(row_line(BAD, as_json=True))["survived"] == ["a\x1b[2J"]


def test_a_search_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scrubkit.carryover.available", lambda: False)
    assert "Not run: the search of `clean`: hyperscan is not installed." in list(sums_lines(summed(GOOD)))


@pytest.mark.usefixtures("_two_cases")
def test_the_command_ends_with_the_verdict(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["selftest", "--quick"]) == 0
    monkeypatch.setattr(planting, "holds", lambda *_: False)
    assert cli.main(["selftest", "--quick"]) == 3
    assert "Nothing survived." in capsys.readouterr().out


# The search


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"..SecretWord..", True),
        (b"..droWterceS..", True),
        ("..SecretWord..".encode("utf-16-be"), True),
        (b"..SecretWord..".hex().upper().encode(), True),
        (b"..secretword..", False),
        (b"..SecretWor..", False),
    ],
)
def test_a_secret_is_found_in_all_forms_but_no_other(data: bytes, found: bool) -> None:
    assert holds(data, b"SecretWord") is found
