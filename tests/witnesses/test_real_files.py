"""Real files: what they are cleaned to is clean to every second reader too."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import pytest

from corpus import manifest
from scrubkit.clean import clean_file
from scrubkit.model import Outcome, Policy, Profile, Verdict, Verify
from scrubkit.witnesses.observe import observe

FAMILIES = ("isobmff-video", "heif", "jpeg", "png-webp-gif-tiff-raw", "audio")

ENTRIES = tuple(entry for family in FAMILIES for entry in manifest.entries(family))

pytestmark = [pytest.mark.corpus, manifest.needed]


@cache
def failures(entry: manifest.Entry, profile: Profile) -> tuple[int, list[str]]:
    """How many checks were made of what a file is cleaned to, and those that failed."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "output")
        report = clean_file(entry.file, output, Policy(profile=profile, verify=Verify.STRUCTURE))
        if report.verdict is not Verdict.CLEANED or report.format is None:
            return 0, []
        checks = observe(entry.file, output, report.format).checks
        return len(checks), [check.reason for check in checks if check.outcome is Outcome.FAILED]


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.path)
def test_no_reader_finds_anything_in_what_a_real_file_is_cleaned_to(
    entry: manifest.Entry, profile: Profile
) -> None:
    assert failures(entry, profile)[1] == []
