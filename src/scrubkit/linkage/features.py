"""What each feature of a clean file tells about who filmed, in words for those who publish.

The names of traits are keys of this table; the rest of the package has none of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Tells(IntEnum):
    """What a feature tells of, the sharpest first."""

    RECORDER = 1
    """How a phone and its app record: the same in all that they make with one setting."""
    CHOICE = 2
    """What is chosen for each recording, or comes of how the phone was held."""
    RECORDING = 3
    """What nearly every recording has for itself; it links copies, not phones."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a feature is, what files that share it have in common, and what helps."""

    tells: Tells
    means: str
    advice: str


TOGETHER = "all together"
"""The feature that combines all others of a file but those that each recording has for itself."""

RECORDER = "recorder as a whole"
"""The feature that combines what stays the same over all that a phone and its app record."""

LENGTHS = "recorder that cuts by time"
SIZES = "recorder that cuts by size"
"""Features of a run: clips that are cut at a fixed length, or at a fixed size."""

_REENCODE = "Re-encode all files of the set with one program and one setting; nothing less removes it."
_SAME_SIZE = "Bring all files of the set to one picture size and frame rate when you re-encode them."
_LEAVE = "Leave out files that stand alone, or publish them at another time and place."
_APART = "Don't publish it both here and elsewhere: a second copy, trimmed or not, is recognised by it."

OTHER = Meaning(Tells.RECORDER, "how a phone or a program writes its files", _REENCODE)
"""What is said of a feature that the table doesn't have."""

FEATURES: dict[str, Meaning] = {
    RECORDER: Meaning(
        Tells.RECORDER,
        "everything below that stays the same over all that one phone and app record: "
        "files in one group may be of one phone, or of many phones of one model",
        f"{_REENCODE} {_LEAVE}",
    ),
    "file format": Meaning(
        Tells.RECORDER,
        "the kind of file, which its name ends in: makers differ in what they record",
        "Convert all files of the set to one format.",
    ),
    "container skeleton": Meaning(
        Tells.RECORDER,
        "which tracks there are and which tables each of them needs: it differs between makers and apps",
        _REENCODE,
    ),
    "codec, profile and level": Meaning(
        Tells.RECORDER,
        "which subset of its coding the encoder uses: it narrows down the maker and the generation of chip",
        _REENCODE,
    ),
    "parameter sets": Meaning(
        Tells.RECORDER,
        "how the encoder was set, bit for bit: often the same in all clips of one model and setting",
        _REENCODE,
    ),
    "group of pictures": Meaning(
        Tells.RECORDER,
        "how often a picture is coded whole: makers choose it, and apps change it",
        _REENCODE,
    ),
    "picture order": Meaning(
        Tells.RECORDER,
        "in which order pictures are coded: it differs between makers of encoders",
        _REENCODE,
    ),
    "frame timing": Meaning(
        Tells.RECORDER,
        "the clock that counts the frames, and whether their distances are even: it differs between makers",
        "Re-encode all files of the set at one constant frame rate.",
    ),
    "colour": Meaning(
        Tells.RECORDER,
        "how colours are meant, HDR included: it narrows down the phone family",
        "Re-encode all files of the set to one plain colour space, without HDR.",
    ),
    "sound coding": Meaning(
        Tells.RECORDER,
        "how the sound is coded, its rate and its channels: it differs between makers and apps",
        "Re-encode all sound of the set with one setting, in mono or stereo.",
    ),
    "sound priming": Meaning(
        Tells.RECORDER,
        "how much sound the encoder puts before the first sample: it differs between families of encoders",
        "Re-encode all sound of the set with one program.",
    ),
    "sound timing": Meaning(
        Tells.RECORDER,
        "the clock that counts the sound, and whether it runs evenly: it differs between makers",
        "Re-encode all sound of the set with one program.",
    ),
    "quantisation tables": Meaning(
        Tells.RECORDER,
        "how finely a JPEG is coded: makers have tables of their own, some for each quality",
        "Save all photos of the set again with one program and one quality.",
    ),
    "standard Huffman tables": Meaning(
        Tells.RECORDER,
        "whether a JPEG has the code tables of the standard: programs and some makers compute their own",
        "Save all photos of the set again with one program and one quality.",
    ),
    "sampling": Meaning(
        Tells.RECORDER,
        "at which resolution colours are coded: it differs between makers and programs",
        "Save all photos of the set again with one program and one quality.",
    ),
    "coding": Meaning(
        Tells.RECORDER,
        "which variant of its format a picture is coded in: it differs between makers and programs",
        "Save all photos of the set again with one program and one setting.",
    ),
    "restart interval": Meaning(
        Tells.RECORDER,
        "how often a JPEG's coded data has a point to start again: chips of some makers set them",
        "Save all photos of the set again with one program and one quality.",
    ),
    "tiles": Meaning(
        Tells.RECORDER,
        "into which tiles a picture is cut for its encoder: it differs between makers",
        "Save all photos of the set again with one program and one setting.",
    ),
    "tables": Meaning(
        Tells.RECORDER,
        "tables of a raw photo, such as those of its colours and lens: they identify the model",
        "Develop raw photos and publish what comes of it, not the raw file.",
    ),
    "frame size": Meaning(
        Tells.CHOICE,
        "width and height: cameras differ in the sizes that they can record",
        _SAME_SIZE,
    ),
    "frame rate": Meaning(
        Tells.CHOICE,
        "pictures a second: it is a setting, and an odd one tells people apart",
        _SAME_SIZE,
    ),
    "orientation": Meaning(
        Tells.CHOICE,
        "how the phone was held, which is a habit",
        "Turn the pictures when you re-encode them.",
    ),
    "edits": Meaning(
        Tells.CHOICE,
        "whether a clip was paused, trimmed or begins at another time than its sound",
        "Re-encode all files of the set from what is shown of them.",
    ),
    TOGETHER: Meaning(
        Tells.CHOICE,
        "all features that aren't one recording's own, settings included: "
        "files of one phone fall into several groups if its settings were changed",
        f"{_REENCODE} {_LEAVE}",
    ),
    LENGTHS: Meaning(
        Tells.RECORDER,
        "clips of almost the same length: what records in pieces (dash, body and security cameras, "
        "apps with a limit) cuts at a time of its own, and pieces in a row are one recording",
        "Publish only pieces that may be known to be of one recording; or cut each of them differently "
        "when you re-encode it.",
    ),
    SIZES: Meaning(
        Tells.RECORDER,
        "clips of almost the same size, with few larger ones: what they were recorded by or stored on cuts "
        "at a size of its own, and pieces in a row are one recording",
        "Publish only pieces that may be known to be of one recording; or re-encode them, which changes "
        "their size.",
    ),
    "duration": Meaning(
        Tells.RECORDING,
        "how long a recording is, to a tenth of a second: it recognises a copy that was published elsewhere",
        _APART,
    ),
    "file size": Meaning(
        Tells.RECORDING,
        "how many bytes a file has: it recognises a copy of the same clean file",
        _APART,
    ),
    "Huffman tables": Meaning(
        Tells.RECORDING,
        "code tables of a JPEG: nearly every photo has its own where they are computed",
        _APART,
    ),
}
"""Features by name.  Which of them belong to `RECORDER` as a whole is `WHOLE`."""

WHOLE = frozenset(
    {
        "file format",
        "container skeleton",
        "codec, profile and level",
        "parameter sets",
        "colour",
        "sound coding",
        "quantisation tables",
        "standard Huffman tables",
        "sampling",
        "coding",
        "tiles",
    }
)
"""Features that neither the length of a recording nor how a phone was held can change."""


def meaning(name: str) -> Meaning:
    """Return what is known of a feature by its name, with or without the medium before it."""
    return FEATURES.get(name.rpartition(": ")[2], OTHER)
