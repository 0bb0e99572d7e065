from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scrubkit.audit import audit_file
from scrubkit.clean import clean_file
from scrubkit.linkage import TOGETHER, Groups
from scrubkit.model import FileReport, Media, Policy, Trait, Verdict, Verify
from scrubkit.specimens.cases import gif, heif, isobmff, jpeg, png, tiff, webp

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.specimens.cases import Case

POLICY = Policy(verify=Verify.PAYLOAD)
CASES = [module.CASES[0] for module in (isobmff, jpeg, heif, png, webp, gif, tiff)]


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
    assert len(found) >= 3
    assert all(found.values())


def test_a_twin_has_the_same_traits(tmp_path: Path) -> None:
    case = isobmff.CASES[0]
    one = cleaned(tmp_path, case)
    source = tmp_path / "twin"
    source.write_bytes(case.twins[0][1]())
    assert clean_file(source, tmp_path / "y", POLICY).traits == one.traits


def test_recordings_of_different_encoders_differ_in_their_coding(tmp_path: Path) -> None:
    one, other = (named(cleaned(tmp_path, case)) for case in isobmff.CASES[:2])
    assert one["picture coding"] != other["picture coding"]


def test_photos_differ_in_their_tables(tmp_path: Path) -> None:
    one, other = (named(cleaned(tmp_path, case)) for case in jpeg.CASES[:2])
    assert one["coding"] != other["coding"]


def test_traits_are_no_findings_of_an_audit(tmp_path: Path) -> None:
    cleaned(tmp_path, jpeg.CASES[0])
    assert audit_file(tmp_path / "x", POLICY).verdict is Verdict.CANONICAL


def groups(*rows: tuple[Media, str]) -> Groups:
    found = Groups()
    for number, (media, value) in enumerate(rows, 1):
        found.add(number, media, (Trait("frame size", value),))
    return found


def test_groups_are_counted_largest_first_with_the_numbers_of_their_files() -> None:
    linkage = groups((Media.CLIP, "a"), (Media.CLIP, "b"), (Media.CLIP, "a")).linkage()
    feature = next(each for each in linkage.features if each.name == "clip: frame size")
    assert feature.sizes == (2, 1)
    assert feature.groups == (("a", (1, 3)), ("b", (2,)))
    assert (feature.smallest, feature.alone) == (1, 1)


def test_only_files_of_one_medium_are_compared() -> None:
    linkage = groups((Media.CLIP, "a"), (Media.PHOTO, "a")).linkage()
    assert {each.name for each in linkage.features if each.name.endswith("frame size")} == {
        "clip: frame size",
        "photo: frame size",
    }


def test_the_sharpest_feature_comes_first() -> None:
    found = Groups()
    for number, (one, other) in enumerate((("a", "p"), ("a", "p"), ("a", "p"), ("a", "q")), 1):
        found.add(number, Media.CLIP, (Trait("dull", one), Trait("sharp", other)))
    assert [each.name for each in found.linkage().features] == [
        f"clip: {TOGETHER}",
        "clip: sharp",
        "clip: dull",
    ]


def test_features_together_tell_more_than_each() -> None:
    found = Groups()
    for number, pair in enumerate(("ap", "aq", "bp", "bq"), 1):
        found.add(number, Media.CLIP, (Trait("one", pair[0]), Trait("other", pair[1])))
    sizes = {each.name: each.sizes for each in found.linkage().features}
    assert sizes["clip: one"] == (2, 2)
    assert sizes[f"clip: {TOGETHER}"] == (1, 1, 1, 1)


def test_nothing_gives_no_groups() -> None:
    assert Groups().linkage().features == ()
