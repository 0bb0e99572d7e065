"""What a run may claim: every sentence comes from named checks, with what they don't cover beside it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ..model import Outcome, Verdict

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from ..model import Check, Feature, FileReport


class Level(StrEnum):
    """How far one file, or a whole run, can be relied on; worst first."""

    FAILED = "failed"
    """A check failed, or the output could not be written; there is no output."""
    IDENTIFYING = "identifying"
    """The file holds more than its picture and sound."""
    REFUSED = "refused"
    """The file can't be rebuilt faithfully; there is no output."""
    INCOMPLETE = "incomplete"
    """The file was rebuilt, but a check that was asked for did not run."""
    CHECKED = "checked"
    """Every check that was asked for ran and passed."""


LEVELS = {
    Level.FAILED: "a check failed or the file could not be written: there is no output to use",
    Level.IDENTIFYING: "holds more than picture and sound: do not pass it on",
    Level.REFUSED: "could not be rebuilt faithfully: there is no output; the original is as it was",
    Level.INCOMPLETE: "no check failed, but one that was asked for did not run: see which, and decide",
    Level.CHECKED: "every check that was asked for ran and passed; see what no check covers",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What one check says: in words when it passes, what it leaves open, and what to do when it fails."""

    means: str
    excludes: str
    failed: str


CHECKS = {
    "fixed-point": Claim(
        "every byte of the file is what scrubkit itself writes for this picture and sound",
        "what the coded picture and sound show and say; the name of the file",
        "The file holds bytes that are not needed to play it. Clean it again, and don't pass it on.",
    ),
    "ledger": Claim(
        "every byte of what was read has a name and a fate",
        "whether each name says all that its bytes can mean",
        "Bytes of the file have no name. Report this as a fault of scrubkit.",
    ),
    "residue": Claim(
        "scrubkit's own reader finds nothing in the file beside picture, sound and fixed structure",
        "information inside coded picture and sound, and coded data that is not walked; see each file",
        "Something beside picture and sound is there. Clean the file, and don't pass this one on.",
    ),
    "samples": Claim(
        "the coded samples were read and walked",
        "what lies below the level that is walked",
        "The coded samples could not be walked. Don't rely on this file.",
    ),
    "essence": Claim(
        "the coded picture and sound on the disk are those that were copied",
        "whether the original was damaged before",
        "The copy is not what was read. Check the disk, and clean again.",
    ),
    "decode": Claim(
        "another program sees the same pictures and hears the same sound in original and copy",
        "players other than the one that was used",
        "Picture or sound came out otherwise. Don't use the copy; report this.",
    ),
    "carry-over": Claim(
        "values found in the original were searched for in the copy, in many encodings, and not found",
        "values too short or too common to be searched, and what is seen or heard",
        "A value of the original is still in the copy. There is no output; report this.",
    ),
    "reader-mediainfo": Claim(
        "MediaInfo, an independent reader, reports nothing but technical properties",
        "what that program doesn't know",
        "MediaInfo reports something that should not be there. There is no output; report this.",
    ),
    "reader-piexif": Claim(
        "piexif, an independent reader, reports nothing but the orientation",
        "anything that is not Exif",
        "Exif data is still there. There is no output; report this.",
    ),
    "reader-mutagen": Claim(
        "mutagen, an independent reader, reports no tags",
        "anything that is not a tag of a media file",
        "Tags are still there. There is no output; report this.",
    ),
    "reader-exiftool": Claim(
        "ExifTool, an independent reader, reports nothing but technical properties",
        "what that program doesn't know; its silence proves nothing by itself",
        "ExifTool reports something that should not be there. There is no output; report this.",
    ),
    "reader-ffprobe": Claim(
        "FFmpeg, an independent reader, reports nothing but technical properties",
        "what that program doesn't know",
        "FFmpeg reports something that should not be there. There is no output; report this.",
    ),
    "custody": Claim(
        "files that an incoming hash list names were unchanged before they were cleaned",
        "files that the list does not name",
        "A file is not what its hash list says. Ask who handed over the drive.",
    ),
}
"""In the order in which they are told."""

_UNKNOWN = Claim(
    "a check that this report has no words for", "unknown", "A check without words failed: report this."
)


@dataclass(frozen=True, slots=True)
class Risk:
    """What no check can rule out, and what to do about it: at length, and `brief` for the first screen."""

    title: str
    brief: str
    what: str
    advice: str


RISKS = (
    Risk(
        "Sensor noise",
        "publish reduced, re-encoded versions",
        "Every sensor leaves its own faint pattern in each picture. Whoever holds the phone, or other "
        "recordings of it, can compare them.",
        "Publish reduced, re-encoded versions; don't show two uncropped clips of one phone next to "
        "one whose owner is known.",
    ),
    Risk(
        "Mains hum and flicker",
        "replace or filter the sound",
        "The hum of the power grid in the sound, and flicker of lamps in the picture, can date a "
        "recording and name the grid.",
        "Replace or filter the sound where time and region must stay unknown.",
    ),
    Risk(
        "Encoder parameters",
        "re-encode all clips with one setting",
        "How the phone's encoder was set is woven into picture and sound, and narrows down the model.",
        "Re-encode with one fixed setting for all clips; read the section on linkage.",
    ),
    Risk(
        "What is seen and heard",
        "have all of it watched and listened to",
        "Faces, voices, number plates, screens, buildings, shadows, bells and accents are untouched.",
        "Have an editor who knows the region watch and listen to everything; cut, blur or re-voice.",
    ),
    Risk(
        "The original",
        "have it deleted on the phone, lock this drive away",
        "The coded picture is the same as in the original. Whoever has that, for instance on a "
        "seized phone or in a cloud, can prove the match.",
        "Ask that originals be deleted where they were filmed, and keep this drive and the private "
        "report locked away.",
    ),
    Risk(
        "The tool itself",
        "keep cleaned files off phones that may be searched",
        "All files that scrubkit writes have one layout that nobody else uses: it shows that they "
        "were prepared.",
        "Keep cleaned files off phones and computers that may be searched.",
    ),
)
"""What no check covers.  Part of every report."""


def level(report: FileReport) -> Level:
    """Return how far one file can be relied on."""
    match report.verdict:
        case Verdict.FAILED:
            return Level.FAILED
        case Verdict.IDENTIFYING:
            return Level.IDENTIFYING
        case Verdict.REFUSED:
            return Level.REFUSED
    outcomes = {check.outcome for check in report.checks if not _beside_the_point(report, check)}
    if Outcome.FAILED in outcomes:
        return Level.FAILED
    return Level.INCOMPLETE if Outcome.NOT_RUN in outcomes or not outcomes else Level.CHECKED


def _beside_the_point(report: FileReport, check: Check) -> bool:
    """Whether a check that did not run was not to be had: an audit has no original to compare with."""
    return report.verdict is Verdict.CANONICAL and check.name in _COMPARISONS


_COMPARISONS = frozenset({"essence", "decode"})


def claim(name: str) -> Claim:
    """Return what a check says; a check without words has words that say so."""
    return CHECKS.get(name, _UNKNOWN)


def ordered(names: set[str]) -> list[str]:
    """Return names of checks in the order in which they are told, unknown ones last."""
    known = list(CHECKS)
    return sorted(names, key=lambda name: (known.index(name) if name in CHECKS else len(known), name))


def sentences(checks: Counter[tuple[str, Outcome]], files: int, unchecked: int = 0) -> Iterator[str]:
    """Yield one sentence for each check of a run, from how it ended in how many of its `files`.

    Of `unchecked` files no check came to an end.
    """
    whole = "1 file" if files == 1 else f"{files} files"
    for name in ordered({name for name, _ in checks}):
        passed, failed, left = (
            checks[name, each] for each in (Outcome.PASSED, Outcome.FAILED, Outcome.NOT_RUN)
        )
        what = claim(name)
        if failed:
            yield f"{name}: failed in {failed} of {whole}. {what.failed}"
        if passed:
            yield f"{name}: passed in {passed} of {whole}: {what.means}. Not covered: {what.excludes}."
        if left:
            yield f"{name}: did not run in {left} of {whole}; nothing is claimed for {_them(left)}."
    if unchecked:
        them = _them(unchecked)
        yield f"No check came to an end in {unchecked} of {whole}; nothing is claimed for {them}."


def _them(count: int) -> str:
    return "it" if count == 1 else "them"


def grouped(feature: Feature) -> str:
    """Return one feature's groups in words."""
    if feature.files == 1:
        return f"{feature.name}: one file only, nothing to compare with"
    if len(feature.sizes) == 1:
        return f"{feature.name}: all {feature.files} files are alike"
    if feature.alone == feature.files:
        return f"{feature.name}: each of {feature.files} files has its own"
    alone = f", {feature.alone} alone" if feature.alone else ""
    return (
        f"{feature.name}: {feature.files} files fall into {len(feature.sizes)} groups, "
        f"the smallest has {feature.smallest}{alone}"
    )
