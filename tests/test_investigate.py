"""A file is published only if nobody else finds anything in it, and what wasn't looked at is said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import toy
from scrubkit import investigate
from scrubkit.audit import audit_file
from scrubkit.carryover import search_file
from scrubkit.clean import clean_file
from scrubkit.cli import main
from scrubkit.model import Check, Kind, Outcome, Value, Verdict
from scrubkit.report.claims import Level, level
from scrubkit.report.document import private, shareable
from scrubkit.specimens.builders import jpeg
from scrubkit.specimens.builders.layout import Layout
from scrubkit.specimens.builders.movie import mux
from scrubkit.specimens.builders.recordings import tiny
from scrubkit.witnesses.observe import Witnessed

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.model import FileReport

NAME = "Wexford-lot-9971"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def leaking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in a format whose payload holds the name of the file."""
    toy.install(monkeypatch)
    path = tmp_path / NAME
    path.write_bytes(toy.toy(toy.chunk(b"P", b"by " + NAME.encode() + b" himself")))
    return path


def outcome(report: FileReport, name: str) -> Outcome:
    return next(check.outcome for check in report.checks if check.name == name)


def test_a_value_that_crossed_fails_the_file_and_nothing_is_left(leaking: Path, out: Path) -> None:
    report = clean_file(leaking, out / "x")
    assert report.verdict is Verdict.FAILED
    assert report.problem is not None
    assert (report.problem.code, report.problem.rule) == ("verification-failed", "carry-over")
    assert list(out.iterdir()) == []


def test_what_crossed_is_told_in_the_private_report_only(leaking: Path, out: Path) -> None:
    from scrubkit.model import Job

    report = clean_file(leaking, out / "x")
    assert NAME not in json.dumps(shareable(1, report))
    assert NAME in json.dumps(private(1, Job(leaking, NAME), report)["carried"])


def test_the_search_says_what_it_covered(leaking: Path, out: Path) -> None:
    found = shareable(1, clean_file(leaking, out / "x"))["search"]
    assert found["values"] > 0
    assert found["found"][0]["place"] == "bytes"


@pytest.mark.parametrize("word", ["Findings", "shares", "limits", "within", "structure", "picture"])
def test_a_word_of_every_report_is_no_value_that_crossed(word: str, tmp_path: Path, out: Path) -> None:
    source = tmp_path / word
    comment = jpeg.Part(jpeg.COM, word.encode())
    source.write_bytes(jpeg.join((comment, *jpeg.picture())))
    assert clean_file(source, out / "x").verdict is Verdict.CLEANED


def test_a_name_inside_a_word_of_every_report_is_still_searched(tmp_path: Path, out: Path) -> None:
    words = investigate.vocabulary()
    assert "ucture" in words
    text = {"report": "filmed by Ucture"}
    copy = tmp_path / "copy"
    copy.write_bytes(b"nothing")
    value = Value("test", "a name", Kind.PERSON, "Ucture")
    assert search_file([value], copy, text, words).carried


def test_without_a_search_engine_the_search_did_not_run_and_the_file_is_not_fully_checked(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scrubkit.carryover.engine.available", lambda: False)
    source = tmp_path / "a.jpg"
    source.write_bytes(jpeg.join(jpeg.picture()))
    report = clean_file(source, out / "x")
    assert report.verdict is Verdict.CLEANED
    assert outcome(report, "carry-over") is Outcome.NOT_RUN
    assert level(report) is Level.INCOMPLETE


def test_a_reader_that_finds_something_fails_the_file(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Witnessed((), (Check("reader-exiftool", Outcome.FAILED, "all", "reports more"),))
    monkeypatch.setattr(investigate, "observe", lambda *_, **__: said)
    source = tmp_path / "a.jpg"
    source.write_bytes(jpeg.join(jpeg.picture()))
    report = clean_file(source, out / "x")
    assert report.verdict is Verdict.FAILED
    assert report.problem is not None
    assert report.problem.rule == "reader-exiftool"
    assert list(out.iterdir()) == []


def test_what_another_cleaner_leaves_is_found_against_the_original(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serial = "SN-4471-0099-XK"
    original, copied = tmp_path / "original.jpg", tmp_path / "copied.jpg"
    picture = jpeg.picture()
    comment = jpeg.Part(jpeg.COM, serial.encode())
    original.write_bytes(jpeg.join((comment, *picture)))
    # A program that moves what it doesn't know behind the picture.
    copied.write_bytes(jpeg.join(picture) + b"...." + serial.encode())
    assert main(["audit", str(copied), "--against", str(original), "--json"]) == 3
    (entry,) = json.loads(capsys.readouterr().out)["files"]
    checks = {check["name"]: check["outcome"] for check in entry["checks"]}
    assert checks["carry-over"] == "failed"


def test_an_audit_has_second_readers_too(tmp_path: Path, out: Path) -> None:
    source = tmp_path / "a.jpg"
    source.write_bytes(jpeg.join(jpeg.picture()))
    assert clean_file(source, out / "x.jpg").verdict is Verdict.CLEANED
    report = investigate.witnessed(audit_file(out / "x.jpg"), out / "x.jpg")
    assert outcome(report, "reader-piexif") is Outcome.PASSED


def test_a_video_inside_a_picture_is_written_as_a_file_of_its_own_if_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    (drive / "a.jpg").write_bytes(jpeg.join(jpeg.picture()) + mux(tiny(), Layout()))
    assert main(["clean", str(drive), "-o", str(tmp_path / "plain")]) == 0
    assert [each.name for each in (tmp_path / "plain").iterdir()] == ["photo-0001.jpg"]
    assert main(["clean", str(drive), "-o", str(tmp_path / "both"), "--extract-hidden"]) == 0
    names = sorted(each.name for each in (tmp_path / "both").iterdir())
    assert names == ["clip-0001.mov", "photo-0001.jpg"]
    assert audit_file(tmp_path / "both" / "clip-0001.mov").verdict is Verdict.CANONICAL


def test_the_hidden_video_is_named_in_the_report(tmp_path: Path, out: Path) -> None:
    source = tmp_path / "a.jpg"
    source.write_bytes(jpeg.join(jpeg.picture()) + mux(tiny(), Layout()))
    report = clean_file(source, out / "x.jpg")
    assert any(each.kind is Kind.HIDDEN and "video" in each.label for each in report.findings)
