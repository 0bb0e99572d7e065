"""What linkage means is said in words, with counts and without values."""

from __future__ import annotations

import pytest

from scrubkit.linkage import RECORDER, Groups
from scrubkit.linkage.features import FEATURES, LENGTHS, SIZES, WHOLE, Tells, meaning
from scrubkit.linkage.words import sentences
from scrubkit.model import Feature, Linkage, Media, Trait


def feature(name: str, *sizes: int, values: tuple[str, ...] = ()) -> Feature:
    said = values or tuple(f"v{i}" for i, _ in enumerate(sizes))
    groups = tuple((value, tuple(range(size))) for value, size in zip(said, sizes, strict=True))
    return Feature(name, sum(sizes), sizes, groups)


def said(*features: Feature, files: int = 5) -> str:
    return " ".join(sentences(Linkage(files, features)))


def test_nothing_is_said_of_nothing() -> None:
    assert said(files=0) == ""


def test_one_file_can_be_compared_with_nothing_here() -> None:
    assert "nothing can be compared" in said(feature("photo: colour", 1), files=1)


def test_recorders_are_counted_with_the_smallest_group() -> None:
    text = said(feature(f"clip: {RECORDER}", 3, 2))
    assert "5 clips fall into 2 groups" in text
    assert "the smallest has 2. None of them stands alone." in text


@pytest.mark.parametrize(
    ("sizes", "expected"), [((4, 1), "1 clip stands alone"), ((3, 1, 1), "2 clips stand")]
)
def test_clips_that_stand_alone_are_counted_with_what_it_means(sizes: tuple[int, ...], expected: str) -> None:
    text = said(feature(f"clip: {RECORDER}", *sizes))
    assert expected in text
    assert "without any serial number" in text


def test_clips_that_are_all_alike_are_not_said_to_be_safe() -> None:
    text = said(feature(f"photo: {RECORDER}", 5))
    assert "all 5 photos are alike" in text
    assert "may all be of one phone" in text


def test_the_feature_by_which_most_stand_alone_is_explained_with_what_helps() -> None:
    text = said(feature("clip: colour", 4, 1), feature("clip: sound coding", 2, 1, 1, 1))
    assert "By “sound coding”, 3 clips stand alone among 5." in text
    assert FEATURES["sound coding"].means in text
    assert FEATURES["sound coding"].advice in text
    assert "“colour”" not in text


@pytest.mark.parametrize("name", [name for name, each in FEATURES.items() if each.tells is Tells.RECORDING])
def test_what_every_recording_has_for_itself_is_not_called_a_trait_of_phones(name: str) -> None:
    assert f"“{name}”" not in said(feature(f"clip: {name}", 3, 1, 1))


@pytest.mark.parametrize(("name", "word"), [(LENGTHS, "length"), (SIZES, "size")])
def test_recorders_that_cut_are_told_with_how_many_clips_they_cut(name: str, word: str) -> None:
    text = said(feature(f"clip: {name}", 3, 2, values=("cut 1", "others")))
    assert f"3 of 5 clips have almost the same {word}" in text
    assert "one recording" in text


def test_the_order_of_names_and_what_to_do_are_told_always() -> None:
    text = said(feature("clip: colour", 5))
    assert "numbered in the order of the original names" in text
    assert "What to do" in text
    assert "not shown to be of one phone" in text


def test_no_value_is_in_a_sentence() -> None:
    found = Groups()
    for number in range(6):
        traits = [Trait(name, f"{number % 5}777.0") for name in FEATURES]
        found.add(number, Media.CLIP, traits)
    assert "777" not in " ".join(sentences(found.linkage()))


def test_every_feature_says_what_it_means_and_what_helps() -> None:
    for name, each in FEATURES.items():
        assert each.advice.endswith("."), name
        assert not each.means.endswith("."), name
        assert each.means[0].islower(), name


def test_a_feature_is_known_by_its_name_with_or_without_its_medium() -> None:
    assert meaning("clip: colour") is meaning("colour") is FEATURES["colour"]


def test_a_recorder_is_known_by_features_of_the_table_that_tell_of_it() -> None:
    assert {FEATURES[name].tells for name in WHOLE} == {Tells.RECORDER}
