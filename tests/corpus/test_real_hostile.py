"""Files that crashed other parsers: a report for each, soon, in little memory, and no output if refused."""

from __future__ import annotations

import pytest

import support

from . import manifest

pytestmark = [pytest.mark.corpus, manifest.needed]

SECONDS = 10
PEAK = 300 << 20


@pytest.mark.parametrize("entry", manifest.entries("hostile"), ids=lambda entry: entry.path)
def test_a_hostile_file_gets_a_report_and_nothing_else(entry: manifest.Entry) -> None:
    cost = support.measured(entry.file)
    assert cost.errors == ""
    assert cost.verdict in {"cleaned", "refused"}, cost.problem
    assert cost.output is (cost.verdict == "cleaned")
    assert cost.left == 0
    assert cost.seconds < SECONDS
    assert cost.peak < PEAK
