"""What linkage means for those who filmed, in sentences that may be shared: counts, no values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .features import LENGTHS, RECORDER, SIZES, TOGETHER, Tells, meaning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Feature, Linkage

_MEDIA = {"clip": ("clip", "clips"), "photo": ("photo", "photos"), "sound": ("sound", "sounds")}

_ONE = (
    "There is one clean file, so nothing can be compared within this set. "
    "It can still be compared with recordings elsewhere."
)

_LIMITS = (
    "Files in one group are not shown to be of one phone: all phones of a model that record with one setting "
    "are alike here. Files in different groups can be told apart by anyone who has them."
)

_ORDER = (
    "Names of clean files are numbered in the order of the original names, so files with neighbouring "
    "numbers were probably recorded one after the other. Give them other names before you publish only "
    "some of them, or together with files of other people."
)

_ADVICE = (
    "What to do: the fewer files are published together, the less there is to compare. Publish files of "
    "different people apart, or re-encode all files of the set with one program and one setting, at one "
    "picture size and frame rate."
)


def sentences(linkage: Linkage) -> Iterator[str]:
    """Yield what grouping means, without saying which file is in which group."""
    if not linkage.files:
        return
    if linkage.files == 1:
        yield _ONE
        return
    yield from (_whole(each) for each in linkage.features if _is(each, RECORDER) and each.files > 1)
    yield from _sharpest(linkage)
    yield from (_cut(each) for each in linkage.features if _is(each, LENGTHS) or _is(each, SIZES))
    yield _LIMITS
    yield _ORDER
    yield _ADVICE


def _whole(feature: Feature) -> str:
    media = _media(feature)
    if len(feature.sizes) == 1:
        return (
            f"By how they were recorded, all {feature.files} {media[1]} are alike. That makes none of them "
            f"stand out here; it also says that they may all be of one phone, or of phones of one model."
        )
    alone = (
        f" {_stand(feature.alone, media)} alone: whoever knows which phone records like that can tell whose "
        f"it is, without any serial number."
        if feature.alone
        else " None of them stands alone."
    )
    return (
        f"By how they were recorded, {feature.files} {media[1]} fall into {len(feature.sizes)} groups that "
        f"differ in model, app or setting; the smallest has {feature.smallest}.{alone}"
    )


def _sharpest(linkage: Linkage) -> Iterator[str]:
    """Yield, for each medium, the single feature by which most files stand alone, and what it is."""
    for name, media in _MEDIA.items():
        found = [
            each
            for each in linkage.features
            if each.name.startswith(f"{name}: ")
            and 0 < each.alone < each.files
            and meaning(each.name).tells is not Tells.RECORDING
            and not any(_is(each, other) for other in (RECORDER, TOGETHER, LENGTHS, SIZES))
        ]
        if found:
            most = max(found, key=lambda each: (each.alone, each.name))
            said = meaning(most.name)
            yield (
                f"By “{most.name.rpartition(': ')[2]}”, {_stand(most.alone, media)} alone among "
                f"{most.files}. This is {said.means}. {said.advice}"
            )


def _cut(feature: Feature) -> str:
    media = _media(feature)
    cut = sum(len(members) for value, members in feature.groups if value != "others")
    how = "length" if _is(feature, LENGTHS) else "size"
    said = meaning(feature.name)
    counted = f"{cut} of {feature.files} {media[1]} have almost the same {how}."
    return f"{counted} These are {said.means}. {said.advice}"


def _is(feature: Feature, name: str) -> bool:
    return feature.name.rpartition(": ")[2] == name


def _media(feature: Feature) -> tuple[str, str]:
    return _MEDIA.get(feature.name.partition(": ")[0], ("file", "files"))


def _stand(count: int, media: tuple[str, str]) -> str:
    return f"{count} {media[0]} stands" if count == 1 else f"{count} {media[1]} stand"
