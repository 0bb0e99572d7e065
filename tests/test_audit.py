from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import toy
from scrubkit.audit import audit_file, settled
from scrubkit.errors import Malformed
from scrubkit.model import (
    Fate,
    FileReport,
    Finding,
    Kind,
    Ledger,
    LedgerRow,
    Outcome,
    Policy,
    Verdict,
    Verify,
)
from scrubkit.pieces import Payload, Walked

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.formats import Reading
    from scrubkit.source import Source


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    toy.install(monkeypatch)


def audited(folder: Path, data: bytes, policy: Policy = Policy()) -> FileReport:  # noqa: B008 (frozen)
    path = folder / "file"
    path.write_bytes(data)
    return audit_file(path, policy)


def outcomes(report: FileReport) -> dict[str, Outcome]:
    return {check.name: check.outcome for check in report.checks}


def test_a_clean_file_is_canonical(tmp_path: Path) -> None:
    report = audited(tmp_path, toy.CLEAN)
    assert report.verdict is Verdict.CANONICAL
    assert report.findings == ()
    assert outcomes(report) == {
        "fixed-point": Outcome.PASSED,
        "ledger": Outcome.PASSED,
        "residue": Outcome.PASSED,
        "essence": Outcome.NOT_RUN,
    }


def test_a_file_with_residue_is_identifying(tmp_path: Path) -> None:
    report = audited(tmp_path, toy.dirty())
    assert report.verdict is Verdict.IDENTIFYING
    assert [each.kind for each in report.findings] == [Kind.PERSON, Kind.SERIAL]
    assert outcomes(report)["residue"] is Outcome.FAILED


def test_residue_inside_samples_alone_is_identifying(tmp_path: Path) -> None:
    report = audited(tmp_path, toy.toy(toy.chunk(b"I", b"!x")))
    assert report.verdict is Verdict.IDENTIFYING
    assert [each.path for each in report.findings] == ["chunk/payload/mark"]


def test_a_foreign_layout_is_identifying_even_if_nothing_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(source: Source, policy: Policy) -> Reading:
        return replace(toy.read(source, policy), residue=())

    toy.install(monkeypatch, replace(toy.TOY, read=silent))
    report = audited(tmp_path, toy.toy(toy.chunk(b"M", b"x"), toy.chunk(b"P", b"y")))
    assert report.verdict is Verdict.IDENTIFYING
    assert [each.path for each in report.findings] == ["layout"]
    assert outcomes(report)["fixed-point"] is Outcome.FAILED


def test_a_byte_without_a_name_is_never_canonical(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(source: Source, policy: Policy) -> Reading:
        reading = toy.read(source, policy)
        return replace(reading, ledger=replace(reading.ledger, rows=reading.ledger.rows[1:]))

    toy.install(monkeypatch, replace(toy.TOY, read=forgetful))
    report = audited(tmp_path, toy.CLEAN)
    assert report.verdict is Verdict.IDENTIFYING
    assert outcomes(report)["ledger"] is Outcome.FAILED


def test_a_structure_audit_reads_no_payload_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Payload, "view", lambda *_: pytest.fail("payload was read"))
    report = audited(tmp_path, toy.CLEAN, Policy(verify=Verify.STRUCTURE))
    assert report.verdict is Verdict.CANONICAL
    assert report.payload_digest == ""
    residue = next(check for check in report.checks if check.name == "residue")
    assert "not read" in residue.scope
    assert outcomes(report)["samples"] is Outcome.NOT_RUN


def test_a_decode_audit_without_an_original_is_not_run(tmp_path: Path) -> None:
    report = audited(tmp_path, toy.CLEAN, Policy(verify=Verify.DECODE))
    assert outcomes(report)["decode"] is Outcome.NOT_RUN


def test_what_cannot_be_modelled_is_refused(tmp_path: Path) -> None:
    report = audited(tmp_path, b"TOY!?\0")
    assert report.verdict is Verdict.REFUSED
    assert report.problem is not None
    assert (report.problem.code, report.problem.at) == ("malformed", 6)


@pytest.mark.parametrize("error", [MemoryError(), RecursionError(), Malformed("box")])
def test_a_costly_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    toy.install(monkeypatch, replace(toy.TOY, read=toy.raising(error)))
    assert audited(tmp_path, toy.CLEAN).verdict is Verdict.REFUSED


def test_an_audit_writes_nothing(tmp_path: Path) -> None:
    audited(tmp_path, toy.dirty())
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def row(path: str, size: int, fate: Fate = Fate.ESSENCE) -> LedgerRow:
    return LedgerRow(path, fate, size)


def dropped(path: str, size: int, count: int = 1) -> Finding:
    return Finding(path, Kind.HIDDEN, "", size, count=count)


def test_dropped_bytes_are_taken_from_their_own_row() -> None:
    ledger = Ledger(30, (row("mdat/trak[1]", 10), row("mdat/trak[2]", 20)))
    assert settled(ledger, Walked((dropped("mdat/trak[2]/sei", 4, 2),))).rows == (
        row("mdat/trak[1]", 10),
        row("mdat/trak[2]", 16),
        LedgerRow("mdat/trak[2]/sei", Fate.RESIDUE, 4, 2),
    )


def kept(key: str, size: int) -> LedgerRow:
    return LedgerRow(f"mdat/trak[2]/{key}", Fate.ESSENCE, size, 3, key)


def test_what_crosses_is_told_apart_beside_its_own_row() -> None:
    ledger = Ledger(30, (row("mdat/trak[1]", 10), row("mdat/trak[2]", 20)))
    slices, sei = kept("h264/nal/1", 12), kept("h264/sei/6", 2)
    rows = settled(ledger, Walked((), (), (slices, sei))).rows
    assert rows == (row("mdat/trak[1]", 10), row("mdat/trak[2]", 6), slices, sei)


def test_samples_told_apart_to_the_last_byte_have_no_row_of_their_own() -> None:
    slices = kept("h264/nal/1", 20)
    assert settled(Ledger(20, (row("mdat/trak[2]", 20),)), Walked((), (), (slices,))).rows == (slices,)


def test_more_told_apart_than_there_was_makes_the_ledger_incomplete() -> None:
    ledger = Ledger(20, (row("mdat/trak[2]", 20),))
    assert not settled(ledger, Walked((), (), (kept("h264/nal/1", 21),))).complete


def test_dropped_bytes_of_one_path_share_a_row() -> None:
    ledger = settled(Ledger(10, (row("a", 10),)), Walked((dropped("a/x", 1), dropped("a/x", 2))))
    assert ledger.rows == (row("a", 7), LedgerRow("a/x", Fate.RESIDUE, 3, 2))


def test_more_dropped_than_there_was_makes_the_ledger_incomplete() -> None:
    assert not settled(Ledger(10, (row("a", 10),)), Walked((dropped("a", 11),))).complete


def test_structure_never_pays_for_what_a_filter_dropped() -> None:
    ledger = settled(Ledger(10, (row("a", 5, Fate.STRUCTURE), row("b", 5))), Walked((dropped("a/x", 5),)))
    assert ledger.total(Fate.STRUCTURE) == 5
    assert ledger.complete
