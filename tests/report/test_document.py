from __future__ import annotations

import base64
import json
import os
import stat
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from scrubkit.errors import DestinationFailed
from scrubkit.model import (
    Check,
    Fate,
    FileReport,
    Finding,
    Job,
    Kind,
    Ledger,
    LedgerRow,
    Media,
    Outcome,
    Policy,
    Problem,
    Remaining,
    Residual,
    Verdict,
)
from scrubkit.report import words
from scrubkit.report.document import named, share
from scrubkit.report.files import PRIVATE_REPORT, REPORT, Reports
from scrubkit.report.totals import Totals

SECRETS = ("Jane Q Secret", "52.3702", "SN-998877", "abcdef0123456789" * 4, "IMG_4711.MOV", "1700000123")

CLEANED = FileReport(
    verdict=Verdict.CLEANED,
    format="isobmff",
    media=Media.CLIP,
    suffix=".mp4",
    checks=(Check("fixed-point", Outcome.PASSED, "bytes"), Check("decode", Outcome.NOT_RUN, "", "no av")),
    findings=(
        Finding("moov/udta/©xyz", Kind.GPS, "location", 20, 4711, untrusted_value="52.3702"),
        Finding("moov/udta/©xyz", Kind.GPS, "location", 20, 5711, untrusted_value="52.3702"),
        Finding(
            "moov/SN-998877", Kind.UNKNOWN, "SN-998877", 9, 1, known=False, untrusted_value="Jane Q Secret"
        ),
    ),
    remaining=(Remaining(Residual.HIDDEN_LEAD_IN, 3),),
    ledger=Ledger(
        1_700_000_123,
        (
            LedgerRow("mdat/trak[1]", Fate.ESSENCE, 200_000_000, 9),
            LedgerRow("mdat/trak[1]/h264/nal/1", Fate.ESSENCE, 1_500_000_000, 9, "h264/nal/1"),
            LedgerRow("moov/SN-998877", Fate.RESIDUE, 123),
        ),
    ),
    size=1_700_000_123,
    output_size=1_700_000_999,
    payload_digest=SECRETS[3],
    untrusted_name="IMG_4711.MOV",
    output_name="clip-0001.mp4",
)

REFUSED = FileReport(
    verdict=Verdict.REFUSED,
    problem=Problem("malformed", 4, "moov/trak", "box-size", 1_700_000_123),
    untrusted_name="IMG_4711.MOV",
)


@cache
def validator(name: str) -> Draft202012Validator:
    schema = json.loads(files("scrubkit.report").joinpath(f"{name}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def written(
    folder: Path,
    *reports: FileReport,
    path: Path = Path("/drive/Jane Q Secret/IMG_4711.MOV"),
    complete: bool = True,
) -> tuple[dict[str, Any], dict[str, Any]]:
    totals = Totals()
    with Reports(folder, folder, "clean", Policy()) as open_reports:
        for report in reports:
            totals.add(report)
            open_reports.add(Job(path, report.untrusted_name), report)
        open_reports.finish(totals, complete=complete)
    return tuple(json.loads((folder / name).read_text("ascii")) for name in (REPORT, PRIVATE_REPORT))


@pytest.mark.parametrize("reports", [(), (CLEANED,), (REFUSED,), (CLEANED, REFUSED, CLEANED)])
def test_both_documents_keep_to_their_schemas(tmp_path: Path, reports: tuple[FileReport, ...]) -> None:
    shared, private = written(tmp_path, *reports)
    validator("report").validate(shared)
    validator("private").validate(private)
    assert len(shared["files"]) == len(private["files"]) == len(reports)


@pytest.mark.parametrize("secret", SECRETS)
def test_nothing_private_is_in_the_shareable_document(tmp_path: Path, secret: str) -> None:
    written(tmp_path, CLEANED, REFUSED)
    assert secret not in (tmp_path / REPORT).read_text("ascii")


def test_the_shareable_document_has_no_size_offset_or_digest_key(tmp_path: Path) -> None:
    shared, _ = written(tmp_path, CLEANED, REFUSED)
    keys = set(_keys(shared["files"]))
    assert not keys & {"size", "start", "at", "output_size", "payload_digest", "path", "original", "value"}


def _keys(value: object) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(key for each in value.values() for key in _keys(each))]
    if isinstance(value, list):
        return [key for each in value for key in _keys(each)]
    return []


def test_the_private_document_has_it_all(tmp_path: Path) -> None:
    _, private = written(tmp_path, CLEANED)
    (entry,) = private["files"]
    assert entry["original"] == "IMG_4711.MOV"
    assert entry["output"] == "clip-0001.mp4"
    assert entry["size"] == CLEANED.size
    assert entry["payload_digest"] == CLEANED.payload_digest
    assert [each["value"] for each in entry["findings"]] == ["52.3702", "52.3702", "Jane Q Secret"]
    assert sum(row["size"] for row in entry["ledger"]) == CLEANED.size


def test_findings_are_counted_by_label_and_unknown_names_are_not_shown(tmp_path: Path) -> None:
    shared, _ = written(tmp_path, CLEANED)
    assert shared["files"][0]["findings"] == [
        {"kind": "gps", "label": "location", "known": True, "count": 2},
        {"kind": "unknown", "label": "unknown", "known": False, "count": 1},
    ]


def test_a_refused_entry_has_a_number_and_a_reason_and_no_name(tmp_path: Path) -> None:
    shared, _ = written(tmp_path, CLEANED, REFUSED)
    assert shared["files"][1] == {
        "number": 2,
        "verdict": "refused",
        "level": "refused",
        "problem": {
            "code": "malformed",
            "where": "moov/trak",
            "rule": "box-size",
            "sentence": words.PROBLEMS["malformed"],
        },
    }


def test_totals_list_the_worst_verdict_first(tmp_path: Path) -> None:
    shared, _ = written(tmp_path, CLEANED, REFUSED, CLEANED)
    assert list(shared["totals"]["verdicts"].items()) == [("refused", 1), ("cleaned", 2)]
    assert (shared["verdict"], shared["exit_status"]) == ("refused", 4)
    assert shared["totals"]["findings"] == {"gps": 4, "unknown": 2}
    assert shared["totals"]["checks_not_run"] == [{"name": "decode", "reason": "no av", "files": 2}]


def test_a_run_that_was_cut_off_says_so(tmp_path: Path) -> None:
    shared, _ = written(tmp_path, CLEANED, complete=False)
    assert shared["complete"] is False


def test_residual_risk_is_always_stated(tmp_path: Path) -> None:
    shared, _ = written(tmp_path)
    assert len(shared["residual_risk"]) >= 3


def test_versions_of_the_machine_are_private(tmp_path: Path) -> None:
    shared, private = written(tmp_path)
    assert private["versions"]["scrubkit"]
    assert "av" in private["versions"]
    assert "versions" not in shared


def test_the_private_report_is_its_owners_and_names_are_given_at_the_end(tmp_path: Path) -> None:
    with Reports(tmp_path, tmp_path, "clean", Policy()) as reports:
        assert sorted(each.name for each in tmp_path.iterdir()) == ["private.json.part", "report.json.part"]
        assert stat.S_IMODE((tmp_path / "private.json.part").stat().st_mode) == 0o600
        reports.finish(Totals(), complete=True)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["private.json", "report.html", "report.json"]
    assert stat.S_IMODE((tmp_path / PRIVATE_REPORT).stat().st_mode) == 0o600


def test_the_shareable_report_does_not_date_the_run(tmp_path: Path) -> None:
    written(tmp_path)
    assert (tmp_path / REPORT).stat().st_mtime == 946_684_800


def test_a_report_that_cannot_be_written_is_a_destination_failure(tmp_path: Path) -> None:
    with pytest.raises(DestinationFailed, match="ENOENT"):
        Reports(tmp_path / "missing", tmp_path, "clean", Policy())


@given(st.text(st.characters(codec=None)))
def test_any_name_is_readable_json_and_can_be_had_back(text: str) -> None:
    entry = json.loads(json.dumps(named("path", text)))
    entry["path"].encode("utf-8")
    if "path_b64" in entry:
        raw = base64.b64decode(entry["path_b64"])
        # Half a character that stands for a byte is that byte; any other is written as if it were one.
        stands_for_bytes = all("\udc80" <= each <= "\udcff" for each in text if "\ud800" <= each <= "\udfff")
        assert raw == text.encode("utf-8", "surrogateescape" if stands_for_bytes else "surrogatepass")
    else:
        assert entry["path"] == text


def test_a_name_that_is_no_utf_8_keeps_its_bytes(tmp_path: Path) -> None:
    path = Path(os.fsdecode(b"/drive/\xff.mp4"))
    _, private = written(tmp_path, CLEANED, path=path)
    validator("private").validate(private)
    assert base64.b64decode(private["files"][0]["path_b64"]) == b"/drive/\xff.mp4"


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 10, "none"),
        (0, 0, "none"),
        (10, 10, "all"),
        (1, 10**9, "<1 %"),
        (10**9 - 1, 10**9, ">99 %"),
        (1, 3, "33 %"),
        (995, 1000, ">99 %"),
    ],
)
def test_a_share_never_reads_as_nothing_or_everything_unless_it_is(part: int, whole: int, shown: str) -> None:
    assert share(part, whole) == shown
