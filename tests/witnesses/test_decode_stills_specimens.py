"""Every still that can be made up, and every real one, is shown alike before and after."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from corpus import manifest
from scrubkit.clean import clean_file
from scrubkit.model import Outcome, Policy, Verdict, Verify
from scrubkit.witnesses.decode import compare_decoded

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.specimens.cases import Case

FORMATS = ("bmp", "gif", "heif", "jpeg", "png", "tiff", "webp")

CASES: list[Case] = [
    case for name in FORMATS for case in importlib.import_module(f"scrubkit.specimens.cases.{name}").CASES
]

RAW = "tiff, DNG"

STILLS = [entry for folder in ("heif", "jpeg", "png-webp-gif-tiff-raw") for entry in manifest.entries(folder)]

UNDECODABLE = frozenset({"photo.heic"})
"""Real pictures that libheif itself refuses."""


@pytest.mark.parametrize("case", [case for case in CASES if case.name != RAW], ids=lambda case: case.name)
def test_a_made_up_still_is_shown_alike(case: Case, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(case.dirty())
    report = clean_file(source, tmp_path / "copy", replace(case.policy, verify=Verify.DECODE))
    assert report.verdict is Verdict.CLEANED
    assert [check.outcome for check in report.checks if check.name == "decode"] == [Outcome.PASSED]


def test_a_made_up_raw_photo_is_cleaned_and_says_that_nothing_was_compared(tmp_path: Path) -> None:
    (case,) = (case for case in CASES if case.name == RAW)
    source = tmp_path / "source"
    source.write_bytes(case.dirty())
    report = clean_file(source, tmp_path / "copy", Policy(verify=Verify.DECODE))
    assert report.verdict is Verdict.CLEANED
    assert [check.outcome for check in report.checks if check.name == "decode"] == [Outcome.NOT_RUN]


@pytest.mark.parametrize("name", ["heif, Apple's gain map", "heif, stereo"])
def test_a_picture_beside_the_picture_that_the_source_does_not_have_fails(name: str, tmp_path: Path) -> None:
    (case,) = (case for case in CASES if case.name == name)
    source, with_it, without = tmp_path / "source", tmp_path / "with", tmp_path / "without"
    source.write_bytes(case.dirty())
    for path, policy in ((with_it, case.policy), (without, Policy())):
        assert clean_file(source, path, replace(policy, verify=Verify.PAYLOAD)).verdict is Verdict.CLEANED
    check = compare_decoded(without, with_it, ("heif", "heif"))
    assert (check.outcome, check.reason) == (
        Outcome.FAILED,
        "a picture beside the picture is none of those in the source",
    )


@manifest.needed
@pytest.mark.corpus
@pytest.mark.parametrize("entry", STILLS, ids=lambda entry: entry.path)
def test_a_real_still_is_shown_alike(entry: manifest.Entry, tmp_path: Path) -> None:
    report = clean_file(entry.file, tmp_path / "copy", Policy(verify=Verify.PAYLOAD))
    if report.verdict is not Verdict.CLEANED or report.format is None:
        pytest.skip("refused")
    check = compare_decoded(entry.file, tmp_path / "copy", (report.format, report.format))
    wanted = Outcome.NOT_RUN if entry.file.name in UNDECODABLE else Outcome.PASSED
    assert check.outcome is wanted, check.reason
