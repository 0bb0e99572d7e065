from __future__ import annotations

import pytest

from scrubkit.model import Fate, Ledger, LedgerRow
from scrubkit.report.coded import coded_type
from scrubkit.report.document import coded_types


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("h264/nal/1", "H.264 slices"),
        ("h264/sei/6", "SEI message: recovery point"),
        ("hevc/sei/137", "SEI message: mastering display"),
        ("hevc/nal/1", "H.265 slices"),
        ("hevc/nal/19", "H.265 slices of random access pictures"),
        ("hevc/nal/62", "Dolby Vision RPU"),
        ("av1/obu/6", "AV1 frame"),
        ("new/kind", "new/kind"),
    ],
)
def test_a_type_is_told_in_words(key: str, words: str) -> None:
    assert coded_type(key) == words


def test_types_of_all_tracks_are_summed_and_the_largest_comes_first() -> None:
    rows = (
        LedgerRow("a/aac/block", Fate.ESSENCE, 10, 1, "aac/block"),
        LedgerRow("b/aac/block", Fate.ESSENCE, 10, 1, "aac/block"),
        LedgerRow("c/h264/nal/1", Fate.ESSENCE, 75, 1, "h264/nal/1"),
        LedgerRow("moov", Fate.STRUCTURE, 5),
    )
    found = coded_types(Ledger(100, rows))
    assert [(each["type"], each["share"]) for each in found] == [
        ("h264/nal/1", "75 %"),
        ("aac/block", "20 %"),
    ]
