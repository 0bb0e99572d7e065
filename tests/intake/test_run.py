from __future__ import annotations

import multiprocessing
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import toy
from scrubkit import clean
from scrubkit.errors import Malformed, SourceFailed
from scrubkit.intake import pool, run
from scrubkit.intake.run import audit_run, clean_run, guarded
from scrubkit.intake.walk import Found, walk
from scrubkit.model import FileReport, Job, Media, Policy, Verdict, Verify
from scrubkit.staged import EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scrubkit.formats import Reading
    from scrubkit.source import Source

PAYLOAD = Policy(verify=Verify.PAYLOAD)
"""The toy's payload is the name of the file, which the carry-over search would find, and rightly."""

MEDIA = {b"c": Media.CLIP, b"p": Media.PHOTO, b"s": Media.SOUND}


def read_by_letter(source: Source, policy: Policy) -> Reading:
    """The first byte of the first chunk says what kind of media it is."""
    reading = toy.read(source, policy)
    return replace(reading, media=MEDIA.get(source.read(6, 1), Media.CLIP))


pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    toy.install(monkeypatch, replace(toy.TOY, read=read_by_letter))
    # Only a fork knows of the toy; pytest's own workers have threads, so it must be asked for.
    monkeypatch.setattr(pool, "_context", lambda: multiprocessing.get_context("fork"))


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    folder = tmp_path / "drive"
    folder.mkdir()
    for name, letter in (("img10", b"p"), ("img2", b"p"), ("b", b"c"), ("a", b"s")):
        (folder / name).write_bytes(toy.toy(toy.chunk(b"P", letter + name.encode())))
    (folder / "img3").write_bytes(b"nothing that is known")
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def cleaned(drive: Path, out: Path, workers: int = 1) -> dict[str, str]:
    return {
        report.untrusted_name: report.output_name
        for _, report in clean_run(walk([drive]), out, PAYLOAD, workers=workers)
    }


@pytest.mark.parametrize("workers", [1, 2])
def test_outputs_are_numbered_by_kind_in_natural_order_over_successes(
    drive: Path, out: Path, workers: int
) -> None:
    assert cleaned(drive, out, workers) == {
        "a": "sound-0001.toy",
        "b": "clip-0001.toy",
        "img2": "photo-0001.toy",
        "img3": "",
        "img10": "photo-0002.toy",
    }
    assert (out / "photo-0002.toy").read_bytes().endswith(b"pimg10")
    assert len(list(out.iterdir())) == 4


def test_the_folder_has_a_constant_time(drive: Path, out: Path) -> None:
    cleaned(drive, out)
    assert out.stat().st_mtime == EPOCH


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_is_in_the_way_is_not_replaced_and_its_number_not_used_up(
    drive: Path, out: Path, workers: int
) -> None:
    (out / "photo-0001.toy").write_bytes(b"mine")
    verdicts = [report.verdict for _, report in clean_run(walk([drive]), out, PAYLOAD, workers=workers)]
    assert verdicts.count(Verdict.FAILED) == 2
    assert (out / "photo-0001.toy").read_bytes() == b"mine"
    assert sorted(each.name for each in out.iterdir()) == [
        "clip-0001.toy",
        "photo-0001.toy",
        "sound-0001.toy",
    ]


def test_force_replaces_files_of_the_same_name(drive: Path, out: Path) -> None:
    (out / "photo-0001.toy").write_bytes(b"theirs")
    list(clean_run(walk([drive]), out, PAYLOAD, force=True))
    assert (out / "photo-0001.toy").read_bytes().endswith(b"pimg2")


@pytest.mark.parametrize("workers", [1, 2])
def test_stopping_early_leaves_finished_files_only(drive: Path, out: Path, workers: int) -> None:
    results = clean_run(walk([drive]), out, PAYLOAD, workers=workers)
    next(results)
    results.close()
    assert [each.name for each in out.iterdir()] == ["sound-0001.toy"]
    assert out.stat().st_mtime == EPOCH


@pytest.mark.parametrize("workers", [1, 2])
def test_an_unexpected_exception_costs_one_file_and_is_not_quoted(
    drive: Path, out: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    toy.install(monkeypatch, replace(toy.TOY, read=fail_on_photos))
    reports = {
        job.untrusted_name: report for job, report in clean_run(walk([drive]), out, PAYLOAD, workers=workers)
    }
    assert reports["a"].verdict is Verdict.CLEANED
    assert reports["img2"].verdict is Verdict.FAILED
    problem = reports["img2"].problem
    assert problem is not None
    assert (problem.code, problem.exit_status, problem.where) == ("internal", 1, "KeyError")
    assert "secret" not in str(reports["img2"])
    assert len(list(out.iterdir())) == 2


def fail_on_photos(source: Source, policy: Policy) -> Reading:
    if source.read(6, 1) == b"p":
        raise KeyError("secret")
    return toy.read(source, policy)


def kill_on_photos(source: Source, policy: Policy) -> Reading:
    if source.read(6, 1) == b"p":
        os.kill(os.getpid(), 9)
    return toy.read(source, policy)


def test_a_reader_that_dies_costs_its_own_file_only(
    drive: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.install(monkeypatch, replace(toy.TOY, read=kill_on_photos))
    reports = {
        job.untrusted_name: report for job, report in clean_run(walk([drive]), out, PAYLOAD, workers=2)
    }
    assert [name for name, report in reports.items() if report.problem == run.LOST.problem] == [
        "img2",
        "img10",
    ]
    assert sorted(each.name for each in out.iterdir()) == ["clip-0001.toy", "clip-0002.toy"]


def test_an_internal_problem_names_the_line_of_ours() -> None:
    def fail() -> FileReport:
        clean.clean_file(None, None)  # type: ignore[arg-type]
        raise AssertionError

    problem = guarded(fail).problem
    assert problem is not None
    assert problem.rule.startswith("clean.py:")


def test_a_typed_error_keeps_its_code() -> None:
    def fail() -> FileReport:
        raise Malformed("box", "size", 7)

    report = guarded(fail)
    assert report.problem is not None
    assert (report.verdict, report.problem.code, report.problem.at) == (Verdict.REFUSED, "malformed", 7)


def test_what_could_not_be_walked_is_reported_in_its_place(drive: Path, out: Path) -> None:
    found = [Found(Job(drive / "locked", "locked"), SourceFailed("folder", "EACCES")), *walk([drive / "a"])]
    reports = [report for _, report in clean_run(found, out, PAYLOAD)]
    assert [report.untrusted_name for report in reports] == ["locked", "a"]
    assert reports[0].verdict is Verdict.REFUSED


@pytest.mark.parametrize("workers", [1, 2])
def test_an_audit_run_reports_in_order_and_writes_nothing(
    drive: Path, workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    reports = [report for _, report in audit_run(walk([drive]), workers=workers)]
    assert [report.untrusted_name for report in reports] == ["a", "b", "img2", "img3", "img10"]
    assert {report.verdict for report in reports} == {Verdict.CANONICAL, Verdict.REFUSED}
    assert sorted(tmp_path.rglob("*")) == before


def test_the_folder_is_synced_now_and_then(drive: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(run, "SYNC_EVERY", 2)
    monkeypatch.setattr(run, "sync_folder", lambda _: synced.append(len(list(out.iterdir()))))
    cleaned(drive, out)
    assert synced == [2, 4, 4]


def test_a_run_over_one_file_starts_no_process(
    drive: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scrubkit.intake.pool.in_order", lambda *_, **__: pytest.fail("started"))
    assert len(list(clean_run(walk([drive / "a"]), out, PAYLOAD, workers=8))) == 1


def test_there_is_at_least_one_worker_by_default() -> None:
    default: Callable[[], int] = run.workers_by_default
    assert default() >= 1


def test_without_second_readers_two_more_workers_wait_for_the_disk() -> None:
    assert run.workers_by_default(Verify.PAYLOAD) == run.workers_by_default(Verify.READERS) + 2
