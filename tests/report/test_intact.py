"""A report from which anything was taken, or to which anything was added, is no longer as it was written."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from blake3 import blake3

from scrubkit import demo
from scrubkit.cli import main
from scrubkit.errors import Malformed
from scrubkit.report.files import PAGE, REPORT
from scrubkit.report.intact import check

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    drive = folder / "drive"
    drive.mkdir()
    (drive / "a.jpg").write_bytes(demo.photo(level=20, orientation=1))
    (drive / "b.jpg").write_bytes(b"no picture")
    main(["clean", str(drive), "-o", str(folder / "out"), "--verify", "payload"])
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """The folder of a report; drive and private report are beside it."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "out-report"


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_a_report_is_as_it_was_written(folder: Path) -> None:
    assert check(folder / REPORT, folder / PAGE).whole


def test_a_line_that_was_changed_is_found(folder: Path) -> None:
    changed(folder / REPORT, '"verdict": "refused"', '"verdict": "cleaned"')
    assert not check(folder / REPORT, folder / PAGE).whole


def test_a_line_that_was_taken_out_is_found(folder: Path) -> None:
    lines = (folder / REPORT).read_text("ascii").splitlines(keepends=True)
    number = next(i for i, line in enumerate(lines) if "refused" in line)
    (folder / REPORT).write_text("".join(lines[:number] + lines[number + 1 :]), "ascii")
    assert not check(folder / REPORT, folder / PAGE).whole


def test_a_page_that_says_something_else_is_found(folder: Path) -> None:
    changed(folder / PAGE, ">refused<", ">checked<")
    assert not check(folder / REPORT, folder / PAGE).whole


@pytest.mark.parametrize("added", ["\n", " ", "{}"])
def test_what_stands_behind_the_end_is_found(folder: Path, added: str) -> None:
    with (folder / REPORT).open("a") as file:
        file.write(added)
    with pytest.raises(Malformed):
        check(folder / REPORT, folder / PAGE)


def test_a_forged_report_agrees_with_itself_and_not_with_the_digest_that_was_printed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = check(folder / REPORT, folder / PAGE).found
    changed(folder / REPORT, '"verdict": "refused"', '"verdict": "cleaned"')
    text = (folder / REPORT).read_text("ascii")
    body = text[: text.rindex('"document_digest"')]
    forged = blake3(body.encode("ascii")).hexdigest()
    (folder / REPORT).write_text(f'{body}"document_digest": "{forged}"\n}}\n', "ascii")
    (folder / PAGE).unlink()
    assert main(["verify", str(folder)]) == 0
    assert "Who forges a report can forge that too" in capsys.readouterr().out
    assert main(["verify", str(folder), "--digest", known]) == 3


@pytest.mark.parametrize(
    "body",
    [
        "{}\n",
        '{\n"files": [\n{}\n],\n',
        "no json\n",
        '{\n"files": [\n],\n"totals": {"findings": {}, "checks_not_run": []},\n',
        '{"files": ' + "[" * 50_000 + "\n",
    ],
)
def test_what_is_no_report_of_ours_is_not_as_it_was_written(folder: Path, body: str) -> None:
    digest = blake3(body.encode("ascii")).hexdigest()
    (folder / REPORT).write_text(f'{body}"document_digest": "{digest}"\n}}\n', "ascii")
    assert main(["verify", str(folder)]) == 3


def test_a_report_that_is_not_there_is_a_typed_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(tmp_path / "absent.json")]) in {1, 2, 3, 4}
    assert "Traceback" not in capsys.readouterr().err


def test_the_digest_is_printed_and_stands_on_the_page_and_in_the_private_report(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = check(folder / REPORT, folder / PAGE).found
    private = json.loads((tmp_path / "out-private" / "private.json").read_text("ascii"))
    assert private["report_digest"] == known
    assert known in (folder / PAGE).read_text("utf-8")
    main(["clean", str(tmp_path / "drive"), "-o", str(tmp_path / "again"), "--verify", "payload"])
    match = re.search("Digest of the report: +([0-9a-f]{64})", capsys.readouterr().out)
    assert match is not None
    assert main(["verify", str(tmp_path / "again-report"), "--digest", match.group(1)]) == 0
    assert "The report is as it was written.\n" in capsys.readouterr().out
