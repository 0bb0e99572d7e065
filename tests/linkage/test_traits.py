"""What is read from clean files of every format, to group them by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scrubkit.audit import audit_file
from scrubkit.clean import clean_file
from scrubkit.linkage.features import FEATURES, WHOLE
from scrubkit.model import FileReport, Policy, Verdict, Verify
from scrubkit.specimens.cases import bmp, gif, heif, isobmff, jpeg, png, tiff, webp

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.specimens.cases import Case

POLICY = Policy(verify=Verify.PAYLOAD)
MODULES = (isobmff, jpeg, heif, png, webp, gif, tiff, bmp)
CASES = [module.CASES[0] for module in MODULES]
SOME = [case for module in MODULES for case in module.CASES[:3]]


def cleaned(folder: Path, case: Case, name: str = "x") -> FileReport:
    source = folder / f"{name}.source"
    source.write_bytes(case.dirty())
    report = clean_file(source, folder / name, POLICY, force=True)
    assert report.verdict is Verdict.CLEANED, report.problem
    return report


def named(report: FileReport) -> dict[str, str]:
    return {trait.name: trait.value for trait in report.traits}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_clean_file_of_every_format_has_traits(case: Case, tmp_path: Path) -> None:
    found = named(cleaned(tmp_path, case))
    assert len(found) >= 4
    assert all(found.values())


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_each_trait_is_once_and_explained(case: Case, tmp_path: Path) -> None:
    report = cleaned(tmp_path, case)
    names = [trait.name for trait in report.traits]
    assert len(names) == len(set(names))
    assert set(names) <= FEATURES.keys()
    assert set(names) & WHOLE


@pytest.mark.parametrize("case", [case for case in CASES if case.twins], ids=lambda case: case.name)
def test_twins_have_the_same_traits(case: Case, tmp_path: Path) -> None:
    one = cleaned(tmp_path, case)
    source = tmp_path / "twin"
    source.write_bytes(case.twins[0][1]())
    assert clean_file(source, tmp_path / "y", POLICY).traits == one.traits


def test_recordings_of_different_encoders_differ_in_their_coding(tmp_path: Path) -> None:
    one, other = (named(cleaned(tmp_path, case)) for case in isobmff.CASES[:2])
    assert one["parameter sets"] != other["parameter sets"]


def test_photos_of_different_coding_differ(tmp_path: Path) -> None:
    one, other = (named(cleaned(tmp_path, case)) for case in jpeg.CASES[:2])
    assert one["coding"] != other["coding"]


def test_traits_are_no_findings_of_an_audit(tmp_path: Path) -> None:
    cleaned(tmp_path, jpeg.CASES[0])
    assert audit_file(tmp_path / "x", POLICY).verdict is Verdict.CANONICAL
