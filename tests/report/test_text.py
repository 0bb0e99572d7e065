from __future__ import annotations

from dataclasses import replace

import pytest

from scrubkit.model import (
    Check,
    FileReport,
    Finding,
    Kind,
    Outcome,
    Problem,
    Remaining,
    Residual,
    Verdict,
)
from scrubkit.report.text import file_lines, summary_lines
from scrubkit.report.totals import Totals
from scrubkit.report.words import ALWAYS

REPORT = FileReport(
    Verdict.CLEANED,
    findings=(
        Finding("a", Kind.SERIAL, "serial number", untrusted_value="SN-1"),
        Finding("b", Kind.GPS, "location", untrusted_value="52.37"),
        Finding("SN-2", Kind.UNKNOWN, "SN-2", known=False),
    ),
    checks=(Check("essence", Outcome.PASSED, "digest"), Check("decode", Outcome.NOT_RUN, "", "no reader")),
    remaining=(Remaining(Residual.HIDDEN_LEAD_IN, 3),),
    untrusted_name="a\n\x1b[2Jb.mov",
    output_name="clip-0001.mp4",
)


def test_one_file_is_one_line_with_its_name_escaped() -> None:
    assert list(file_lines(REPORT)) == [
        r"cleaned      a\x0a\x1b[2Jb.mov → clip-0001.mp4  [gps 1, serial 1, unknown 1]"
    ]


@pytest.mark.parametrize("value", ["SN-1", "SN-2", "52.37"])
def test_no_value_is_shown_however_much_is_asked_for(value: str) -> None:
    assert value not in "\n".join(file_lines(REPORT, verbose=True))


def test_details_name_labels_checks_and_what_stays() -> None:
    text = "\n".join(file_lines(REPORT, verbose=True))
    for part in ("gps: location", "essence: passed", "decode: not run (no reader)", "stays: ", "(3)"):
        assert part in text


def test_a_refusal_says_why() -> None:
    report = FileReport(Verdict.REFUSED, problem=Problem("truncated", 4, "moov", "", 7), untrusted_name="x")
    (line,) = file_lines(report)
    assert "truncated: moov at byte 7: ends before" in line


@pytest.mark.parametrize(
    ("verdict", "word"),
    [(Verdict.IDENTIFYING, "would clean"), (Verdict.CANONICAL, "clean as is"), (Verdict.REFUSED, "refused")],
)
def test_a_plan_says_what_would_be(verdict: Verdict, word: str) -> None:
    (line,) = file_lines(replace(REPORT, verdict=verdict), planned=True)
    assert line.startswith(word)


def summary(*reports: FileReport) -> str:
    totals = Totals()
    for report in reports:
        totals.add(report)
    return "\n".join(summary_lines(totals, "clean"))


def test_the_end_counts_verdicts_worst_first() -> None:
    refused = FileReport(Verdict.REFUSED, problem=Problem("truncated", 4, "moov"))
    assert summary(REPORT, refused, REPORT).startswith("3 files: 1 refused, 2 cleaned\nAs a whole: refused: ")


def test_the_end_says_what_was_not_checked_and_what_stays() -> None:
    text = summary(REPORT)
    assert "Not checked in 1: decode (no reader)" in text
    assert all(sentence in text for sentence in ALWAYS)


def test_the_end_of_nothing_is_a_count() -> None:
    assert summary() == "0 files"
