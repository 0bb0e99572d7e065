"""Real files: what they are cleaned to is clean to every second reader too."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from corpus import manifest
from scrubkit.clean import clean_file
from scrubkit.investigate import keeps_pictures
from scrubkit.model import Extra, Outcome, Policy, Profile, Verdict, Verify
from scrubkit.witnesses.observe import observe

FAMILIES = ("isobmff-video", "heif", "jpeg", "png-webp-gif-tiff-raw", "audio")

ENTRIES = tuple(entry for family in FAMILIES for entry in manifest.entries(family))

pytestmark = [pytest.mark.corpus, manifest.needed]


def failures(entry: manifest.Entry, policy: Policy) -> list[str]:
    """What second readers find in what a file is cleaned to; nothing if it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "output")
        report = clean_file(entry.file, output, policy)
        if report.verdict is not Verdict.CLEANED or report.format is None:
            return []
        checks = observe(entry.file, output, report.format, kept=keeps_pictures(report)).checks
        return [check.reason for check in checks if check.outcome is Outcome.FAILED]


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(Policy(verify=Verify.STRUCTURE), id="default"),
        pytest.param(
            Policy(verify=Verify.STRUCTURE, keep=frozenset(Extra)), id="kept", marks=pytest.mark.slow
        ),
        pytest.param(
            Policy(verify=Verify.STRUCTURE, profile=Profile.STRICT), id="strict", marks=pytest.mark.slow
        ),
    ],
)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.path)
def test_no_reader_finds_anything_in_what_a_real_file_is_cleaned_to(
    entry: manifest.Entry, policy: Policy
) -> None:
    assert failures(entry, policy) == []
