"""Files of a run are grouped by each trait, and by traits together."""

from __future__ import annotations

import time

from scrubkit.linkage import RECORDER, TOGETHER, Groups
from scrubkit.linkage.features import LENGTHS, SIZES
from scrubkit.model import Feature, Linkage, Media, Trait

MIB = 1 << 20


def groups(*rows: tuple[Media, str]) -> Groups:
    found = Groups()
    for number, (media, value) in enumerate(rows, 1):
        found.add(number, media, (Trait("frame size", value),))
    return found


def feature(linkage: Linkage, name: str) -> Feature:
    return next(each for each in linkage.features if each.name == name)


def names(linkage: Linkage) -> list[str]:
    return [each.name for each in linkage.features]


def clips(*rows: tuple[float, int]) -> Linkage:
    found = Groups()
    for number, (length, size) in enumerate(rows, 1):
        found.add(number, Media.CLIP, (Trait("duration", f"{length:.1f}"), Trait("file size", str(size))))
    return found.linkage()


def test_groups_are_counted_largest_first_with_the_numbers_of_their_files() -> None:
    found = feature(
        groups((Media.CLIP, "a"), (Media.CLIP, "b"), (Media.CLIP, "a")).linkage(), "clip: frame size"
    )
    assert found.sizes == (2, 1)
    assert found.groups == (("a", (1, 3)), ("b", (2,)))
    assert (found.smallest, found.alone) == (1, 1)


def test_only_files_of_one_medium_are_compared() -> None:
    linkage = groups((Media.CLIP, "a"), (Media.PHOTO, "a")).linkage()
    assert {each for each in names(linkage) if each.endswith("frame size")} == {
        "clip: frame size",
        "photo: frame size",
    }


def test_what_tells_of_recorders_comes_before_what_is_chosen_and_what_each_recording_has() -> None:
    found = Groups()
    for number in range(4):
        found.add(
            number,
            Media.CLIP,
            (
                Trait("file size", str(number)),
                Trait("frame size", str(number)),
                Trait("parameter sets", "same"),
                Trait("colour", str(number == 0)),
            ),
        )
    assert names(found.linkage()) == [
        f"clip: {RECORDER}",
        "clip: colour",
        "clip: parameter sets",
        f"clip: {TOGETHER}",
        "clip: frame size",
        "clip: file size",
    ]


def test_features_together_tell_more_than_each() -> None:
    found = Groups()
    for number, pair in enumerate(("ap", "aq", "bp", "bq"), 1):
        found.add(number, Media.CLIP, (Trait("frame size", pair[0]), Trait("parameter sets", pair[1])))
    linkage = found.linkage()
    assert feature(linkage, "clip: frame size").sizes == (2, 2)
    assert feature(linkage, f"clip: {TOGETHER}").sizes == (1, 1, 1, 1)


def test_a_recorder_is_the_same_however_it_was_held_and_set_and_however_long_it_ran() -> None:
    found = Groups()
    for number, (held, size, length) in enumerate((("upright", "1x1", "9.0"), ("clockwise", "2x2", "8.0"))):
        found.add(
            number,
            Media.CLIP,
            (
                Trait("parameter sets", "same"),
                Trait("orientation", held),
                Trait("frame size", size),
                Trait("group of pictures", length),
                Trait("duration", length),
                Trait("file size", length.replace(".", "")),
            ),
        )
    assert feature(found.linkage(), f"clip: {RECORDER}").sizes == (2,)


def test_what_each_recording_has_for_itself_is_no_part_of_what_is_taken_together() -> None:
    assert feature(clips((9, 1), (8, 2)), f"clip: {TOGETHER}").sizes == (2,)


def test_nothing_gives_no_groups() -> None:
    assert Groups().linkage().features == ()


def test_a_file_of_no_medium_is_not_counted() -> None:
    found = Groups()
    found.add(1, None, (Trait("colour", "x"),))
    assert found.linkage() == Linkage(0, ())


# Recorders that cut


def test_clips_that_are_cut_by_time_stand_out() -> None:
    linkage = clips((60, 1), (60.1, 2), (59.9, 3), (12, 4), (33, 5))
    assert feature(linkage, f"clip: {LENGTHS}").groups == (("cut 1", (1, 2, 3)), ("others", (4, 5)))


def test_clips_that_are_cut_by_size_stand_out() -> None:
    full = 4 * 1024 * MIB
    linkage = clips((600, full - 9), (580, full - 99), (555, full - 999), (12, 90 * MIB))
    assert feature(linkage, f"clip: {SIZES}").groups == (("cut 1", (1, 2, 3)), ("others", (4,)))


def test_sizes_that_are_alike_below_larger_ones_are_no_limit() -> None:
    rows = [(9.0 + i, 100 * MIB + i) for i in range(4)] + [(100.0 * i, 300 * MIB * i) for i in range(1, 4)]
    assert f"clip: {SIZES}" not in names(clips(*rows))


def test_clips_of_any_length_and_size_are_not_said_to_be_cut() -> None:
    linkage = clips((60, 20 * MIB), (12, 30 * MIB), (33, 50 * MIB), (7, 41 * MIB), (90, 77 * MIB))
    assert not {f"clip: {LENGTHS}", f"clip: {SIZES}"} & set(names(linkage))


def test_photos_of_one_size_are_not_said_to_be_cut() -> None:
    found = Groups()
    for number in range(5):
        found.add(number, Media.PHOTO, (Trait("file size", str(20 * MIB)),))
    assert not any(SIZES in each for each in names(found.linkage()))


def test_a_hundred_thousand_files_take_little_time() -> None:
    found = Groups()
    start = time.process_time()
    for number in range(100_000):
        found.add(
            number,
            Media.CLIP,
            (
                Trait("parameter sets", str(number % 7)),
                Trait("duration", f"{number % 997}.0"),
                Trait("file size", str(number)),
            ),
        )
    linkage = found.linkage()
    assert time.process_time() - start < 10
    assert feature(linkage, "clip: file size").alone == 100_000


def test_what_grouping_means_goes_with_the_groups() -> None:
    found = Groups()
    for number in range(3):
        found.add(number, Media.CLIP, [Trait("sound coding", f"v{number}")])
    assert "“sound coding”" not in " ".join(found.linkage().says)
    found.add(3, Media.CLIP, [Trait("sound coding", "v0")])
    assert "By “sound coding”, 2 clips stand alone among 4." in " ".join(found.linkage().says)
