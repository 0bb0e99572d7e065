from __future__ import annotations

from scrubkit.model import Fate, FileReport, Finding, Kind, Ledger, LedgerRow, Verdict
from scrubkit.report.tree import tree_json, tree_lines

REPORT = FileReport(
    Verdict.IDENTIFYING,
    format="toy",
    ledger=Ledger(
        1000,
        (
            LedgerRow("ftyp", Fate.STRUCTURE, 20),
            LedgerRow("moov/udta/\x1b[2J", Fate.RESIDUE, 30, 2),
            LedgerRow("moov/mvhd", Fate.STRUCTURE, 50),
            LedgerRow("mdat", Fate.ESSENCE, 900),
        ),
    ),
    findings=(
        Finding("moov/udta/\x1b[2J", Kind.GPS, "location", 30, untrusted_value="secret"),
        Finding("moov/mvhd/creation_time", Kind.TIME, "creation time", 4),
    ),
)


def test_a_parent_holds_what_its_children_hold() -> None:
    lines = {line.split()[-1]: line for line in tree_lines(REPORT)}
    assert lines["moov"].split()[:4] == ["80", "8", "%", "structure/residue"]


def test_a_finding_marks_its_line() -> None:
    assert [line for line in tree_lines(REPORT) if "gps: location" in line] != []


def test_a_finding_below_the_ledger_has_a_line_of_its_own() -> None:
    assert any("creation_time" in line and "time: creation time" in line for line in tree_lines(REPORT))


def test_coded_data_is_called_by_what_it_is() -> None:
    rows = (LedgerRow("mdat/trak[1]/h264/nal/5", Fate.ESSENCE, 9, 2, "h264/nal/5"),)
    report = FileReport(Verdict.CANONICAL, ledger=Ledger(9, rows))
    assert any(line.endswith("5 (2 places)  = H.264 slices of IDR pictures") for line in tree_lines(report))
    assert tree_json(report)["rows"][0]["what"] == "H.264 slices of IDR pictures"


def test_names_are_escaped_and_values_not_shown() -> None:
    text = "\n".join(tree_lines(REPORT))
    assert "\x1b" not in text
    assert "secret" not in text


def test_the_last_line_is_the_whole_file() -> None:
    assert list(tree_lines(REPORT))[-1].split() == ["1,000", "all"]


def test_a_ledger_with_a_gap_is_called_incomplete() -> None:
    assert REPORT.ledger is not None
    report = FileReport(Verdict.IDENTIFYING, ledger=Ledger(1001, REPORT.ledger.rows))
    assert "INCOMPLETE" in list(tree_lines(report))[-1]


def test_a_refused_file_has_no_tree() -> None:
    assert list(tree_lines(FileReport(Verdict.REFUSED))) == []


def test_the_json_has_every_row_and_no_value() -> None:
    tree = tree_json(REPORT)
    assert sum(row["size"] for row in tree["rows"]) == tree["size"] == 1000
    assert "secret" not in str(tree)
